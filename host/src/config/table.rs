//! All settings: the one description that the file, the environment, the flags and `docs/host.md` share.

use super::value::{Expected, count, size, switch, time};
use super::{LogFormat, Settings, Tls};
use crate::registry::Files;
use krl_kernel::journal::Scope;
use krl_kernel::store::Durability;

/// A setting.
#[derive(Debug)]
pub struct Setting {
    /// Its key in the file, with its section.
    pub key: &'static str,
    /// The flag of `krl serve`, without dashes.
    pub flag: &'static str,
    /// The environment variable.
    pub env: &'static str,
    /// The name that the reference has for it.
    pub also: Option<&'static str>,
    /// What a value is, in a word.
    pub value: &'static str,
    /// What holds if nothing is said, in words or as a value.
    pub default: &'static str,
    /// What it does.
    pub about: &'static str,
    pub(super) set: fn(&mut Settings, &str) -> Result<(), Expected>,
}

impl Setting {
    /// May a distro choose it? What the machine has to say is not for a distro.
    #[must_use]
    pub fn is_distros(&self) -> bool {
        self.key.starts_with("limits.") || self.key.starts_with("budgets.")
    }
}

macro_rules! setting {
    ($key:literal, $flag:literal, $env:literal $(| $also:literal)?, $value:literal, $default:literal, $about:literal, $set:expr) => {
        Setting {
            key: $key,
            flag: $flag,
            env: $env,
            also: setting!(@also $($also)?),
            value: $value,
            default: $default,
            about: $about,
            set: $set,
        }
    };
    (@also) => { None };
    (@also $also:literal) => { Some($also) };
}

/// Stores a value that was read.
fn put<T>(place: &mut T, value: Result<T, Expected>) -> Result<(), Expected> {
    *place = value?;
    Ok(())
}

fn text(text: &str) -> Result<String, Expected> {
    if text.trim().is_empty() { Err("must not be empty") } else { Ok(text.trim().to_owned()) }
}

fn path(given: &str) -> Result<std::path::PathBuf, Expected> {
    text(given).map(Into::into)
}

