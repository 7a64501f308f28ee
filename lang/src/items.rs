//! Cutting a file into items that are parsed apart, so that one broken item never hides another.
//!
//! Where all brackets match, they alone decide. Otherwise the heads of sections and rules at the start of lines do, and
//! inside `global` the indentation of its first declaration.

use crate::ast::Rid;
use crate::context::property;
use crate::diagnostic::Diagnostic;
use crate::rid::{check_rid, rid_end};
use crate::span::Span;
use crate::token::{TokenBuf, TokenKind as K};
use crate::view::View;
use std::ops::Range;

/// Positions of significant tokens.
pub(crate) type Tokens = Range<usize>;

/// A keyword's block with the items in it.
#[derive(Debug)]
pub(crate) struct Section {
    /// Keyword to `}`.
    pub(crate) tokens: Tokens,
    /// What stands before the first item.
    pub(crate) stray: Option<Tokens>,
    /// The items.
    pub(crate) items: Vec<Tokens>,
    /// Is its `}` there?
    pub(crate) closed: bool,
}

/// One part of a ruleset, in textual order.
#[derive(Debug)]
pub(crate) enum Part {
    /// `version …`, deprecated.
    Version(Tokens),
    /// `meta { … }`
    Meta(Section),
    /// `global { … }`
    Global(Section),
    /// `rule … { … }`
    Rule(Tokens),
    /// Tokens that belong nowhere.
    Stray(Tokens),
}

/// A ruleset cut into parts.
#[derive(Debug)]
pub(crate) struct Layout {
    /// Its id; the empty span where it is missing.
    pub(crate) rid: Rid,
    /// What is wrong with the id.
    pub(crate) rid_error: Option<Diagnostic>,
    /// Position of the token that should be `{`, if it is not.
    pub(crate) missing_open: Option<usize>,
    /// Position of the `{`.
    pub(crate) open: Option<usize>,
    /// The parts.
    pub(crate) parts: Vec<Part>,
    /// Position of the closing `}`.
    pub(crate) close: Option<usize>,
}

/// Cuts the tokens of a ruleset; `first` is the position of its id.
pub(crate) fn split(source: &str, tokens: &TokenBuf, first: usize) -> Layout {
    let view = View { source, tokens };
    let balanced = view.balanced(0..view.len());
    let mut splitter = Splitter { view, balanced, parts: Vec::new() };
    splitter.layout(first)
}

struct Splitter<'a> {
    view: View<'a>,
    balanced: bool,
    parts: Vec<Part>,
}

