//! Walks the significant tokens of a file in order and turns each, with its comments, into document operations.
//!
//! The modules beside this one know the tree and say where lines may break; they never see a token's text. Every token
//! and comment passes through here exactly once and in order, so none can be lost or moved.

use super::doc::{Doc, Hug, Op};
use crate::ast::{Ast, ExprId};
use crate::span::Span;
use crate::token::{TokenBuf, TokenKind};

/// The document of one file under construction.
#[derive(Debug)]
pub(super) struct Builder<'s> {
    pub(super) source: &'s str,
    pub(super) tokens: &'s TokenBuf,
    pub(super) ast: &'s Ast,
    pub(super) doc: Doc<'s>,
    /// Places of syntax errors, in order.
    pub(super) errors: Vec<Span>,
    /// Does the file hold formatter directives?
    pub(super) directives: bool,
    /// Position of the next token among the significant ones.
    next: usize,
    /// Index of the first token whose comments are not printed yet.
    trivia: usize,
    /// A comment was printed that must end its line.
    line_ends: bool,
    /// Inside `#{…}`: no line may break.
    pub(super) flat: bool,
    /// Tree and tokens disagreed: the document is worthless.
    pub(super) lost: bool,
}

impl<'s> Builder<'s> {
    pub(super) fn new(source: &'s str, tokens: &'s TokenBuf, ast: &'s Ast, errors: Vec<Span>) -> Self {
        Self {
            source,
            tokens,
            ast,
            doc: Doc::new(source, tokens.significant().len()),
            errors,
            directives: source.contains("krl:fmt"),
            next: 0,
            trivia: 0,
            line_ends: false,
            flat: false,
            lost: false,
        }
    }

    /// Index of the next significant token.
    pub(super) fn index(&self) -> usize {
        self.index_after(0)
    }

    /// Index of the significant token `skip` places behind the next one; the number of tokens past the end.
    pub(super) fn index_after(&self, skip: usize) -> usize {
        self.tokens.significant().get(self.next + skip).map_or(self.tokens.len(), |&t| t as usize)
    }

    /// First byte of the next significant token; the length of the source at its end.
    pub(super) fn here(&self) -> u32 {
        self.tokens.start(self.index())
    }

    /// Kind of the next significant token; white space at the end.
    pub(super) fn kind(&self) -> TokenKind {
        self.tokens.kind(self.index())
    }

    /// Is the next token this word?
    pub(super) fn is_word(&self, word: &str) -> bool {
        self.kind() == TokenKind::Word && self.tokens.text(self.index(), self.source) == word
    }

    /// Did the author break the line before the next token?
    pub(super) fn breaks_here(&self) -> bool {
        let index = self.index();
        let from = match self.next.checked_sub(1) {
            Some(before) => self.tokens.significant().get(before).map_or(0, |&t| t as usize + 1),
            None => 0,
        };
        (from..index).any(|i| self.tokens.text(i, self.source).contains(['\n', '\r']))
    }

    /// Adds an operation; a comment that ends its line breaks it first, unless only closing is left there.
    pub(super) fn push(&mut self, op: Op) {
        if self.line_ends && !matches!(op, Op::Close | Op::Dedent) {
            self.line_ends = false;
            self.doc.push(Op::Hard);
        }
        match op {
            Op::Line if self.flat => self.doc.push(Op::Space),
            Op::Soft if self.flat => {}
            _ => self.doc.push(op),
        }
    }

    /// Starts a group at the next token, behind its comments.
    pub(super) fn open(&mut self) {
        self.leading(self.index());
        if std::mem::take(&mut self.line_ends) {
            self.doc.push(Op::Hard);
        }
        self.doc.open();
    }

    pub(super) fn close(&mut self, hug: Option<Hug>) {
        self.doc.close(hug);
    }

    /// Prints the next token and its comments.
    pub(super) fn tok(&mut self) {
        let index = self.index();
        if index >= self.tokens.len() {
            self.lost = true;
            return;
        }
        let kind = self.tokens.kind(index);
        let separates = matches!(kind, TokenKind::Comma | TokenKind::Semi)
            && !self.has_comments(index)
            && !self.may_have_comments(index + 1);
        self.leading(index);
        let span = self.tokens.span(index);
        let multiline = kind.is_error() || matches!(kind, TokenKind::String | TokenKind::ChevronText);
        if separates {
            // The comment behind the element goes behind its separator.
            self.doc.push(Op::Text(span));
        } else if multiline {
            self.verbatim(span);
        } else {
            self.push(Op::Text(span));
        }
        self.pass(index);
    }

