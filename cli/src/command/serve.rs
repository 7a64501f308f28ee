//! `krl serve`: a host of clouds.

use crate::args::Serve;
use crate::exit::{self, Exit};
use krl_host::config::{self, Settings, Sources};
use krl_host::engine::OpenError;
use krl_host::http::TOKEN_FILE;
use krl_host::serve::{Host, HostError};
use krl_host::telemetry::{self, Traces};
use krl_kernel::store::StoreError;

/// Serves until it is told to stop.
pub fn run(args: &Serve) -> Exit {
    let env = |name: &str| std::env::var(name).ok();
    let sources = Sources { flags: &args.given, env: &env, file: args.settings.as_deref() };
    let settings = match config::load(&sources) {
        Ok(settings) => settings,
        Err(errors) => {
            let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
            return exit::usage(&errors.join("\n"));
        }
    };
    if let Err(error) = telemetry::start(&settings.log) {
        return exit::usage(&error.to_string());
    }
    // It ends behind the runtime: the last spans are sent when everything that records some has ended.
    let _traces = match settings.traces.as_deref().map(Traces::start).transpose() {
        Ok(traces) => traces,
        Err(error) => return exit::usage(&error.to_string()),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return exit::failure(&format!("the system gives no threads: {error}")),
    };
    runtime.block_on(serve(&settings))
}

async fn serve(settings: &Settings) -> Exit {
    let mut stop = match Stop::new() {
        Ok(stop) => stop,
        Err(error) => return exit::failure(&format!("the system gives no signals: {error}")),
    };
    let host = match Host::start(settings).await {
        Ok(host) => host,
        Err(error) => return exit::failure(&format!("{error}{}", remedy(&error, settings))),
    };
    announce(settings, &host).await;
    stop.asked().await;
    exit::say("krl: stopping");
    host.stop().await;
    Exit::Ok
}

/// What to do about a host that does not start.
fn remedy(error: &HostError, settings: &Settings) -> String {
    let home = settings.home.display();
    let store = match error {
        HostError::Store(error) | HostError::Engine(OpenError::Store(error)) => error,
        HostError::Folder(_) => return "; choose another folder with --home".into(),
        _ => return String::new(),
    };
    match store {
        StoreError::Locked(_) => "; stop the other host, or choose another folder with --home".into(),
        StoreError::Corrupt(_) => format!(
            "\nkrl: `krl host verify --home {home}` tells whether it can be read; \
             `krl host restore BACKUP --home DIR` makes a new folder from a backup"
        ),
        StoreError::Version { .. } => "; use the version of `krl` that wrote it, or a newer one".into(),
        _ => String::new(),
    }
}

async fn announce(settings: &Settings, host: &Host) {
    use krl_host::api::Engine;
    let port = host.address().port();
    let url = settings
        .base_url
        .clone()
        .unwrap_or_else(|| settings.base_url().replace(&format!(":{}", settings.port), &format!(":{port}")));
    exit::say(&format!("krl: serving on {} as {url}", host.address()));
    exit::say(&format!("krl: data in {}", settings.home.display()));
    let token = settings.home.join(TOKEN_FILE);
    exit::say(&format!("krl: the operator's token, for `krl host` and its like: {}", token.display()));
    if let Ok(eci) = host.engine().ui_channel().await {
        exit::say(&format!(
            "krl: the root cloud of the first owner: {url}/c/{eci}/query/io.picolabs.pico-engine-ui/pico"
        ));
    }
}

/// What asks the process to end. It is listened to from the making on, so that nothing is missed.
#[cfg(unix)]
struct Stop {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Stop {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn asked(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// What asks the process to end.
#[cfg(not(unix))]
struct Stop;

#[cfg(not(unix))]
impl Stop {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn asked(&mut self) {
        drop(tokio::signal::ctrl_c().await);
    }
}
