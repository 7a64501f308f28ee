//! `math`: rounding, base 64 and digests (krl-runtime §5.5).

use crate::declare::signatures;
use crate::digest::{self, Algorithm, Output};
use crate::encoding::{self, Encoding};
use crate::rounding;
use krl_vm::fault::Fault;
use krl_vm::heap::Heap;
use krl_vm::native::arg;
use krl_vm::value::{Kind, Value};

signatures! {
    module math;

    /// The magnitude of a number.
    fn abs(n: ANY(NUMBER)) -> NUMBER|NULL = Pure(abs) {
        r#"math:abs("-3")"# => "3"
    }
    /// A number rounded up to so many decimal digits; negative ones are left of the point.
    fn ceiling(n: ANY(NUMBER); precision: ANY(NUMBER)) -> NUMBER|NULL = Pure(ceiling) {
        "math:ceiling(1.234, 2)" => "1.24"
    }
    /// A number rounded down to so many decimal digits; negative ones are left of the point.
    fn floor(n: ANY(NUMBER); precision: ANY(NUMBER)) -> NUMBER|NULL = Pure(floor) {
        "math:floor(1234, -2)" => "1200"
    }
    /// A number rounded to so many decimal digits, half upwards; negative ones are left of the point.
    fn round(n: ANY(NUMBER); precision: ANY(NUMBER)) -> NUMBER|NULL = Pure(round) {
        "math:round(2.345, 2)" => "2.35",
        "math:round(-2.5)" => "-2"
    }
    /// A number without its fraction.
    fn int(n: ANY(NUMBER)) -> NUMBER|NULL = Pure(int) {
        "math:int(-5.9)" => "-5"
    }
    /// A text in base 64.
    /// `encoding` says how the text stands for bytes: `"utf8"`, `"hex"`, `"latin1"` and others.
    fn base64encode(str: ANY(STRING); encoding: ANY(STRING|NULL)) -> STRING = Pure(base64encode) {
        r#"math:base64encode("hello")"# => r#""aGVsbG8=""#
    }
    /// What a text in base 64 holds.
    fn base64decode(str: ANY(STRING); encoding: ANY(STRING|NULL)) -> STRING = Pure(base64decode) {
        r#"math:base64decode("aGVsbG8=")"# => r#""hello""#
    }
    /// A digest of a text.
    /// `algorithm` is one of `math:hashAlgorithms`, `encoding` is `"hex"` or `"base64"`.
    fn hash(algorithm: STRING, str: ANY(STRING); encoding: STRING|NULL) -> STRING = Pure(hash) {
        r#"math:hash("md5", "abc")"# => r#""900150983cd24fb0d6963f7d28e17f72""#
    }
    /// A keyed digest of a message (HMAC).
    fn hmac(algorithm: STRING, key: STRING, message: ANY(STRING); encoding: STRING|NULL) -> STRING = Pure(hmac) {
        r#"math:hmac("md5", "key", "The quick brown fox jumps over the lazy dog")"#
            => r#""80070713463e7749b90c2dc24911e275""#
    }
    /// The names of the digest algorithms.
    property hashAlgorithms() -> ARRAY = Pure(hash_algorithms) {
        r#"math:hashAlgorithms >< "sha256""# => "true"
    }
    /// The names of the digest algorithms.
    fn hashFunctions() -> ARRAY, deprecated "`math:hashAlgorithms`" = Pure(hash_algorithms) {
        "math:hashFunctions() == math:hashAlgorithms" => "true"
    }
}

/// The number that numbers, booleans and numeric texts stand for.
fn operand(heap: &Heap, value: Value) -> Option<f64> {
    match heap.kind(value) {
        Kind::Number | Kind::Boolean | Kind::String => heap.to_number(value),
        _ => None,
    }
}

fn number(n: Option<f64>) -> Value {
    n.map_or(Value::NULL, Value::number)
}

fn abs(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    Ok(number(operand(heap, arg(args, 0)).map(rounding::abs)))
}

fn int(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    Ok(number(operand(heap, arg(args, 0)).map(rounding::int)))
}

/// Rounds the first argument by `f` to as many digits as the second says.
fn rounded(heap: &Heap, args: &[Value], f: fn(f64, i32) -> f64) -> Result<Value, Fault> {
    let precision = heap.to_number(arg(args, 1)).unwrap_or(0.0) as i32;
    Ok(number(operand(heap, arg(args, 0)).map(|n| f(n, precision))))
}

fn ceiling(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    rounded(heap, args, rounding::ceiling)
}

fn floor(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    rounded(heap, args, rounding::floor)
}

fn round(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    rounded(heap, args, rounding::round)
}

/// Works on the text of the first argument in the encoding that the second names.
fn base64(heap: &mut Heap, args: &[Value], f: fn(&str, Encoding) -> String) -> Result<Value, Fault> {
    let (text, name) = (heap.text(arg(args, 0)), arg(args, 1));
    let encoding = if name.is_null() { Some(Encoding::Utf8) } else { Encoding::named(&heap.text(name)) };
    let Some(encoding) = encoding else {
        return Err(Fault::error(format!("Unknown encoding: {}", heap.text(name))));
    };
    heap.check_room(text.len() * 2)?;
    let converted = f(&text, encoding);
    heap.string(&converted)
}

fn base64encode(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    base64(heap, args, encoding::base64encode)
}

fn base64decode(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    base64(heap, args, encoding::base64decode)
}

/// The algorithm and form of output that arguments of the function `name` ask for.
fn digest_choice(
    heap: &Heap,
    name: &str,
    algorithm: Value,
    encoding: Value,
) -> Result<(Algorithm, Output), Fault> {
    let text = heap.text(algorithm);
    if !algorithm.is_string() {
        return Err(Fault::type_error(format!("{name} was given {text} instead of a algorithm string")));
    }
    let Some(algorithm) = Algorithm::named(&text) else {
        return Err(Fault::error(format!("{name} doesn't recognize the hash algorithm {text}")));
    };
    if !heap.is_truthy(encoding) {
        return Ok((algorithm, Output::Hex));
    }
    let text = heap.text(encoding);
    let output = Output::named(&text).ok_or_else(|| {
        Fault::error(format!("{name} encoding must be \"hex\" or \"base64\" but was {text}"))
    })?;
    Ok((algorithm, output))
}

fn hash(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    let (algorithm, output) = digest_choice(heap, "math:hash", arg(args, 0), arg(args, 2))?;
    let digest = algorithm.hash(&heap.text(arg(args, 1)), output);
    heap.string(&digest)
}

fn hmac(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    let key = arg(args, 1);
    if !key.is_string() {
        return Err(Fault::error("math:hmac needs a key string"));
    }
    let (algorithm, output) = digest_choice(heap, "math:hmac", arg(args, 0), arg(args, 3))?;
    let code = algorithm.hmac(heap.str(key), &heap.text(arg(args, 2)), output);
    heap.string(&code)
}

fn hash_algorithms(heap: &mut Heap, _: &[Value]) -> Result<Value, Fault> {
    let mut names = Vec::new();
    for name in digest::algorithms() {
        names.push(heap.string(name)?);
    }
    heap.array_from(&names)
}
