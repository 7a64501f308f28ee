//! Layout of expressions: operators, literals, functions.

use super::builder::Builder;
use super::doc::{Hug, HugContent, Op};
use super::sequence::{Element, Node, Spacing};
use crate::ast::{
    Arg, BinaryOp, Block, ChevronPart, Declaration, Defaction, ExprId, ExprKind, Function, MapEntry, Param,
    UnaryOp,
};
use crate::span::Span;
use crate::token::TokenKind;

impl<'s> Builder<'s> {
    /// Prints an expression; answers which part of it may be hugged by what is around.
    pub(super) fn expr(&mut self, id: ExprId) -> Option<Hug> {
        let ast = self.ast;
        let expr = ast.expr(id);
        if self.here() != expr.span.start || self.lost {
            self.lost = true;
            return None;
        }
        match &expr.kind {
            ExprKind::Null
            | ExprKind::Bool(_)
            | ExprKind::Number
            | ExprKind::String
            | ExprKind::RegExp
            | ExprKind::Name => self.tok(),
            ExprKind::Domain { .. } => self.toks(3),
            ExprKind::Chevron(parts) => self.chevron(parts),
            ExprKind::Paren(inner) => return self.paren(*inner),
            ExprKind::Array(list) => return self.array(list),
            ExprKind::Map(entries) => return self.map(entries),
            ExprKind::Unary { op, operand } => self.unary(*op, *operand),
            ExprKind::Binary { op, .. } => return self.binary(id, level(*op)),
            ExprKind::Conditional { .. } => self.conditional(id),
            ExprKind::Call { .. }
            | ExprKind::Member { .. }
            | ExprKind::Index { .. }
            | ExprKind::Path { .. } => {
                return self.chain(id);
            }
            ExprKind::Function(function) => return self.function(function, expr.span),
            ExprKind::Defaction(action) => return self.defaction(action, expr.span),
        }
        None
    }

    /// `name = value`
    pub(super) fn declaration(&mut self, declaration: &Declaration) -> Option<Hug> {
        self.tok_space();
        self.tok_space();
        self.value(declaration.value)
    }

    /// `[return] expr`
    pub(super) fn result(&mut self, id: ExprId) {
        if self.here() < self.ast.expr(id).span.start {
            self.tok_space();
        }
        self.expr(id);
    }

    /// `pre { … }`, `global { … }`
    pub(super) fn declaration_block(&mut self, block: &'s Block) {
        self.tok_space();
        let mut elements: Vec<_> = Element::declarations(&block.declarations).collect();
        self.add_broken(block.span, &mut elements);
        self.block(block.span, &elements, Spacing::Kept);
    }

    /// Text stays byte by byte; an expression that is written on one line is formatted on that line.
    fn chevron(&mut self, parts: &[ChevronPart]) {
        self.tok();
        for part in parts {
            let &ChevronPart::Expr(id) = part else {
                self.tok();
                continue;
            };
            self.beesting(id);
        }
        self.tok();
    }

    /// `#{expr}`
    fn beesting(&mut self, id: ExprId) {
        let start = self.here();
        let (mark, position) = (self.doc.mark(), self.position());
        let was_flat = std::mem::replace(&mut self.flat, true);
        self.tok();
        self.expr(id);
        self.leading(self.index());
        self.tok();
        self.flat = was_flat;
        let joined = |op: &Op| {
            matches!(
                op,
                Op::Text(_) | Op::Space | Op::Line | Op::Open(_) | Op::Close | Op::Indent | Op::Dedent
            )
        };
        let end = self.tokens.span(self.index()).start;
        let text = Span::new(start, end).text(self.source);
        if text.contains(['\n', '\r']) || text.contains("/*") || !self.doc.since(mark).iter().all(joined) {
            self.doc.rewind(mark);
            self.rewind_to(position);
            self.copy_inside(end);
        }
    }

    fn paren(&mut self, inner: ExprId) -> Option<Hug> {
        self.open();
        self.tok();
        self.push(Op::Indent);
        self.push(Op::Soft);
        let hug = self.expr(inner);
        self.end_list();
        self.close(hug);
        hug
    }

    /// Comments and the closing bracket of a list whose elements are printed.
    pub(super) fn end_list(&mut self) {
        if self.kind() == TokenKind::Comma {
            self.drop_tok();
        }
        self.leading(self.index());
        self.push(Op::Dedent);
        self.push(Op::Soft);
        self.tok();
    }

    /// `,` and the place where the line may break behind it.
    pub(super) fn comma(&mut self) {
        self.tok();
        self.push(Op::Line);
    }

