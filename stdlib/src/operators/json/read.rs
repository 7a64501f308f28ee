//! `decode`: JSON text straight into the heap, as strict as ECMAScript's `JSON.parse`.

use krl_vm::fault::{Fault, Limit};
use krl_vm::heap::{Heap, MAX_NESTING};
use krl_vm::value::Value;

/// The value `text` stands for; `None` if it is no JSON.
///
/// # Errors
/// [`Limit::Depth`], [`Limit::Memory`]
pub(super) fn read(heap: &mut Heap, text: &str) -> Result<Option<Value>, Fault> {
    let mut reader =
        Reader { heap, text, at: 0, keys: [Value::NULL; KEYS], entries: Vec::new(), items: Vec::new() };
    match reader.document() {
        Ok(value) => Ok(Some(value)),
        Err(Stop::NotJson) => Ok(None),
        Err(Stop::Fault(fault)) => Err(fault),
    }
}

enum Stop {
    NotJson,
    Fault(Fault),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

struct Reader<'a> {
    heap: &'a mut Heap,
    text: &'a str,
    at: usize,
    /// Keys read before, each in the place its text gives it: the maps of a document mostly have the same.
    keys: [Value; KEYS],
    /// Entries of the maps that are being read, the innermost last.
    entries: Vec<(Value, Value)>,
    /// Items of the arrays that are being read.
    items: Vec<Value>,
}

const KEYS: usize = 64;

/// Integers of so many digits are exact in a double.
const EXACT_DIGITS: usize = 15;

impl<'a> Reader<'a> {
    fn document(&mut self) -> Result<Value, Stop> {
        let value = self.value(0)?;
        self.space();
        if self.at == self.text.len() { Ok(value) } else { Err(Stop::NotJson) }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    /// Takes `byte`, perhaps behind white space, if it is next.
    fn takes(&mut self, byte: u8) -> bool {
        self.space();
        let next = self.peek() == Some(byte);
        self.at += usize::from(next);
        next
    }

    fn needs(&mut self, byte: u8) -> Result<(), Stop> {
        if self.takes(byte) { Ok(()) } else { Err(Stop::NotJson) }
    }

    fn value(&mut self, depth: u32) -> Result<Value, Stop> {
        if depth > MAX_NESTING {
            return Err(Fault::limit(Limit::Depth).into());
        }
        self.space();
        match self.peek() {
            Some(b'{') => self.map(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => self.string(),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Value::TRUE),
            Some(b'f') => self.word("false", Value::FALSE),
            Some(b'n') => self.word("null", Value::NULL),
            _ => Err(Stop::NotJson),
        }
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, Stop> {
        if !self.rest().starts_with(word) {
            return Err(Stop::NotJson);
        }
        self.at += word.len();
        Ok(value)
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn map(&mut self, depth: u32) -> Result<Value, Stop> {
        self.at += 1;
        let first = self.entries.len();
        if !self.takes(b'}') {
            loop {
                self.space();
                let key = self.key()?;
                self.needs(b':')?;
                let value = self.value(depth + 1)?;
                self.entries.push((key, value));
                self.heap.check_room(self.entries.len() * 16)?;
                if !self.takes(b',') {
                    break;
                }
            }
            self.needs(b'}')?;
        }
        let map = self.heap.map_from(self.entries.get(first..).unwrap_or_default())?;
        self.entries.truncate(first);
        Ok(map)
    }

    fn array(&mut self, depth: u32) -> Result<Value, Stop> {
        self.at += 1;
        let first = self.items.len();
        if !self.takes(b']') {
            loop {
                let item = self.value(depth + 1)?;
                self.items.push(item);
                self.heap.check_room(self.items.len() * 8)?;
                if !self.takes(b',') {
                    break;
                }
            }
            self.needs(b']')?;
        }
        let array = self.heap.array_from(self.items.get(first..).unwrap_or_default())?;
        self.items.truncate(first);
        Ok(array)
    }

    fn digits(&mut self) -> Result<(), Stop> {
        let start = self.at;
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at > start { Ok(()) } else { Err(Stop::NotJson) }
    }

    fn number(&mut self) -> Result<Value, Stop> {
        let start = self.at;
        self.at += usize::from(self.peek() == Some(b'-'));
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            self.digits()?;
        }
        let digits = self.text.get(start..self.at).unwrap_or_default();
        if digits.len() <= EXACT_DIGITS && digits.bytes().all(|b| b.is_ascii_digit()) {
            let number = digits.bytes().fold(0_u64, |n, digit| n * 10 + u64::from(digit - b'0'));
            return Ok(Value::number(number as f64));
        }
        digits.parse().map(Value::number).map_err(|_| Stop::NotJson)
    }

    /// A string that is a key.
    fn key(&mut self) -> Result<Value, Stop> {
        let bytes = self.text.as_bytes();
        let start = self.at + 1;
        let ahead = bytes.get(start..).unwrap_or_default();
        let len = ahead.iter().position(|&b| b == b'"' || b == b'\\').unwrap_or(ahead.len());
        let place = (usize::from(ahead.first().copied().unwrap_or(0)) + len * 7) % KEYS;
        let known = self.keys.get(place).copied().unwrap_or(Value::NULL);
        if known.is_string()
            && bytes.get(self.at) == Some(&b'"')
            && bytes.get(start + len) == Some(&b'"')
            && ahead.get(..len) == Some(self.heap.str(known).as_bytes())
        {
            self.at = start + len + 1;
            return Ok(known);
        }
        let key = self.string()?;
        if let Some(place) = self.keys.get_mut(place) {
            *place = key;
        }
        Ok(key)
    }

    fn string(&mut self) -> Result<Value, Stop> {
        if self.peek() != Some(b'"') {
            return Err(Stop::NotJson);
        }
        self.at += 1;
        let plain = self.plain();
        if self.peek() == Some(b'"') {
            self.at += 1;
            return Ok(self.heap.string(plain)?);
        }
        let mut text = plain.to_owned();
        while self.peek() == Some(b'\\') {
            self.at += 1;
            self.escape(&mut text)?;
            text.push_str(self.plain());
        }
        if self.peek() != Some(b'"') {
            return Err(Stop::NotJson);
        }
        self.at += 1;
        Ok(self.heap.string(&text)?)
    }

    /// Takes text up to a quotation mark, a backslash or a control character.
    fn plain(&mut self) -> &'a str {
        let rest = self.rest();
        let end = rest.bytes().position(|b| b < b' ' || b == b'"' || b == b'\\').unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    fn escape(&mut self, text: &mut String) -> Result<(), Stop> {
        let letter = self.peek().ok_or(Stop::NotJson)?;
        self.at += 1;
        text.push(match letter {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => self.unicode()?,
            _ => return Err(Stop::NotJson),
        });
        Ok(())
    }

    /// The character of `\uXXXX`, or of two of them; half a pair is U+FFFD (decision L2).
    fn unicode(&mut self) -> Result<char, Stop> {
        let unit = self.hex4()?;
        if !(0xD800..0xDC00).contains(&unit) || !self.rest().starts_with("\\u") {
            return Ok(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        let before = self.at;
        self.at += 2;
        let low = self.hex4()?;
        if (0xDC00..0xE000).contains(&low) {
            let code = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
            return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        self.at = before;
        Ok(char::REPLACEMENT_CHARACTER)
    }

    fn hex4(&mut self) -> Result<u32, Stop> {
        let digits = self.rest().get(..4).ok_or(Stop::NotJson)?;
        if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(Stop::NotJson);
        }
        self.at += 4;
        u32::from_str_radix(digits, 16).map_err(|_| Stop::NotJson)
    }
}
