//! Settings from all their sources, what is wrong with them, and that `docs/host.md` lists them. `KRL_BLESS=1` writes its tables.

#![allow(clippy::unwrap_used, reason = "tests")]

use krl_host::config::{Settings, Sources, TABLE, load};
use krl_host::http::ROUTES;
use std::path::Path;
use std::time::Duration;

type Pairs<'a> = &'a [(&'a str, &'a str)];

/// What comes of a file's text, an environment and flags; errors as lines, without the folder.
fn settle(file: &str, env: Pairs<'_>, flags: Pairs<'_>) -> Result<Settings, String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("host.toml"), file).unwrap();
    let distro = "name = \"d\"\nversion = \"1\"\n[settings.limits]\nbody = \"3 KiB\"\nidle-time = \"3 s\"\n";
    std::fs::write(folder.path().join("d.toml"), distro).unwrap();
    let home = folder.path().to_string_lossy().into_owned();
    let env = |name: &str| match name {
        "KRL_HOME" => Some(home.clone()),
        name => env.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned()),
    };
    let flags: Vec<(String, String)> =
        flags.iter().map(|(flag, value)| ((*flag).into(), (*value).into())).collect();
    load(&Sources { flags: &flags, env: &env, file: None }).map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        lines.join("\n").replace(&format!("{home}/"), "")
    })
}

#[test]
fn nearer_sources_win() {
    let file = "port = 1\ndistro = \"d.toml\"\n[limits]\nbody = \"4 KiB\"\n[log]\naccess = false\n";
    let found = settle(file, &[], &[]).unwrap();
    assert_eq!((found.port, found.limits.body_bytes, found.log.access), (1, 4096, false));
    assert_eq!((found.limits.idle_time, found.distro.name.as_str()), (Duration::from_secs(3), "d"));
    assert_eq!(found.base_url(), "http://localhost:1");
    let env: Pairs<'_> =
        &[("PORT", "2"), ("KRL_BODY_LIMIT", "5 KiB"), ("PICO_ENGINE_BASE_URL", "https://a.example/")];
    let found = settle(file, env, &[]).unwrap();
    assert_eq!((found.port, found.limits.body_bytes), (2, 5120));
    assert_eq!(found.base_url(), "https://a.example");
    let found = settle(file, &[("PORT", "2"), ("KRL_PORT", "3")], &[]).unwrap();
    assert_eq!(found.port, 3);
    let found = settle(file, env, &[("port", "4"), ("tls-certificate", "c"), ("tls-key", "k")]).unwrap();
    assert_eq!((found.port, found.tls.unwrap().key), (4, "k".into()));
}

#[test]
fn what_cannot_be_used_is_named_with_its_place_and_remedy() {
    let cases: &[(&str, Pairs<'_>, Pairs<'_>, &str)] = &[
        ("prot = 1", &[], &[], "host.toml:1: there is no setting `prot`; did you mean `port`?"),
        (
            "\n[limits]\nbdy = 1",
            &[],
            &[],
            "host.toml:3: there is no setting `limits.bdy`; did you mean `limits.body`?",
        ),
        (
            "[colours]\nred = 1",
            &[],
            &[],
            "host.toml:2: there is no setting `colours.red`; remove it, or see `docs/host.md` for those there are",
        ),
        ("port = 70000", &[], &[], "host.toml:1: `port` must be a port, 0 to 65535, not `70000`"),
        ("port = [1]", &[], &[], "host.toml:1: `port` must be text, a whole number, `true` or `false`"),
        ("port = 1\nport = 2", &[], &[], "host.toml:2: duplicate key"),
        (
            "limits.body = \"big\"\nlog.format = \"xml\"",
            &[],
            &[],
            "host.toml:1: `limits.body` must be a size such as `512 KiB` or `1 MiB`, not `big`\n\
             host.toml:2: `log.format` must be `text` or `json`, not `xml`",
        ),
        ("distro = \"none.toml\"", &[], &[], "none.toml: no such file"),
        ("", &[("PORT", "x")], &[], "environment variable PORT: this must be a port, 0 to 65535, not `x`"),
        (
            "",
            &[],
            &[("idle-time", "5")],
            "--idle-time: this must be a time such as `500 ms`, `10 s` or `2 min`, not `5`",
        ),
        ("", &[], &[("colour", "5")], "--colour: there is no such flag"),
        ("", &[], &[("tls-key", "k")], "--tls-key: a key needs its certificate: set `tls.certificate` too"),
    ];
    for (file, env, flags, expected) in cases {
        assert_eq!(settle(file, env, flags).unwrap_err(), *expected, "{file}");
    }
}

fn distro(text: &str) -> Result<Settings, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("d.toml");
    std::fs::write(&path, text).unwrap();
    let flags = [("distro".to_owned(), path.to_string_lossy().into_owned())];
    let env = |_: &str| None;
    load(&Sources { flags: &flags, env: &env, file: None })
        .map_err(|errors| errors[0].to_string().replace(&format!("{}/", folder.path().display()), ""))
}

