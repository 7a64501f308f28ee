//! Literals: values at the edges of every kind.

use super::code::{Code, level};
use super::shape::{Shape, any_kind};
use super::{Generator, MAX_DEPTH};
use krl_stdlib::types::Types;

const NUMBERS: [&str; 20] = [
    "0",
    "1",
    "2",
    "3",
    "7",
    "10",
    "-1",
    "0.5",
    "-0",
    "100",
    "1.25",
    "0.1",
    "-2.5",
    "65536",
    "4294967295",
    "9007199254740992",
    "-9007199254740993",
    "0.0000001",
    "123456789012345680000",
    "\"1e308\".as(\"Number\")",
];

const STRINGS: [&str; 22] = [
    "",
    "a",
    "b",
    "1",
    "10",
    "-2.5",
    " 12 ",
    "0x1F",
    "abc",
    "a b  c",
    "null",
    "true",
    "é",
    "Straße",
    "😀x",
    "\u{301}e",
    "\u{feff}\u{a0}",
    "a\nb",
    "$1$&",
    "\\\"q\\\"",
    "length",
    "1e400",
];

const PATTERNS: [&str; 12] = [
    "re#a#",
    "re#(.)#",
    "re#^(.*)$#",
    "re#b#gi",
    "re#(\\d+)#g",
    "re#(a)|(b)#",
    "re#\\s*#",
    "re#[^a-c]+#i",
    "re#x?#g",
    "re#(?:)#",
    "re#(.)\\1#",
    "re#é|😀#",
];

/// Names of entries.
pub const KEYS: [&str; 6] = ["a", "b", "c", "0", "1", "length"];

impl Generator {
    /// A literal of a settled shape.
    pub(super) fn literal(&mut self, want: Shape) -> Code {
        match want.is {
            Types::NUMBER => {
                let number = *self.choices.pick(&NUMBERS);
                let level = if number.starts_with('-') { level::PREFIX } else { level::WHOLE };
                Code::new(number.into(), level)
            }
            Types::STRING => Code::whole(format!("\"{}\"", self.choices.pick(&STRINGS))),
            Types::BOOLEAN => Code::whole(*self.choices.pick(&["true", "false"])),
            Types::REGEXP => Code::whole(*self.choices.pick(&PATTERNS)),
            Types::ARRAY => self.array(want),
            Types::MAP => self.map(want),
            Types::FUNCTION => self.function(&[], want.part()),
            _ => Code::whole("null"),
        }
    }

    fn array(&mut self, want: Shape) -> Code {
        let items: Vec<String> = (0..self.length()).map(|_| self.expression(want.part()).text).collect();
        Code::whole(format!("[{}]", items.join(", ")))
    }

    fn map(&mut self, want: Shape) -> Code {
        let entries: Vec<String> = (0..self.length())
            .map(|_| {
                let key = *self.choices.pick(&KEYS);
                format!("\"{key}\": {}", self.expression(want.part()).text)
            })
            .collect();
        Code::whole(format!("{{{}}}", entries.join(", ")))
    }

    /// How many entries a literal has.
    fn length(&mut self) -> usize {
        if self.depth > MAX_DEPTH { 0 } else { self.choices.below(4) }
    }

    /// Data as JSON, for attributes and arguments.
    pub(super) fn json(&mut self, depth: usize) -> String {
        let kind = if depth > 2 { Types::NUMBER } else { any_kind(&mut self.choices) };
        match kind {
            Types::STRING => {
                let text = self.choices.pick(&STRINGS).replace("\\\"", "\"");
                serde_json::to_string(&text).unwrap_or_default()
            }
            Types::BOOLEAN => (*self.choices.pick(&["true", "false", "null"])).into(),
            Types::ARRAY => {
                let items: Vec<String> = (0..self.choices.below(4)).map(|_| self.json(depth + 1)).collect();
                format!("[{}]", items.join(","))
            }
            Types::MAP => self.json_map(depth + 1),
            _ => (*self.choices.pick(&["0", "1", "3", "-2.5", "-0.0", "1e308", "9007199254740993", "12"]))
                .into(),
        }
    }

    /// A map as JSON.
    pub(super) fn json_map(&mut self, depth: usize) -> String {
        let entries: Vec<String> = (0..self.choices.below(4))
            .map(|_| format!("\"{}\":{}", self.choices.pick(&KEYS), self.json(depth)))
            .collect();
        format!("{{{}}}", entries.join(","))
    }
}
