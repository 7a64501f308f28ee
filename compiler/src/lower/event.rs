//! Event expressions: from the syntax tree to the shape that automata are built of, with the tests of its base events.

use super::Lowering;
use crate::events::{Group, Shape};
use crate::resolve::SymbolId;
use krl_lang::ast::{AggregateOp, Aggregator, BaseEvent, EventId, EventKind, EventOp, GroupOp, Ident};
use krl_lang::literal;
use krl_vm::unit::{self, Aggregate, Test};

impl<'a> Lowering<'a> {
    /// The shape of an event expression; its tests are added to `tests`.
    pub(super) fn event_shape(&mut self, id: EventId, settings: &[SymbolId], tests: &mut Vec<Test>) -> Shape {
        match &self.ast.event(id).kind {
            EventKind::Paren(inner) => self.event_shape(*inner, settings, tests),
            EventKind::Base(base) => Shape::Base(self.test(base, settings, tests)),
            EventKind::Infix { .. } => self.infix(id, settings, tests),
            EventKind::Prefix { op, operands } => combine(*op, self.event_shapes(operands, settings, tests)),
            EventKind::Any { count, operands } => {
                Shape::Any(self.count(*count), self.event_shapes(operands, settings, tests))
            }
            EventKind::Between { event, negated, open, close } => {
                let event = Box::new(self.event_shape(*event, settings, tests));
                let open = self.event_shape(*open, settings, tests);
                let close = self.event_shape(*close, settings, tests);
                if *negated {
                    Shape::NotBetween { event, open: Box::new(open), close: Box::new(close) }
                } else {
                    Shape::Sequence(vec![open, *event, close])
                }
            }
            EventKind::Group { op, count, event, aggregator } => {
                let test = self.grouped(*event, settings, tests);
                let aggregate = aggregator.as_ref().map(|a| self.aggregate(a, settings));
                let group = Group { count: self.count(*count), test, aggregate };
                match op {
                    GroupOp::Count => Shape::Count(group),
                    GroupOp::Repeat => Shape::Repeat(group),
                }
            }
        }
    }

    fn event_shapes(&mut self, ids: &[EventId], settings: &[SymbolId], tests: &mut Vec<Test>) -> Vec<Shape> {
        ids.iter().map(|id| self.event_shape(*id, settings, tests)).collect()
    }

    /// A chain of infix operators, which nests to the left and may be long.
    fn infix(&mut self, id: EventId, settings: &[SymbolId], tests: &mut Vec<Test>) -> Shape {
        let mut links = Vec::new();
        let mut first = id;
        while let EventKind::Infix { op, left, right } = &self.ast.event(first).kind {
            links.push((*op, *right));
            first = *left;
        }
        let mut shape = self.event_shape(first, settings, tests);
        let mut before = None;
        for (op, right) in links.into_iter().rev() {
            let right = self.event_shape(right, settings, tests);
            shape =
                if before == Some(op) { lengthen(op, shape, right) } else { combine(op, vec![shape, right]) };
            before = Some(op);
        }
        shape
    }

    fn count(&self, count: Ident) -> usize {
        self.text(count).parse().unwrap_or(usize::MAX)
    }

    /// The test of the base event that `count` and `repeat` count.
    fn grouped(&mut self, id: EventId, settings: &[SymbolId], tests: &mut Vec<Test>) -> u32 {
        match &self.ast.event(id).kind {
            EventKind::Paren(inner) => self.grouped(*inner, settings, tests),
            EventKind::Base(base) => self.test(base, settings, tests),
            _ => 0,
        }
    }

    fn test(&mut self, base: &'a BaseEvent, settings: &[SymbolId], tests: &mut Vec<Test>) -> u32 {
        let patterns = base.matches.iter().map(|m| {
            let literal::RegExp { pattern, flags } = literal::regexp(m.pattern.text(self.source));
            (self.text(m.name).into(), self.pool.regexp(&pattern, flags))
        });
        let patterns = patterns.collect();
        let condition = base.condition.map(|c| self.fragment("where", c, settings));
        let test = Test {
            domain: self.text(base.domain).into(),
            name: self.text(base.name).into(),
            patterns,
            settings: self.setting_indexes(&base.setting, settings),
            condition,
        };
        if let Some(known) = tests.iter().position(|t| *t == test) {
            return known as u32;
        }
        tests.push(test);
        tests.len() as u32 - 1
    }

    fn setting_indexes(&self, names: &[Ident], settings: &[SymbolId]) -> Vec<u16> {
        let index = |name: &Ident| {
            let symbol = self.resolution.declared(*name)?;
            settings.iter().position(|s| *s == symbol)
        };
        names.iter().filter_map(index).map(|i| i as u16).collect()
    }

    fn aggregate(&self, aggregator: &Aggregator, settings: &[SymbolId]) -> Aggregate {
        let op = match aggregator.op {
            AggregateOp::Max => unit::AggregateOp::Max,
            AggregateOp::Min => unit::AggregateOp::Min,
            AggregateOp::Sum => unit::AggregateOp::Sum,
            AggregateOp::Avg => unit::AggregateOp::Avg,
            AggregateOp::Push => unit::AggregateOp::Push,
        };
        Aggregate { op, settings: self.setting_indexes(&aggregator.names, settings) }
    }
}

fn combine(op: EventOp, mut operands: Vec<Shape>) -> Shape {
    match op {
        EventOp::Or => Shape::Or(operands),
        EventOp::And => Shape::Any(operands.len(), operands),
        EventOp::Before => Shape::Sequence(operands),
        EventOp::Then => Shape::Then(operands),
        EventOp::After => {
            operands.reverse();
            Shape::Sequence(operands)
        }
    }
}

/// `shape OP right`, where `shape` is a chain of the same operator. All but `and` mean the same without nesting; a nested `and` does
/// not, for its inner operands must all have happened before or after the outer one.
fn lengthen(op: EventOp, shape: Shape, right: Shape) -> Shape {
    match (op, shape) {
        (EventOp::Or, Shape::Or(mut operands)) => {
            operands.push(right);
            Shape::Or(operands)
        }
        (EventOp::Before, Shape::Sequence(mut operands)) => {
            operands.push(right);
            Shape::Sequence(operands)
        }
        (EventOp::Then, Shape::Then(mut operands)) => {
            operands.push(right);
            Shape::Then(operands)
        }
        (EventOp::After, Shape::Sequence(mut operands)) => {
            operands.insert(0, right);
            Shape::Sequence(operands)
        }
        (op, shape) => combine(op, vec![shape, right]),
    }
}