    fn array(&mut self, list: &[ExprId]) -> Option<Hug> {
        self.elements(list, |builder, &id| builder.expr(id))
    }

    fn map(&mut self, entries: &[MapEntry]) -> Option<Hug> {
        self.elements(entries, |builder, entry| {
            builder.tok();
            builder.tok_space();
            builder.expr(entry.value);
            None
        })
    }

    /// A bracketed literal: one element a line where the author broke it behind the bracket, or where it does not fit.
    fn elements<T>(
        &mut self,
        list: &[T],
        mut print: impl FnMut(&mut Self, &T) -> Option<Hug>,
    ) -> Option<Hug> {
        self.open();
        self.tok();
        let start = self.doc.at();
        self.push(Op::Indent);
        if list.is_empty() {
            self.push(Op::Soft);
        } else {
            self.break_as_written(Op::Soft);
        }
        let mut inner = None;
        for (i, element) in list.iter().enumerate() {
            if i > 0 {
                self.comma();
            }
            inner = print(self, element);
        }
        if self.kind() == TokenKind::Comma {
            self.drop_tok();
        }
        self.leading(self.index());
        self.push(Op::Dedent);
        self.push(Op::Soft);
        let end = self.doc.at();
        self.tok();
        self.close(inner.filter(|_| list.len() == 1));
        (!list.is_empty()).then_some(Hug {
            start,
            end,
            content: HugContent::Elements,
            unless_fits_from: None,
        })
    }

    fn unary(&mut self, op: UnaryOp, operand: ExprId) {
        self.tok();
        if op == UnaryOp::Not || matches!(self.kind(), TokenKind::Plus | TokenKind::Minus) {
            self.push(Op::Space);
        }
        self.expr(operand);
    }

    /// A run of operators of one level, broken before each.
    fn binary(&mut self, id: ExprId, wanted: u8) -> Option<Hug> {
        let ast = self.ast;
        let mut operands = Vec::new();
        let mut first = id;
        while let ExprKind::Binary { op, left, right, .. } = ast.expr(first).kind
            && level(op) == wanted
        {
            operands.push(right);
            first = left;
        }
        self.open();
        self.expr(first);
        self.push(Op::Indent);
        let mut hug = None;
        for right in operands.into_iter().rev() {
            self.push(Op::Line);
            self.tok_space();
            hug = self.expr(right);
        }
        self.push(Op::Dedent);
        let hug = hug.filter(|h| h.content == HugContent::Body);
        self.close(hug);
        hug
    }

    /// `test => a | b`; in a chain, each test starts a line with its value behind it.
    fn conditional(&mut self, id: ExprId) {
        let ast = self.ast;
        let mut arms = Vec::new();
        let mut last = id;
        while let ExprKind::Conditional { test, then, otherwise } = ast.expr(last).kind {
            arms.push((test, then));
            last = otherwise;
        }
        let chained = arms.len() > 1;
        self.open();
        for (i, (test, then)) in arms.into_iter().enumerate() {
            if i > 0 {
                self.bar();
            }
            if chained {
                self.open();
            }
            self.expr(test);
            if chained || i == 0 {
                self.push(Op::Indent);
            }
            self.break_as_written(Op::Line);
            self.tok_space();
            self.expr(then);
            if chained {
                self.push(Op::Dedent);
                self.close(None);
            }
            if chained && i == 0 {
                self.push(Op::Indent);
            }
        }
        self.bar();
        self.expr(last);
        self.push(Op::Dedent);
        self.close(None);
    }

    fn bar(&mut self) {
        self.break_as_written(Op::Line);
        self.tok_space();
    }

    /// A body that only computes a value may stay on the line it was written on.
    fn function(&mut self, function: &'s Function, span: Span) -> Option<Hug> {
        self.tok();
        self.params(&function.params);
        self.push(Op::Space);
        let body = Span::new(self.here(), span.end);
        if function.declarations.is_empty() && self.is_one_line(body) {
            return self.one_line_body(function);
        }
        let value = self.ast.expr(function.result).span;
        let from = function.declarations.last().map_or(body.start + 1, |d| d.span.end);
        let start = self.return_before(from, value.start);
        let mut elements: Vec<_> = Element::declarations(&function.declarations).collect();
        elements.push(Element::new(Span::new(start, value.end), Node::Result(function.result)));
        self.block(body, &elements, Spacing::Kept)
    }

    /// Start of the `return` in `from..value`, else `value`.
    fn return_before(&self, from: u32, value: u32) -> u32 {
        let range = self.tokens.significant_in(Span::new(from, value));
        let word = range.clone().next_back().and_then(|i| self.tokens.significant().get(i));
        match word {
            Some(&i) if self.tokens.kind(i as usize) == TokenKind::Word => self.tokens.start(i as usize),
            _ => value,
        }
    }

