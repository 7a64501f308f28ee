//! The text under a matcher, read character by character in either direction.

use crate::ast::{Assertion, Direction};
use crate::case::canonicalize;
use crate::charset;
use crate::members::Members;

pub(crate) struct Input<'t> {
    text: &'t str,
}

impl<'t> Input<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Input { text }
    }

    /// The character next to `pos` in the given direction, and the position beyond it.
    #[inline]
    pub(crate) fn char_at(&self, pos: usize, to: Direction) -> Option<(char, usize)> {
        match to {
            Direction::Ahead => {
                let byte = *self.text.as_bytes().get(pos)?;
                if byte.is_ascii() {
                    return Some((byte as char, pos + 1));
                }
                let c = self.text.get(pos..)?.chars().next()?;
                Some((c, pos + c.len_utf8()))
            }
            Direction::Behind => {
                let c = self.text.get(..pos)?.chars().next_back()?;
                Some((c, pos - c.len_utf8()))
            }
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.text.len()
    }

    /// Bytes of the character at `pos`, 0 at the end.
    pub(crate) fn width_at(&self, pos: usize) -> usize {
        self.char_at(pos, Direction::Ahead).map_or(0, |(_, next)| next - pos)
    }

    /// Passes up to `most` members of `set`; the position reached and the number passed.
    #[inline]
    pub(crate) fn skip(&self, mut pos: usize, to: Direction, set: &Members, most: u32) -> (usize, u32) {
        let mut taken = 0;
        if to == Direction::Ahead {
            let bytes = self.text.as_bytes();
            let count = set.count_ascii(bytes, pos, most as usize);
            (pos, taken) = (pos + count, count as u32);
            if bytes.get(pos).is_none_or(u8::is_ascii) {
                return (pos, taken);
            }
        }
        while taken < most {
            match self.char_at(pos, to) {
                Some((c, next)) if set.contains(c) => pos = next,
                _ => break,
            }
            taken += 1;
        }
        (pos, taken)
    }

    pub(crate) fn holds(&self, assertion: Assertion, pos: usize) -> bool {
        let neighbour = |to| self.char_at(pos, to).map(|(c, _)| c);
        let is_word = |to| neighbour(to).is_some_and(charset::is_word);
        match assertion {
            Assertion::TextStart => pos == 0,
            Assertion::TextEnd => pos == self.text.len(),
            Assertion::LineStart => neighbour(Direction::Behind).is_none_or(charset::is_line_end),
            Assertion::LineEnd => neighbour(Direction::Ahead).is_none_or(charset::is_line_end),
            Assertion::WordBoundary => is_word(Direction::Behind) != is_word(Direction::Ahead),
            Assertion::NotWordBoundary => is_word(Direction::Behind) == is_word(Direction::Ahead),
        }
    }

    /// Where the text `start..end` ends if it stands once more next to `pos`.
    pub(crate) fn repeats(
        &self,
        start: usize,
        end: usize,
        pos: usize,
        to: Direction,
        ignore_case: bool,
    ) -> Option<usize> {
        let (mut from, mut at) = if to == Direction::Ahead { (start, pos) } else { (end, pos) };
        let stop = if to == Direction::Ahead { end } else { start };
        while from != stop {
            let (wanted, next_from) = self.char_at(from, to)?;
            let (found, next_at) = self.char_at(at, to)?;
            if wanted != found && !(ignore_case && canonicalize(wanted) == canonicalize(found)) {
                return None;
            }
            (from, at) = (next_from, next_at);
        }
        Some(at)
    }
}
