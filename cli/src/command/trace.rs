//! `krl trace`: what became of an event or a query, rule by rule.

use super::{Context, logs};
use crate::args::Trace;
use crate::exit::{self, Exit};
use crate::paint::{Ink, Paint};
use crate::remote::{Connection, field, items, text};
use krl_host::api::Operation;
use krl_vm::data::Data;
use std::fmt::Write;
use std::io::IsTerminal;

/// Asks the host, and tells.
pub fn run(context: &Context, args: &Trace) -> Exit {
    let answer =
        Connection::new(&args.remote).and_then(|host| host.ask(Operation::Trace { id: args.id.clone() }));
    match answer {
        Ok(answer) if args.json => exit::print(&format!("{}\n", answer.to_json())),
        Ok(answer) => {
            let paint = Paint(context.printer.colours(std::io::stdout().is_terminal()));
            exit::print(&explain(&answer, paint));
        }
        Err(exit) => return exit,
    }
    Exit::Ok
}

fn explain(answer: &Data, paint: Paint) -> String {
    let transaction = field(answer, "transaction").unwrap_or(&Data::Null);
    let inner = field(transaction, "event").or_else(|| field(transaction, "query"));
    let mut told = format!("{}\n", paint.text(Ink::Bold, &logs::transaction(transaction)));
    let channel = inner.map(|inner| text(inner, "eci")).unwrap_or_default();
    let facts =
        [("id", text(answer, "id")), ("time", text(answer, "time")), ("cloud", text(answer, "cloud"))];
    for (name, value) in facts.into_iter().chain([("channel", channel)]) {
        let _ = writeln!(told, "  {name:<8} {value}");
    }
    let lines = field(answer, "lines").map(items).unwrap_or_default();
    // What a rule logged was noted before how it fared; it is told below it.
    let (mut current, mut logged) = (String::new(), String::new());
    for line in lines {
        if field(line, "rule").is_none() {
            logged.push_str(&log(line, paint));
            continue;
        }
        let event = text(line, "event");
        if !event.is_empty() && event != current {
            let _ = writeln!(told, "\n{event}");
            current = event;
        }
        told.push_str(&rule(line, paint));
        told.push_str(&std::mem::take(&mut logged));
    }
    told.push_str(&logged);
    let is_event = field(transaction, "event").is_some();
    if is_event && !lines.iter().any(|line| field(line, "rule").is_some()) {
        told.push_str("\nno rule of this cloud selects on such an event\n");
    }
    if let Some(error) = field(answer, "error").and_then(Data::as_str) {
        let _ = writeln!(told, "\n{} {error}", paint.text(Ink::Red, "error:"));
    }
    told
}

/// How a rule fared, with all iterations of a `foreach`, and what it changed.
fn rule(line: &Data, paint: Paint) -> String {
    let outcome = text(line, "outcome");
    let ink = match outcome.as_str() {
        "fired" => Ink::Green,
        "failed" => Ink::Red,
        _ => Ink::Dim,
    };
    let mut told = format!("  {} · {}: {}", text(line, "rid"), text(line, "rule"), paint.text(ink, &outcome));
    let iterations = field(line, "iterations").map(items).unwrap_or_default();
    if !iterations.is_empty() {
        let fired = iterations.iter().filter(|fired| **fired == Data::Bool(true)).count();
        let _ = write!(told, " in {fired} of {} iterations", iterations.len());
    }
    let changed = field(line, "changed").map(items).unwrap_or_default();
    let changed: Vec<_> = changed.iter().filter_map(Data::as_str).map(|name| format!("ent:{name}")).collect();
    if !changed.is_empty() {
        let _ = write!(told, "; changed {}", changed.join(", "));
    }
    told.push('\n');
    told
}

/// What a program logged, or an error.
fn log(line: &Data, paint: Paint) -> String {
    let level = text(line, "log");
    let ink = match level.as_str() {
        "error" => Ink::Red,
        "warn" => Ink::Yellow,
        _ => Ink::Green,
    };
    let word = paint.text(ink, &format!("[{}]", level.to_uppercase()));
    let value = field(line, "value").map(|value| format!(" {}", value.to_json())).unwrap_or_default();
    format!("    {word} {}: {}{value}\n", text(line, "rid"), text(line, "message"))
}
