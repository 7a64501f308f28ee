//! Scheduled events (`krl-runtime.md` §7, decision R10): jobs of a ruleset, each on its own, that fire as time is told to pass.

use krl_stdlib::datetime::{Zone, cron, from_number, parse_js_date};
use krl_vm::data::{Data, DataMap};
use krl_vm::fault::Fault;
use std::sync::Arc;

/// A scheduled event.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its id.
    pub id: Arc<str>,
    /// The ruleset it belongs to.
    pub rid: Arc<str>,
    /// The channel the event will name.
    pub eci: Arc<str>,
    /// Event domain.
    pub domain: Arc<str>,
    /// Event type.
    pub name: Arc<str>,
    /// Event attributes.
    pub attrs: DataMap,
    /// When it fires.
    pub timing: Timing,
    /// When it fires next, in milliseconds.
    pub due: i64,
    /// Jobs of a cloud are in the order of these numbers.
    pub sequence: u64,
}

/// When a job fires.
#[derive(Clone, Debug)]
pub enum Timing {
    /// Once.
    At,
    /// Again and again.
    Repeat {
        /// As the program wrote it.
        spec: Data,
        /// What it means.
        schedule: cron::Schedule,
        /// Whose clock it follows.
        zone: Zone,
    },
}

impl Timing {
    /// The time of `at`.
    ///
    /// # Errors
    /// A value that names no time.
    pub fn at(time: &Data) -> Result<(Self, i64), Fault> {
        let due = match time {
            Data::Number(n) => from_number(*n),
            Data::String(text) => parse_js_date(text),
            _ => None,
        };
        let due = due.ok_or_else(|| {
            Fault::type_error(format!("schedule .. at expected a timestamp but got {}", type_name(time)))
        })?;
        Ok((Self::At, due))
    }

    /// The schedule of `repeat`: cron text, a map of fields, or a map with `cron`; maps may name a `timezone`.
    ///
    /// # Errors
    /// A value that is no schedule, or one that never fires.
    pub fn repeat(spec: &Data, now: i64) -> Result<(Self, i64), Fault> {
        let refuse =
            |why: String| Fault::error(format!("schedule .. repeat cannot use this timespec: {why}"));
        let (text, zone) = match spec {
            Data::String(text) => (text.to_string(), Zone::UTC),
            Data::Map(fields) => (cron_text(fields).map_err(refuse)?, zone_of(fields).map_err(refuse)?),
            other => return Err(refuse(format!("it is a {}", type_name(other)))),
        };
        let schedule = cron::Schedule::parse(&text).map_err(|e| refuse(e.to_string()))?;
        let due = schedule.next_after(now, &zone).ok_or_else(|| refuse("it never fires".into()))?;
        Ok((Self::Repeat { spec: spec.clone(), schedule, zone }, due))
    }

    /// When a job that fires at `time` fires again.
    #[must_use]
    pub fn next_after(&self, time: i64) -> Option<i64> {
        match self {
            Self::At => None,
            Self::Repeat { schedule, zone, .. } => schedule.next_after(time, zone),
        }
    }
}

