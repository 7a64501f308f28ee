//! Run-time errors: as JSON for programs, and with source and KRL stack for people.

use crate::snippet;
use krl_kernel::cloud::{Place, QueryError, RuntimeError};
use krl_vm::data::{Data, DataMap};
use std::fmt::Write;

/// A map of these entries.
pub fn map(entries: Vec<(&str, Data)>) -> Data {
    Data::Map(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
}

/// `rid`, `rule`, `code`, `message`, `at`; what is not known is left out.
pub fn to_data(error: &RuntimeError) -> Data {
    let mut entries = vec![("rid", Data::String(error.rid.clone()))];
    entries.extend(error.rule.clone().map(|rule| ("rule", Data::String(rule))));
    entries.push(("code", Data::string(error.code)));
    entries.push(("message", Data::string(error.message.as_str())));
    entries.extend(error.at.as_ref().map(|at| ("at", place(at))));
    map(entries)
}

fn place(at: &Place) -> Data {
    map(vec![
        ("rid", Data::String(at.rid.clone())),
        ("line", Data::Number(f64::from(at.line))),
        ("column", Data::Number(f64::from(at.column))),
    ])
}

/// A query's error as data.
pub fn query_to_data(error: &QueryError) -> Data {
    let code = match error {
        QueryError::Refused(_) => "refused",
        QueryError::NotInstalled(_) => "not_installed",
        QueryError::Broken { .. } => "broken",
        QueryError::NotShared { .. } => "not_shared",
        QueryError::Failed(error) => return to_data(error),
    };
    let entries: DataMap =
        [("code".into(), Data::string(code)), ("message".into(), Data::string(error.to_string()))]
            .into_iter()
            .collect();
    Data::Map(entries)
}

/// Whose source is where: file name and text of a ruleset.
pub trait Sources {
    /// The file and the text of a ruleset.
    fn source(&self, rid: &str) -> Option<(&str, &str)>;
}

/// Most callers shown.
const MAX_CALLERS: usize = 8;

/// The error with the line it happened in, and how execution got there.
pub fn explain(error: &RuntimeError, sources: &dyn Sources) -> String {
    let mut text = format!("error: {}\n", error.message);
    if let Some(at) = &error.at {
        excerpt(&mut text, at, sources);
    }
    callers(&mut text, error, sources);
    let _ = match &error.rule {
        Some(rule) => writeln!(text, "  in rule {rule} of {}", error.rid),
        None if &*error.rid == snippet::RID => Ok(()),
        None => writeln!(text, "  in {}", error.rid),
    };
    text
}

/// The functions that led to the error, innermost first; a function that called itself stands once.
fn callers(text: &mut String, error: &RuntimeError, sources: &dyn Sources) {
    let (functions, omitted) = (&error.stack.functions, error.stack.omitted);
    let outer = functions.get(1..).unwrap_or_default();
    let mut told = 0;
    for same in outer.chunk_by(|a, b| a == b).take(MAX_CALLERS) {
        let Some(caller) = same.first() else { continue };
        let at = caller.at.as_ref().map(|at| format!(" ({})", located(at, sources))).unwrap_or_default();
        told += same.len();
        let all_omitted = told == outer.len() && omitted > 0;
        let times = if all_omitted { same.len() + omitted } else { same.len() };
        let times = if times > 1 { format!(", {times} times") } else { String::new() };
        let _ = writeln!(text, "  called from {}{at}{times}", caller.function);
        if all_omitted {
            return;
        }
    }
    let more = outer.len() - told + omitted;
    if more > 0 {
        let _ = writeln!(text, "  … and {more} callers more");
    }
}

fn located(at: &Place, sources: &dyn Sources) -> String {
    let file = sources.source(&at.rid).map_or(&*at.rid, |(file, _)| file);
    format!("{file}:{}:{}", at.line, at.column)
}

fn excerpt(text: &mut String, at: &Place, sources: &dyn Sources) {
    let number = at.line.to_string();
    let margin = " ".repeat(number.len());
    let _ = writeln!(text, "{margin} --> {}", located(at, sources));
    let source = sources.source(&at.rid).map(|(_, source)| source).unwrap_or_default();
    let line = source.lines().nth((at.line as usize).saturating_sub(1)).unwrap_or_default();
    if !line.trim().is_empty() && line.len() <= MAX_LINE {
        let before: String = line.chars().take((at.column as usize).saturating_sub(1)).collect();
        let blank: String = before.chars().map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        let _ = writeln!(text, "{margin} |\n{number} | {line}\n{margin} | {blank}^");
    }
}

/// Longer lines are not shown.
const MAX_LINE: usize = 400;
