//! Lists of items, declarations and statements, one a line: empty lines, `;`, directives, and what must be copied.
//!
//! `// krl:fmt off` … `// krl:fmt on` and `// krl:fmt skip` are understood where an element of such a list begins
//! (`skip` also behind one). A region ends with the block it starts in.

use super::builder::Builder;
use super::doc::{Hug, HugContent, Op};
use crate::ast::{
    Action, ActionBlock, Block, Declaration, ExprId, ForEach, Meta, MetaProperty, Postlude, Rule, Select,
    Statement,
};
use crate::span::Span;
use crate::token::TokenKind;

/// What stands in a list.
#[derive(Clone, Copy, Debug)]
pub(super) enum Node<'a> {
    /// Something that is copied.
    Raw,
    Meta(&'a Meta),
    Global(&'a Block),
    Rule(&'a Rule),
    Property(&'a MetaProperty),
    Declaration(&'a Declaration),
    /// `[return] expr` at the end of a body.
    Result(ExprId),
    Expr(ExprId),
    Select(&'a Select),
    ForEach(&'a ForEach),
    Pre(&'a Block),
    Actions(&'a ActionBlock),
    Postlude(&'a Postlude),
    Action(&'a Action),
    Statement(&'a Statement),
}

/// An element of a list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element<'a> {
    pub(super) span: Span,
    pub(super) node: Node<'a>,
}

impl<'a> Element<'a> {
    pub(super) fn new(span: Span, node: Node<'a>) -> Self {
        Self { span, node }
    }

    pub(super) fn declarations(list: &'a [Declaration]) -> impl Iterator<Item = Self> {
        list.iter().map(|d| Self::new(d.span, Node::Declaration(d)))
    }
}

/// What stands between elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spacing {
    /// Empty lines as the author has them, at most one.
    Kept,
    /// One empty line.
    Apart,
}

impl<'s> Builder<'s> {
    /// `{ elements }`, the last token of `span` being the `}`. What is inside may be hugged.
    pub(super) fn block(&mut self, span: Span, elements: &[Element<'s>], spacing: Spacing) -> Option<Hug> {
        self.open();
        self.tok();
        // The last brace of a block that is not closed belongs to its last element.
        let covered = elements.last().map_or(span.start, |e| e.span.end);
        let closed = self.last_token(span).filter(|&i| {
            self.tokens.kind(i) == TokenKind::RBrace && self.tokens.start(i) >= covered.max(self.here())
        });
        let end = closed.map_or(span.end, |i| self.tokens.start(i));
        let start = self.doc.at();
        let mut hug = None;
        if self.here() < end || self.has_comments(self.index()) {
            self.push(Op::Indent);
            if self.here() < end {
                self.sequence(elements, end, spacing);
            } else {
                self.push(Op::Hard);
            }
            self.leading(self.index());
            self.push(Op::Dedent);
            self.push(Op::Hard);
            hug = Some(Hug { start, end: self.doc.at(), content: HugContent::Body, unless_fits_from: None });
        }
        if closed.is_some() {
            self.tok();
        }
        self.close(None);
        hug
    }

    /// The last significant token inside `span`.
    pub(super) fn last_token(&self, span: Span) -> Option<usize> {
        let last = self.tokens.significant_in(span).end.checked_sub(1)?;
        self.tokens.significant().get(last).map(|&t| t as usize)
    }

    /// Elements up to byte `end`, each on a line of its own.
    pub(super) fn sequence(&mut self, elements: &[Element<'s>], end: u32, spacing: Spacing) {
        let mut first = true;
        for element in elements {
            if element.span.start < self.here() {
                continue;
            }
            self.gap(element.span.start, end, &mut first, spacing);
            if element.span.start == self.here() {
                self.element(*element, end, &mut first, spacing);
            }
        }
        self.gap(end, end, &mut first, spacing);
    }

    /// Copies what no element covers.
    fn gap(&mut self, until: u32, end: u32, first: &mut bool, spacing: Spacing) {
        while self.here() < until && !self.lost {
            let node = Element::new(Span::new(self.here(), until), Node::Raw);
            self.element(node, end, first, spacing);
        }
    }

    fn element(&mut self, element: Element<'s>, end: u32, first: &mut bool, spacing: Spacing) {
        self.separate(spacing == Spacing::Apart && !*first);
        *first = false;
        if self.directives && self.copy_region(end) {
            return;
        }
        if self.is_copied(element) {
            self.raw(element.span);
            return self.semicolon(end, Node::Raw);
        }
        self.leading(self.index());
        self.node(element.node);
        self.lost |= self.here() < element.span.end && self.kind() != TokenKind::Semi;
        self.semicolon(end, element.node);
    }

    /// Must the element stay as it is?
    fn is_copied(&self, element: Element<'_>) -> bool {
        match element.node {
            Node::Raw => true,
            Node::Meta(_) | Node::Global(_) => self.is_skipped(element.span),
            _ => self.has_error(element.span) || self.is_skipped(element.span),
        }
    }

    fn has_error(&self, span: Span) -> bool {
        self.errors.iter().any(|e| e.start < span.end && span.start < e.end.max(e.start + 1))
    }

    /// Does a `skip` directive stand before the element or behind it?
    fn is_skipped(&self, span: Span) -> bool {
        if !self.directives {
            return false;
        }
        let skip = |i: usize| self.directive(i) == Some("skip");
        let behind = |i: usize| self.tokens.trailing_comments(i, self.source).into_iter().any(skip);
        let last = self.last_token(span);
        let semicolon = last
            .and_then(|i| self.tokens.next_significant(i))
            .filter(|&i| self.tokens.kind(i) == TokenKind::Semi);
        self.comments(self.index()).any(skip) || last.is_some_and(behind) || semicolon.is_some_and(behind)
    }

    /// Does a comment before the next token, which begins `span`, ask to copy what follows?
    pub(super) fn is_left_alone(&self, span: Span) -> bool {
        self.is_skipped(span) || self.comments(self.index()).any(|i| self.directive(i) == Some("off"))
    }

    /// The directive that comment `index` gives.
    fn directive(&self, index: usize) -> Option<&'s str> {
        let text = self.tokens.text(index, self.source);
        let body = text.strip_prefix("//").or_else(|| text.strip_prefix("/*")?.strip_suffix("*/"));
        body?.trim().strip_prefix("krl:fmt").map(str::trim)
    }

    /// Copies from a `krl:fmt off` before the next token to its `on`, or to byte `end`. `false`: there is none.
    fn copy_region(&mut self, end: u32) -> bool {
        let Some(off) = self.comments(self.index()).find(|&i| self.directive(i) == Some("off")) else {
            return false;
        };
        let limit = self.tokens.at(end);
        let on =
            (off + 1..limit).find(|&i| self.tokens.kind(i).is_comment() && self.directive(i) == Some("on"));
        let last = on.or_else(|| (off..limit).rev().find(|&i| self.tokens.kind(i) != TokenKind::Whitespace));
        let Some(last) = last else { return false };
        self.leading(off);
        if self.tokens.blank_lines_before(off, self.source) > 0 {
            self.push(Op::Blank);
        }
        let end = self.tokens.span(last).end;
        self.copy(self.tokens.start(off), end, end);
        true
    }

    /// Drops the `;` behind an element, unless that was copied or the next token would continue the element
    /// (krl-language.md §2, Notes). A `;` that is an error is left to be copied.
    pub(super) fn semicolon(&mut self, end: u32, node: Node<'_>) {
        if self.kind() != TokenKind::Semi
            || self.here() >= end
            || self.has_error(self.tokens.span(self.index()))
        {
            return;
        }
        if matches!(node, Node::Raw) || self.continues(node, end) {
            self.tok();
        } else {
            self.drop_tok();
        }
    }

    /// Could the token behind the next one belong to what `node` is?
    fn continues(&self, node: Node<'_>, end: u32) -> bool {
        let index = self.index_after(1);
        if self.tokens.start(index) >= end {
            return false;
        }
        match self.tokens.kind(index) {
            TokenKind::LParen
            | TokenKind::LBracket
            | TokenKind::LBrace
            | TokenKind::Plus
            | TokenKind::Minus => true,
            TokenKind::Word => match self.tokens.text(index, self.source) {
                "like" | "cmp" => true,
                "on" | "if" | "for" | "attributes" | "at" | "repeat" => matches!(node, Node::Statement(_)),
                _ => false,
            },
            _ => false,
        }
    }

    fn node(&mut self, node: Node<'s>) {
        match node {
            Node::Raw => self.lost = true,
            Node::Meta(meta) => self.meta(meta),
            Node::Global(block) | Node::Pre(block) => self.declaration_block(block),
            Node::Rule(rule) => self.rule(rule),
            Node::Property(property) => self.property(property),
            Node::Declaration(declaration) => {
                self.declaration(declaration);
            }
            Node::Result(id) => self.result(id),
            Node::Expr(id) => {
                self.expr(id);
            }
            Node::Select(select) => self.select(select),
            Node::ForEach(foreach) => self.foreach(foreach),
            Node::Actions(block) => self.actions(block),
            Node::Postlude(postlude) => self.postlude(postlude),
            Node::Action(action) => {
                self.action(action);
            }
            Node::Statement(statement) => self.statement(statement),
        }
    }
}