    /// Are there no line breaks and comments inside the braces of `body`, next to them?
    fn is_one_line(&self, body: Span) -> bool {
        let text = body.text(self.source);
        let inner = text.strip_prefix('{').and_then(|t| t.strip_suffix('}')).unwrap_or_default();
        let edge = |s: &str| s.contains(['\n', '\r']);
        let before = inner.len() - inner.trim_end().len();
        let after = inner.len() - inner.trim_start().len();
        !inner.is_empty()
            && !edge(inner.get(..after).unwrap_or_default())
            && !edge(inner.get(inner.len() - before..).unwrap_or_default())
    }

    fn one_line_body(&mut self, function: &Function) -> Option<Hug> {
        self.open();
        self.tok();
        let start = self.doc.at();
        self.push(Op::Indent);
        self.push(Op::Line);
        self.result(function.result);
        self.semicolon(u32::MAX, Node::Result(function.result));
        self.leading(self.index());
        self.push(Op::Dedent);
        self.push(Op::Line);
        let end = self.doc.at();
        self.tok();
        self.close(None);
        Some(Hug { start, end, content: HugContent::Body, unless_fits_from: None })
    }

    fn defaction(&mut self, action: &'s Defaction, span: Span) -> Option<Hug> {
        self.tok();
        self.params(&action.params);
        self.push(Op::Space);
        let body = Span::new(self.here(), span.end);
        let mut elements: Vec<_> = Element::declarations(&action.declarations).collect();
        let mut from = action.declarations.last().map_or(body.start + 1, |d| d.span.end);
        if let Some(block) = &action.actions {
            elements.push(Element::new(block.span, Node::Actions(block)));
            from = from.max(block.span.end);
        }
        if let Some(result) = action.result {
            let value = self.ast.expr(result).span;
            let start = self.return_before(from, value.start);
            elements.push(Element::new(Span::new(start, value.end), Node::Result(result)));
        }
        self.block(body, &elements, Spacing::Kept)
    }

    fn params(&mut self, params: &[Param]) {
        self.open();
        self.tok();
        self.push(Op::Indent);
        self.push(Op::Soft);
        for (i, param) in params.iter().enumerate() {
            if i > 0 {
                self.comma();
            }
            self.tok();
            if let Some(default) = param.default {
                self.push(Op::Space);
                self.tok_space();
                self.expr(default);
            }
        }
        self.end_list();
        self.close(None);
    }

    /// `(a, name = b)`; a function, array or map may take several lines while the parentheses stay on its first and last.
    pub(super) fn args(&mut self, args: &[Arg]) -> Option<Hug> {
        let hugged = self.hugged(args);
        self.open();
        self.tok();
        self.push(Op::Indent);
        self.push(Op::Soft);
        let mut hug = None;
        for (i, arg) in args.iter().enumerate() {
            if i > 0 {
                self.comma();
            }
            if arg.name.is_some() {
                self.tok_space();
                self.tok_space();
            }
            let inner = self.expr(arg.value);
            if hugged == Some(i) {
                hug = inner;
            }
        }
        self.end_list();
        self.close(hug);
        hug
    }

    /// The argument to hug: the only one, a literal that is last, or the only function.
    fn hugged(&self, args: &[Arg]) -> Option<usize> {
        let last = args.len().checked_sub(1)?;
        let kind = |arg: &Arg| &self.ast.expr(arg.value).kind;
        let functions = || args.iter().enumerate().filter(|(_, a)| matches!(kind(a), ExprKind::Function(_)));
        match args.last().map(kind)? {
            _ if last == 0 => Some(0),
            ExprKind::Function(_) | ExprKind::Array(_) | ExprKind::Map(_) => Some(last),
            _ if functions().count() == 1 => functions().map(|(i, _)| i).next(),
            _ => None,
        }
    }
}

/// Binding strength of an infix operator (krl-language.md §2.1).
fn level(op: BinaryOp) -> u8 {
    match op {
        BinaryOp::Or => 1,
        BinaryOp::And => 2,
        BinaryOp::Eq
        | BinaryOp::Ne
        | BinaryOp::Lt
        | BinaryOp::Le
        | BinaryOp::Gt
        | BinaryOp::Ge
        | BinaryOp::Like
        | BinaryOp::Member
        | BinaryOp::Compare
        | BinaryOp::Cmp => 3,
        BinaryOp::Add | BinaryOp::Sub => 4,
        BinaryOp::Mul | BinaryOp::Div | BinaryOp::Rem => 5,
    }
}
