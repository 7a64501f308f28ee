//! `krl host`: what operators ask of a host, running or stopped.

mod store;

use crate::args::{Host, HostCommand};
use crate::exit::{self, Exit};
use crate::remote::{self, Connection, field, items, text};
use crate::table::Table;
use krl_host::api::Operation;
use krl_host::http::TOKEN_FILE;
use krl_vm::data::{Data, DataMap};

/// Clouds asked for at a time.
const PAGE: usize = 1_000;

/// Does what was asked.
pub fn run(args: &Host) -> Exit {
    ask(args).unwrap_or_else(|exit| exit)
}

fn ask(args: &Host) -> Result<Exit, Exit> {
    let answered = |operation: Operation, show: fn(&Data) -> String| {
        let answer = Connection::new(&args.remote)?.ask(operation)?;
        print(args, &answer, show);
        Ok(Exit::Ok)
    };
    match &args.command {
        HostCommand::Owners => answered(Operation::Owners, owners),
        HostCommand::CreateOwner { name } => answered(Operation::CreateOwner { name: name.clone() }, facts),
        HostCommand::Suspend { owner } => {
            answered(Operation::Suspend { owner: owner.clone(), suspended: true }, facts)
        }
        HostCommand::Resume { owner } => {
            answered(Operation::Suspend { owner: owner.clone(), suspended: false }, facts)
        }
        HostCommand::Quota { owner, limits } => {
            let limits = read_limits(limits).map_err(|problem| exit::usage(&problem))?;
            answered(Operation::Quota { owner: owner.clone(), limits }, facts)
        }
        HostCommand::Clouds { owner } => {
            let clouds = all_clouds(&Connection::new(&args.remote)?, owner)?;
            print(args, &clouds, lines);
            Ok(Exit::Ok)
        }
        HostCommand::Cloud { id } => answered(Operation::Cloud { id: id.clone() }, cloud),
        HostCommand::Stats => answered(Operation::Stats, facts),
        HostCommand::Flush { url } => answered(Operation::Flush { url: url.clone() }, ruleset),
        HostCommand::Backup { file, home: None } => {
            let host = Connection::new(&args.remote)?;
            let path = store::on_host(&host.url, file)?;
            let answer = host.ask(Operation::Backup { path })?;
            print(args, &answer, facts);
            Ok(Exit::Ok)
        }
        HostCommand::Backup { file, home: Some(home) } => store::backup(args, file, home),
        HostCommand::Restore { file, home } => store::restore(args, file, home),
        HostCommand::Verify { file, home } => store::verify(args, file.as_deref(), home.as_deref()),
        HostCommand::Token { home } => {
            let path = remote::home(home.as_deref()).join(TOKEN_FILE);
            let token = remote::read_token(&path).map_err(|problem| exit::usage(&problem))?;
            exit::print(&format!("{token}\n"));
            Ok(Exit::Ok)
        }
    }
}

fn print(args: &Host, answer: &Data, show: fn(&Data) -> String) {
    if args.json {
        exit::print(&format!("{}\n", answer.to_json()));
    } else {
        exit::print(&show(answer));
    }
}

/// Limits as the command line has them: `instructions=5000000`.
fn read_limits(given: &[String]) -> Result<DataMap, String> {
    let mut limits = DataMap::new();
    for limit in given {
        let wrong = || format!("`{limit}` is no limit; write for example `instructions=5000000`");
        let (name, value) = limit.split_once('=').ok_or_else(wrong)?;
        if value.trim() == "none" {
            limits.insert(name.trim().into(), Data::Null);
            continue;
        }
        let number: u64 = value.replace('_', "").parse().map_err(|_| wrong())?;
        limits.insert(name.trim().into(), Data::Number(number as f64));
    }
    Ok(limits)
}

/// All clouds of an owner, page by page.
fn all_clouds(host: &Connection, owner: &str) -> Result<Data, Exit> {
    let mut all = Vec::new();
    loop {
        let after = all.last().and_then(Data::as_str).map(str::to_owned);
        let page = host.ask(Operation::Clouds { owner: owner.into(), after, limit: PAGE })?;
        let found = items(&page);
        all.extend_from_slice(found);
        if found.len() < PAGE {
            return Ok(Data::Array(all));
        }
    }
}

fn owners(answer: &Data) -> String {
    let mut table = Table::new(&["id", "name", "root cloud", "clouds", "created", "state", "limits"]);
    for owner in items(answer) {
        let suspended = field(owner, "suspended") == Some(&Data::Bool(true));
        let state = if suspended { "suspended" } else { "runs" }.to_owned();
        let (id, name) = (text(owner, "id"), text(owner, "name"));
        let (root, clouds, created) = (text(owner, "root"), text(owner, "clouds"), text(owner, "created"));
        table.row([id, name, root, clouds, created, state, limits(owner)]);
    }
    table.text()
}

/// The limits that an owner has of its own.
fn limits(owner: &Data) -> String {
    let limits = field(owner, "limits").and_then(Data::as_map);
    let own = limits.into_iter().flatten().filter(|(_, value)| **value != Data::Null);
    own.map(|(name, value)| format!("{name}={}", value.to_json())).collect::<Vec<_>>().join(" ")
}

/// Each entry on a line of its own.
pub(super) fn facts(answer: &Data) -> String {
    let Some(entries) = answer.as_map() else { return format!("{}\n", answer.to_json()) };
    let width = entries.keys().map(|name| name.chars().count()).max().unwrap_or(0);
    let line = |(name, value): (&std::sync::Arc<str>, &Data)| {
        let value = match value {
            Data::Map(_) if &**name == "limits" => limits(answer),
            Data::Null => String::new(),
            Data::String(text) => text.to_string(),
            other => other.to_json(),
        };
        format!("{}\n", format!("{name:<width$}  {value}").trim_end())
    };
    entries.iter().map(line).collect()
}

fn lines(answer: &Data) -> String {
    items(answer).iter().filter_map(Data::as_str).map(|line| format!("{line}\n")).collect()
}

fn cloud(answer: &Data) -> String {
    let Some(mut entries) = answer.as_map().cloned() else { return facts(answer) };
    let rulesets = entries.shift_remove("rulesets").unwrap_or(Data::Null);
    let mut installed = Table::new(&["ruleset", "address", "broken"]);
    for ruleset in items(&rulesets) {
        installed.row([text(ruleset, "rid"), text(ruleset, "url"), text(ruleset, "broken")]);
    }
    let channels = entries.shift_remove("channels").unwrap_or(Data::Null);
    let mut ways_in = Table::new(&["channel", "tags"]);
    for channel in items(&channels) {
        let tags = field(channel, "tags").map(items).unwrap_or_default();
        let tags: Vec<_> = tags.iter().filter_map(Data::as_str).collect();
        ways_in.row([text(channel, "id"), tags.join(" ")]);
    }
    format!("{}\n{}\n{}", facts(&Data::Map(entries)), ways_in.text(), installed.text())
}

/// A ruleset that was fetched; what the compiler warns of goes to standard error.
fn ruleset(answer: &Data) -> String {
    let Some(mut entries) = answer.as_map().cloned() else { return facts(answer) };
    let compiler = entries.shift_remove("compiler").unwrap_or(Data::Null);
    for warning in field(&compiler, "warnings").map(items).unwrap_or_default() {
        exit::say_raw(&text(warning, "rendered"));
    }
    facts(&Data::Map(entries))
}
