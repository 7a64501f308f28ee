//! The values of literals (krl-language.md §1.3): text and numbers are read from the source when they are needed.

use std::borrow::Cow;

/// The value of a string literal, quotes included in `literal`: `\"` is `"`, `\\` is `\`; nothing else is an escape.
#[must_use]
pub fn string(literal: &str) -> Cow<'_, str> {
    let body = literal.strip_prefix('"').unwrap_or(literal);
    let body = body.strip_suffix('"').unwrap_or(body);
    if !body.contains('\\') {
        return Cow::Borrowed(body);
    }
    Cow::Owned(body.replace("\\\"", "\"").replace("\\\\", "\\"))
}

/// The value of a piece of text between `<<` and `>>`: `\>` is `>`, `\#{` is `#{`, `\\` is `\`.
#[must_use]
pub fn chevron_text(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace("\\>", ">").replace("\\#{", "#{").replace("\\\\", "\\"))
}

/// A regular expression literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegExp<'s> {
    /// The pattern in ECMAScript syntax.
    pub pattern: Cow<'s, str>,
    /// Flags as written, a subset of `g`, `i`, `m`, maybe repeated.
    pub flags: &'s str,
}

/// Reads `re#…#flags`; `\#` in it is `#`.
#[must_use]
pub fn regexp(literal: &str) -> RegExp<'_> {
    let body = literal.strip_prefix("re#").unwrap_or(literal);
    let (pattern, flags) = body.rsplit_once('#').unwrap_or((body, ""));
    let pattern = if pattern.contains("\\#") {
        Cow::Owned(pattern.replace("\\#", "#"))
    } else {
        Cow::Borrowed(pattern)
    };
    RegExp { pattern, flags }
}

/// The value of a number literal: digits with an optional fraction.
#[must_use]
pub fn number(literal: &str) -> f64 {
    literal.parse().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::{RegExp, chevron_text, number, regexp, string};
    use std::borrow::Cow;

    #[test]
    fn strings() {
        let cases = [
            (r#""""#, ""),
            (r#""a\tb""#, r"a\tb"),
            (r#""a\"b""#, "a\"b"),
            (r#""a\\b""#, r"a\b"),
            ("\"a\nb\"", "a\nb"),
            (r#""\\""#, r"\"),
        ];
        for (literal, value) in cases {
            assert_eq!(string(literal), value, "{literal}");
        }
    }

    #[test]
    fn chevrons() {
        let cases =
            [(r"a \> b", "a > b"), (r"\#{x}", "#{x}"), (r"\\n", r"\n"), (r"\t", r"\t"), ("\n  x", "\n  x")];
        for (text, value) in cases {
            assert_eq!(chevron_text(text), value, "{text}");
        }
    }

    #[test]
    fn regexps() {
        let cases = [
            ("re##", "", ""),
            ("re#a.b#gi", "a.b", "gi"),
            (r"re#\# else\\#ig", r"# else\\", "ig"),
            (r"re#\d+#", r"\d+", ""),
        ];
        for (literal, pattern, flags) in cases {
            assert_eq!(regexp(literal), RegExp { pattern: Cow::Borrowed(pattern), flags }, "{literal}");
        }
    }

    #[test]
    fn numbers() {
        for (literal, value) in
            [("12", 12.0), ("1.5", 1.5), (".25", 0.25), ("9007199254740993", 9007199254740992.0)]
        {
            assert_eq!(number(literal).to_bits(), f64::to_bits(value), "{literal}");
        }
    }
}
