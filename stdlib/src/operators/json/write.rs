//! `encode`: text as ECMAScript's `JSON.stringify` lays it out.

use krl_vm::fault::{Fault, Limit};
use krl_vm::heap::{Heap, MAX_NESTING};
use krl_vm::number;
use krl_vm::value::{Kind, Value};

/// `value` as JSON text; `indent` 0 is one line.
///
/// # Errors
/// [`Limit::Depth`], [`Limit::Memory`]
pub(super) fn write(heap: &Heap, value: Value, indent: usize) -> Result<String, Fault> {
    let mut writer = Writer { heap, indent, out: String::new() };
    writer.value(value, 0)?;
    Ok(writer.out)
}

struct Writer<'h> {
    heap: &'h Heap,
    indent: usize,
    out: String,
}

impl Writer<'_> {
    fn value(&mut self, value: Value, depth: usize) -> Result<(), Fault> {
        // Values share parts, so the text may be far larger than they are.
        self.heap.check_room(self.out.len())?;
        if depth > MAX_NESTING as usize {
            return Err(Fault::limit(Limit::Depth));
        }
        match self.heap.kind(value) {
            Kind::Null => self.out.push_str("null"),
            Kind::Boolean => self.out.push_str(if value == Value::TRUE { "true" } else { "false" }),
            Kind::Number => number::format(value.number_unchecked(), &mut self.out),
            Kind::Array => self.array(value, depth)?,
            Kind::Map => self.map(value, depth)?,
            _ => self.text(&self.heap.text(value)),
        }
        Ok(())
    }

    fn array(&mut self, value: Value, depth: usize) -> Result<(), Fault> {
        let items = self.heap.array(value);
        self.out.push('[');
        for (at, &item) in items.iter().enumerate() {
            self.separate(at, depth + 1);
            self.value(item, depth + 1)?;
        }
        self.close(items.is_empty(), depth, ']');
        Ok(())
    }

    fn map(&mut self, value: Value, depth: usize) -> Result<(), Fault> {
        let entries = self.heap.map_entries(value);
        self.out.push('{');
        for (at, entry) in entries.iter().enumerate() {
            self.separate(at, depth + 1);
            self.text(self.heap.str(entry.key));
            self.out.push_str(if self.indent > 0 { ": " } else { ":" });
            self.value(entry.value, depth + 1)?;
        }
        self.close(entries.is_empty(), depth, '}');
        Ok(())
    }

    /// What comes before member number `at`.
    fn separate(&mut self, at: usize, depth: usize) {
        if at > 0 {
            self.out.push(',');
        }
        self.line(depth);
    }

    fn close(&mut self, empty: bool, depth: usize, bracket: char) {
        if !empty {
            self.line(depth);
        }
        self.out.push(bracket);
    }

    fn line(&mut self, depth: usize) {
        if self.indent > 0 {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n(' ', self.indent * depth));
        }
    }

    fn text(&mut self, text: &str) {
        self.out.push('"');
        let mut rest = text;
        while let Some(at) = rest.bytes().position(|b| b < b' ' || b == b'"' || b == b'\\') {
            let (plain, special) = rest.split_at(at);
            self.out.push_str(plain);
            let mut characters = special.chars();
            match characters.next() {
                Some('"') => self.out.push_str("\\\""),
                Some('\\') => self.out.push_str("\\\\"),
                Some('\u{8}') => self.out.push_str("\\b"),
                Some('\u{c}') => self.out.push_str("\\f"),
                Some('\n') => self.out.push_str("\\n"),
                Some('\r') => self.out.push_str("\\r"),
                Some('\t') => self.out.push_str("\\t"),
                other => self.out.push_str(&format!("\\u{:04x}", other.map_or(0, u32::from))),
            }
            rest = characters.as_str();
        }
        self.out.push_str(rest);
        self.out.push('"');
    }
}
