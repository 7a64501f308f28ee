//! Escapes: what follows a backslash, in and outside of a class.

use super::{Parse, Parser};
use crate::ast::Node;
use crate::charset::{self, CharSet};

const LEAD: std::ops::RangeInclusive<u32> = 0xD800..=0xDBFF;
const TRAIL: std::ops::RangeInclusive<u32> = 0xDC00..=0xDFFF;

/// Where an escape stands: a class knows `\b` and more control letters, but no references.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Atom,
    Class,
}

impl Parser<'_> {
    /// The term for an escape whose backslash, at `start`, has been read.
    pub(super) fn atom_escape(&mut self, start: usize) -> Parse<Node> {
        if let Some(ranges) = self.peek().and_then(charset::class_escape) {
            self.pos += 1;
            return Ok(Node::Set(CharSet::from_code_points(ranges)));
        }
        if self.peek() == Some('k') && !self.names.is_empty() {
            return self.named_reference(start);
        }
        if let Some(index) = self.numbered_reference() {
            return Ok(Node::Backref(index));
        }
        let code = self.character_escape(start, Place::Atom)?;
        Ok(match char::from_u32(code) {
            Some(c) => self.literal(c),
            // Half of a surrogate pair is in no text (decision L2).
            None => Node::Set(CharSet::default()),
        })
    }

    fn named_reference(&mut self, start: usize) -> Parse<Node> {
        if !self.eat("k<") {
            return self.fail("invalid named reference", start);
        }
        let at = self.pos;
        let name = self.group_name("invalid named reference")?;
        match self.names.iter().find(|(known, _)| *known == name) {
            Some(&(_, index)) => Ok(Node::Backref(index)),
            None => self.fail(format!("no group is named `{name}`"), at),
        }
    }

    /// `\1` and up, if the pattern has that many groups; otherwise the digits are an octal or identity escape.
    fn numbered_reference(&mut self) -> Option<usize> {
        let rest = self.rest();
        let len = rest.bytes().take_while(u8::is_ascii_digit).count();
        let digits = rest.get(..len).filter(|digits| !digits.starts_with('0'))?;
        let index = digits.parse().ok().filter(|&index| index <= self.total_groups)?;
        self.pos += len;
        Some(index)
    }

    /// The code point that an escape stands for; surrogate pairs written as two `\u` escapes are one.
    pub(super) fn character_escape(&mut self, start: usize, place: Place) -> Parse<u32> {
        let Some(c) = self.next() else { return self.fail("`\\` at the end of the pattern", start) };
        Ok(match c {
            'b' if place == Place::Class => 0x08,
            't' => 0x09,
            'n' => 0x0A,
            'v' => 0x0B,
            'f' => 0x0C,
            'r' => 0x0D,
            'c' => self.control_escape(place),
            'x' => self.hex(2).unwrap_or(c as u32),
            'u' => self.unicode_escape().unwrap_or(c as u32),
            '0'..='7' => self.octal(c),
            identity => identity as u32,
        })
    }

    /// `\cX`; when X is no control letter the backslash stands for itself and the `c` is read again.
    fn control_escape(&mut self, place: Place) -> u32 {
        match self.peek() {
            Some(letter)
                if letter.is_ascii_alphabetic() || (place == Place::Class && charset::is_word(letter)) =>
            {
                self.pos += 1;
                letter as u32 & 0x1F
            }
            _ => {
                self.pos -= 1;
                '\\' as u32
            }
        }
    }

    fn hex(&mut self, len: usize) -> Option<u32> {
        let digits = self.rest().get(..len).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
        let value = u32::from_str_radix(digits, 16).ok()?;
        self.pos += len;
        Some(value)
    }

    /// The four digits after `\u`, and a second escape if the two are a surrogate pair.
    pub(super) fn unicode_escape(&mut self) -> Option<u32> {
        let lead = self.hex(4)?;
        let after_lead = self.pos;
        if LEAD.contains(&lead) && self.eat("\\u") {
            match self.hex(4) {
                Some(trail) if TRAIL.contains(&trail) => {
                    return Some(0x10000 + ((lead - LEAD.start()) << 10) + (trail - TRAIL.start()));
                }
                _ => self.pos = after_lead,
            }
        }
        Some(lead)
    }

    /// Up to three octal digits, as long as the value is below 256.
    fn octal(&mut self, first: char) -> u32 {
        let mut value = first as u32 - '0' as u32;
        for _ in 0..2 {
            match self.peek().and_then(|c| c.to_digit(8)) {
                Some(digit) if value * 8 + digit <= 0o377 => {
                    value = value * 8 + digit;
                    self.pos += 1;
                }
                _ => break,
            }
        }
        value
    }
}
