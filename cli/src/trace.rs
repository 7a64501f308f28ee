//! What a cloud told while it worked, for people: logs, and why each rule was or was not selected.

use crate::session::Entry;
use krl_kernel::channel::Channel;
use krl_kernel::cloud::{CloudState, LogEntry, RuntimeError, TraceEntry, Verdict};
use krl_kernel::machine::Reason;
use krl_vm::data::{Data, DataMap};
use krl_vm::native::LogLevel;
use std::fmt::Write;
use std::sync::Arc;

/// Longer values are cut.
const MAX_VALUE: usize = 120;

/// The entries of one step in their order; events that rules raised are headed as such.
/// Errors that are told with their places need no line of the log.
pub fn entries(entries: &[Entry], told: &[RuntimeError]) -> String {
    let mut text = String::new();
    let mut current: Option<(Arc<str>, Arc<str>, Arc<str>)> = None;
    for entry in entries {
        match entry {
            Entry::Log(entry) if told.iter().any(|error| is_about(entry, error)) => {}
            Entry::Log(entry) => text.push_str(&log(entry)),
            Entry::Trace(entry) => {
                let event = (entry.eid.clone(), entry.domain.clone(), entry.name.clone());
                if current.as_ref() != Some(&event) {
                    let same = current.as_ref().is_some_and(|(eid, ..)| *eid == entry.eid);
                    let verb = if same { "raised " } else { "" };
                    let _ = writeln!(text, "  {verb}{}:{}", entry.domain, entry.name);
                    current = Some(event);
                }
                let _ = writeln!(text, "    {} · {}: {}", entry.rid, entry.rule, verdict(entry));
            }
        }
    }
    text
}

fn is_about(entry: &LogEntry, error: &RuntimeError) -> bool {
    let same = entry.message.as_str() == Some(error.message.as_str());
    entry.level == LogLevel::Error && entry.rid == error.rid && same
}

/// A line of a program's log.
pub fn log(entry: &LogEntry) -> String {
    let message = entry.message.as_str().map_or_else(|| shown(&entry.message), str::to_owned);
    let value = entry.value.as_ref().map(|value| format!(" {}", shown(value))).unwrap_or_default();
    format!("{:<5} {}: {message}{value}\n", entry.level.name(), entry.rid)
}

fn verdict(entry: &TraceEntry) -> String {
    match &entry.verdict {
        Verdict::NotSelected(Reason::State) => "not selected: its pattern waits for another event".into(),
        Verdict::NotSelected(Reason::Pattern) => "not selected: an attribute does not match".into(),
        Verdict::NotSelected(Reason::Where) => "not selected: `where` is false".into(),
        Verdict::Failed => "failed".into(),
        Verdict::Selected { fired, changed } => {
            let times = fired.iter().filter(|fired| **fired).count();
            let mut text = match (fired.len(), times) {
                (0, _) => "selected, `foreach` over nothing".to_owned(),
                (1, 0) => "selected, not fired".to_owned(),
                (1, _) => "selected, fired".to_owned(),
                (all, times) => format!("selected, fired {times} of {all} times"),
            };
            let mut named: Vec<&str> = changed.iter().map(|name| &**name).collect();
            named.sort_unstable();
            named.dedup();
            for name in named {
                let _ = write!(text, ", wrote ent:{name}");
            }
            text
        }
    }
}

/// Entity variables, matches in progress, jobs and channels that differ.
pub fn changes(before: &CloudState, after: &CloudState) -> String {
    let mut text = String::new();
    for ruleset in &after.rulesets {
        let former = before.rulesets.iter().find(|r| r.rid == ruleset.rid);
        let none = DataMap::new();
        let old = former.map_or(&none, |former| &former.variables);
        for (name, value) in &ruleset.variables {
            if old.get(name) != Some(value) {
                let was = old.get(name).map_or_else(|| "unset".into(), shown);
                let _ = writeln!(text, "  {} · ent:{name}: {was} → {}", ruleset.rid, shown(value));
            }
        }
        for (name, value) in old.iter().filter(|(name, _)| !ruleset.variables.contains_key(*name)) {
            let _ = writeln!(text, "  {} · ent:{name}: {} → unset", ruleset.rid, shown(value));
        }
        for (rule, state) in &ruleset.matches {
            let was = former.and_then(|f| f.matches.iter().find(|(name, _)| name == rule));
            if was.map(|(_, was)| &was.active) != Some(&state.active) {
                let at: Vec<String> = state.active.iter().map(u32::to_string).collect();
                let at = at.join(" ");
                let _ = writeln!(text, "  {} · {rule}: its pattern stands at node {at}", ruleset.rid);
            }
        }
    }
    for job in after.jobs.iter().filter(|job| !before.jobs.iter().any(|was| was.id == job.id)) {
        let due = krl_stdlib::datetime::format_iso(job.due);
        let _ = writeln!(text, "  {} · scheduled {}:{} for {due}", job.rid, job.domain, job.name);
    }
    for job in before.jobs.iter().filter(|job| !after.jobs.iter().any(|is| is.id == job.id)) {
        let _ = writeln!(text, "  {} · no longer scheduled: {}:{}", job.rid, job.domain, job.name);
    }
    text.push_str(&channel_changes(&before.channels, &after.channels));
    text
}

fn channel_changes(before: &[Channel], after: &[Channel]) -> String {
    let mut text = String::new();
    let mut tell = |channel: &Channel, what: &str| {
        let _ = writeln!(text, "  channel {} [{}]: {what}", channel.id, channel.tags.join(", "));
    };
    for channel in after {
        match before.iter().find(|was| was.id == channel.id) {
            None => tell(channel, "created"),
            Some(was) if was != channel => tell(channel, "changed"),
            Some(_) => {}
        }
    }
    for channel in before.iter().filter(|was| !after.iter().any(|is| is.id == was.id)) {
        tell(channel, "deleted");
    }
    text
}

fn shown(value: &Data) -> String {
    let json = value.to_json();
    match json.char_indices().nth(MAX_VALUE) {
        Some((end, _)) => format!("{}…", json.get(..end).unwrap_or_default()),
        None => json,
    }
}
