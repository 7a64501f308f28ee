//! Event scripts: steps for an in-memory cloud, one a line, as text for people or as JSON.

use krl_vm::data::{Data, DataMap};

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Send an event.
    Event {
        /// Its domain.
        domain: String,
        /// Its type.
        name: String,
        /// Its attributes.
        attrs: Data,
    },
    /// Ask a query.
    Query {
        /// The ruleset.
        rid: String,
        /// The shared name.
        name: String,
        /// Its arguments.
        args: Data,
    },
    /// Let time pass.
    Advance {
        /// As written.
        text: String,
        /// Milliseconds.
        ms: i64,
    },
    /// Set the clock.
    At {
        /// As written.
        text: String,
        /// Milliseconds since the epoch.
        ms: i64,
    },
}

/// Why a step cannot be understood, and what would be.
pub type Problem = String;

/// What was written, cut to a length that a message can hold.
fn quoted(text: &str) -> String {
    const MOST: usize = 60;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("`{}…`", text.get(..end).unwrap_or_default()),
        None => format!("`{text}`"),
    }
}

/// Parses a script; the error names the line.
pub fn parse(text: &str) -> Result<Vec<Step>, Problem> {
    let mut steps = Vec::new();
    for (i, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let step = if line.starts_with('{') { parse_json(line) } else { parse_line(line) };
        steps.push(step.map_err(|problem| format!("line {}: {problem}", i + 1))?);
    }
    Ok(steps)
}

