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
            EventKind::Error => Shape::Or(Vec::new()),
            EventKind::Paren(inner) => self.event_shape(*inner, settings, tests),
            EventKind::Base(base) => Shape::Base(self.test(base, settings, tests)),
            EventKind::Infix { op, left, right } => self.operator(*op, &[*left, *right], settings, tests),
            EventKind::Prefix { op, operands } => self.operator(*op, operands, settings, tests),
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

    fn operator(
        &mut self,
        op: EventOp,
        ids: &[EventId],
        settings: &[SymbolId],
        tests: &mut Vec<Test>,
    ) -> Shape {
        let mut operands = self.event_shapes(ids, settings, tests);
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
