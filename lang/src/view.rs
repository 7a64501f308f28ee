//! The significant tokens of a file by position, and where they stand in their lines.

use crate::items::Tokens;
use crate::span::Span;
use crate::token::{TokenBuf, TokenKind as K};

/// Significant tokens by position.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) source: &'a str,
    pub(crate) tokens: &'a TokenBuf,
}

impl<'a> View<'a> {
    pub(crate) fn len(self) -> usize {
        self.tokens.significant().len()
    }

    pub(crate) fn index(self, at: usize) -> Option<usize> {
        self.tokens.significant().get(at).map(|&t| t as usize)
    }

    pub(crate) fn kind(self, at: usize) -> Option<K> {
        self.index(at).map(|i| self.tokens.kind(i))
    }

    pub(crate) fn span(self, at: usize) -> Span {
        match self.index(at) {
            Some(i) => self.tokens.span(i),
            None => end_of(self.source),
        }
    }

    pub(crate) fn text(self, at: usize) -> &'a str {
        self.index(at).map(|i| self.tokens.text(i, self.source)).unwrap_or_default()
    }

    pub(crate) fn is_word(self, at: usize, text: &str) -> bool {
        self.kind(at) == Some(K::Word) && self.text(at) == text
    }

    /// From the first to the last token of a range.
    pub(crate) fn cover(self, range: &Tokens) -> Span {
        if range.is_empty() {
            return Span::empty(self.span(range.start).start);
        }
        self.span(range.start).to(self.span(range.end - 1))
    }

    /// White space directly before the token.
    fn space_before(self, at: usize) -> &'a str {
        let before = self.index(at).and_then(|i| i.checked_sub(1));
        let space = before.filter(|&i| self.tokens.kind(i) == K::Whitespace);
        space.map(|i| self.tokens.text(i, self.source)).unwrap_or_default()
    }

    /// Is the token the first of its line?
    pub(crate) fn starts_line(self, at: usize) -> bool {
        self.span(at).start == 0 || self.space_before(at).contains(['\n', '\r'])
    }

    /// Bytes between the start of the line and a token that starts it.
    pub(crate) fn column(self, at: usize) -> usize {
        let space = self.space_before(at);
        space.len() - space.rfind(['\n', '\r']).map_or(0, |i| i + 1)
    }

    /// Do all brackets of the range match?
    pub(crate) fn balanced(self, range: Tokens) -> bool {
        let mut open = Vec::new();
        for at in range {
            match self.kind(at) {
                Some(k @ (K::LBrace | K::LParen | K::LBracket | K::BeestingOpen | K::ChevronOpen)) => {
                    open.push(k)
                }
                Some(k) => {
                    if let Some(opener) = opener_of(k)
                        && open.pop() != Some(opener)
                    {
                        return false;
                    }
                }
                None => return false,
            }
        }
        open.is_empty()
    }

    /// Position of the bracket that closes the one at `open`, counting brackets of every kind.
    pub(crate) fn matching(self, open: usize, end: usize) -> Option<usize> {
        let mut depth = 0usize;
        for at in open..end {
            match self.kind(at)? {
                K::LBrace | K::LParen | K::LBracket | K::BeestingOpen => depth += 1,
                K::RBrace | K::RParen | K::RBracket | K::BeestingClose => {
                    depth = depth.checked_sub(1)?;
                    if depth == 0 {
                        return Some(at);
                    }
                }
                _ => {}
            }
        }
        None
    }
}

/// The last character of the source: where its end is reported.
pub(crate) fn end_of(source: &str) -> Span {
    let end = source.len() as u32;
    let last = source.chars().next_back().map_or(0, |c| c.len_utf8() as u32);
    Span::new(end - last, end)
}

fn opener_of(kind: K) -> Option<K> {
    match kind {
        K::RBrace => Some(K::LBrace),
        K::RParen => Some(K::LParen),
        K::RBracket => Some(K::LBracket),
        K::BeestingClose => Some(K::BeestingOpen),
        K::ChevronClose => Some(K::ChevronOpen),
        _ => None,
    }
}