fn parse_line(line: &str) -> Result<Step, Problem> {
    let (verb, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    match verb {
        "event" => {
            let (target, values) = target_and_values(rest)?;
            event(&target, values)
        }
        "query" => {
            let (target, values) = target_and_values(rest)?;
            query(&target, values)
        }
        "advance" => advance(rest),
        "at" => at(rest),
        other => Err(format!(
            "{} is no step; a step begins with `event`, `query`, `advance` or `at`",
            quoted(other)
        )),
    }
}

fn target_and_values(rest: &str) -> Result<(String, Data), Problem> {
    let rest = rest.trim();
    let (target, mut values) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let mut map = DataMap::new();
    loop {
        values = values.trim_start();
        if values.is_empty() {
            return Ok((target.to_owned(), Data::Map(map)));
        }
        if values.starts_with('{') {
            map.extend(json_map(values)?);
            return Ok((target.to_owned(), Data::Map(map)));
        }
        let (key, after) = values
            .split_once('=')
            .ok_or_else(|| format!("{} is neither `key=value` nor a JSON map", quoted(values)))?;
        let (value, remaining) = word(after)?;
        map.insert(key.trim().into(), Data::string(value));
        values = remaining;
    }
}

/// The value at the start of `text`: up to white space, or a JSON string in double quotes.
fn word(text: &str) -> Result<(String, &str), Problem> {
    if !text.starts_with('"') {
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        let (value, rest) = text.split_at(end);
        return Ok((value.to_owned(), rest));
    }
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<String>();
    match stream.next() {
        Some(Ok(value)) => {
            let rest = text.get(stream.byte_offset()..).unwrap_or_default();
            Ok((value, rest))
        }
        _ => Err(format!("{} is no text in double quotes", quoted(text))),
    }
}

/// A JSON map.
pub fn json_map(text: &str) -> Result<DataMap, Problem> {
    match Data::parse(text) {
        Ok(Data::Map(map)) => Ok(map),
        Ok(_) => Err(format!("{} is JSON, but not a map", quoted(text))),
        Err(e) => Err(format!("{} is not a JSON map: {e}", quoted(text))),
    }
}

/// An event step of `domain:type`.
pub fn event(target: &str, attrs: Data) -> Result<Step, Problem> {
    match target.split_once(':') {
        Some((domain, name)) if !domain.is_empty() && !name.is_empty() => {
            Ok(Step::Event { domain: domain.to_owned(), name: name.to_owned(), attrs })
        }
        _ => Err(format!("{} is no event; write `domain:type`", quoted(target))),
    }
}

/// A query step of `rid:name`.
pub fn query(target: &str, args: Data) -> Result<Step, Problem> {
    match target.rsplit_once(':') {
        Some((rid, name)) if !rid.is_empty() && !name.is_empty() => {
            Ok(Step::Query { rid: rid.to_owned(), name: name.to_owned(), args })
        }
        _ => Err(format!("{} is no query; write `rid:name`", quoted(target))),
    }
}

/// A step that lets time pass: `5 minutes`, `1 hour 30 minutes`, `250 ms`.
pub fn advance(text: &str) -> Result<Step, Problem> {
    let text = text.trim();
    duration(text)
        .map(|ms| Step::Advance { text: text.to_owned(), ms })
        .ok_or_else(|| format!("{} is no duration; write `5 minutes` or `2 hours 30 seconds`", quoted(text)))
}

/// Milliseconds of `2 hours 30 seconds`.
pub fn duration(text: &str) -> Option<i64> {
    let mut words = text.split_whitespace();
    let mut total = 0.0;
    let mut any = false;
    while let Some(amount) = words.next() {
        let amount: f64 = amount.parse().ok()?;
        let unit = match words.next()? {
            "ms" | "millisecond" | "milliseconds" => 1.0,
            "s" | "second" | "seconds" => 1e3,
            "m" | "min" | "minute" | "minutes" => 6e4,
            "h" | "hour" | "hours" => 3.6e6,
            "d" | "day" | "days" => 8.64e7,
            "w" | "week" | "weeks" => 6.048e8,
            _ => return None,
        };
        total += amount * unit;
        any = true;
    }
    (any && total.is_finite() && (0.0..=4e14).contains(&total)).then_some(total as i64)
}

/// A step that sets the clock: an ISO 8601 time or milliseconds since the epoch.
pub fn at(text: &str) -> Result<Step, Problem> {
    let text = text.trim();
    let ms = text.parse::<i64>().ok().or_else(|| krl_stdlib::datetime::parse_iso(text, 0));
    ms.map(|ms| Step::At { text: text.to_owned(), ms })
        .ok_or_else(|| format!("{} is no time; write `2026-01-31T12:00:00Z`", quoted(text)))
}

fn parse_json(line: &str) -> Result<Step, Problem> {
    const SHAPES: &str = r#"write {"event": {"domain", "name", "attrs"}}, {"query": {"rid", "name", "args"}}, {"advance": "5 minutes"} or {"at": "2026-01-31T12:00:00Z"}"#;
    let map = json_map(line)?;
    let text = |of: &DataMap, key: &str| of.get(key).and_then(Data::as_str).map(str::to_owned);
    let values = |of: &DataMap, key: &str| match of.get(key) {
        None | Some(Data::Null) => Data::Map(DataMap::new()),
        Some(given) => given.clone(),
    };
    if let Some(Data::Map(event)) = map.get("event") {
        let name = text(event, "name").or_else(|| text(event, "type"));
        let (Some(domain), Some(name)) = (text(event, "domain"), name) else {
            return Err(format!("the event needs a text `domain` and `name`; {SHAPES}"));
        };
        return Ok(Step::Event { domain, name, attrs: values(event, "attrs") });
    }
    if let Some(Data::Map(query)) = map.get("query") {
        let (Some(rid), Some(name)) = (text(query, "rid"), text(query, "name")) else {
            return Err(format!("the query needs a text `rid` and `name`; {SHAPES}"));
        };
        return Ok(Step::Query { rid, name, args: values(query, "args") });
    }
    match (text(&map, "advance"), map.get("at")) {
        (Some(duration), _) => advance(&duration),
        (_, Some(Data::String(time))) => at(time),
        (_, Some(Data::Number(ms))) => at(&format!("{ms:.0}")),
        _ => Err(format!("no step; {SHAPES}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, want: &str) {
        let got = match parse(line) {
            Ok(steps) => format!("{steps:?}"),
            Err(problem) => problem,
        };
        assert!(got.contains(want), "{line}\n  gives {got}\n  wants {want}");
    }

    #[test]
    fn steps_are_read() {
        for (line, want) in [
            ("event a:b", r#"Event { domain: "a", name: "b", attrs: Map({}) }"#),
            (
                r#"event a:b k=v l="two words" {"n": 1}"#,
                r#"{"k": String("v"), "l": String("two words"), "n": Number(1.0)}"#,
            ),
            ("query x.y:f a=1", r#"Query { rid: "x.y", name: "f", args: Map({"a": String("1")}) }"#),
            ("advance 1 hour 30 minutes", "ms: 5400000"),
            ("at 1970-01-01T00:00:01Z", "ms: 1000"),
            (r#"{"event":{"domain":"a","name":"b","attrs":{"x":null}}}"#, r#"{"x": Null}"#),
            (r#"{"query":{"rid":"r","name":"q"}}"#, "args: Map({})"),
            (r#"{"advance":"5 minutes"}"#, "ms: 300000"),
            ("# only a comment", "[]"),
        ] {
            check(line, want);
        }
    }

    #[test]
    fn bad_steps_are_named() {
        for (line, want) in [
            ("\nevnt a:b", "line 2: `evnt` is no step"),
            ("event ab", "`ab` is no event; write `domain:type`"),
            ("event a:b k", "`k` is neither `key=value` nor a JSON map"),
            ("event a:b {1}", "is not a JSON map"),
            ("advance soon", "`soon` is no duration"),
            ("at noon", "`noon` is no time"),
            (r#"{"evnt":1}"#, "no step; write"),
            (r#"event a:b k="x"#, "is no text in double quotes"),
        ] {
            check(line, want);
        }
    }
}
