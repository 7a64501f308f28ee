//! The lenient reader of addresses (`xdi.md §1.3`), one pass from left to right.
//!
//! Cross-references make it call itself, at most [`MAX_NESTING`] deep: the search for a closing parenthesis counts before anything
//! inside is read.

use super::arc::{ATTRIBUTE, BodyForm, COLLECTION, DEFINITION, IMMUTABLE, METAVARIABLE, RELATIVE, Shape};
use super::arc::{Symbol, VARIABLE};
use super::error::{SyntaxCode, SyntaxError};
use super::generation::{Generation, is_inumber};
use super::name::{decode, is_name_char};
use super::{MAX_ARCS, MAX_LENGTH, MAX_NESTING};

/// The arcs of an address.
pub(super) fn parse(text: &str) -> Result<Vec<Shape>, SyntaxError> {
    if text.len() > MAX_LENGTH {
        return Err(SyntaxError::new(SyntaxCode::TooLong, MAX_LENGTH));
    }
    let mut parser = Parser { text, at: 0, arcs: 0 };
    let mut shapes = Vec::new();
    parser.address(text.len(), |shape| shapes.push(shape))?;
    Ok(shapes)
}

/// The place of the first `/` from `from` on that is not inside parentheses.
pub(crate) fn top_level_slash(text: &str, from: usize) -> Result<Option<usize>, SyntaxError> {
    slash_between(text, from, text.len())
}

fn slash_between(text: &str, from: usize, to: usize) -> Result<Option<usize>, SyntaxError> {
    let mut at = from;
    while at < to {
        match text.as_bytes().get(at) {
            Some(b'/') => return Ok(Some(at)),
            Some(b'(') => at = closing(text, at)?,
            _ => {}
        }
        at += 1;
    }
    Ok(None)
}

/// The place of the parenthesis that closes the one at `open`. Text and IRIs end at the first `)`, whatever they hold.
fn closing(text: &str, open: usize) -> Result<usize, SyntaxError> {
    let bytes = text.as_bytes();
    let mut depth = 0;
    let mut at = open;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'(' => {
                depth += 1;
                if depth > MAX_NESTING {
                    return Err(SyntaxError::new(SyntaxCode::TooDeep, at));
                }
                if !bytes.get(at + 1).is_some_and(|b| begins_syntax(*b)) {
                    let length = text.get(at + 1..).and_then(|rest| rest.find(')'));
                    at += length.ok_or_else(|| SyntaxError::new(SyntaxCode::Unclosed(')'), text.len()))?;
                }
            }
            b')' => {
                depth -= 1;
                if depth == 0 {
                    return Ok(at);
                }
            }
            _ => {}
        }
        at += 1;
    }
    Err(SyntaxError::new(SyntaxCode::Unclosed(')'), text.len()))
}

/// Does what stands between parentheses begin as an arc or an inner root, and not as text?
fn begins_syntax(byte: u8) -> bool {
    Symbol::from_byte(byte).is_some()
        || matches!(byte, b'!' | b'~' | b'{' | b'|' | b'[' | b'<' | b'(' | b')' | b'/')
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    arcs: usize,
}

