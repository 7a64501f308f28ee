//! Building the tree: what the grammar's actions call.

use crate::ast::Action;
use crate::ast::{
    ActionBlock, ActionBlockKind, AggregateOp, Ast, BinaryOp, Declaration, EventId, EventKind, EventOp,
    ExprId, ExprKind, Function, GroupOp, Ident, MetaProperty, ProgramItem, Rule, UnaryOp,
};
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::span::Span;

/// Deepest expression or event tree; passes behind the parser may recurse over trees of this depth.
pub(crate) const MAX_TREE_DEPTH: u16 = 1000;

/// What the parse of one item yields.
#[derive(Debug)]
pub(crate) enum Item {
    Rule(Box<Rule>),
    Property(MetaProperty),
    Declaration(Declaration),
    Program(Vec<ProgramItem>),
}

/// The tree being built.
#[derive(Debug)]
pub(crate) struct Tree<'s> {
    pub(crate) source: &'s str,
    pub(crate) ast: Ast,
    pub(crate) diagnostics: Vec<Diagnostic>,
    expr_depths: Vec<u16>,
    event_depths: Vec<u16>,
    /// Place of the first tree that is too deep.
    pub(crate) too_deep: Option<Span>,
}

impl<'s> Tree<'s> {
    pub(crate) fn new(source: &'s str) -> Self {
        let exprs = source.len() / 24;
        let ast = Ast { exprs: Vec::with_capacity(exprs), ..Ast::default() };
        Self {
            source,
            ast,
            diagnostics: Vec::new(),
            expr_depths: Vec::with_capacity(exprs),
            event_depths: Vec::new(),
            too_deep: None,
        }
    }

    fn depth(&self, id: ExprId) -> u16 {
        self.expr_depths.get(id.0 as usize).copied().unwrap_or_default()
    }

    /// Adds an expression; deeper trees than passes can walk are remembered as an error.
    pub(crate) fn expr(&mut self, start: u32, end: u32, kind: ExprKind) -> ExprId {
        let mut depth = 0;
        kind.for_each_child(|child| depth = self.depth(child).max(depth));
        let span = Span::new(start, end);
        let depth = depth.saturating_add(1);
        if depth > MAX_TREE_DEPTH && self.too_deep.is_none() {
            self.too_deep = Some(span);
        }
        self.expr_depths.push(depth);
        self.ast.add_expr(span, kind)
    }

    pub(crate) fn event(&mut self, start: u32, end: u32, kind: EventKind) -> EventId {
        let of = |id: &EventId| self.event_depths.get(id.0 as usize).copied().unwrap_or_default();
        let depth = match &kind {
            EventKind::Base(_) => 0,
            EventKind::Paren(e) | EventKind::Group { event: e, .. } => of(e),
            EventKind::Infix { left, right, .. } => of(left).max(of(right)),
            EventKind::Prefix { operands, .. } | EventKind::Any { operands, .. } => {
                operands.iter().map(of).max().unwrap_or_default()
            }
            EventKind::Between { event, open, close, .. } => of(event).max(of(open)).max(of(close)),
        };
        let span = Span::new(start, end);
        let depth = depth.saturating_add(1);
        if depth > MAX_TREE_DEPTH && self.too_deep.is_none() {
            self.too_deep = Some(span);
        }
        self.event_depths.push(depth);
        self.check_event(&kind);
        self.ast.add_event(span, kind)
    }

    /// `any`, `count` and `repeat` take an unsigned integer.
    fn check_event(&mut self, kind: &EventKind) {
        if let EventKind::Any { count, .. } | EventKind::Group { count, .. } = kind
            && count.text(self.source).contains('.')
        {
            let text = "expected a positive integer";
            self.diagnostics.push(Diagnostic::new(Code::ExpectedInteger, count.span, text));
        }
    }

    pub(crate) fn binary(&mut self, left: ExprId, op: Ident, right: ExprId) -> ExprId {
        let span = self.ast.expr(left).span.to(self.ast.expr(right).span);
        let kind = ExprKind::Binary { op: binary_op(op.text(self.source)), op_span: op.span, left, right };
        self.expr(span.start, span.end, kind)
    }

    pub(crate) fn unary(&mut self, op: Ident, operand: ExprId) -> ExprId {
        let kind = match op.text(self.source) {
            "not" => UnaryOp::Not,
            "-" => UnaryOp::Minus,
            _ => UnaryOp::Plus,
        };
        let end = self.ast.expr(operand).span.end;
        self.expr(op.span.start, end, ExprKind::Unary { op: kind, operand })
    }

    pub(crate) fn function(&mut self, start: u32, end: u32, function: Function) -> ExprId {
        self.expr(start, end, ExprKind::Function(Box::new(function)))
    }

    /// `if C then …`: there must be something to do.
    pub(crate) fn guarded(
        &mut self,
        span: Span,
        condition: ExprId,
        (kind, actions): (ActionBlockKind, Vec<Action>),
    ) -> ActionBlock {
        if actions.is_empty() {
            let at = Span::new(span.end.saturating_sub(1), span.end);
            let text = "expected an action after `if … then`";
            self.diagnostics
                .push(Diagnostic::new(Code::ExpectedAction, at, text).label(span, "nothing is done here"));
        }
        ActionBlock { span, condition: Some(condition), kind, actions }
    }

    pub(crate) fn event_op(&self, word: Ident) -> EventOp {
        match word.text(self.source) {
            "or" => EventOp::Or,
            "and" => EventOp::And,
            "before" => EventOp::Before,
            "then" => EventOp::Then,
            _ => EventOp::After,
        }
    }

    pub(crate) fn group_op(&self, word: Ident) -> GroupOp {
        if word.text(self.source) == "count" { GroupOp::Count } else { GroupOp::Repeat }
    }

    pub(crate) fn aggregate_op(&self, word: Ident) -> AggregateOp {
        match word.text(self.source) {
            "max" => AggregateOp::Max,
            "min" => AggregateOp::Min,
            "sum" => AggregateOp::Sum,
            "avg" => AggregateOp::Avg,
            _ => AggregateOp::Push,
        }
    }
}

/// The operator of `text`; the forms of older dialects (`eq`, `neq`, `=`) were reported where they were read.
fn binary_op(text: &str) -> BinaryOp {
    match text {
        "||" => BinaryOp::Or,
        "&&" => BinaryOp::And,
        "!=" | "neq" => BinaryOp::Ne,
        "<" => BinaryOp::Lt,
        "<=" => BinaryOp::Le,
        ">" => BinaryOp::Gt,
        ">=" => BinaryOp::Ge,
        "like" => BinaryOp::Like,
        "><" => BinaryOp::Member,
        "<=>" => BinaryOp::Compare,
        "cmp" => BinaryOp::Cmp,
        "+" => BinaryOp::Add,
        "-" => BinaryOp::Sub,
        "*" => BinaryOp::Mul,
        "/" => BinaryOp::Div,
        "%" => BinaryOp::Rem,
        _ => BinaryOp::Eq,
    }
}
