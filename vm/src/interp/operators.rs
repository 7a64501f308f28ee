//! What operators do beyond the fast paths of the dispatch loop (krl-language §5). Texts of failures are the reference's.

use super::meter::{announce, charge_before};
use crate::fault::{Fault, Limit};
use crate::heap::Heap;
use crate::native::{Host, LogLevel};
use crate::op::Op;
use crate::value::Value;
use krl_regexp::Regexp;
use std::cmp::Ordering;

/// `a + b`: a sum of numbers, else text.
#[cold]
pub(super) fn add(heap: &mut Heap, host: &mut dyn Host, a: Value, b: Value) -> Result<Value, Fault> {
    if let (Some(x), Some(y)) = (finite(a), finite(b)) {
        return Ok(Value::number(x + y));
    }
    announce(host, charge_before(heap, &[a, b]));
    heap.concat(&[a, b])
}

fn finite(v: Value) -> Option<f64> {
    v.as_number().filter(|n| n.is_finite())
}

/// `-`, `*`, `/` and `%` after conversion of both sides.
#[cold]
pub(super) fn arithmetic(
    op: Op,
    heap: &mut Heap,
    host: &mut dyn Host,
    instance: u32,
    a: Value,
    b: Value,
) -> Result<Value, Fault> {
    let (Some(x), Some(y)) = (heap.to_number(a), heap.to_number(b)) else {
        let (a, b) = (heap.text(a), heap.text(b));
        return Err(Fault::type_error(match op {
            Op::Sub => format!("{b} cannot be subtracted from {a}"),
            Op::Mul => format!("{a} cannot be multiplied by {b}"),
            Op::Div => format!("{a} cannot be divided by {b}"),
            _ => format!("Cannot calculate {a} modulo {b}"),
        }));
    };
    Ok(Value::number(match op {
        Op::Sub => x - y,
        Op::Mul => x * y,
        Op::Div if y == 0.0 => {
            let message = format!("[DIVISION BY ZERO] {} / 0", heap.text(a));
            host.log(heap, instance, LogLevel::Debug, &message, None);
            0.0
        }
        Op::Div => x / y,
        _ if y == 0.0 => 0.0,
        _ => x % y,
    }))
}

/// `-a`
pub(super) fn negate(heap: &Heap, a: Value) -> Result<Value, Fault> {
    match heap.to_number(a) {
        Some(n) => Ok(Value::number(-n)),
        None => Err(Fault::type_error(format!("Cannot negate {}", heap.text(a)))),
    }
}

/// The result of a comparison whose sides are not both numbers.
#[cold]
pub(super) fn compare(op: Op, heap: &Heap, a: Value, b: Value) -> bool {
    let order = heap.order(a, b);
    match op {
        Op::Lt => order == Ordering::Less,
        Op::Le => order != Ordering::Greater,
        Op::Gt => order == Ordering::Greater,
        _ => order != Ordering::Less,
    }
}

/// -1, 0 or 1.
pub(super) fn sign(order: Ordering) -> Value {
    Value::number(f64::from(order as i8))
}

/// `a like b`
pub(super) fn like(heap: &Heap, a: Value, b: Value) -> Result<Value, Fault> {
    let text = heap.text(a);
    let found = match heap.regexp(b) {
        Some(regexp) => regexp.is_match(&text),
        None => Regexp::new(&heap.text(b), "").map_err(|e| Fault::error(e.to_string()))?.is_match(&text),
    };
    found.map(Value::bool).map_err(|_| Fault::limit(Limit::RegexpSteps))
}
