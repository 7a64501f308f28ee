//! KRL0446 bad-schedule: a time that `schedule` cannot understand (krl-runtime.md §7, decisions L9, R10).

use super::rules;
use crate::project::Unit;
use crate::types::{Record, Shape, Type};
use krl_lang::ast::{StatementKind, Timing};
use krl_lang::{Code, Diagnostic};
use krl_stdlib::datetime::cron::{self, Schedule};
use krl_stdlib::datetime::{Zone, parse_iso, parse_js_date};
use krl_stdlib::types::Types;

pub(super) fn check(unit: &Unit<'_>, found: &mut Vec<Diagnostic>) {
    let parts = rules(unit).filter_map(|r| r.postlude.as_ref()).flat_map(|p| &p.parts);
    for statement in parts.flat_map(|p| &p.statements) {
        let StatementKind::Schedule { timing, time, .. } = &statement.kind else { continue };
        let ty = unit.typing.expr(*time);
        let wrong = match timing {
            Timing::At => wrong_time(ty),
            Timing::Repeat => wrong_repeat(ty),
        };
        if let Some((message, help)) = wrong {
            let span = unit.ast.expr(*time).span;
            found.push(Diagnostic::new(Code::BadSchedule, span, message).help(help));
        }
    }
}

fn is_date(text: &str) -> bool {
    parse_iso(text, 0).is_some() || parse_js_date(text).is_some()
}

fn wrong_time(time: &Type) -> Option<(String, &'static str)> {
    const HELP: &str = "use a timestamp such as `time:add(time:now(), {\"minutes\": 5})`";
    if let Some(text) = time.known_text() {
        return (!is_date(text)).then(|| (format!("`{text}` is no point in time"), HELP));
    }
    let impossible = !time.kinds.is_never() && !time.kinds.overlaps(Types::STRING | Types::NUMBER);
    impossible.then(|| (format!("a point in time is a String or Number, this is {}", time.kinds), HELP))
}

fn wrong_repeat(spec: &Type) -> Option<(String, &'static str)> {
    const HELP: &str =
        "five fields: minute, hour, day of month, month, day of week; for example `30 9 * * mon-fri`";
    if let Some(text) = spec.known_text() {
        let error = Schedule::parse(text).err()?;
        return Some((format!("`{text}` is no schedule: {error}"), HELP));
    }
    if let Some(record) = spec.record() {
        return wrong_map(record);
    }
    let impossible = !spec.kinds.is_never() && !spec.kinds.overlaps(Types::STRING | Types::MAP);
    impossible.then(|| (format!("a schedule is a String or a Map, this is {}", spec.kinds), HELP))
}

/// What is known to be wrong with a map of fields, or a map with `cron`.
fn wrong_map(record: &Record) -> Option<(String, &'static str)> {
    const HELP: &str = "a map has `second`, `minute`, `hour`, `date`, `month` from 0 and `dayOfWeek`, or `cron`, and perhaps a `timezone`";
    let known = |name: &str| record.entries.iter().find(|(key, _)| &**key == name).map(|(_, ty)| ty);
    if let Some(zone) = cron::MAP_ZONES.iter().find_map(|name| known(name)).and_then(Type::known_text)
        && Zone::named(zone).is_none()
    {
        return Some((format!("`{zone}` is no time zone"), "use an IANA name such as `Europe/Vienna`"));
    }
    let text = if let Some(whole) = known("cron") {
        whole.known_text()?.to_owned()
    } else {
        let mut keys = record.entries.iter().map(|(key, _)| &**key);
        if let Some(key) = keys.find(|key| !cron::MAP_FIELDS.contains(key) && !cron::MAP_ZONES.contains(key))
        {
            return Some((format!("`{key}` is no field of a schedule"), HELP));
        }
        cron::MAP_FIELDS.map(|name| field(name, known(name))).join(" ")
    };
    let error = Schedule::parse(&text).err()?;
    Some((format!("this is no schedule: {error}"), HELP))
}

/// The text of a field; what is not known could be anything.
fn field(name: &str, value: Option<&Type>) -> String {
    let shift = if name == "month" { 1.0 } else { 0.0 };
    match value.map(|ty| &ty.shape) {
        Some(Shape::Number(n)) => (n + shift).to_string(),
        Some(Shape::Text(text)) => text.to_string(),
        _ => "*".to_owned(),
    }
}
