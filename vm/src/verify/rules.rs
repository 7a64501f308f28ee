//! What selects a rule.

use super::{Reason, demand, entry};
use crate::unit::{Automaton, Constant, FunctionKind, Rule, Select, Test, Unit, When};

/// Nodes and edges of one automaton: permutations of `and` and `any` grow fast, and more than this is no use to anybody.
const MAX_EDGES: usize = 1 << 20;

pub(super) fn verify(unit: &Unit, rule: &Rule) -> Result<(), Reason> {
    entry(unit, rule.body, FunctionKind::Rule, rule.settings.len())?;
    match &rule.select {
        Select::Where(condition) => entry(unit, *condition, FunctionKind::Fragment, 0),
        Select::When { automaton, within } => {
            if let Some(within) = within {
                entry(unit, *within, FunctionKind::Fragment, 0)?;
            }
            verify_automaton(unit, rule, automaton)
        }
    }
}

fn verify_automaton(unit: &Unit, rule: &Rule, automaton: &Automaton) -> Result<(), Reason> {
    let Automaton { nodes, edges, tests, aggregates } = automaton;
    demand(edges.len() <= MAX_EDGES && tests.len() <= MAX_EDGES, Reason::TooLarge)?;
    demand((2..=MAX_EDGES as u32).contains(nodes), Reason::Automaton)?;
    let mut left = vec![false; *nodes as usize];
    let mut group = None;
    for edge in edges {
        demand(edge.from < *nodes && edge.to < *nodes, Reason::Index)?;
        if group != Some(edge.from) {
            let seen = left.get_mut(edge.from as usize).ok_or(Reason::Index)?;
            demand(!std::mem::replace(seen, true), Reason::Automaton)?;
            group = Some(edge.from);
        }
        let inside = |test: &u32| (*test as usize) < tests.len();
        demand(
            match &edge.when {
                When::Test(test) | When::Rejects(test) => inside(test),
                When::NoneOf(none) => none.iter().all(inside),
            },
            Reason::Index,
        )?;
        let feeds = edge.aggregate.is_none_or(|feed| (feed.aggregate as usize) < aggregates.len());
        demand(feeds, Reason::Index)?;
    }
    tests.iter().try_for_each(|test| verify_test(unit, rule, test))?;
    aggregates.iter().try_for_each(|aggregate| settings(rule, &aggregate.settings))
}

fn verify_test(unit: &Unit, rule: &Rule, test: &Test) -> Result<(), Reason> {
    for (_, pattern) in &test.patterns {
        let constant = unit.constants.get(*pattern as usize).ok_or(Reason::Index)?;
        demand(matches!(constant, Constant::RegExp { .. }), Reason::ConstantKind)?;
    }
    settings(rule, &test.settings)?;
    match test.condition {
        Some(condition) => entry(unit, condition, FunctionKind::Fragment, rule.settings.len()),
        None => Ok(()),
    }
}

fn settings(rule: &Rule, indexes: &[u16]) -> Result<(), Reason> {
    demand(indexes.iter().all(|&i| usize::from(i) < rule.settings.len()), Reason::Index)
}