    /// Prints `count` tokens without spaces.
    pub(super) fn toks(&mut self, count: usize) {
        (0..count).for_each(|_| self.tok());
    }

    /// A token and the space behind it.
    pub(super) fn tok_space(&mut self) {
        self.tok();
        self.push(Op::Space);
    }

    /// Leaves the next token out, but not its comments.
    pub(super) fn drop_tok(&mut self) {
        let index = self.index();
        // What trails the token must not get behind a comment that ends a line.
        let ended = self.line_ends || self.has_comments(index);
        self.leading(index);
        self.line_ends |= ended;
        self.pass(index);
    }

    fn verbatim(&mut self, span: Span) {
        if std::mem::take(&mut self.line_ends) {
            self.doc.push(Op::Hard);
        }
        self.doc.verbatim(span);
    }

    /// Goes behind token `index`, printing the comments that trail it.
    fn pass(&mut self, index: usize) {
        self.next += 1;
        self.trivia = index + 1;
        self.trailing(index);
    }

    fn trailing(&mut self, index: usize) {
        if !self.may_have_comments(index + 1) {
            return;
        }
        let follows = self.line_ends;
        for comment in self.tokens.trailing_comments(index, self.source) {
            let span = self.tokens.span(comment);
            if follows {
                // Behind a separator that is left out: the line has ended with a comment already.
                self.doc.push(Op::Hard);
                self.doc.push(Op::Text(self.trimmed(span)));
            } else {
                self.doc.push(Op::Suffix(span));
            }
            self.trivia = comment + 1;
            self.line_ends = true;
        }
    }

    /// Is token `from` or the one behind it a comment?
    fn may_have_comments(&self, from: usize) -> bool {
        let tokens = self.tokens;
        match tokens.kind(from) {
            TokenKind::Whitespace => tokens.kind(from + 1).is_comment(),
            kind => kind.is_comment(),
        }
    }

    /// Are there comments before token `index` that are not printed yet?
    pub(super) fn has_comments(&self, index: usize) -> bool {
        self.comments(index).next().is_some()
    }

