//! Ranges and bits (krl-language §6.3).

use crate::declare::signatures;
use krl_vm::fault::{Fault, Limit};
use krl_vm::heap::Heap;
use krl_vm::native::arg;
use krl_vm::number::to_int32;
use krl_vm::value::Value;

signatures! {
    /// The numbers from `val` to `end`, both included, in steps of 1 or -1.
    fn range(val: ANY(NUMBER), end: ANY(NUMBER)) -> ARRAY = Pure(range) {
        "1.range(4)" => "[1,2,3,4]",
        "2.range(0)" => "[2,1,0]"
    }
    /// The 32-bit number with its bits moved to the left.
    fn shiftLeft(left: NUMBER|STRING|BOOLEAN|NULL|COLLECTION(NUMBER), right: NUMBER|STRING|BOOLEAN|NULL|COLLECTION(NUMBER)) -> NUMBER
    = Pure(shift_left) {
        "1.shiftLeft(4)" => "16"
    }
    /// The 32-bit number with its bits moved to the right, keeping the sign.
    fn shiftRight(left: NUMBER|STRING|BOOLEAN|NULL|COLLECTION(NUMBER), right: NUMBER|STRING|BOOLEAN|NULL|COLLECTION(NUMBER)) -> NUMBER
    = Pure(shift_right) {
        "256.shiftRight(2)" => "64"
    }
    /// The bits that both 32-bit numbers have.
    fn band(left: NUMBER|STRING|BOOLEAN|NULL|COLLECTION(NUMBER), right: NUMBER|STRING|BOOLEAN|NULL|COLLECTION(NUMBER)) -> NUMBER
    = Pure(bit_and) {
        "6.band(3)" => "2"
    }
    /// The bits that either of the 32-bit numbers has.
    fn bor(left: NUMBER|STRING|BOOLEAN|NULL|COLLECTION(NUMBER), right: NUMBER|STRING|BOOLEAN|NULL|COLLECTION(NUMBER)) -> NUMBER
    = Pure(bit_or) {
        "6.bor(3)" => "7"
    }
    /// The bits that just one of the 32-bit numbers has.
    fn bxor(left: NUMBER|STRING|BOOLEAN|NULL|COLLECTION(NUMBER), right: NUMBER|STRING|BOOLEAN|NULL|COLLECTION(NUMBER)) -> NUMBER
    = Pure(bit_xor) {
        "6.bxor(3)" => "5"
    }
    /// The 32-bit number with every bit inverted.
    fn bnot(left: NUMBER|STRING|BOOLEAN|NULL|COLLECTION(NUMBER)) -> NUMBER = Pure(bit_not) {
        "5.bnot()" => "-6"
    }
}

fn range(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    let [start, end, ..] = *args else { return heap.array_from(&[]) };
    let (Some(start), Some(end)) = (heap.to_number(start), heap.to_number(end)) else {
        return heap.array_from(&[]);
    };
    let step = if start <= end { 1.0 } else { -1.0 };
    // The bound itself is included: up to but not including one step behind it.
    let count = ((end + step - start) / step).ceil().max(1.0);
    if count > f64::from(u32::MAX) {
        return Err(Fault::limit(Limit::Memory));
    }
    heap.array_range(start, step, count as usize)
}

/// Works on both operands as 32-bit numbers; `verb` is for the message.
fn bits(heap: &Heap, args: &[Value], verb: &str, f: impl Fn(i32, i32) -> i32) -> Result<Value, Fault> {
    let (left, right) = (arg(args, 0), arg(args, 1));
    match (heap.to_number(left), heap.to_number(right)) {
        (Some(a), Some(b)) => Ok(Value::number(f64::from(f(to_int32(a), to_int32(b))))),
        _ => Err(Fault::type_error(format!("{} cannot be {verb} {}", heap.text(left), heap.text(right)))),
    }
}

fn shift_left(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    bits(heap, args, "shifted by", |a, b| a.wrapping_shl(b as u32))
}

fn shift_right(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    bits(heap, args, "shifted by", |a, b| a.wrapping_shr(b as u32))
}

fn bit_and(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    bits(heap, args, "bitwise anded", |a, b| a & b)
}

fn bit_or(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    bits(heap, args, "bitwise anded", |a, b| a | b)
}

fn bit_xor(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    bits(heap, args, "bitwise anded", |a, b| a ^ b)
}

fn bit_not(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    let value = arg(args, 0);
    match heap.to_number(value) {
        Some(n) => Ok(Value::number(f64::from(!to_int32(n)))),
        None => Err(Fault::type_error(format!("{} cannot be inverted ", heap.text(value)))),
    }
}
