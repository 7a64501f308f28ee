//! Looks for the first thing that differs.

use super::play::{Seen, compiled, play};
use crate::engine::Setup;
use crate::generate::Program;
use std::fmt;

/// The first difference between two plays of a program, or what no play may show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where it was seen.
    pub setup: Setup,
    /// Which step, and what of it.
    pub what: String,
    /// What the reference shows.
    pub expected: String,
    /// What was found.
    pub found: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { setup, what, expected, found } = self;
        write!(f, "{setup:?}, {what}:\n  expected {expected}\n     found {found}")
    }
}

/// Plays a program on all engines; answers the first difference, and what the reference shows.
#[must_use]
pub fn difference(program: &Program, seed: u64) -> (Option<Difference>, Vec<Seen>) {
    let setups = Setup::all(seed);
    let units = compiled(program);
    let expected = play(program, &units, Setup::REFERENCE);
    if let Some(wrong) = expected.iter().find(|seen| is_broken(seen)) {
        let setup = Setup::REFERENCE;
        let (what, found) = (wrong.what.clone(), wrong.text.clone());
        let difference = Difference { setup, what, expected: "no internal error".into(), found };
        return (Some(difference), expected);
    }
    for setup in setups.into_iter().filter(|setup| *setup != Setup::REFERENCE) {
        if let Some(difference) = first(&expected, &play(program, &units, setup), setup) {
            return (Some(difference), expected);
        }
    }
    (None, expected)
}

/// What a larger budget of instructions changes for a program that had enough: nothing, wherever the meter looks at the clock in between.
/// `seen` is what the reference shows. A budget that is used up was not enough, even if the evaluation came to its end with it.
#[must_use]
pub fn changed_by_budget(program: &Program, seen: &[Seen]) -> Option<Difference> {
    let used_up = |seen: &Seen| {
        let used = seen.what.ends_with(", instructions").then(|| seen.text.parse().unwrap_or(u64::MAX));
        used.is_some_and(|used| used >= program.budgets.instructions)
    };
    if seen.iter().any(|seen| seen.text.contains("limit_") || used_up(seen)) {
        return None;
    }
    let mut generous = program.clone();
    generous.budgets.instructions += 100_000;
    generous.budgets.event_instructions += 1_000_000;
    first(seen, &play(&generous, &compiled(program), Setup::REFERENCE), Setup::REFERENCE)
}

/// What is never a program's fault.
fn is_broken(seen: &Seen) -> bool {
    seen.what == "panic" || seen.text.contains("code: \"internal\"") || seen.text.contains("not verified")
}

fn first(expected: &[Seen], found: &[Seen], setup: Setup) -> Option<Difference> {
    let nothing = Seen { what: "end".into(), text: "nothing".into() };
    let longest = expected.len().max(found.len());
    (0..longest).find_map(|at| {
        let (expected, found) = (expected.get(at).unwrap_or(&nothing), found.get(at).unwrap_or(&nothing));
        (expected != found).then(|| Difference {
            setup,
            what: expected.what.clone(),
            expected: expected.text.clone(),
            found: if expected.what == found.what { found.text.clone() } else { format!("{found:?}") },
        })
    })
}
