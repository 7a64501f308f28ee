//! Operators: functions that need no module, called as `f(x, …)` or `x.f(…)` (krl-language §6).

mod general;
mod iterate;
mod json;
mod lists;
mod numbers;
mod paths;
mod patterns;
mod sets;
mod sort;
mod strings;

use crate::signature::Signature;
use crate::table;
use krl_vm::fault::Fault;
use krl_vm::heap::Heap;
use krl_vm::value::{Kind, Value};

const PARTS: &[&[Signature]] = &[
    general::SIGNATURES,
    strings::SIGNATURES,
    patterns::SIGNATURES,
    json::SIGNATURES,
    numbers::SIGNATURES,
    iterate::SIGNATURES,
    lists::SIGNATURES,
    sort::SIGNATURES,
    sets::SIGNATURES,
    paths::SIGNATURES,
];

/// All operators.
pub(crate) const SIGNATURES: &[Signature] = &table::join::<{ table::count(PARTS) }>(PARTS);

/// A boolean as a native answers it.
#[expect(clippy::unnecessary_wraps, reason = "every native answers a `Result`")]
fn yes_no(yes: bool) -> Result<Value, Fault> {
    Ok(Value::bool(yes))
}

/// Raises unless `value` is an array.
fn need_array(value: Value) -> Result<(), Fault> {
    if value.is_array() { Ok(()) } else { Err(Fault::type_error("only works on Arrays")) }
}

/// Can `value` be called?
fn is_callable(heap: &Heap, value: Value) -> bool {
    matches!(heap.kind(value), Kind::Function | Kind::Action | Kind::ActionFunction)
}
