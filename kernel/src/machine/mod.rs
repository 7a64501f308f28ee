//! Event machines at run time: one per rule, stepped by the events its rule is salient for (`krl-runtime.md` §4, decisions E1–E4).
//!
//! A [`Machine`] is built once for a loaded unit and shared; what a cloud keeps for a rule is a [`MatchState`], and nothing at all
//! while the rule stands at its start, which rules of one event always do.

mod aggregate;
mod state;
mod step;

pub use state::{CapturedTexts, MatchState};
pub use step::{Conditions, Input, Reason, Scratch, Step};

use krl_regexp::Regexp;
use krl_vm::fault::Fault;
use krl_vm::unit::{Aggregate, Automaton, Constant, Edge, FunctionId, Test, When};
use std::sync::Arc;

/// The node a match starts at.
pub const START: u32 = 0;
/// The node whose reaching fires the rule.
pub const END: u32 = 1;

/// An automaton prepared for stepping.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Sorted by `from`, in the order they are tried.
    edges: Vec<Edge>,
    /// Where the edges of each node begin, with one entry more.
    first: Vec<u32>,
    tests: Vec<Matcher>,
    aggregates: Vec<Aggregate>,
    /// Number of the rule's select variables.
    settings: usize,
    /// How many steps a `repeat` that has fired slides by; 0 where nothing leaves the end.
    slide: usize,
    /// Every edge leads from the start to the end, and there are no select variables.
    single: bool,
}

/// The test of a base event, its patterns compiled.
#[derive(Clone, Debug)]
struct Matcher {
    patterns: Vec<(Arc<str>, Regexp)>,
    settings: Vec<u16>,
    condition: Option<FunctionId>,
}

impl Machine {
    /// Prepares an automaton; `settings` is the number of select variables of its rule.
    ///
    /// # Errors
    /// A pattern that is no regular expression: the unit was not verified.
    pub fn new(automaton: &Automaton, constants: &[Constant], settings: usize) -> Result<Self, Fault> {
        let mut edges = automaton.edges.clone();
        edges.sort_by_key(|edge| edge.from);
        let first =
            (0..=automaton.nodes).map(|node| edges.partition_point(|edge| edge.from < node) as u32).collect();
        let tests = automaton.tests.iter().map(|test| Matcher::new(test, constants));
        let slide = cycle_at_end(&edges);
        let direct = |edge: &Edge| edge.from == START && edge.to == END && matches!(edge.when, When::Test(_));
        let single = settings == 0 && edges.iter().all(direct);
        Ok(Self {
            edges,
            first,
            tests: tests.collect::<Result<_, _>>()?,
            aggregates: automaton.aggregates.clone(),
            settings,
            slide,
            single,
        })
    }

    /// Whether the machine never leaves its start: one event fires it, and it has no state.
    #[must_use]
    pub fn is_single(&self) -> bool {
        self.single
    }

    fn edges_of(&self, node: u32) -> &[Edge] {
        let bound = |at: u32| self.first.get(at as usize).map_or(self.edges.len(), |&i| i as usize);
        self.edges.get(bound(node)..bound(node + 1)).unwrap_or_default()
    }
}

impl Matcher {
    fn new(test: &Test, constants: &[Constant]) -> Result<Self, Fault> {
        let mut patterns = Vec::with_capacity(test.patterns.len());
        for (name, constant) in &test.patterns {
            let Some(Constant::RegExp { source, flags }) = constants.get(*constant as usize) else {
                return Err(Fault::internal("an attribute pattern is no regular expression"));
            };
            let regexp = Regexp::new(source, flags).map_err(|e| Fault::error(e.to_string()))?;
            patterns.push((name.clone(), regexp));
        }
        Ok(Self { patterns, settings: test.settings.clone(), condition: test.condition })
    }
}

/// The number of events of the shortest way from the end back to it, 0 if there is none: what one more firing of a `repeat` takes.
fn cycle_at_end(edges: &[Edge]) -> usize {
    let mut reached: Vec<u32> = vec![END];
    let mut seen = reached.clone();
    for steps in 1..=edges.len() {
        let mut next = Vec::new();
        for edge in edges.iter().filter(|edge| reached.contains(&edge.from)) {
            if edge.to == END {
                return steps;
            }
            if edge.to != START && !seen.contains(&edge.to) {
                seen.push(edge.to);
                next.push(edge.to);
            }
        }
        reached = next;
    }
    0
}

#[cfg(test)]
mod tests;
