//! Reading JSON: a cursor over the text.

use super::write_string;
use crate::literal::{Compound, Literal, MAX_DEPTH, Number};
use std::fmt;

/// Why a text is no JSON, or not the JSON that was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JsonError {
    pub(crate) what: &'static str,
    /// Where in the text, in bytes.
    pub(crate) at: usize,
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, at byte {}", self.what, self.at)
    }
}

/// A place in a JSON text.
pub(crate) struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// The place, in bytes.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    pub(crate) fn error(&self, what: &'static str) -> JsonError {
        JsonError { what, at: self.at }
    }

    /// The byte that the next token begins with.
    pub(crate) fn peek(&mut self) -> Option<u8> {
        let rest = self.text.as_bytes().get(self.at..)?;
        let blank = rest.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r')).count();
        self.at += blank;
        rest.get(blank).copied()
    }

    /// Goes over a bracket, a comma or a colon, if it is next.
    pub(crate) fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    pub(crate) fn expect(&mut self, byte: u8, what: &'static str) -> Result<(), JsonError> {
        if self.eat(byte) { Ok(()) } else { Err(self.error(what)) }
    }

    /// The next key of an object and its colon, or nothing at its end. `first`: nothing of the object was read yet.
    pub(crate) fn key(&mut self, first: bool) -> Result<Option<String>, JsonError> {
        if !self.has_item(first, b'}')? {
            return Ok(None);
        }
        let key = self.string()?;
        self.expect(b':', "a key is followed by `:`")?;
        Ok(Some(key))
    }

    /// Is there another item before the closing `bracket`? Goes over the comma or the bracket.
    pub(crate) fn has_item(&mut self, first: bool, bracket: u8) -> Result<bool, JsonError> {
        if self.eat(bracket) {
            return Ok(false);
        }
        if !first {
            self.expect(b',', "items are separated by `,`")?;
        }
        Ok(true)
    }

    /// After the value: nothing but blanks.
    pub(crate) fn end(&mut self) -> Result<(), JsonError> {
        if self.peek().is_none() { Ok(()) } else { Err(self.error("nothing may follow the value")) }
    }

    pub(crate) fn string(&mut self) -> Result<String, JsonError> {
        self.expect(b'"', "a string is needed here")?;
        let mut out = String::new();
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let plain = rest.find(|c| matches!(c, '"' | '\\') || c < ' ').unwrap_or(rest.len());
            out.push_str(rest.get(..plain).unwrap_or_default());
            self.at += plain;
            match rest.as_bytes().get(plain) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => out.push(self.escape()?),
                Some(_) => return Err(self.error("a string holds no control characters")),
                None => return Err(self.error("a string is not closed")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        const BAD: &str = "no such escape in strings";
        let c = self.text.as_bytes().get(self.at + 1).copied();
        let plain = match c {
            Some(c @ (b'"' | b'\\' | b'/')) => char::from(c),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                let unit = self.unit().ok_or_else(|| self.error(BAD))?;
                let code = match unit {
                    0xD800..=0xDBFF => {
                        let low = self.unit().filter(|low| matches!(low, 0xDC00..=0xDFFF));
                        low.map(|low| 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00))
                    }
                    _ => Some(unit),
                };
                return code.and_then(char::from_u32).ok_or_else(|| self.error("half of a surrogate pair"));
            }
            _ => return Err(self.error(BAD)),
        };
        self.at += 2;
        Ok(plain)
    }

    /// Goes over `\uXXXX`.
    fn unit(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 6)?.strip_prefix("\\u")?;
        if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        self.at += 6;
        u32::from_str_radix(digits, 16).ok()
    }

    /// Any value.
    pub(crate) fn value(&mut self) -> Result<Literal, JsonError> {
        Ok(match self.peek() {
            Some(b'{' | b'[') => Literal::Compound(Compound(self.compound()?.into())),
            Some(b'"') => Literal::String(self.string()?.into()),
            Some(b't') => self.word("true", Literal::Bool(true))?,
            Some(b'f') => self.word("false", Literal::Bool(false))?,
            Some(b'n') => self.word("null", Literal::Null)?,
            _ => Literal::Number(Number(self.number()?.into())),
        })
    }

    fn word(&mut self, word: &str, value: Literal) -> Result<Literal, JsonError> {
        if !self.text.get(self.at..).is_some_and(|rest| rest.starts_with(word)) {
            return Err(self.error("a value is needed here"));
        }
        self.at += word.len();
        Ok(value)
    }

    /// `-? (0 | [1-9][0-9]*) (\.[0-9]+)? ([eE][+-]?[0-9]+)?`
    fn number(&mut self) -> Result<&'a str, JsonError> {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let digits = |from: usize| rest.iter().skip(from).take_while(|b| b.is_ascii_digit()).count();
        let mut end = usize::from(rest.first() == Some(&b'-'));
        let whole = digits(end);
        if whole == 0 || (whole > 1 && rest.get(end) == Some(&b'0')) {
            return Err(self.error("a value is needed here"));
        }
        end += whole;
        if rest.get(end) == Some(&b'.') {
            let fraction = digits(end + 1);
            if fraction == 0 {
                return Err(self.error("a digit is needed after the point"));
            }
            end += 1 + fraction;
        }
        if matches!(rest.get(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(rest.get(end + 1), Some(b'+' | b'-')));
            let exponent = digits(end + 1 + sign);
            if exponent == 0 {
                return Err(self.error("a digit is needed in the exponent"));
            }
            end += 1 + sign + exponent;
        }
        let text = self.text.get(self.at..self.at + end).unwrap_or_default();
        self.at += end;
        Ok(text)
    }

    /// The text of an array or object without its blanks.
    fn compound(&mut self) -> Result<String, JsonError> {
        let mut out = String::new();
        let mut closers: Vec<u8> = Vec::new();
        loop {
            let first = match self.peek() {
                Some(open @ (b'{' | b'[')) => {
                    if closers.len() == MAX_DEPTH {
                        return Err(self.error("arrays and objects nest too deeply"));
                    }
                    self.at += 1;
                    out.push(char::from(open));
                    closers.push(if open == b'{' { b'}' } else { b']' });
                    true
                }
                _ => {
                    self.value()?.write(&mut out);
                    false
                }
            };
            if !self.advance(&mut out, &mut closers, first)? {
                return Ok(out);
            }
        }
    }

    /// Goes to the next value inside the open brackets; false after the last bracket.
    fn advance(
        &mut self,
        out: &mut String,
        closers: &mut Vec<u8>,
        mut first: bool,
    ) -> Result<bool, JsonError> {
        while let Some(&closer) = closers.last() {
            if self.has_item(first, closer)? {
                if !first {
                    out.push(',');
                }
                if closer == b'}' {
                    write_string(out, &self.string()?);
                    self.expect(b':', "a key is followed by `:`")?;
                    out.push(':');
                }
                return Ok(true);
            }
            out.push(char::from(closer));
            closers.pop();
            first = false;
        }
        Ok(false)
    }
}
