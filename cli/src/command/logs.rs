//! `krl logs`: what happened in a cloud, transaction by transaction, the oldest first (`krl-runtime.md` §10).

use super::Context;
use crate::args::{Level, Logs};
use crate::exit::{self, Exit};
use crate::paint::{Ink, Paint};
use crate::remote::{Connection, field, items, text};
use crate::script;
use krl_host::api::Operation;
use krl_stdlib::datetime::parse_iso;
use krl_vm::data::Data;
use std::fmt::Write;
use std::io::IsTerminal;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Records asked for at a time.
const PAGE: usize = 200;
/// How long a request waits for the next record.
const WAIT: Duration = Duration::from_secs(30);

/// Prints what there is, then what comes.
pub fn run(context: &Context, args: &Logs) -> Exit {
    show(context, args).unwrap_or_else(|exit| exit)
}

fn show(context: &Context, args: &Logs) -> Result<Exit, Exit> {
    let filter = Filter::new(args).map_err(|problem| exit::usage(&problem))?;
    let paint = Paint(context.printer.colours(std::io::stdout().is_terminal()));
    let host = Connection::new(&args.remote)?;
    let mut after = None;
    loop {
        let page = host.ask(Operation::Logs { id: args.cloud.clone(), after: after.clone(), limit: PAGE })?;
        filter.print(&page, args.json, paint);
        after = last(&page).or(after);
        if items(&page).len() < PAGE {
            break;
        }
    }
    if !args.follow {
        return Ok(Exit::Ok);
    }
    loop {
        let page = host.follow(&args.cloud, after.clone(), PAGE, WAIT)?;
        filter.print(&page, args.json, paint);
        after = last(&page).or(after);
    }
}

/// The position of the last record of a page.
fn last(page: &Data) -> Option<String> {
    Some(field(items(page).last()?, "position")?.as_str()?.to_owned())
}

/// Which lines are shown.
struct Filter<'a> {
    level: Level,
    rid: Option<&'a str>,
    event: Option<&'a str>,
    since: Option<i64>,
}

impl<'a> Filter<'a> {
    fn new(args: &'a Logs) -> Result<Self, String> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as i64);
        let since = args.since.as_deref().map(|text| {
            let ago = script::duration(text).map(|ms| now - ms);
            ago.or_else(|| parse_iso(text, now)).ok_or_else(|| {
                format!(
                    "`{text}` is neither a duration nor a time; write `10 minutes` or `2026-01-31T12:00:00Z`"
                )
            })
        });
        let (rid, event) = (args.rid.as_deref(), args.event.as_deref());
        Ok(Self { level: args.level, rid, event, since: since.transpose()? })
    }

    /// Lines of a record that are shown.
    fn lines<'d>(&self, entries: &'d [Data]) -> Vec<&'d Data> {
        let Some(first) = entries.first() else { return Vec::new() };
        let time = field(first, "time").and_then(Data::as_str).and_then(|time| parse_iso(time, 0));
        let young = self.since.is_none_or(|since| time.is_none_or(|time| time >= since));
        let meant = self.event.is_none_or(|event| text(first, "txnId") == event);
        if !young || !meant {
            return Vec::new();
        }
        let shown = |entry: &&Data| {
            let rid = self.rid.is_none_or(|rid| text(entry, "rid") == rid);
            rid && level(entry) <= self.level
        };
        entries.iter().filter(shown).collect()
    }

    fn print(&self, page: &Data, json: bool, paint: Paint) {
        for record in items(page) {
            let entries = field(record, "entries").map(items).unwrap_or_default();
            let lines = self.lines(entries);
            let mut shown = String::new();
            for line in &lines {
                if json {
                    let _ = writeln!(shown, "{}", line.to_json());
                } else {
                    shown.push_str(&entry(line, paint));
                }
            }
            match entries.first() {
                Some(first) if !json && !lines.is_empty() => {
                    exit::print(&format!("{}{shown}", header(first, paint)));
                }
                _ if shown.is_empty() => {}
                _ => exit::print(&shown),
            }
        }
    }
}

fn level(entry: &Data) -> Level {
    match field(entry, "level").and_then(Data::as_str) {
        Some("error") => Level::Error,
        Some("warn") => Level::Warn,
        Some("info") => Level::Info,
        Some("klog") => Level::Klog,
        _ => Level::Debug,
    }
}

/// What a transaction was.
pub fn transaction(transaction: &Data) -> String {
    let part = |data: &Data, name: &str| field(data, name).map_or_else(String::new, Data::to_json);
    if let Some(event) = field(transaction, "event") {
        let attrs = field(event, "data").map(|data| part(data, "attrs")).unwrap_or_default();
        return format!("EVENT {}:{} {attrs}", text(event, "domain"), text(event, "name"));
    }
    let query = field(transaction, "query").unwrap_or(&Data::Null);
    format!("QUERY {}/{} {}", text(query, "rid"), text(query, "name"), part(query, "args"))
}

fn header(first: &Data, paint: Paint) -> String {
    let what = field(first, "txn").map(transaction).unwrap_or_default();
    let (time, id) = (text(first, "time"), text(first, "txnId"));
    format!("{time} {} {}\n", paint.text(Ink::Bold, &what), paint.text(Ink::Dim, &id))
}

/// A line of a transaction; nothing for what its header says.
fn entry(entry: &Data, paint: Paint) -> String {
    let message = text(entry, "msg");
    if ["txnQueued", "txnStart", "txnDone"].contains(&message.as_str()) {
        return String::new();
    }
    let level = level(entry);
    let word = format!("[{}]", text(entry, "level").to_uppercase());
    let word = match level {
        Level::Error => paint.text(Ink::Red, &word),
        Level::Warn => paint.text(Ink::Yellow, &word),
        Level::Info | Level::Klog => paint.text(Ink::Green, &word),
        Level::Debug => paint.text(Ink::Dim, &word),
    };
    let mut line = format!("  {word} ");
    let (rid, rule) = (text(entry, "rid"), text(entry, "rule_name"));
    if !rid.is_empty() {
        line.push_str(&rid);
        if !rule.is_empty() {
            let _ = write!(line, " · {rule}");
        }
        line.push_str(": ");
    }
    line.push_str(&message);
    if let Some(event) = field(entry, "event") {
        let _ = write!(line, " {}:{}", text(event, "domain"), text(event, "name"));
    }
    for more in ["val", "error"] {
        match field(entry, more) {
            Some(value) if more == "val" => drop(write!(line, " {}", value.to_json())),
            Some(_) => drop(write!(line, ": {}", text(entry, more))),
            None => {}
        }
    }
    line.push('\n');
    line
}
