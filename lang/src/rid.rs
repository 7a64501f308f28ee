//! Ruleset ids: several tokens that touch, read as one.

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::span::Span;
use crate::token::{TokenBuf, TokenKind as K};

/// Moves `at` to the last token that touches its predecessor and may be part of a ruleset id; answers its end.
pub(crate) fn rid_end(tokens: &TokenBuf, indexes: &[u32], at: &mut usize) -> u32 {
    let span_of = |i: usize| indexes.get(i).map(|&t| (tokens.kind(t as usize), tokens.span(t as usize)));
    let mut end = span_of(*at).map_or(0, |(_, s)| s.end);
    while let Some((K::Word | K::Number | K::Dot | K::Minus, span)) = span_of(*at + 1)
        && span.start == end
    {
        end = span.end;
        *at += 1;
    }
    end
}

/// Ruleset ids are words joined by `.` and `-`.
pub(crate) fn check_rid(source: &str, span: Span) -> Option<Diagnostic> {
    let text = span.text(source);
    let last = Span::new(span.end.saturating_sub(1), span.end);
    if text.ends_with(['.', '-']) {
        let text = format!("a ruleset id cannot end with `{}`", last.text(source));
        return Some(Diagnostic::new(Code::RulesetId, last, text));
    }
    let mut start = span.start;
    for part in text.split(['.', '-']) {
        let end = start + part.len() as u32;
        if !part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '$') {
            let at = if end > start { Span::new(start, end) } else { Span::new(start, start + 1) };
            let text = "the parts of a ruleset id are words: they begin with a letter";
            return Some(Diagnostic::new(Code::RulesetId, at, text));
        }
        start = end + 1;
    }
    None
}
