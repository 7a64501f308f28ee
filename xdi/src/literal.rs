//! Literals: JSON values whose numbers keep their decimal text.

use crate::address::{SyntaxCode, SyntaxError};
use crate::json::{self, Reader};
use std::fmt;

/// The deepest that arrays and objects of a literal may nest. `serde_json` reads as deep.
pub const MAX_DEPTH: usize = 127;

/// A JSON value.
///
/// Numbers are equal if their decimal values are; arrays and objects are compared by their text without blanks.
///
/// ```
/// use krl_xdi::Literal;
///
/// assert_eq!(Literal::parse("1.50")?, Literal::from(1.5));
/// assert_eq!(Literal::parse("[1, 2.50]")?.to_string(), "[1,2.50]");
/// # Ok::<(), krl_xdi::SyntaxError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Literal {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A number.
    Number(Number),
    /// Text.
    String(Box<str>),
    /// An array or an object.
    Compound(Compound),
}

/// A number, as it was written.
#[derive(Clone, Debug)]
pub struct Number(pub(crate) Box<str>);

/// An array or an object: valid JSON without blanks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compound(pub(crate) Box<str>);

impl Literal {
    /// Reads a JSON value. Nothing may follow it.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        let mut reader = Reader::new(text);
        let value = reader.value().and_then(|value| reader.end().map(|()| value));
        value.map_err(|e| SyntaxError::new(SyntaxCode::BadLiteral(e.what.to_owned()), e.at))
    }

    /// The text, if it is text.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    /// The value as others hold JSON. Numbers become doubles where 64 bits don't hold them.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Bool(value) => (*value).into(),
            Self::String(text) => text.as_ref().into(),
            Self::Number(Number(text)) | Self::Compound(Compound(text)) => {
                serde_json::from_str(text).unwrap_or_default()
            }
        }
    }

    /// Appends the JSON text, numbers as they were written.
    pub(crate) fn write(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Self::String(text) => json::write_string(out, text),
            Self::Number(Number(text)) | Self::Compound(Compound(text)) => out.push_str(text),
        }
    }

    /// Appends the JSON text; a number that is a literal by itself as the reference prints it.
    pub(crate) fn write_double(&self, out: &mut String) {
        match self {
            Self::Number(number) => out.push_str(&number.as_double_text()),
            other => other.write(out),
        }
    }
}

impl Number {
    /// The decimal text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The nearest double.
    #[must_use]
    pub fn as_f64(&self) -> f64 {
        self.0.parse().unwrap_or(f64::INFINITY)
    }

    /// As Java prints the nearest double, which is what older signatures are made of (`xdi.md §1.7`).
    #[must_use]
    pub fn as_double_text(&self) -> String {
        let value = self.as_f64();
        if !value.is_finite() {
            return self.0.to_string();
        }
        let size = value.abs();
        if size == 0.0 || (1e-3..1e7).contains(&size) {
            return format!("{value:?}");
        }
        let text = format!("{value:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let point = if digits.contains('.') { "" } else { ".0" };
        format!("{digits}{point}E{exponent}")
    }

    /// Sign, digits without zeros around them, and the exponent of the last digit.
    fn canonical(&self) -> (bool, String, i64) {
        let (negative, text) = self.0.strip_prefix('-').map_or((false, &*self.0), |rest| (true, rest));
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        let digits = all.trim_end_matches('0');
        if digits.is_empty() {
            return (false, String::new(), 0);
        }
        let length = |text: &str| i64::try_from(text.len()).unwrap_or(i64::MAX);
        let sign = if exponent.starts_with('-') { i64::MIN / 2 } else { i64::MAX / 2 };
        let exponent = exponent.trim_start_matches('+').parse().unwrap_or(sign);
        let zeros = length(&all) - length(digits);
        let exponent = i64::saturating_sub(exponent, length(fraction)).saturating_add(zeros);
        (negative, digits.trim_start_matches('0').to_owned(), exponent)
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0 || self.canonical() == other.canonical()
    }
}

impl Eq for Number {}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        self.write(&mut text);
        f.write_str(&text)
    }
}

impl From<bool> for Literal {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<&str> for Literal {
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}

impl From<String> for Literal {
    fn from(text: String) -> Self {
        Self::String(text.into())
    }
}

impl From<i32> for Literal {
    fn from(value: i32) -> Self {
        i64::from(value).into()
    }
}

impl From<i64> for Literal {
    fn from(value: i64) -> Self {
        Self::Number(Number(value.to_string().into()))
    }
}

impl From<f64> for Literal {
    /// Infinities and what is no number become null: JSON has neither.
    fn from(value: f64) -> Self {
        if !value.is_finite() {
            return Self::Null;
        }
        let size = value.abs();
        let plain = size == 0.0 || (1e-6..1e21).contains(&size);
        let text = if plain { value.to_string() } else { format!("{value:e}") };
        Self::Number(Number(text.into()))
    }
}

impl From<&serde_json::Value> for Literal {
    fn from(value: &serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(value) => Self::Bool(*value),
            serde_json::Value::String(text) => text.as_str().into(),
            serde_json::Value::Number(number) => Self::Number(Number(number.to_string().into())),
            compound => Self::Compound(Compound(compound.to_string().into())),
        }
    }
}
