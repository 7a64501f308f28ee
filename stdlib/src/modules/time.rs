//! `time`: dates as ISO 8601 texts in UTC (krl-runtime §5.8; decision L8).

use crate::datetime::{self, Unit, Zone};
use crate::declare::signatures;
use krl_vm::fault::Fault;
use krl_vm::heap::Heap;
use krl_vm::native::{Context, arg};
use krl_vm::value::Value;

signatures! {
    module time;

    /// The present time.
    fn now(; opts: MAP|NULL) -> STRING = Host(now) {
        "time:now() == time:now()" => "true"
    }
    /// A time in its standard form, from milliseconds since 1970 or from ISO 8601 text.
    /// Without a zone the text is in UTC; a time of day alone is today.
    fn new(date: STRING|NUMBER) -> STRING = Host(new) {
        r#"time:new("2020-02-29")"# => r#""2020-02-29T00:00:00.000Z""#,
        "time:new(0)" => r#""1970-01-01T00:00:00.000Z""#
    }
    /// A time moved by the amounts in a map: `years`, `quarters`, `months`, `weeks`, `days`, `hours`, `minutes`, `seconds`, `milliseconds`.
    /// A day that the month lacks becomes its last.
    fn add(date: STRING, spec: MAP) -> STRING = Host(add) {
        r#"time:add("2020-01-31", {"months": 1})"# => r#""2020-02-29T00:00:00.000Z""#
    }
    /// A time as a format says.
    /// `%Y-%m-%d %H:%M:%S` and the other specifiers of strftime(3); `opts` may have `tz`, a time zone such as `America/Denver`.
    fn strftime(date: STRING, fmt: STRING; opts: ANY(MAP|NULL)) -> STRING = Host(strftime) {
        r#"time:strftime("2020-02-05T03:04:05Z", "%A %d %b")"# => r#""Wednesday 05 Feb""#,
        r#"time:strftime("2020-02-05T03:04:05Z", "%H:%M", {"tz": "America/Denver"})"# => r#""20:04""#
    }
}

/// What the messages about an argument call it.
struct Wanted {
    function: &'static str,
    what: &'static str,
}

impl Wanted {
    fn missing(&self) -> Fault {
        Fault::error(format!("{} needs a {}", self.function, self.what))
    }

    fn wrong(&self, heap: &Heap, given: Value) -> Fault {
        let article = if self.what.starts_with('o') { "an" } else { "a" };
        let (function, given, what) = (self.function, heap.text(given), self.what);
        Fault::type_error(format!("{function} was given {given} instead of {article} {what}"))
    }
}

/// The time that a date text names.
fn read(context: &mut Context<'_>, date: Value, function: &'static str) -> Result<i64, Fault> {
    let now = context.host.now();
    let wanted = Wanted { function, what: "date string" };
    if date.is_null() || date == Value::FALSE || (date.is_string() && context.heap.str(date).is_empty()) {
        return Err(wanted.missing());
    }
    if !date.is_string() {
        return Err(wanted.wrong(context.heap, date));
    }
    let text = context.heap.str(date);
    datetime::parse_iso(text, now).ok_or_else(|| invalid(function, text))
}

fn invalid(function: &str, date: &str) -> Fault {
    Fault::error(format!("{function} was given an invalid date string ({date})"))
}

fn write(context: &mut Context<'_>, ms: i64) -> Result<Value, Fault> {
    context.heap.string(&datetime::format_iso(ms))
}

fn now(context: &mut Context<'_>, args: &[Value]) -> Result<Value, Fault> {
    let opts = arg(args, 0);
    if !opts.is_null() && !opts.is_map() {
        return Err(Wanted { function: "time:now", what: "opts map" }.wrong(context.heap, opts));
    }
    let now = context.host.now();
    write(context, now)
}

fn new(context: &mut Context<'_>, args: &[Value]) -> Result<Value, Fault> {
    let date = arg(args, 0);
    let ms = match date.as_number() {
        Some(n) => datetime::from_number(n).ok_or_else(|| invalid("time:new", &context.heap.text(date)))?,
        None => read(context, date, "time:new")?,
    };
    write(context, ms)
}

fn add(context: &mut Context<'_>, args: &[Value]) -> Result<Value, Fault> {
    let (date, spec) = (arg(args, 0), arg(args, 1));
    let wanted = Wanted { function: "time:add", what: "spec map" };
    let start = read(context, date, wanted.function)?;
    if spec.is_null() {
        return Err(wanted.missing());
    }
    if !spec.is_map() {
        return Err(wanted.wrong(context.heap, spec));
    }
    let heap = &*context.heap;
    let amounts: Vec<(Unit, f64)> = heap
        .map_entries(spec)
        .iter()
        .filter_map(|e| Some((Unit::parse(heap.str(e.key))?, heap.to_number(e.value)?)))
        .collect();
    let moved = datetime::add(start, &amounts)
        .ok_or_else(|| Fault::error("time:add leaves the range of representable times"))?;
    write(context, moved)
}

fn strftime(context: &mut Context<'_>, args: &[Value]) -> Result<Value, Fault> {
    let (date, format, opts) = (arg(args, 0), arg(args, 1), arg(args, 2));
    let wanted = Wanted { function: "time:strftime", what: "fmt string" };
    let ms = read(context, date, wanted.function)?;
    if format.is_null() {
        return Err(wanted.missing());
    }
    if !format.is_string() {
        return Err(wanted.wrong(context.heap, format));
    }
    let zone = match context.heap.map_get(opts, "tz") {
        Some(tz) if !tz.is_null() => {
            let name = context.heap.text(tz);
            Zone::named(&name)
                .ok_or_else(|| Fault::error(format!("time:strftime knows no time zone {name}")))?
        }
        _ => Zone::UTC,
    };
    let printed = datetime::strftime(ms, context.heap.str(format), &zone);
    context.heap.string(&printed)
}