/// All settings, in the order of the documentation.
pub const TABLE: &[Setting] = &[
    setting!(
        "address",
        "address",
        "KRL_ADDRESS",
        "IP",
        "0.0.0.0",
        "The address to listen on; `127.0.0.1` is this machine only",
        |s, v| {
            let expected = "must be an IP address such as `0.0.0.0`, `127.0.0.1` or `::1`";
            put(
                &mut s.address,
                v.trim().parse::<std::net::IpAddr>().map(|ip| ip.to_string()).map_err(|_| expected),
            )
        }
    ),
    setting!(
        "port",
        "port",
        "KRL_PORT" | "PORT",
        "PORT",
        "3000",
        "The port to listen on; 0 lets the system choose",
        |s, v| { put(&mut s.port, v.trim().parse().map_err(|_| "must be a port, 0 to 65535")) }
    ),
    setting!(
        "base-url",
        "base-url",
        "KRL_BASE_URL" | "PICO_ENGINE_BASE_URL",
        "URL",
        "`http://localhost:PORT`",
        "How others reach this host: what `meta:host` answers",
        |s, v| {
            let expected = "must be an address such as `https://clouds.example`";
            let url = url::Url::parse(v.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
            put(&mut s.base_url, url.map(|_| Some(v.trim().trim_end_matches('/').to_owned())).ok_or(expected))
        }
    ),
    setting!(
        "home",
        "home",
        "KRL_HOME" | "PICO_ENGINE_HOME",
        "DIR",
        "`~/.krl`",
        "The folder of the host's data; `host.toml` in it is read unless another file is named",
        |s, v| put(&mut s.home, path(v))
    ),
    setting!(
        "distro",
        "distro",
        "KRL_DISTRO",
        "FILE",
        "none",
        "A manifest with the rulesets, channels and limits that new owners begin with",
        |s, v| put(&mut s.distro_file, path(v).map(Some))
    ),
    setting!(
        "ui",
        "ui",
        "KRL_UI",
        "DIR",
        "a page of our own",
        "A folder of static files to serve at `/`",
        |s, v| put(&mut s.ui, path(v).map(Some))
    ),
    setting!(
        "threads",
        "threads",
        "KRL_THREADS",
        "COUNT",
        "one for each processor",
        "Threads that run clouds",
        |s, v| put(&mut s.threads, count::<u16>(v).map(|n| Some(n.into())))
    ),
    setting!(
        "jit",
        "jit",
        "KRL_JIT",
        "MODE",
        "on",
        "Machine code for functions of rulesets: `on`: for those that are called often; `off`; `force`: for each before it first runs",
        |s, v| put(&mut s.jit, v.parse())
    ),
    setting!(
        "durability",
        "durability",
        "KRL_DURABILITY",
        "MODE",
        "sync",
        "What an answer waits for: `sync`: the disk has it; `os`: the operating system has it, so that a power failure can lose it",
        |s, v| {
            s.durability = match v.trim() {
                "sync" => Durability::Sync,
                "os" => Durability::Os,
                _ => return Err("must be `sync` or `os`"),
            };
            Ok(())
        }
    ),
    setting!(
        "outside.allow",
        "allow",
        "KRL_ALLOW",
        "LIST",
        "none",
        "What rulesets, deliveries and fetches may reach besides the public internet: names, `*.domain`, networks such as \
         `10.0.0.0/8`, or `*` for all, with commas between them",
        |s, v| {
            let allowed = v.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::parse);
            let allowed: Result<_, _> = allowed.collect();
            put(
                &mut s.allow,
                allowed.map_err(|_| "must be names, `*.domain`, networks such as `10.0.0.0/8`, or `*`"),
            )
        }
    ),
    setting!(
        "outside.files",
        "ruleset-files",
        "KRL_RULESET_FILES",
        "LIST",
        "none",
        "Folders whose files may be installed by `file:` addresses, with commas between them; `all` for every file",
        |s, v| {
            s.files = match v.trim() {
                "" => return Err("must name folders, or be `all`"),
                "all" => Files::Anywhere,
                list => Files::Below(list.split(',').map(|folder| folder.trim().into()).collect()),
            };
            Ok(())
        }
    ),
    setting!(
        "limits.body",
        "body-limit",
        "KRL_BODY_LIMIT",
        "SIZE",
        "1 MiB",
        "A request's body, whatever its type",
        |s, v| put(&mut s.limits.body_bytes, size(v))
    ),
    setting!(
        "limits.headers",
        "header-limit",
        "KRL_HEADER_LIMIT",
        "SIZE",
        "64 KiB",
        "A request's line and headers",
        |s, v| put(&mut s.limits.header_bytes, size(v))
    ),
    setting!(
        "limits.uri",
        "uri-limit",
        "KRL_URI_LIMIT",
        "SIZE",
        "32 KiB",
        "A request's path and query string",
        |s, v| put(&mut s.limits.uri_bytes, size(v))
    ),
    setting!(
        "limits.connections",
        "connections",
        "KRL_CONNECTIONS",
        "COUNT",
        "10000",
        "Connections at a time; the next ones are refused with status 503",
        |s, v| put(&mut s.limits.connections, count::<u32>(v).map(|n| n as usize))
    ),
    setting!(
        "limits.header-time",
        "header-time",
        "KRL_HEADER_TIME",
        "TIME",
        "10 s",
        "For a request's line and headers, and for the TLS handshake",
        |s, v| put(&mut s.limits.header_time, time(v))
    ),
    setting!(
        "limits.body-time",
        "body-time",
        "KRL_BODY_TIME",
        "TIME",
        "30 s",
        "For a request's body; a slower one is answered with status 408",
        |s, v| put(&mut s.limits.body_time, time(v))
    ),
    setting!(
        "limits.idle-time",
        "idle-time",
        "KRL_IDLE_TIME",
        "TIME",
        "75 s",
        "Between two requests on a connection",
        |s, v| put(&mut s.limits.idle_time, time(v))
    ),
    setting!(
        "limits.write-time",
        "write-time",
        "KRL_WRITE_TIME",
        "TIME",
        "30 s",
        "For a client to take some of an answer",
        |s, v| put(&mut s.limits.write_time, time(v))
    ),
    setting!(
        "limits.shutdown-time",
        "shutdown-time",
        "KRL_SHUTDOWN_TIME",
        "TIME",
        "10 s",
        "For running requests when the host stops; then they are cut",
        |s, v| put(&mut s.limits.shutdown_time, time(v))
    ),
    setting!(
        "limits.queue-events",
        "queue-events",
        "KRL_QUEUE_EVENTS",
        "COUNT",
        "200000",
        "Events that may wait for one cloud; the next ones are answered with status 503",
        |s, v| put(&mut s.limits.queue_events, count::<u32>(v).map(|n| n as usize))
    ),
    setting!(
        "limits.queue-bytes",
        "queue-bytes",
        "KRL_QUEUE_BYTES",
        "SIZE",
        "64 MiB",
        "Events that may wait for one cloud, with their attributes",
        |s, v| put(&mut s.limits.queue_bytes, size(v))
    ),
    setting!(
        "limits.total-queue-bytes",
        "total-queue-bytes",
        "KRL_TOTAL_QUEUE_BYTES",
        "SIZE",
        "512 MiB",
        "Events that may wait for all clouds together, with their attributes",
        |s, v| put(&mut s.limits.total_queue_bytes, size(v))
    ),
    setting!(
        "budgets.instructions",
        "max-instructions",
        "KRL_MAX_INSTRUCTIONS",
        "COUNT",
        "20000000",
        "Instructions of one ruleset's reaction to one event, or of a query",
        |s, v| put(&mut s.budgets.instructions, count(v))
    ),
    setting!(
        "budgets.event-instructions",
        "max-event-instructions",
        "KRL_MAX_EVENT_INSTRUCTIONS",
        "COUNT",
        "60000000",
        "Instructions of an event with all it raises",
        |s, v| put(&mut s.budgets.event_instructions, count(v))
    ),
    setting!(
        "budgets.memory",
        "max-memory",
        "KRL_MAX_MEMORY",
        "SIZE",
        "64 MiB",
        "Values of one event or query at a time",
        |s, v| put(&mut s.budgets.memory_bytes, size(v))
    ),
    setting!("budgets.depth", "max-depth", "KRL_MAX_DEPTH", "COUNT", "10000", "Nested calls", |s, v| put(
        &mut s.budgets.depth,
        count(v)
    )),
    setting!(
        "budgets.cascade",
        "max-cascade",
        "KRL_MAX_CASCADE",
        "COUNT",
        "10000",
        "Events raised by an event and by what it raises",
        |s, v| put(&mut s.budgets.cascade, count(v))
    ),
    setting!(
        "budgets.hops",
        "max-hops",
        "KRL_MAX_HOPS",
        "COUNT",
        "100",
        "Events sent between clouds that may follow from one",
        |s, v| put(&mut s.budgets.hops, count(v))
    ),
    setting!(
        "tls.certificate",
        "tls-certificate",
        "KRL_TLS_CERTIFICATE",
        "FILE",
        "plain HTTP",
        "The certificate with those that signed it, as PEM; HTTP/2 is offered too",
        |s, v| put(&mut s.tls.get_or_insert_with(Tls::default).certificate, path(v))
    ),
    setting!(
        "tls.key",
        "tls-key",
        "KRL_TLS_KEY",
        "FILE",
        "plain HTTP",
        "The certificate's private key, as PEM",
        |s, v| put(&mut s.tls.get_or_insert_with(Tls::default).key, path(v))
    ),
    setting!(
        "log.format",
        "log-format",
        "KRL_LOG_FORMAT",
        "FORMAT",
        "text",
        "`text` for people or `json` for programs",
        |s, v| put(
            &mut s.log.format,
            match v {
                "text" => Ok(LogFormat::Text),
                "json" => Ok(LogFormat::Json),
                _ => Err("must be `text` or `json`"),
            }
        )
    ),
    setting!(
        "log.level",
        "log-level",
        "KRL_LOG_LEVEL",
        "LEVEL",
        "info",
        "`error`, `warn`, `info`, `debug`, `trace`, or a filter such as `info,krl::access=off`",
        |s, v| {
            let expected = "must be `error`, `warn`, `info`, `debug`, `trace`, or a filter of targets";
            put(
                &mut s.log.level,
                tracing_subscriber::EnvFilter::try_new(v).map(|_| v.to_owned()).map_err(|_| expected),
            )
        }
    ),
    setting!(
        "log.access",
        "log-access",
        "KRL_LOG_ACCESS",
        "SWITCH",
        "true",
        "A line for each request; of a channel's id only the beginning",
        |s, v| put(&mut s.log.access, switch(v))
    ),
    setting!(
        "log.journal",
        "log-journal",
        "KRL_LOG_JOURNAL",
        "SCOPE",
        "all",
        "Which events and queries the logs of clouds keep: all, those that changed or logged something or failed, or none",
        |s, v| {
            s.log.journal = match v.trim() {
                "all" => Scope::All,
                "changes" => Scope::Changes,
                "off" => Scope::Off,
                _ => return Err("must be `all`, `changes` or `off`"),
            };
            Ok(())
        }
    ),
    setting!(
        "log.journal-size",
        "log-journal-size",
        "KRL_LOG_JOURNAL_SIZE",
        "SIZE",
        "1 MiB",
        "About how much of the log of a cloud is kept; what is older than 12 hours goes in any case",
        |s, v| put(&mut s.log.journal_bytes, size(v))
    ),
    setting!(
        "traces",
        "traces",
        "KRL_TRACES",
        "URL",
        "nowhere",
        "Where traces go, as OTLP over HTTP: `http://localhost:4318`; needs a build with the feature `otel`",
        |s, v| {
            let expected = "must be an address such as `http://localhost:4318`";
            put(&mut s.traces, url::Url::parse(v.trim()).map(|url| Some(url.into())).map_err(|_| expected))
        }
    ),
];