impl Parser<'_> {
    /// Arcs up to `end`.
    fn address(&mut self, end: usize, mut each: impl FnMut(Shape)) -> Result<(), SyntaxError> {
        while self.at < end {
            each(self.arc(end)?);
        }
        Ok(())
    }

    fn arc(&mut self, end: usize) -> Result<Shape, SyntaxError> {
        let start = self.at;
        self.arcs += 1;
        if self.arcs > MAX_ARCS {
            return Err(SyntaxError::new(SyntaxCode::TooManyArcs, start));
        }
        let mut flags = 0;
        for (open, flag) in [
            (b'{', VARIABLE),
            (b'{', METAVARIABLE),
            (b'|', DEFINITION),
            (b'[', COLLECTION),
            (b'<', ATTRIBUTE),
        ] {
            if (flag != METAVARIABLE || flags == VARIABLE) && self.eat(open, end) {
                flags |= flag;
            }
        }
        let symbol = self.peek(end).and_then(Symbol::from_byte);
        self.at += usize::from(symbol.is_some());
        let marks = self.at;
        for (mark, flag) in [(b'!', IMMUTABLE), (b'~', RELATIVE)] {
            if self.eat(mark, end) {
                flags |= flag;
            }
        }
        if symbol.is_none() && self.at > marks {
            return Err(SyntaxError::new(SyntaxCode::NoSymbol, marks));
        }
        let mut shape =
            Shape { start: 0, end: 0, body: (0, 0), slash: 0, form: BodyForm::None, symbol, flags };
        self.body(&mut shape, end)?;
        self.close(flags, end)?;
        if self.at == start {
            return Err(self.unexpected());
        }
        self.refuse_older(&shape, start)?;
        (shape.start, shape.end) = (short(start), short(self.at));
        Ok(shape)
    }

    fn body(&mut self, shape: &mut Shape, end: usize) -> Result<(), SyntaxError> {
        if self.peek(end) == Some(b'(') {
            let close = closing(self.text, self.at)?;
            if close >= end {
                return Err(SyntaxError::new(SyntaxCode::Unclosed(')'), end));
            }
            let from = self.at + 1;
            (shape.form, shape.slash) = self.xref(from, close)?;
            shape.body = (short(from), short(close));
            self.at = close + 1;
            return Ok(());
        }
        let from = self.at;
        self.name(end)?;
        if self.at > from {
            if shape.symbol.is_none() {
                return Err(SyntaxError::new(SyntaxCode::NoSymbol, from));
            }
            shape.form = BodyForm::Name;
            shape.body = (short(from), short(self.at));
        }
        Ok(())
    }

    /// Name characters, or escapes of some.
    fn name(&mut self, end: usize) -> Result<(), SyntaxError> {
        let start = self.at;
        let rest = self.text.get(start..end).unwrap_or_default();
        let length = rest.find(|c| !is_name_char(c) && c != '%').unwrap_or(rest.len());
        self.at += length;
        let raw = rest.get(..length).unwrap_or_default();
        if let Some(escape) = raw.find('%') {
            let error = || SyntaxError::new(SyntaxCode::BadEscape, start + escape);
            if !decode(raw).ok_or_else(error)?.chars().all(is_name_char) {
                return Err(error());
            }
        }
        Ok(())
    }

    /// What stands between parentheses, and where its `/` is.
    fn xref(&mut self, from: usize, to: usize) -> Result<(BodyForm, u32), SyntaxError> {
        let content = self.text.get(from..to).unwrap_or_default();
        let bad = |at| SyntaxError::new(SyntaxCode::BadXref, at);
        match content.bytes().next() {
            None => return Ok((BodyForm::Empty, 0)),
            Some(byte) if begins_syntax(byte) => {}
            Some(_) => return foreign(content).map(|form| (form, 0)).map_err(|e| e.moved(from)),
        }
        let Some(slash) = slash_between(self.text, from, to)? else {
            self.at = from;
            self.arc(to)?;
            return if self.at == to { Ok((BodyForm::Arc, 0)) } else { Err(bad(self.at)) };
        };
        if let Some(second) = slash_between(self.text, slash + 1, to)? {
            return Err(bad(second));
        }
        self.at = from;
        self.address(slash, |_| ())?;
        self.at = slash + 1;
        self.address(to, |_| ())?;
        Ok((BodyForm::Inner, short(slash)))
    }

    /// The closing partners of the wrappers, from the inside out.
    fn close(&mut self, flags: u8, end: usize) -> Result<(), SyntaxError> {
        for (flag, partner) in [
            (ATTRIBUTE, b'>'),
            (COLLECTION, b']'),
            (DEFINITION, b'|'),
            (VARIABLE, b'}'),
            (METAVARIABLE, b'}'),
        ] {
            if flags & flag != 0 && !self.eat(partner, end) {
                let open = self.at < end && !matches!(self.peek(end), Some(b'>' | b']' | b'|' | b'}'));
                let starts_arc = self.peek(end).is_some_and(|b| begins_syntax(b) && b != b')');
                return Err(if open && !starts_arc {
                    self.unexpected()
                } else {
                    SyntaxError::new(SyntaxCode::Unclosed(char::from(partner)), self.at)
                });
            }
        }
        Ok(())
    }

    /// Forms that parse, but only older generations have (decision X1).
    fn refuse_older(&self, shape: &Shape, start: usize) -> Result<(), SyntaxError> {
        let (from, to) = shape.body;
        let body = self.text.get(from as usize..to as usize).unwrap_or_default();
        let immutable = shape.flags & IMMUTABLE != 0;
        let reserved = shape.symbol == Some(Symbol::Reserved);
        let counted = immutable && !matches!(shape.form, BodyForm::None | BodyForm::Name);
        let bare = shape.form == BodyForm::None && shape.flags == 0;
        let multiple = bare && self.text.get(self.at..).is_some_and(|rest| rest.starts_with("*("));
        let generation = if immutable && shape.form == BodyForm::Name && is_inumber(body) {
            Generation::G0
        } else if reserved && (counted || multiple) {
            Generation::G1
        } else {
            return Ok(());
        };
        Err(SyntaxError::new(SyntaxCode::OlderGeneration(generation), start))
    }

    fn peek(&self, end: usize) -> Option<u8> {
        if self.at < end { self.text.as_bytes().get(self.at).copied() } else { None }
    }

    fn eat(&mut self, byte: u8, end: usize) -> bool {
        let found = self.peek(end) == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn unexpected(&self) -> SyntaxError {
        let c = self.text.get(self.at..).and_then(|rest| rest.chars().next()).unwrap_or(' ');
        SyntaxError::new(SyntaxCode::Unexpected(c), self.at)
    }
}

/// Text or an IRI: an IRI has its `:` before any symbol.
fn foreign(content: &str) -> Result<BodyForm, SyntaxError> {
    let bad = |at| SyntaxError::new(SyntaxCode::BadXref, at);
    if let Some(at) = content.find(char::is_control) {
        return Err(bad(at));
    }
    let symbol = content.find(['=', '+', '$', '#', '@', '*', '&', '!', '~']).unwrap_or(content.len());
    if content.find(':').is_some_and(|colon| colon < symbol) {
        return Ok(BodyForm::Iri);
    }
    match content.find('/') {
        Some(at) => Err(bad(at)),
        None if content.starts_with(' ') => Err(bad(0)),
        None => Ok(BodyForm::Text),
    }
}

/// Places fit: the length was checked.
fn short(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