#[test]
fn manifests_are_checked() {
    let head = "name = \"d\"\nversion = \"1\"\n";
    let cases = [
        (format!("{head}rulsets = []"), "d.toml:3: unknown field `rulsets`"),
        ("name = \"d\"".into(), "missing field `version`"),
        (
            format!("{head}[[rulesets]]\nurl = \"not one\""),
            "d.toml:4: `not one` must be an address, a `.krl` or `.krlc` file, or the id of",
        ),
        (
            format!("{head}[[system]]\nurl = \"io.picolabs.wranglr\""),
            "d.toml:4: `io.picolabs.wranglr` must be an address",
        ),
        (
            format!("{head}[[system]]\nurl = \"own.krl\""),
            "d.toml:4: `own.krl` cannot be read beside the manifest: No such file",
        ),
        (format!("{head}[settings]\nport = 1"), "d.toml:4: there is no setting `port`"),
        (format!("{head}[settings.limits]\nbody = 0"), "d.toml:4: `limits.body` must be a size"),
        (
            format!(
                "{head}[[channels]]\ntags = []\nevent-policy = {{ allow = [{{ domain = \"a\" }}], deny = [] }}\n\
                 query-policy = {{ allow = [], deny = [] }}"
            ),
            "d.toml:5: a policy must be `{ allow = [",
        ),
    ];
    for (text, expected) in cases {
        let found = distro(&text).unwrap_err();
        assert!(found.contains(expected), "{found}");
    }
}

#[test]
fn the_example_distros_are_right() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/distros");
    let read = |name: &str| {
        let flags = [("distro".to_owned(), format!("{folder}/{name}"))];
        load(&Sources { flags: &flags, env: &|_| None, file: None }).unwrap()
    };
    let home = read("home.toml");
    assert_eq!((home.distro.rulesets.len(), home.distro.quota.clouds), (1, Some(500)));
    let bank = read("bank.toml");
    assert_eq!((bank.limits.body_bytes, bank.budgets.instructions), (128 << 10, 2_000_000));
    assert_eq!(bank.distro.quota.events_per_second, Some(50));
    assert_eq!(bank.distro.files.len(), 2);
    let gateway = read("gateway.toml");
    assert_eq!(
        (gateway.distro.system.map(|rulesets| rulesets.len()), gateway.distro.channels.len()),
        (Some(1), 2)
    );
}

/// The defaults that the table tells are those that hold.
#[test]
fn the_table_tells_the_defaults() {
    for setting in TABLE.iter().filter(|setting| setting.default.chars().next().unwrap().is_ascii_digit()) {
        if ["address", "port"].contains(&setting.key) {
            continue;
        }
        let found = settle("", &[], &[(setting.flag, setting.default)]).unwrap();
        let plain = settle("", &[], &[]).unwrap();
        let without_home = |settings: Settings| Settings { home: "".into(), ..settings };
        assert_eq!(without_home(found), without_home(plain), "{}", setting.key);
    }
}

fn settings_table() -> String {
    let mut text =
        String::from("| key | flag | environment | value | default | |\n|---|---|---|---|---|---|\n");
    for setting in TABLE {
        let env = setting.also.map_or(String::new(), |also| format!(", `{also}`"));
        let default = match setting.default {
            words if words.contains(['`', ' ']) && !words.starts_with(|c: char| c.is_ascii_digit()) => {
                words.into()
            }
            value => format!("`{value}`"),
        };
        text.push_str(&format!(
            "| `{}` | `--{}` | `{}`{env} | {} | {default} | {} |\n",
            setting.key, setting.flag, setting.env, setting.value, setting.about
        ));
    }
    text
}

fn routes_table() -> String {
    let mut text = String::from("| path | verbs | |\n|---|---|---|\n");
    for info in ROUTES {
        let methods = if info.methods.is_empty() { "any".into() } else { info.methods.join(", ") };
        let key = if info.route.is_operators() { " (token)" } else { "" };
        text.push_str(&format!("| `{}` | {methods} | {}{key} |\n", info.path, info.summary));
    }
    text
}

#[test]
fn the_document_lists_all_settings_and_routes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/host.md");
    let found = std::fs::read_to_string(&path).unwrap();
    let mut text = found.clone();
    for (name, table) in [("settings", settings_table()), ("routes", routes_table())] {
        let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->"));
        let (before, rest) = text.split_once(&begin).unwrap();
        let (_, after) = rest.split_once(&end).unwrap();
        text = format!("{before}{begin}{table}{end}{after}");
    }
    if std::env::var_os("KRL_BLESS").is_some() {
        std::fs::write(&path, &text).unwrap();
    } else {
        assert!(found == text, "host.md is stale: write it anew with KRL_BLESS=1");
    }
}
