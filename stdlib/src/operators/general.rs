//! Operators for values of any kind: conversion, kind, null, size, log, directive (krl-language §6.1).

use super::yes_no;
use crate::declare::signatures;
use krl_regexp::Regexp;
use krl_vm::fault::Fault;
use krl_vm::heap::Heap;
use krl_vm::native::{Context, LogLevel, arg};
use krl_vm::number;
use krl_vm::value::{Kind, Value};

signatures! {
    /// The value converted to the kind that `type` names.
    /// `"String"`, `"Number"`, `"Boolean"`, `"RegExp"` or `"Hex"` (base-16 text of a number). What cannot be a number becomes `null`; other names
    /// raise unless the value is of that kind already.
    fn as(val: ANY; type: ANY(STRING)) -> ANY = Pure(convert) {
        r#""12".as("Number") + 1"# => "13",
        r#"255.as("Hex")"# => r#""ff""#
    }
    /// The name of the value's kind.
    fn typeof(val: ANY) -> STRING = Part(type_of) {
        r#"{"a":1}.typeof()"# => r#""Map""#
    }
    /// Is the value `null`?
    fn isnull(; val: ANY) -> BOOLEAN = Part(is_null) {
        r#"{}{"missing"}.isnull()"# => "true"
    }
    /// The value, or `defaultVal` where the value is `null`.
    /// With a `message`, use of the default is logged at level debug.
    fn defaultsTo(val: ANY; defaultVal: ANY, message: ANY(STRING)) -> DefaultsTo(0, 1) = Host(defaults_to) {
        r#"{}{"city"}.defaultsTo("Provo")"# => r#""Provo""#
    }
    /// Logs the value and answers it.
    fn klog(val: ANY; message: ANY(STRING)) -> SameAs(0) = Host(klog) {
        r#"(1 + 2).klog("sum")"# => "3"
    }
    /// Has the value nothing in it?
    /// True for `null`, empty texts, arrays and maps, and for all numbers, booleans and regular expressions.
    fn isEmpty(val: ANY(STRING|COLLECTION|NULL)) -> BOOLEAN = Part(is_empty) {
        r#"{"a":1}.isEmpty()"# => "false"
    }
    /// The number of items of an array, entries of a map or characters of a text; 0 for all else.
    fn length(val: ANY(STRING|COLLECTION)) -> NUMBER = Part(length) {
        r#"["a","b"].length()"# => "2",
        r#""😀".length()"# => "1"
    }
    /// Does nothing.
    both noop() -> NULL = Pure(noop) {}
    /// Adds a directive to the answer of the event.
    action send_directive(name: ANY(STRING); options: ANY(MAP|NULL)) -> MAP = Host(send_directive) {}
}

/// krl-language §4.4
fn convert(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    let [value, target, ..] = *args else { return Ok(arg(args, 0)) };
    let kind = heap.kind(value);
    let target = heap.text(target);
    if target == kind.name() {
        return Ok(value);
    }
    match &*target {
        "String" => heap.key(value),
        "Number" => Ok(heap.to_number(value).map_or(Value::NULL, Value::number)),
        "Boolean" => yes_no(heap.is_truthy(value) && !(kind == Kind::String && heap.str(value) == "false")),
        "RegExp" => to_regexp(heap, value),
        "Hex" => match kind {
            Kind::Number => heap.string(&number::to_hex(value.number_unchecked())),
            Kind::String | Kind::Boolean => heap.key(value),
            Kind::Null => Err(cannot_convert(heap, value, &target)),
            _ => Ok(Value::NULL),
        },
        _ => Err(cannot_convert(heap, value, &target)),
    }
}

fn cannot_convert(heap: &Heap, value: Value, target: &str) -> Fault {
    let (text, kind) = (heap.text(value), heap.kind(value).name());
    Fault::type_error(format!("Cannot use the .as(\"{target}\") operator with {text} (type {kind})"))
}

/// The pattern is the String form; the brackets of `[Map]` and its like are literal.
fn to_regexp(heap: &mut Heap, value: Value) -> Result<Value, Fault> {
    let regexp = pattern_of(heap, value)?;
    heap.regexp_from(regexp)
}

/// `value` as a regular expression: itself, or its String form as a pattern.
pub(super) fn pattern_of(heap: &Heap, value: Value) -> Result<Regexp, Fault> {
    if let Some(regexp) = heap.regexp(value) {
        return Ok(regexp.clone());
    }
    let text = heap.text(value);
    let word =
        (!value.is_string()).then(|| text.strip_prefix('[').and_then(|t| t.strip_suffix(']'))).flatten();
    let compiled = match word {
        Some(word) => Regexp::new(&format!(r"\[{word}\]"), ""),
        None => Regexp::new(&text, ""),
    };
    compiled.map_err(|e| Fault::error(e.to_string()))
}

fn type_of(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    let name = heap.kind(arg(args, 0)).name();
    heap.string(name)
}

fn is_null(_: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    yes_no(arg(args, 0).is_null())
}

fn defaults_to(context: &mut Context<'_>, args: &[Value]) -> Result<Value, Fault> {
    let (value, default, message) = (arg(args, 0), arg(args, 1), arg(args, 2));
    if !value.is_null() {
        return Ok(value);
    }
    if !message.is_null() {
        let line = format!("[DEFAULTSTO] {}", context.heap.text(message));
        context.host.log(context.heap, context.instance, LogLevel::Debug, &line, None);
    }
    Ok(default)
}

fn klog(context: &mut Context<'_>, args: &[Value]) -> Result<Value, Fault> {
    let (value, message) = (arg(args, 0), arg(args, 1));
    let line = if message.is_null() { "klog".into() } else { context.heap.text(message) };
    context.host.log(context.heap, context.instance, LogLevel::Klog, &line, Some(value));
    Ok(value)
}

fn is_empty(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    let value = arg(args, 0);
    yes_no(match heap.kind(value) {
        Kind::String => heap.str(value).is_empty(),
        Kind::Array => heap.array_len(value) == 0,
        Kind::Map => heap.map_len(value) == 0,
        Kind::Function | Kind::Action | Kind::ActionFunction => false,
        _ => true,
    })
}

fn length(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    let value = arg(args, 0);
    let count = match heap.kind(value) {
        Kind::String => heap.char_count(value),
        Kind::Array => heap.array_len(value),
        Kind::Map => heap.map_len(value),
        _ => 0,
    };
    Ok(Value::number(count as f64))
}

fn noop(_: &mut Heap, _: &[Value]) -> Result<Value, Fault> {
    Ok(Value::NULL)
}

fn send_directive(context: &mut Context<'_>, args: &[Value]) -> Result<Value, Fault> {
    context.host.directive(context.heap, context.instance, arg(args, 0), arg(args, 1))
}
