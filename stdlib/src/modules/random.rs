//! `random`: numbers, words and ids made from the host's random bits (krl-runtime §5.6; decision L8).

use crate::declare::signatures;
use crate::rounding;
use crate::words;
use krl_vm::fault::Fault;
use krl_vm::native::{Context, arg};
use krl_vm::value::Value;

signatures! {
    module random;

    /// A whole number between two bounds, both included; 0 or 1 without bounds.
    /// The order of the bounds does not matter; with one bound the other is 0.
    fn integer(; upper: ANY(NUMBER), lower: ANY(NUMBER)) -> NUMBER = Host(integer) {
        "random:integer(3, 3)" => "3"
    }
    /// A number between two bounds; between 0 and 1 without bounds.
    fn number(; upper: ANY(NUMBER), lower: ANY(NUMBER)) -> NUMBER = Host(number) {
        "random:number(5) <= 5" => "true"
    }
    /// An English word.
    fn word() -> STRING = Host(word) {
        "random:word().length() > 0" => "true"
    }
    /// A new identifier: `c` and 24 more letters and digits.
    fn uuid() -> STRING = Host(uuid) {
        "random:uuid().length()" => "25"
    }
}

/// A random number from 0 up to but not including 1.
fn fraction(context: &mut Context<'_>) -> f64 {
    const STEPS: f64 = 9_007_199_254_740_992.0;
    (context.host.random() >> 11) as f64 / STEPS
}

/// The lower and the upper bound. What is no number counts as 0, but where neither is given or is one they are 0 and 1.
fn bounds(context: &Context<'_>, args: &[Value]) -> (f64, f64) {
    let given = [arg(args, 0), arg(args, 1)];
    let [a, b] = given.map(|v| context.heap.to_number(v));
    if given.iter().all(|v| v.is_null()) || (a.is_none() && b.is_none()) {
        return (0.0, 1.0);
    }
    let (a, b) = (a.unwrap_or(0.0), b.unwrap_or(0.0));
    (a.min(b), a.max(b))
}

fn integer(context: &mut Context<'_>, args: &[Value]) -> Result<Value, Fault> {
    let (lower, upper) = bounds(context, args);
    let (lower, upper) = (rounding::round(lower, 0), rounding::round(upper, 0));
    let steps = (fraction(context) * (upper - lower + 1.0)).floor();
    Ok(Value::number((lower + steps).min(upper)))
}

fn number(context: &mut Context<'_>, args: &[Value]) -> Result<Value, Fault> {
    let (lower, upper) = bounds(context, args);
    let part = fraction(context);
    // Each bound by its share: the difference of the bounds may be infinite.
    Ok(Value::number((lower * (1.0 - part) + upper * part).clamp(lower, upper)))
}

fn word(context: &mut Context<'_>, _: &[Value]) -> Result<Value, Fault> {
    let word = words::word(context.host.random());
    context.heap.string(word)
}

fn uuid(context: &mut Context<'_>, _: &[Value]) -> Result<Value, Fault> {
    let mut id = String::from("c");
    for _ in 0..2 {
        let mut bits = context.host.random();
        for _ in 0..12 {
            id.extend(char::from_digit((bits % 36) as u32, 36));
            bits /= 36;
        }
    }
    context.heap.string(&id)
}
