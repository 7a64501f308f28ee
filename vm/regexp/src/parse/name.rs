//! Group names, and the survey of a pattern's groups that has to precede parsing.

use super::{Parse, Parser};
use crate::flags::Flags;

/// The capturing groups of a pattern: `\2` and `\k<n>` may refer to groups that come later.
pub(super) struct Survey {
    pub groups: usize,
    pub names: Vec<(String, usize)>,
}

/// Finds the capturing groups of a pattern, well-formed or not.
pub(super) fn survey(pattern: &str) -> Survey {
    let mut found = Survey { groups: 0, names: Vec::new() };
    let mut in_class = false;
    let mut chars = pattern.char_indices();
    while let Some((index, c)) = chars.next() {
        match c {
            '\\' => {
                chars.next();
            }
            '[' => in_class = true,
            ']' => in_class = false,
            '(' if !in_class => found.count(pattern, index + 1),
            _ => {}
        }
    }
    found
}

impl Survey {
    fn count(&mut self, pattern: &str, inside: usize) {
        let rest = &pattern[inside..];
        let is_named = rest.starts_with("?<") && !rest.starts_with("?<=") && !rest.starts_with("?<!");
        if rest.starts_with('?') && !is_named {
            return;
        }
        self.groups += 1;
        if is_named {
            let mut parser = Parser::at(pattern, inside + 2);
            if let Ok(name) = parser.group_name("") {
                self.names.push((name, self.groups));
            }
        }
    }
}

impl<'p> Parser<'p> {
    fn at(pattern: &'p str, pos: usize) -> Self {
        Parser {
            pattern,
            flags: Flags::default(),
            pos,
            groups: 0,
            total_groups: 0,
            names: Vec::new(),
            depth: 0,
            terms: 0,
        }
    }

    /// A name up to and including its `>`.
    pub(super) fn group_name(&mut self, otherwise: &str) -> Parse<String> {
        let start = self.pos;
        let mut name = String::new();
        loop {
            let c = match self.next() {
                Some('>') if !name.is_empty() => return Ok(name),
                Some('\\') if self.eat("u") => self.name_escape(),
                other => other,
            };
            match c {
                Some(c) if is_name_char(c, name.is_empty()) => name.push(c),
                _ => return self.fail(otherwise, start),
            }
        }
    }

    /// `\uXXXX` or `\u{X…}`; names have the latter even without flag `u`.
    fn name_escape(&mut self) -> Option<char> {
        if !self.eat("{") {
            return self.unicode_escape().and_then(char::from_u32);
        }
        let (digits, _) = self.rest().split_once('}')?;
        let code = u32::from_str_radix(digits, 16).ok()?;
        self.pos += digits.len() + 1;
        char::from_u32(code)
    }
}

/// ECMAScript `IdentifierStart` and `IdentifierPart`.
fn is_name_char(c: char, first: bool) -> bool {
    let joiner = matches!(c, '\u{200C}' | '\u{200D}');
    c == '$' || c == '_' || c.is_alphabetic() || (!first && (joiner || c.is_alphanumeric()))
}
