//! Names and their escapes.

use std::borrow::Cow;

/// Characters of names (`xdi.md §1.3`).
pub(super) fn is_name_char(c: char) -> bool {
    matches!(c,
        'A'..='Z' | 'a'..='z' | '0'..='9' | '-' | '.' | ':' | '_' | '~'
        | '\u{A0}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFEF}')
}

/// Resolves `%XX`. Nothing if an escape is incomplete or the bytes are no UTF-8.
pub(super) fn decode(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('%') {
        return Some(Cow::Borrowed(text));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte == b'%' {
            let (digits, tail) = rest.split_at_checked(2)?;
            rest = tail;
            let digit = |b: u8| char::from(b).to_digit(16);
            let value = digit(*digits.first()?)? * 16 + digit(*digits.last()?)?;
            bytes.push(u8::try_from(value).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

/// Makes what can follow a symbol from any text: a plain name stays as it is, anything else goes between parentheses with the bytes
/// of its unusual characters as `%XX`. Different texts give different results, and [`Arc::name`](super::Arc::name) gives the text back.
///
/// ```
/// use krl_xdi::address::escape;
///
/// assert_eq!(escape("io.picolabs.wrangler"), "io.picolabs.wrangler");
/// assert_eq!(escape("größe"), "größe");
/// assert_eq!(escape("a/b 100%"), "(a%2Fb%20100%25)");
/// assert_eq!(escape("7"), "(7)");
/// assert_eq!(escape(""), "()");
/// ```
#[must_use]
pub fn escape(text: &str) -> Cow<'_, str> {
    if is_plain(text) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 2);
    out.push('(');
    for c in text.chars() {
        if is_plain_char(c) {
            out.push(c);
        } else {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                out.push('%');
                out.extend([byte >> 4, byte & 15].into_iter().filter_map(hex_digit));
            }
        }
    }
    out.push(')');
    Cow::Owned(out)
}

fn hex_digit(value: u8) -> Option<char> {
    char::from_digit(u32::from(value), 16).map(|c| c.to_ascii_uppercase())
}

/// A name of XDI Core 1.0: an identifier that may also hold `-` and `.`.
pub(super) fn is_plain(text: &str) -> bool {
    text.starts_with(|c: char| c == '_' || c.is_alphabetic()) && text.chars().all(is_plain_char)
}

/// Both a character of names and a letter, a digit or one of `_ - .`.
fn is_plain_char(c: char) -> bool {
    is_name_char(c) && (c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

/// Puts an IRI between parentheses, as XDI Core 1.0 wants it: `%` and `)` are escaped.
///
/// ```
/// use krl_xdi::address::{decapsulate_iri, encapsulate_iri};
///
/// let iri = "http://x.example/a%20(b)";
/// assert_eq!(encapsulate_iri(iri), "(http://x.example/a%2520(b%29)");
/// assert_eq!(decapsulate_iri("http://x.example/a%2520(b%29"), iri);
/// ```
#[must_use]
pub fn encapsulate_iri(iri: &str) -> String {
    format!("({})", iri.replace('%', "%25").replace(')', "%29"))
}

/// The IRI that [`encapsulate_iri`] was given, from the text between the parentheses.
#[must_use]
pub fn decapsulate_iri(text: &str) -> String {
    text.replace("%29", ")").replace("%25", "%")
}
