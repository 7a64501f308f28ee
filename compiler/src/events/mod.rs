//! Event expressions as automata (krl-runtime §4.1 with decisions E1–E3).
//!
//! A shape is wired between two nodes. The reference wires `and` and `any n` as every order of their operands, which is factorial; here
//! the nodes between operands are *sets of finished operands*. Two orders of one set have the same future, so nothing can tell them apart.

use krl_vm::unit::{Aggregate, Automaton, Edge, Feed, Test, When, Window};
use std::collections::BTreeMap;

/// Most transitions of one event expression.
const MAX_EDGES: usize = 10_000;

const START: u32 = 0;
const END: u32 = 1;

/// An event expression without its surface; numbers of base events are indexes of tests.
#[derive(Clone, Debug)]
pub(crate) enum Shape {
    /// One event.
    Base(u32),
    /// Any of these.
    Or(Vec<Shape>),
    /// So many of these, in any order. All of them: `and`.
    Any(usize, Vec<Shape>),
    /// One after the other, whatever comes between.
    Sequence(Vec<Shape>),
    /// One after the other, nothing salient between.
    Then(Vec<Shape>),
    /// `open` and `close` without `event` between.
    NotBetween { event: Box<Shape>, open: Box<Shape>, close: Box<Shape> },
    /// So many times.
    Count(Group),
    /// So many times in a row, and again with each further one; falls back when the event is rejected (decision E1).
    Repeat(Group),
}

/// A counted base event.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) count: usize,
    pub(crate) test: u32,
    pub(crate) aggregate: Option<Aggregate>,
}

/// The expression multiplies out to more than [`MAX_EDGES`] transitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooManyEdges;

/// Builds the automaton of an event expression.
pub(crate) fn automaton(shape: Shape, tests: Vec<Test>) -> Result<Automaton, TooManyEdges> {
    let mut wiring = Wiring { nodes: 2, edges: Vec::new(), aggregates: Vec::new() };
    wiring.wire(&shape, START, END)?;
    let Wiring { nodes, mut edges, aggregates } = wiring;
    edges.sort_by_key(|e| e.from);
    let mut distinct: Vec<Edge> = Vec::with_capacity(edges.len());
    for edge in edges {
        let group = distinct.iter().rev().take_while(|e| e.from == edge.from);
        if !group.into_iter().any(|e| *e == edge) {
            distinct.push(edge);
        }
    }
    Ok(Automaton { nodes, edges: distinct, tests, aggregates })
}

struct Wiring {
    nodes: u32,
    edges: Vec<Edge>,
    aggregates: Vec<Aggregate>,
}

impl Wiring {
    fn node(&mut self) -> u32 {
        self.nodes += 1;
        self.nodes - 1
    }

    fn edge(&mut self, from: u32, to: u32, when: When, aggregate: Option<Feed>) -> Result<(), TooManyEdges> {
        if self.edges.len() >= MAX_EDGES {
            return Err(TooManyEdges);
        }
        self.edges.push(Edge { from, to, when, aggregate });
        Ok(())
    }

    fn wire(&mut self, shape: &Shape, from: u32, to: u32) -> Result<(), TooManyEdges> {
        match shape {
            Shape::Base(test) => self.edge(from, to, When::Test(*test), None),
            Shape::Or(operands) => operands.iter().try_for_each(|o| self.wire(o, from, to)),
            Shape::Any(count, operands) => self.any(*count, operands, from, to),
            Shape::Sequence(operands) => self.sequence(operands, from, to).map(drop),
            Shape::Then(operands) => {
                let joins = self.sequence(operands, from, to)?;
                for (join, next) in joins.into_iter().zip(operands.iter().skip(1)) {
                    for test in first_tests(next) {
                        self.edge(join, from, When::NoneOf(vec![test]), None)?;
                    }
                }
                Ok(())
            }
            Shape::NotBetween { event, open, close } => {
                let inside = self.node();
                self.wire(open, from, inside)?;
                self.wire(close, inside, to)?;
                self.wire(event, inside, from)
            }
            Shape::Count(group) => self.group(group, from, to).map(drop),
            Shape::Repeat(group) => {
                let mut nodes = self.group(group, from, to)?;
                let newest = self.aggregates.len().saturating_sub(1) as u32;
                let slide =
                    group.aggregate.as_ref().map(|_| Feed { aggregate: newest, window: Window::Slide });
                self.edge(to, to, When::Test(group.test), slide)?;
                nodes.push(to);
                nodes.into_iter().try_for_each(|n| self.edge(n, from, When::Rejects(group.test), None))
            }
        }
    }

    /// Wires operands one after the other; answers the nodes between them.
    fn sequence(&mut self, operands: &[Shape], from: u32, to: u32) -> Result<Vec<u32>, TooManyEdges> {
        let mut joins = Vec::new();
        let mut at = from;
        for (i, operand) in operands.iter().enumerate() {
            let next = if i + 1 == operands.len() { to } else { self.node() };
            self.wire(operand, at, next)?;
            joins.push(next);
            at = next;
        }
        joins.pop();
        Ok(joins)
    }

    /// The nodes between operands are the sets of those that have happened.
    fn any(&mut self, count: usize, operands: &[Shape], from: u32, to: u32) -> Result<(), TooManyEdges> {
        let mut sets: BTreeMap<Vec<usize>, u32> = BTreeMap::from([(Vec::new(), from)]);
        for size in 0..count.min(operands.len()) {
            let mut larger: BTreeMap<Vec<usize>, u32> = BTreeMap::new();
            for (set, node) in &sets {
                for (i, operand) in operands.iter().enumerate().filter(|(i, _)| !set.contains(i)) {
                    let mut with = set.clone();
                    with.insert(with.partition_point(|x| *x < i), i);
                    let next = match larger.get(&with) {
                        _ if size + 1 == count => to,
                        Some(node) => *node,
                        None => self.node(),
                    };
                    larger.insert(with, next);
                    self.wire(operand, *node, next)?;
                }
            }
            sets = larger;
        }
        Ok(())
    }

    /// Wires a base event so many times; answers the nodes between.
    fn group(&mut self, group: &Group, from: u32, to: u32) -> Result<Vec<u32>, TooManyEdges> {
        let aggregate = group.aggregate.clone().map(|a| {
            self.aggregates.push(a);
            self.aggregates.len() as u32 - 1
        });
        let mut between = Vec::new();
        let mut at = from;
        for i in 1..=group.count {
            let next = if i == group.count { to } else { self.node() };
            let window = if i == 1 { Window::Restart } else { Window::Grow };
            let feed = aggregate.map(|aggregate| Feed { aggregate, window });
            self.edge(at, next, When::Test(group.test), feed)?;
            between.push(next);
            at = next;
        }
        between.pop();
        Ok(between)
    }
}

/// The tests that can begin a shape.
fn first_tests(shape: &Shape) -> Vec<u32> {
    match shape {
        Shape::Base(test) => vec![*test],
        Shape::Count(group) | Shape::Repeat(group) => vec![group.test],
        Shape::Or(operands) | Shape::Any(_, operands) => {
            let mut tests: Vec<u32> = operands.iter().flat_map(first_tests).collect();
            tests.sort_unstable();
            tests.dedup();
            tests
        }
        Shape::Sequence(operands) | Shape::Then(operands) => {
            operands.first().map_or_else(Vec::new, first_tests)
        }
        Shape::NotBetween { open, .. } => first_tests(open),
    }
}

#[cfg(test)]
mod tests;
