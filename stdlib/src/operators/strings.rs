//! Text: case, white space, parts and characters (krl-language §6.2). Receivers count as their String form.

use super::yes_no;
use crate::declare::signatures;
use krl_vm::fault::Fault;
use krl_vm::heap::Heap;
use krl_vm::native::arg;
use krl_vm::number;
use krl_vm::value::Value;

signatures! {
    /// The text with its first character in upper case.
    fn capitalize(val: ANY(STRING)) -> STRING = Pure(capitalize) {
        r#""krl rules".capitalize()"# => r#""Krl rules""#
    }
    /// The text in lower case, by full Unicode case mapping.
    fn lc(val: ANY(STRING)) -> STRING = Pure(lower_case) {
        r#""Straße".lc()"# => r#""straße""#
    }
    /// The text in upper case, by full Unicode case mapping.
    fn uc(val: ANY(STRING)) -> STRING = Pure(upper_case) {
        r#""straße".uc()"# => r#""STRASSE""#
    }
    /// The text without white space at both ends.
    fn trim(val: ANY(STRING)) -> STRING = Pure(trim) {
        r#""  in the middle ".trim()"# => r#""in the middle""#
    }
    /// The text without white space at its start.
    fn trimLeading(val: ANY(STRING)) -> STRING = Pure(trim_leading) {
        r#"" a ".trimLeading()"# => r#""a ""#
    }
    /// The text without white space at its end.
    fn trimTrailing(val: ANY(STRING)) -> STRING = Pure(trim_trailing) {
        r#"" a ".trimTrailing()"# => r#"" a""#
    }
    /// Does the text begin with `target`?
    fn startsWith(val: ANY(STRING), target: ANY(STRING)) -> BOOLEAN = Pure(starts_with) {
        r#""io.picolabs.wrangler".startsWith("io.")"# => "true"
    }
    /// Does the text end with `target`?
    fn endsWith(val: ANY(STRING), target: ANY(STRING)) -> BOOLEAN = Pure(ends_with) {
        r#""photo.png".endsWith(".jpg")"# => "false"
    }
    /// Is `target` a part of the text?
    fn contains(val: ANY(STRING), target: ANY(STRING)) -> BOOLEAN = Pure(contains) {
        r#""thermostat".contains("most")"# => "true"
    }
    /// A part of the text, by positions of characters.
    /// With a positive `len` that many characters from `start`; with `len` 0 or none to the end; a negative `len` leaves out as many characters
    /// at the end. Bounds outside the text count as its ends, and bounds in the wrong order are swapped. A `start` that is no number gives the
    /// whole text.
    fn substr(val: ANY(STRING); start: ANY(NUMBER), len: ANY(NUMBER)) -> STRING = Part(substr) {
        r#""hello".substr(1, 3)"# => r#""ell""#,
        r#""hello".substr(1, -1)"# => r#""ell""#
    }
    /// The number of the first character; `null` for the empty text.
    fn ord(val: ANY(STRING)) -> NUMBER | NULL = Pure(ord) {
        r#""A".ord()"# => "65"
    }
    /// The character with this number; `null` where there is none.
    fn chr(val: ANY(NUMBER)) -> STRING | NULL = Pure(chr) {
        "74.chr()" => r#""J""#
    }
}

/// Applies `f` to the String form of the receiver.
fn map_text(heap: &mut Heap, args: &[Value], f: impl Fn(&str) -> String) -> Result<Value, Fault> {
    let text = f(&heap.text(arg(args, 0)));
    heap.string(&text)
}

fn capitalize(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    map_text(heap, args, |text| {
        let mut chars = text.chars();
        let first = chars.next().into_iter().flat_map(char::to_uppercase);
        first.chain(chars.as_str().chars()).collect()
    })
}

fn lower_case(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    map_text(heap, args, str::to_lowercase)
}

fn upper_case(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    map_text(heap, args, str::to_uppercase)
}

fn trim(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    map_text(heap, args, |text| number::trim(text).to_owned())
}

fn trim_leading(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    map_text(heap, args, |text| number::trim_start(text).to_owned())
}

fn trim_trailing(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    map_text(heap, args, |text| number::trim_end(text).to_owned())
}

fn starts_with(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    yes_no(heap.text(arg(args, 0)).starts_with(&*heap.text(arg(args, 1))))
}

fn ends_with(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    yes_no(heap.text(arg(args, 0)).ends_with(&*heap.text(arg(args, 1))))
}

fn contains(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    yes_no(heap.text(arg(args, 0)).contains(&*heap.text(arg(args, 1))))
}

fn substr(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    let text = heap.key(arg(args, 0))?;
    let length = heap.char_count(text) as f64;
    let Some(start) = heap.to_number(arg(args, 1)) else { return Ok(text) };
    if start > length {
        return heap.string("");
    }
    let end = match heap.to_number(arg(args, 2)) {
        Some(len) if len > 0.0 => start + len,
        Some(len) => length + len,
        None => length,
    };
    let (start, end) = (start.clamp(0.0, length) as usize, end.clamp(0.0, length) as usize);
    let part = slice_chars(heap.str(text), heap.is_ascii(text), start.min(end), start.max(end)).to_owned();
    heap.string(&part)
}

/// The characters `start..end` of `text`.
fn slice_chars(text: &str, ascii: bool, start: usize, end: usize) -> &str {
    if ascii {
        return text.get(start..end).unwrap_or_default();
    }
    let mut offsets = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    let from = offsets.nth(start).unwrap_or(text.len());
    let to = if end > start { offsets.nth(end - start - 1).unwrap_or(text.len()) } else { from };
    text.get(from..to).unwrap_or_default()
}

fn ord(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    let first = heap.text(arg(args, 0)).chars().next();
    Ok(first.map_or(Value::NULL, |c| Value::number(f64::from(u32::from(c)))))
}

/// Numbers beyond the characters count modulo 65,536, as in the reference; half a character is none (decision L2).
fn chr(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    let Some(number) = heap.to_number(arg(args, 0)).map(f64::trunc) else { return Ok(Value::NULL) };
    let is_character = (0.0..=f64::from(u32::from(char::MAX))).contains(&number);
    let code = if is_character { number as u32 } else { number::to_int32(number) as u32 & 0xFFFF };
    match char::from_u32(code) {
        Some(c) => heap.string(c.encode_utf8(&mut [0; 4])),
        None => Ok(Value::NULL),
    }
}
