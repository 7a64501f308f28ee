//! The direct path: patterns such as `^(\w+)=(.*)$`, in which no choice is ever taken back.
//!
//! A greedy run need not give anything back when what follows can't begin with a member of its set. Most patterns
//! of event attributes are of this kind; they run in one pass without automaton, stack or build time.

use regex_automata::util::primitives::NonMaxUsize;

use crate::ast::{Assertion, Direction, Node, Preference};
use crate::charset::CharSet;
use crate::input::Input;

/// A pattern as the sequence of what it takes from the text.
#[derive(Debug)]
pub(crate) struct Direct {
    ops: Vec<Op>,
    origin: Origin,
}

#[derive(Debug)]
enum Op {
    Literal(String),
    Set(CharSet),
    Run { set: CharSet, min: u32, max: u32 },
    Save(usize),
    End,
}

/// Where a match can begin.
#[derive(Debug, PartialEq, Eq)]
enum Origin {
    TextStart,
    /// Wherever the search does, because the pattern matches everywhere.
    Search,
}

/// Reads a pattern as a direct one, if it is.
pub(crate) fn build(root: &Node) -> Option<Direct> {
    let parts = match root {
        Node::Seq(parts) => parts.as_slice(),
        single => std::slice::from_ref(single),
    };
    let mut ops = vec![Op::Save(0)];
    let origin = match parts.first() {
        Some(Node::Assert(Assertion::TextStart)) => Origin::TextStart,
        _ => Origin::Search,
    };
    let skipped = usize::from(origin == Origin::TextStart);
    for part in parts.iter().skip(skipped) {
        flatten(part, &mut ops)?;
    }
    ops.push(Op::Save(1));
    let matches_everywhere = ops.iter().all(|op| matches!(op, Op::Save(_) | Op::Run { min: 0, .. }));
    let never_takes_back = (0..ops.len()).all(|index| keeps_all(&ops[index], &ops[index + 1..]));
    (never_takes_back && (origin == Origin::TextStart || matches_everywhere))
        .then_some(Direct { ops, origin })
}

fn flatten(node: &Node, ops: &mut Vec<Op>) -> Option<()> {
    match node {
        Node::Empty => {}
        Node::Char(c) => match ops.last_mut() {
            Some(Op::Literal(literal)) => literal.push(*c),
            _ => ops.push(Op::Literal(c.to_string())),
        },
        Node::Set(set) => ops.push(Op::Set(set.clone())),
        Node::Assert(Assertion::TextEnd) => ops.push(Op::End),
        Node::Seq(parts) => parts.iter().try_for_each(|part| flatten(part, ops))?,
        Node::Group { index, body } => {
            ops.push(Op::Save(2 * index));
            flatten(body, ops)?;
            ops.push(Op::Save(2 * index + 1));
        }
        Node::Repeat(repeat) if repeat.preference == Preference::Greedy => {
            let set = match &repeat.body {
                Node::Set(set) => set.clone(),
                Node::Char(c) => CharSet::single(*c),
                _ => return None,
            };
            ops.push(Op::Run { set, min: repeat.min, max: repeat.max.unwrap_or(u32::MAX) });
        }
        _ => return None,
    }
    Some(())
}

/// Whether the operation, if a run, would gain nothing by taking less before what follows.
fn keeps_all(op: &Op, following: &[Op]) -> bool {
    let Op::Run { set, min, max } = op else { return true };
    if min == max {
        return true;
    }
    for next in following {
        match next {
            Op::Save(_) => {}
            Op::End => return true,
            Op::Literal(literal) => return literal.chars().next().is_some_and(|c| !set.contains(c)),
            Op::Set(other) => return set.is_disjoint(other),
            Op::Run { set: other, .. } if !set.is_disjoint(other) => return false,
            Op::Run { min: 0, .. } => {}
            Op::Run { .. } => return true,
        }
    }
    true
}

impl Direct {
    /// Whether a match begins at `start` or later; `slots` are set if it does.
    pub(crate) fn find(&self, text: &str, start: usize, slots: &mut [Option<NonMaxUsize>]) -> bool {
        if self.origin == Origin::TextStart && start > 0 {
            return false;
        }
        let found = self.run(text, start, |slot, pos| {
            if let Some(slot) = slots.get_mut(slot) {
                *slot = NonMaxUsize::new(pos);
            }
        });
        if !found {
            slots.fill(None);
        }
        found
    }

    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.run(text, 0, |_, _| {})
    }

    #[inline]
    fn run(&self, text: &str, start: usize, mut save: impl FnMut(usize, usize)) -> bool {
        let input = Input::new(text);
        let mut pos = start;
        for op in &self.ops {
            match op {
                Op::Save(slot) => save(*slot, pos),
                Op::End if pos == text.len() => {}
                Op::End => return false,
                Op::Literal(literal) if text.as_bytes()[pos..].starts_with(literal.as_bytes()) => {
                    pos += literal.len()
                }
                Op::Literal(_) => return false,
                Op::Set(set) => match input.char_at(pos, Direction::Ahead) {
                    Some((c, next)) if set.contains(c) => pos = next,
                    _ => return false,
                },
                Op::Run { set, min, max } => {
                    let (reached, taken) = input.skip(pos, Direction::Ahead, set, *max);
                    if taken < *min {
                        return false;
                    }
                    pos = reached;
                }
            }
        }
        true
    }
}
