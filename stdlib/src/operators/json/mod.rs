//! Values as JSON text and back (krl-language §6.2).

mod read;
mod write;

use crate::declare::signatures;
use krl_vm::fault::Fault;
use krl_vm::heap::Heap;
use krl_vm::native::arg;
use krl_vm::value::Value;

signatures! {
    /// The value as JSON text, on one line or indented by `indent` spaces.
    /// What JSON lacks is written as its String form: `"[Function]"`, `"re#a#"`.
    fn encode(val: ANY; indent: ANY(NUMBER|NULL)) -> STRING = Pure(encode) {
        r#"{"a":[1,null]}.encode()"# => r#""{\"a\":[1,null]}""#,
        "[1].encode(2)" => r#""[\n  1\n]""#
    }
    /// The value that a JSON text stands for; a text that is no JSON, or what is no text, is left as it is.
    fn decode(val: ANY(STRING)) -> ANY = Pure(decode) {
        r#""{\"a\":[1,null]}".decode()"# => r#"{"a":[1,null]}"#,
        r#""not JSON".decode()"# => r#""not JSON""#
    }
}

/// More spaces than this are not put before a line.
const MAX_INDENT: f64 = 10.0;

fn encode(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    let indent = heap.to_number(arg(args, 1)).unwrap_or(0.0).clamp(0.0, MAX_INDENT) as usize;
    let text = write::write(heap, arg(args, 0), indent)?;
    heap.string(&text)
}

fn decode(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    let value = arg(args, 0);
    if !value.is_string() {
        return Ok(value);
    }
    let text = heap.str(value).to_owned();
    Ok(read::read(heap, &text)?.unwrap_or(value))
}
