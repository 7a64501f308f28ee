//! Writing JSON: compact or with indentation.

use std::fmt::Write;

/// Appends a string with the escapes JSON asks for, and no others.
pub(crate) fn write_string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if c < ' ' => {
                // Writing to a string can't fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// A text that JSON is appended to, item by item.
pub(crate) struct Writer {
    out: String,
    pretty: bool,
    depth: usize,
    /// Nothing has been written yet in the open object or array.
    fresh: bool,
}

impl Writer {
    pub(crate) fn new(pretty: bool) -> Self {
        Self { out: String::new(), pretty, depth: 0, fresh: true }
    }

    pub(crate) fn finish(mut self) -> String {
        if self.pretty {
            self.out.push('\n');
        }
        self.out
    }

    /// `{` or `[`
    pub(crate) fn open(&mut self, bracket: char) {
        self.out.push(bracket);
        self.depth += 1;
        self.fresh = true;
    }

    /// `}` or `]`
    pub(crate) fn close(&mut self, bracket: char) {
        self.depth -= 1;
        if !self.fresh {
            self.line();
        }
        self.out.push(bracket);
        self.fresh = false;
    }

    /// Goes to the next item of an array.
    pub(crate) fn item(&mut self) {
        if !self.fresh {
            self.out.push(',');
        }
        self.fresh = false;
        self.line();
    }

    /// Goes to the next member of an object.
    pub(crate) fn key(&mut self, key: &str) {
        self.item();
        write_string(&mut self.out, key);
        self.out.push_str(if self.pretty { ": " } else { ":" });
    }

    pub(crate) fn string(&mut self, text: &str) {
        write_string(&mut self.out, text);
    }

    /// A value that is JSON already.
    pub(crate) fn raw(&mut self, write: impl FnOnce(&mut String)) {
        write(&mut self.out);
    }

    /// `"key":["a","b"]`
    pub(crate) fn strings<'a>(&mut self, key: &str, items: impl IntoIterator<Item = &'a str>) {
        self.key(key);
        self.open('[');
        for item in items {
            self.item();
            self.string(item);
        }
        self.close(']');
    }

    fn line(&mut self) {
        if self.pretty {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n("  ", self.depth));
        }
    }
}
