//! Layout of `select`: event expressions and their attribute patterns.

use super::builder::Builder;
use super::doc::Op;
use crate::ast::{BaseEvent, EventId, EventKind, EventOp, Select, SelectKind};
use crate::token::TokenKind;

/// Does an event stand among operators?
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Alone,
    Operand,
}

impl<'s> Builder<'s> {
    /// `select when … within …`, `select where …`
    pub(super) fn select(&mut self, select: &'s Select) {
        self.tok_space();
        self.tok_space();
        match &select.kind {
            SelectKind::Where(id) => {
                self.expr(*id);
            }
            SelectKind::When { event, within } => {
                self.event(*event, Place::Alone);
                if let Some(within) = within {
                    self.open();
                    self.push(Op::Indent);
                    self.break_as_written(Op::Line);
                    self.tok_space();
                    self.expr(within.amount);
                    self.push(Op::Space);
                    self.tok();
                    self.push(Op::Dedent);
                    self.close(None);
                }
            }
        }
    }

    fn event(&mut self, id: EventId, place: Place) {
        let ast = self.ast;
        let event = ast.event(id);
        match &event.kind {
            EventKind::Base(base) => self.base_event(base, place),
            EventKind::Paren(inner) => self.event_list(&[*inner]),
            EventKind::Infix { op, .. } => self.infix(id, rank(*op)),
            EventKind::Prefix { operands, .. } => {
                self.tok();
                self.event_list(operands);
            }
            EventKind::Between { event, negated, open, close } => {
                self.between(*event, *negated, [*open, *close]);
            }
            EventKind::Any { operands, .. } => {
                self.tok_space();
                self.tok_space();
                self.event_list(operands);
            }
            EventKind::Group { event, aggregator, .. } => {
                self.tok_space();
                self.tok_space();
                self.event_list(&[*event]);
                if aggregator.is_some() {
                    self.push(Op::Space);
                    self.tok();
                    self.names();
                }
            }
        }
    }

    /// A run of operators of one rank, broken before each.
    fn infix(&mut self, id: EventId, wanted: u8) {
        let ast = self.ast;
        let mut operands = Vec::new();
        let mut first = id;
        while let EventKind::Infix { op, left, right } = ast.event(first).kind
            && rank(op) == wanted
        {
            operands.push(right);
            first = left;
        }
        self.open();
        self.event(first, Place::Operand);
        self.push(Op::Indent);
        for right in operands.into_iter().rev() {
            self.break_as_written(Op::Line);
            self.tok_space();
            self.event(right, Place::Operand);
        }
        self.push(Op::Dedent);
        self.close(None);
    }

    fn between(&mut self, event: EventId, negated: bool, window: [EventId; 2]) {
        self.open();
        self.event(event, Place::Operand);
        self.push(Op::Indent);
        self.break_as_written(Op::Line);
        if negated {
            self.tok_space();
        }
        self.tok_space();
        self.event_list(&window);
        self.push(Op::Dedent);
        self.close(None);
    }

    /// `(A, B, …)`
    fn event_list(&mut self, operands: &[EventId]) {
        self.open();
        self.tok();
        self.push(Op::Indent);
        self.break_as_written(Op::Soft);
        for (i, operand) in operands.iter().enumerate() {
            if i > 0 {
                self.comma();
            }
            self.event(*operand, Place::Alone);
        }
        self.end_list();
        self.close(None);
    }

    /// `domain type attr re#…# … setting(…) where …`, broken before each part behind the type.
    fn base_event(&mut self, base: &BaseEvent, place: Place) {
        self.open();
        self.tok();
        if self.kind() == TokenKind::Colon {
            self.toks(2);
        } else {
            self.push(Op::Space);
            self.tok();
        }
        // Among operators, patterns stand deeper than the operator that follows them.
        let steps = if place == Place::Operand { 2 } else { 1 };
        (0..steps).for_each(|_| self.push(Op::Indent));
        for _ in &base.matches {
            self.break_as_written(Op::Line);
            self.tok_space();
            self.tok();
        }
        if base.where_first {
            self.condition(base);
        }
        if !base.setting.is_empty() {
            self.break_as_written(Op::Line);
            self.tok();
            self.names();
        }
        if !base.where_first {
            self.condition(base);
        }
        (0..steps).for_each(|_| self.push(Op::Dedent));
        self.close(None);
    }

    fn condition(&mut self, base: &BaseEvent) {
        if let Some(id) = base.condition {
            self.break_as_written(Op::Line);
            self.tok_space();
            self.expr(id);
        }
    }
}

/// Binding strength of an event operator (krl-language.md §2.1b).
fn rank(op: EventOp) -> u8 {
    match op {
        EventOp::Or => 1,
        EventOp::And => 2,
        EventOp::Before | EventOp::Then | EventOp::After => 3,
    }
}