    /// The comments before token `index` that are not printed yet.
    pub(super) fn comments(&self, index: usize) -> impl Iterator<Item = usize> + use<'s> {
        let tokens = self.tokens;
        (self.trivia..index).filter(move |&i| tokens.kind(i).is_comment())
    }

    /// Prints the comments before token `index`, which may be the number of tokens.
    pub(super) fn leading(&mut self, index: usize) {
        if self.trivia >= index || !self.has_comments(index) {
            return;
        }
        let closes = ends_element(self.tokens.kind(index)) || index >= self.tokens.len();
        let mut own_line = false;
        for comment in self.comments(index).collect::<Vec<_>>() {
            own_line = self.comment(comment, closes);
        }
        if own_line && !closes && self.tokens.blank_lines_before(index, self.source) > 0 {
            self.push(Op::Blank);
        }
        self.trivia = index;
    }

    /// Prints a comment that stands before a token. Does it stand on a line of its own?
    fn comment(&mut self, comment: usize, closes: bool) -> bool {
        let span = self.tokens.span(comment);
        let text = span.text(self.source);
        let breaks = |i: usize| self.tokens.text(i, self.source).contains(['\n', '\r']);
        let multiline = text.contains(['\n', '\r']);
        let line = self.tokens.kind(comment) == TokenKind::LineComment;
        let before = comment == 0 || breaks(comment - 1);
        if !(line || multiline || before && breaks(comment + 1)) {
            if !self.behind_opener(comment) {
                self.push(Op::Space);
            }
            self.push(Op::Text(span));
            if !closes {
                self.push(Op::Space);
            }
            return false;
        }
        let blank = self.tokens.blank_lines_before(comment, self.source) > 0 && !self.behind_opener(comment);
        self.push(if blank { Op::Blank } else { Op::Hard });
        if multiline {
            self.push(Op::Block(span));
        } else {
            self.push(Op::Text(self.trimmed(span)));
        }
        self.push(Op::Hard);
        true
    }

    /// A comment without the white space at its end.
    fn trimmed(&self, span: Span) -> Span {
        Span::new(span.start, span.start + span.text(self.source).trim_end().len() as u32)
    }

    /// Is there nothing between token `index` and an opening bracket or the start of the file?
    fn behind_opener(&self, index: usize) -> bool {
        let before = (0..index).next_back().map(|i| match self.tokens.kind(i) {
            TokenKind::Whitespace => i.checked_sub(1),
            _ => Some(i),
        });
        before.flatten().is_none_or(|i| {
            matches!(self.tokens.kind(i), TokenKind::LBrace | TokenKind::LParen | TokenKind::LBracket)
        })
    }

    /// Starts a line for the next token, which begins an element of a list; keeps one empty line of the author's.
    pub(super) fn separate(&mut self, apart: bool) {
        let index = self.index();
        let keeps = !self.has_comments(index)
            && self.tokens.blank_lines_before(index, self.source) > 0
            && !self.behind_opener(index);
        self.push(if apart || keeps { Op::Blank } else { Op::Hard });
    }

    /// Copies bytes `start..end` as they are and goes behind byte `behind`; `start` may begin a comment.
    pub(super) fn copy(&mut self, start: u32, end: u32, behind: u32) {
        let tokens = self.tokens;
        self.verbatim(Span::new(start, end));
        self.next = tokens.significant().partition_point(|&t| tokens.start(t as usize) < behind);
        self.trivia = tokens.at(behind);
        if let Some(last) = self.trivia.checked_sub(1) {
            if tokens.kind(last) == TokenKind::LineComment {
                self.line_ends = true;
            } else {
                self.trailing(last);
            }
        }
    }

    /// Copies the tokens of `span` as they are, behind their comments.
    pub(super) fn raw(&mut self, span: Span) {
        self.leading(self.index());
        let range = self.tokens.significant_in(span);
        let last = range.end.checked_sub(1).and_then(|i| self.tokens.significant().get(i));
        match last {
            Some(&last) if range.start <= self.next && self.next < range.end => {
                // A literal without end may reach into the white space before the next rule.
                let to = self.tokens.span(last as usize).end;
                let from = self.here();
                let length = Span::new(from, to).text(self.source).trim_end().len();
                self.copy(from, from + length as u32, to);
            }
            _ => self.lost = true,
        }
    }

    /// Copies everything between two places without looking for comments behind: parts of a literal.
    pub(super) fn copy_inside(&mut self, end: u32) {
        let tokens = self.tokens;
        self.verbatim(Span::new(self.here(), end));
        self.next = tokens.significant().partition_point(|&t| tokens.start(t as usize) < end);
        self.trivia = tokens.at(end);
    }

    /// Position of the cursor, to return to with [`Self::rewind_to`].
    pub(super) fn position(&self) -> (usize, usize) {
        (self.next, self.trivia)
    }

    pub(super) fn rewind_to(&mut self, (next, trivia): (usize, usize)) {
        self.next = next;
        self.trivia = trivia;
        self.line_ends = false;
    }

    /// A value behind `=`: indented where a comment keeps it off that line.
    pub(super) fn value(&mut self, id: ExprId) -> Option<Hug> {
        let indented = self.line_ends;
        if indented {
            self.push(Op::Indent);
            self.push(Op::Hard);
        }
        let hug = self.expr(id);
        if indented {
            self.push(Op::Dedent);
        }
        hug
    }

    /// A line break where the author had one, else `op`.
    pub(super) fn break_as_written(&mut self, op: Op) {
        let op = if self.breaks_here() { Op::Hard } else { op };
        self.push(op);
    }
}

/// Does the token belong directly behind what is before it, without an empty line?
fn ends_element(kind: TokenKind) -> bool {
    use TokenKind::{BeestingClose, Comma, RBrace, RBracket, RParen, Semi};
    matches!(kind, RBrace | RParen | RBracket | BeestingClose | Comma | Semi)
}
