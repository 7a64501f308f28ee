//! The direct path: patterns such as `^(\w+)=(.*)$`, in which no choice is ever taken back.
//!
//! A greedy run need not give anything back when what follows can't begin with a member of its set. Most patterns
//! of event attributes are of this kind; they run in one pass without automaton, stack or build time.

use regex_automata::util::primitives::NonMaxUsize;

use crate::ast::{Assertion, Direction, Node, Preference, Repeat};
use crate::charset::CharSet;
use crate::input::Input;
use crate::members::{Members, word_at};

/// A pattern as the sequence of what it takes from the text.
#[derive(Debug)]
pub(crate) struct Direct {
    ops: Vec<Op>,
    origin: Origin,
}

#[derive(Debug)]
enum Op {
    Literal(Literal),
    Set(Members),
    /// A run of characters, and the group that is nothing else; the whole match where there is none.
    Run {
        set: Members,
        min: u32,
        max: u32,
        group: usize,
    },
    /// Puts the position into a slot.
    Save(usize),
    End,
}

/// A text that stands there as it is, with its first bytes as a word.
#[derive(Debug)]
struct Literal {
    text: String,
    head: u64,
    mask: u64,
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
    let mut ops = Vec::new();
    let origin = match parts.first() {
        Some(Node::Assert(Assertion::TextStart)) => Origin::TextStart,
        _ => Origin::Search,
    };
    let skipped = usize::from(origin == Origin::TextStart);
    for part in parts.iter().skip(skipped) {
        flatten(part, &mut ops)?;
    }
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
            _ => ops.push(Op::Literal(Literal::of(*c))),
        },
        Node::Set(set) => ops.push(Op::Set(Members::of(set))),
        Node::Assert(Assertion::TextEnd) => ops.push(Op::End),
        Node::Seq(parts) => parts.iter().try_for_each(|part| flatten(part, ops))?,
        Node::Group { index, body } => match &**body {
            Node::Repeat(repeat) => ops.push(run_of(repeat, *index)?),
            _ => {
                ops.push(Op::Save(2 * index));
                flatten(body, ops)?;
                ops.push(Op::Save(2 * index + 1));
            }
        },
        Node::Repeat(repeat) => ops.push(run_of(repeat, 0)?),
        _ => return None,
    }
    Some(())
}

fn run_of(repeat: &Repeat, group: usize) -> Option<Op> {
    let set = match &repeat.body {
        Node::Set(set) => Members::of(set),
        Node::Char(c) => Members::of(&CharSet::single(*c)),
        _ => return None,
    };
    let max = repeat.max.unwrap_or(u32::MAX);
    (repeat.preference == Preference::Greedy).then_some(Op::Run { set, min: repeat.min, max, group })
}

/// Whether the operation, if a run, would gain nothing by taking less before what follows.
fn keeps_all(op: &Op, following: &[Op]) -> bool {
    let Op::Run { set, min, max, .. } = op else { return true };
    if min == max {
        return true;
    }
    for next in following {
        match next {
            Op::Save(_) => {}
            Op::End => return true,
            Op::Literal(literal) => return literal.text.chars().next().is_some_and(|c| !set.contains(c)),
            Op::Set(other) => return set.set().is_disjoint(other.set()),
            Op::Run { set: other, .. } if !set.set().is_disjoint(other.set()) => return false,
            Op::Run { min: 0, .. } => {}
            Op::Run { .. } => return true,
        }
    }
    true
}

impl Literal {
    fn of(c: char) -> Self {
        let mut literal = Literal { text: String::new(), head: 0, mask: 0 };
        literal.push(c);
        literal
    }

    fn push(&mut self, c: char) {
        self.text.push(c);
        let mut head = [0; 8];
        let mut mask = [0; 8];
        for ((head, mask), byte) in head.iter_mut().zip(&mut mask).zip(self.text.bytes()) {
            (*head, *mask) = (byte, u8::MAX);
        }
        (self.head, self.mask) = (u64::from_le_bytes(head), u64::from_le_bytes(mask));
    }

    #[inline]
    fn stands_at(&self, text: &[u8], pos: usize) -> bool {
        if self.text.len() > text.len() - pos || word_at(text, pos) & self.mask != self.head {
            return false;
        }
        let tail = self.text.as_bytes().get(8..).unwrap_or_default();
        tail.is_empty() || text.get(pos + 8..).is_some_and(|rest| rest.starts_with(tail))
    }
}

impl Direct {
    /// Whether a match begins at `start` or later; `slots` are set if it does.
    pub(crate) fn find(&self, text: &str, start: usize, slots: &mut [Option<NonMaxUsize>]) -> bool {
        if self.origin == Origin::TextStart && start > 0 {
            return false;
        }
        let found = self.run(text, start, slots);
        if !found {
            slots.fill(None);
        }
        found
    }

    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.run(text, 0, &mut [])
    }

    fn run(&self, text: &str, start: usize, slots: &mut [Option<NonMaxUsize>]) -> bool {
        let (input, bytes) = (Input::new(text), text.as_bytes());
        let mut pos = start;
        for op in &self.ops {
            match op {
                Op::Save(slot) => save(slots, *slot, pos),
                Op::End if pos == bytes.len() => {}
                Op::End => return false,
                Op::Literal(literal) if literal.stands_at(bytes, pos) => pos += literal.text.len(),
                Op::Literal(_) => return false,
                Op::Set(set) => match input.char_at(pos, Direction::Ahead) {
                    Some((c, next)) if set.contains(c) => pos = next,
                    _ => return false,
                },
                Op::Run { set, min, max, group } => {
                    let (reached, taken) = input.skip(pos, Direction::Ahead, set, *max);
                    if taken < *min {
                        return false;
                    }
                    if *group > 0 {
                        save(slots, 2 * group, pos);
                        save(slots, 2 * group + 1, reached);
                    }
                    pos = reached;
                }
            }
        }
        save(slots, 0, start);
        save(slots, 1, pos);
        true
    }
}

#[inline]
fn save(slots: &mut [Option<NonMaxUsize>], slot: usize, pos: usize) {
    if let Some(slot) = slots.get_mut(slot) {
        *slot = NonMaxUsize::new(pos);
    }
}
