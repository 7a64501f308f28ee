//! Makes a program that shows a difference smaller: parts are left out or made the simplest there is, as long as the difference stays.

use crate::generate::choices::Taken;
use crate::generate::{Program, from_bytes};
use std::fmt::Write;

/// Programs tried for one finding.
const MOST_TRIES: usize = 4_000;

/// A smaller program for which `shows` still holds.
#[must_use]
pub fn shrunk(taken: Taken, shows: &dyn Fn(&Program) -> bool) -> (Program, Taken) {
    let mut best = from_bytes(&taken.bytes);
    let mut tries = 0;
    let mut attempt = |best: &mut (Program, Taken), bytes: Vec<u8>| {
        if tries >= MOST_TRIES {
            return false;
        }
        tries += 1;
        let next = from_bytes(&bytes);
        let better = next.0 != best.0 && size(&next.0) <= size(&best.0) && shows(&next.0);
        if better {
            *best = next;
        }
        better
    };
    while parts(&mut best, &mut attempt) || bytes(&mut best, &mut attempt) {}
    best
}

type Attempt<'a> = &'a mut dyn FnMut(&mut (Program, Taken), Vec<u8>) -> bool;

/// Leaves out the bytes of a part, or sets them to zero, the largest parts first.
fn parts(best: &mut (Program, Taken), attempt: Attempt<'_>) -> bool {
    let mut parts = best.1.parts.clone();
    parts.sort_by_key(|part| std::cmp::Reverse(part.len()));
    for part in parts {
        let whole = &best.1.bytes;
        let (before, after) = (&whole[..part.start], &whole[part.end..]);
        let without = [before, after].concat();
        let zeroed = [before, &vec![0; part.len()], after].concat();
        let simple = [before, &[0], after].concat();
        if attempt(best, simple) || attempt(best, without) || attempt(best, zeroed) {
            return true;
        }
    }
    false
}

/// Makes single choices simpler.
fn bytes(best: &mut (Program, Taken), attempt: Attempt<'_>) -> bool {
    for at in 0..best.1.bytes.len() {
        let byte = best.1.bytes[at];
        for simpler in [0, byte / 2, byte.saturating_sub(8)] {
            let mut bytes = best.1.bytes.clone();
            bytes[at] = simpler;
            if simpler < byte && attempt(best, bytes) {
                return true;
            }
        }
    }
    false
}

fn size(program: &Program) -> usize {
    program.rulesets.iter().map(String::len).sum::<usize>() + program.steps.len() * 20
}

/// A program with its steps, for people.
#[must_use]
pub fn report(program: &Program) -> String {
    let mut text = program.rulesets.join("\n");
    let _ = writeln!(text, "\n{:?}, {:?}", program.slip, program.budgets);
    for (number, step) in program.steps.iter().enumerate() {
        let _ = writeln!(text, "step {number}: {step}");
    }
    text
}