impl Job {
    /// The record that `schedule:list` shows.
    #[must_use]
    pub fn record(&self) -> Data {
        let map = |entries: Vec<(&str, Data)>| {
            Data::Map(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
        };
        let event = map(vec![
            ("eci", Data::String(self.eci.clone())),
            ("domain", Data::String(self.domain.clone())),
            ("name", Data::String(self.name.clone())),
            ("data", map(vec![("attrs", Data::Map(self.attrs.clone()))])),
            ("time", Data::Number(0.0)),
        ]);
        let (kind, when) = match &self.timing {
            Timing::At => ("at", ("time", Data::Number(self.due as f64))),
            Timing::Repeat { spec, .. } => ("repeat", ("timespec", spec.clone())),
        };
        map(vec![("id", Data::String(self.id.clone())), ("type", Data::string(kind)), when, ("event", event)])
    }
}

fn zone_of(fields: &DataMap) -> Result<Zone, String> {
    match cron::MAP_ZONES.iter().find_map(|&name| fields.get(name)) {
        None | Some(Data::Null) => Ok(Zone::UTC),
        Some(Data::String(name)) => Zone::named(name).ok_or_else(|| format!("unknown time zone `{name}`")),
        Some(_) => Err("the time zone is no text".into()),
    }
}

/// The cron text of a map of fields. A field that is absent is any, the second is 0; months count from 0, as in JavaScript.
fn cron_text(fields: &DataMap) -> Result<String, String> {
    if let Some(Data::String(text)) = fields.get("cron") {
        return Ok(text.to_string());
    }
    if let Some(unknown) =
        fields.keys().find(|key| !cron::MAP_FIELDS.contains(&&***key) && !cron::MAP_ZONES.contains(&&***key))
    {
        return Err(format!("unknown field `{unknown}`"));
    }
    let mut texts = Vec::with_capacity(cron::MAP_FIELDS.len());
    for name in cron::MAP_FIELDS {
        let default = if name == "second" { "0" } else { "*" };
        let shift = if name == "month" { 1.0 } else { 0.0 };
        texts.push(match fields.get(name) {
            None | Some(Data::Null) => default.to_owned(),
            Some(value) => field_text(name, value, shift)?,
        });
    }
    Ok(texts.join(" "))
}

fn field_text(name: &str, value: &Data, shift: f64) -> Result<String, String> {
    match value {
        Data::Number(n) => Ok((n + shift).to_string()),
        Data::String(text) => Ok(text.to_string()),
        Data::Array(items) if !items.is_empty() => {
            let texts: Result<Vec<_>, _> = items.iter().map(|item| field_text(name, item, shift)).collect();
            Ok(texts?.join(","))
        }
        other => Err(format!("the field `{name}` is a {}", type_name(other))),
    }
}

/// What `typeof` says of plain data.
#[must_use]
pub fn type_name(value: &Data) -> &'static str {
    match value {
        Data::Null => "Null",
        Data::Bool(_) => "Boolean",
        Data::Number(_) => "Number",
        Data::String(_) => "String",
        Data::Array(_) => "Array",
        Data::Map(_) => "Map",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_or_refused() {
        let at = |text: &str| Timing::at(&Data::parse(text).unwrap()).map(|(_, due)| due);
        assert_eq!(at("0"), Ok(0));
        assert_eq!(at(r#""1970-01-02T00:00:00Z""#), Ok(86_400_000));
        assert_eq!(at("null").unwrap_err().to_string(), "schedule .. at expected a timestamp but got Null");
        assert_eq!(
            at(r#""soon""#).unwrap_err().to_string(),
            "schedule .. at expected a timestamp but got String"
        );
    }

    #[test]
    fn repetitions_are_read_or_refused() {
        let repeat = |text: &str| {
            Timing::repeat(&Data::parse(text).unwrap(), 0).map(|(_, due)| due).map_err(|e| e.to_string())
        };
        let hour = 3_600_000;
        assert_eq!(repeat(r#""* * * * * *""#), Ok(1_000));
        assert_eq!(repeat(r#"{"hour":9,"minute":5}"#), Ok(9 * hour + 5 * 60_000));
        assert_eq!(repeat(r#"{"hour":[4,9],"minute":0,"month":0}"#), Ok(4 * hour));
        assert_eq!(repeat(r#"{"cron":"0 9 * * *","timezone":"Europe/Vienna"}"#), Ok(8 * hour));
        for bad in ["null", r#""bogus""#, r#"{"hours":1}"#, r#"{"cron":"0 9 * * *","timezone":"Mars"}"#] {
            let message = repeat(bad).unwrap_err();
            assert!(message.starts_with("schedule .. repeat cannot use this timespec: "), "{message}");
        }
    }
}