impl Splitter<'_> {
    fn layout(&mut self, first: usize) -> Layout {
        let v = self.view;
        let mut at = first;
        let (rid, rid_error) = self.rid(&mut at);
        let open = (v.kind(at) == Some(K::LBrace)).then_some(at);
        let missing_open = if open.is_some() { None } else { Some(at) };
        if open.is_some() {
            at += 1;
        }
        let end = self.end_of_body(at);
        let close = (end < v.len() && v.kind(end) == Some(K::RBrace)).then_some(end);
        self.body(at..end);
        if let Some(close) = close
            && close + 1 < v.len()
        {
            self.parts.push(Part::Stray(close + 1..v.len()));
        }
        Layout { rid, rid_error, missing_open, open, parts: std::mem::take(&mut self.parts), close }
    }

    fn rid(&self, at: &mut usize) -> (Rid, Option<Diagnostic>) {
        let v = self.view;
        if !matches!(v.kind(*at), Some(K::Word | K::Number | K::Dot)) || self.is_head(*at) {
            let span = v.span(*at);
            let text = "expected the id of the ruleset";
            let found = Diagnostic::new(crate::code::Code::RulesetId, span, text);
            return (Rid { span: Span::empty(span.start) }, Some(found));
        }
        let start = v.span(*at).start;
        let end = rid_end(v.tokens, v.tokens.significant(), at);
        *at += 1;
        let span = Span::new(start, end);
        (Rid { span }, check_rid(v.source, span))
    }

    /// Position of the ruleset's own `}`, or the end of the file.
    fn end_of_body(&self, body: usize) -> usize {
        let v = self.view;
        if self.balanced {
            return v.matching(body.saturating_sub(1), v.len()).unwrap_or(v.len());
        }
        let last = v.len().saturating_sub(1);
        let closes = v.kind(last) == Some(K::RBrace)
            && last >= body
            && (v.column(last) == 0 && v.starts_line(last) || self.too_many_closed(body));
        if closes { last } else { v.len() }
    }

    /// Are there at least as many closing as opening braces from `body` on, the ruleset's own counted?
    fn too_many_closed(&self, body: usize) -> bool {
        let mut depth = 1i64;
        for at in body..self.view.len() {
            match self.view.kind(at) {
                Some(K::LBrace) => depth += 1,
                Some(K::RBrace) => depth -= 1,
                _ => {}
            }
        }
        depth <= 0
    }

    fn body(&mut self, range: Tokens) {
        let mut at = range.start;
        while at < range.end {
            let end = self.part_end(at, range.end);
            self.part(at, end);
            at = end;
        }
    }

    /// Where the part that starts at `at` ends.
    fn part_end(&self, at: usize, end: usize) -> usize {
        let v = self.view;
        if self.balanced && self.is_head(at) {
            let open = (at..end).find(|&i| v.kind(i) == Some(K::LBrace));
            return open.and_then(|o| v.matching(o, end)).map_or(end, |c| c + 1);
        }
        let mut next = at + 1;
        while next < end && !self.is_head(next) {
            if self.balanced && matches!(v.kind(next), Some(K::LBrace | K::LParen | K::LBracket)) {
                next = v.matching(next, end).unwrap_or(end);
            }
            next += 1;
        }
        next.min(end)
    }

    /// Does a section or rule start here?
    fn is_head(&self, at: usize) -> bool {
        let v = self.view;
        if v.kind(at) == Some(K::LBrace) {
            return self.nameless_section(at).is_some();
        }
        if v.kind(at) != Some(K::Word) {
            return false;
        }
        let before = at.checked_sub(1).and_then(|b| v.kind(b));
        let lone =
            matches!(before, Some(K::LBrace | K::RBrace | K::Word | K::String | K::ChevronClose) | None)
                || v.starts_line(at);
        match v.text(at) {
            "meta" | "global" if v.kind(at + 1) == Some(K::LBrace) => lone,
            "meta" | "global" => !self.balanced && v.starts_line(at) && v.kind(at + 1) == Some(K::Word),
            "rule" if v.starts_line(at) => matches!(v.kind(at + 1), Some(K::Word | K::LBrace)),
            "rule" => lone && v.kind(at + 1) == Some(K::Word) && self.rule_body_follows(at + 2),
            _ => false,
        }
    }

    /// A `{` at the start of a line whose content is that of `meta` or `global`: the keyword is missing.
    fn nameless_section(&self, at: usize) -> Option<&'static str> {
        let v = self.view;
        let after = matches!(v.kind(at.checked_sub(1)?), Some(K::LBrace | K::RBrace));
        if !after || !v.starts_line(at) || v.kind(at + 1) != Some(K::Word) {
            return None;
        }
        match v.kind(at + 2) {
            Some(K::Eq) => Some("global"),
            _ if property(v.text(at + 1)).is_some() => Some("meta"),
            _ => None,
        }
    }

    fn rule_body_follows(&self, at: usize) -> bool {
        self.view.kind(at) == Some(K::LBrace) || self.view.is_word(at, "is")
    }

    fn part(&mut self, at: usize, end: usize) {
        let v = self.view;
        let part = if !self.is_head(at) {
            if v.is_word(at, "version") && v.kind(at + 1) != Some(K::LBrace) {
                Part::Version(at..end)
            } else {
                Part::Stray(at..end)
            }
        } else if v.is_word(at, "meta") || self.nameless_section(at) == Some("meta") {
            Part::Meta(self.section(at, end, Splitter::property_starts))
        } else if v.is_word(at, "global") || self.nameless_section(at) == Some("global") {
            Part::Global(self.section(at, end, Splitter::declaration_starts))
        } else {
            Part::Rule(at..end)
        };
        self.parts.push(part);
    }

    /// Cuts the block `at..end` where `starts` says so.
    fn section(&self, at: usize, end: usize, starts: fn(&Self, usize, usize, usize) -> bool) -> Section {
        let v = self.view;
        let opened =
            usize::from(v.kind(at) == Some(K::Word)) + usize::from(v.kind(at + 1) == Some(K::LBrace));
        let first = at + opened.max(1);
        let closed = end > first && v.kind(end - 1) == Some(K::RBrace) && self.closes(at, end - 1);
        let last = if closed { end - 1 } else { end };
        let mut heads = Vec::new();
        let mut depth = 0usize;
        for i in first..last {
            if starts(self, i, first, depth) {
                heads.push(i);
                depth = 0;
            }
            match v.kind(i) {
                Some(K::LBrace | K::LParen | K::LBracket | K::BeestingOpen) => depth += 1,
                Some(K::RBrace | K::RParen | K::RBracket | K::BeestingClose) => {
                    depth = depth.saturating_sub(1)
                }
                _ => {}
            }
        }
        let first_head = heads.first().copied().unwrap_or(last);
        let stray = (first_head > first).then_some(first..first_head);
        let ends = heads.iter().skip(1).copied().chain(std::iter::once(last));
        let items = heads.iter().copied().zip(ends).map(|(a, b)| a..b).collect();
        Section { tokens: at..end, stray, items, closed }
    }

    /// Is the `}` at `close` that of the section at `at`, not of its last item?
    fn closes(&self, at: usize, close: usize) -> bool {
        let v = self.view;
        self.balanced || !v.starts_line(close) || v.column(close) <= v.column(at)
    }

    /// `name =`, or the slip `name ==`.
    fn declaration_starts(&self, at: usize, first: usize, depth: usize) -> bool {
        let v = self.view;
        if v.kind(at) != Some(K::Word) || !matches!(v.kind(at + 1), Some(K::Eq | K::EqEq)) {
            return self.declaration_broken(at, first, depth);
        }
        if self.balanced || !v.starts_line(first) {
            let before = if at > first { v.kind(at - 1) } else { None };
            let follows = before.is_none_or(ends_value);
            // `name ==` behind a value may be the slip; behind an operator it is a comparison.
            let slip = v.kind(at + 1) == Some(K::EqEq);
            let own_line = v.starts_line(at) && before != Some(K::Dot);
            return depth == 0 && if slip { own_line && follows } else { own_line || follows };
        }
        v.starts_line(at) && v.column(at) <= v.column(first)
    }

    /// A line that can't go on with the value before it: the name or the `=` of a declaration is missing.
    fn declaration_broken(&self, at: usize, first: usize, depth: usize) -> bool {
        let v = self.view;
        if depth != 0 || at == first || !v.starts_line(at) {
            return false;
        }
        let after_value = v.kind(at - 1).is_some_and(ends_value);
        match v.kind(at) {
            Some(K::Word) => after_value && !matches!(v.text(at), "like" | "cmp" | "eq" | "neq"),
            Some(K::Eq) => after_value && v.kind(at - 1) != Some(K::Word),
            _ => false,
        }
    }

    /// The first word of a property.
    fn property_starts(&self, at: usize, first: usize, depth: usize) -> bool {
        let v = self.view;
        if at == first {
            return true;
        }
        if v.kind(at) != Some(K::Word) {
            return depth == 0 && self.property_broken(at);
        }
        if matches!(v.kind(at + 1), Some(K::Eq | K::EqEq)) {
            return false;
        }
        let known = property(v.text(at)).is_some();
        let listed = v.kind(at - 1) == Some(K::Comma) && v.kind(at + 1) != Some(K::Word);
        if known && v.starts_line(at) && !listed {
            return depth == 0 || !self.balanced;
        }
        if v.is_word(at, "module") && v.starts_line(at) && !v.is_word(at - 1, "use") {
            return depth == 0;
        }
        if self.list_without_keyword(at) {
            return depth == 0;
        }
        depth == 0 && v.kind(at - 1).is_some_and(ends_value) && !self.continues_property(at, known)
    }

    /// A list of names at the start of a line, behind a word that wants none: its `shares` or `provides` is missing.
    fn list_without_keyword(&self, at: usize) -> bool {
        let v = self.view;
        let before = v.text(at - 1);
        v.starts_line(at)
            && v.kind(at + 1) == Some(K::Comma)
            && v.kind(at - 1) == Some(K::Word)
            && property(before).is_none()
            && !matches!(before, "to" | "keys")
    }

    /// A value at the start of a line and behind a value: the property's word is missing.
    fn property_broken(&self, at: usize) -> bool {
        let v = self.view;
        let value = matches!(v.kind(at), Some(K::String | K::ChevronOpen)) && v.starts_line(at);
        let after = matches!(v.kind(at - 1), Some(K::String | K::ChevronClose | K::RBrace | K::RParen));
        value
            && (after
                || v.kind(at - 1) == Some(K::Word)
                    && property(v.text(at - 1)).is_none()
                    && at >= 2
                    && !matches!(v.text(at - 2), "key" | "keys"))
    }

    /// Is the word part of the property before it?
    fn continues_property(&self, at: usize, known: bool) -> bool {
        let v = self.view;
        let before = v.text(at - 1);
        let touches = matches!(v.kind(at + 1), Some(K::Dot | K::Minus | K::Comma))
            && v.span(at).end == v.span(at + 1).start
            && v.kind(at + 1) != Some(K::Comma);
        let wants = matches!(
            before,
            "module" | "alias" | "with" | "and" | "to" | "using" | "logging" | "use" | "errors" | "configure"
        );
        let names = property(before).is_some() && v.kind(at - 1) == Some(K::Word);
        let clause = matches!(v.text(at), "alias" | "with" | "and" | "to" | "like" | "cmp" | "or");
        touches
            || wants
            || names
            || clause
            || !known && v.kind(at - 1) == Some(K::Word) && !self.names_end(at)
    }

    /// Has the list of names before the unknown word `at` ended? Two words side by side end it.
    fn names_end(&self, at: usize) -> bool {
        let v = self.view;
        at >= 2
            && (v.kind(at - 2) == Some(K::Comma)
                || property(v.text(at - 2)).is_some()
                || v.kind(at - 2) == Some(K::Dot))
    }
}

/// May a value end with this token?
fn ends_value(kind: K) -> bool {
    matches!(
        kind,
        K::Word
            | K::Number
            | K::String
            | K::RegExp
            | K::ChevronClose
            | K::RParen
            | K::RBrace
            | K::RBracket
            | K::Semi
            | K::Illegal
            | K::UnterminatedString
            | K::UnterminatedRegExp
            | K::UnterminatedChevron
    )
}
