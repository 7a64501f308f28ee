//! The linear-time path: patterns whose meaning a finite automaton shares with ECMAScript.
//!
//! The automaton library prefers alternatives as a backtracking matcher does, but it differs from ECMAScript where an
//! optional iteration matches nothing (ECMAScript refuses it) and where an iteration leaves a group of an earlier one
//! unset (ECMAScript clears it). [`Reach`] tells how much of a pattern's meaning the automaton may be asked for.

use regex_automata::meta;
use regex_syntax::hir::{self, Hir};

use crate::ast::{Assertion, Node, Preference, Repeat};
use crate::charset::CharSet;

/// Bytes an automaton may take; a larger one is left to the backtracking matcher.
const SIZE_LIMIT: usize = 4 << 20;
/// Bytes of the automaton states that are cached while matching.
const CACHE_LIMIT: usize = 1 << 20;
/// Terms, repetitions written out, up to which an automaton is worth trying.
const MAX_TERMS: u64 = 4_000;

/// What an automaton can answer about a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reach {
    /// Nothing: there is a back-reference, look-around or line anchor.
    Nothing,
    /// Whether a match exists and where the leftmost begins, which refused or cleared iterations don't change.
    Start,
    /// Everything.
    Captures,
}

/// Builds the automaton for a pattern, if one can answer anything.
pub(crate) fn build(root: &Node) -> Option<(meta::Regex, Reach)> {
    let reach = reach(root);
    if reach == Reach::Nothing || terms(root) > MAX_TERMS {
        return None;
    }
    let config = meta::Config::new().nfa_size_limit(Some(SIZE_LIMIT)).hybrid_cache_capacity(CACHE_LIMIT);
    let regex = meta::Builder::new().configure(config).build_from_hir(&translate(root)).ok()?;
    Some((regex, reach))
}

/// What an automaton could answer, its size aside.
pub(crate) fn reach(node: &Node) -> Reach {
    match node {
        Node::Backref(_) | Node::Look { .. } => Reach::Nothing,
        Node::Assert(Assertion::LineStart | Assertion::LineEnd) => Reach::Nothing,
        Node::Empty | Node::Char(_) | Node::Set(_) | Node::Assert(_) => Reach::Captures,
        Node::Seq(nodes) | Node::Alt(nodes) => nodes.iter().map(reach).min().unwrap_or(Reach::Captures),
        Node::Group { body, .. } => reach(body),
        Node::Repeat(repeat) => reach(&repeat.body).min(reach_of_iterations(repeat)),
    }
}

fn reach_of_iterations(repeat: &Repeat) -> Reach {
    let has_optional = repeat.max.is_none_or(|max| max > repeat.min);
    let refuses = has_optional && repeat.body.is_nullable();
    let clears = repeat.max != Some(1) && !sets_all_groups(&repeat.body);
    if refuses || clears || removes_groups(repeat) { Reach::Start } else { Reach::Captures }
}

/// Whether the automaton, which drops what is repeated zero times, would not know of some groups.
fn removes_groups(repeat: &Repeat) -> bool {
    repeat.max == Some(0) && !repeat.groups.is_empty()
}

/// Whether every match of the node sets all its groups.
fn sets_all_groups(node: &Node) -> bool {
    match node {
        Node::Alt(branches) => branches.iter().all(|branch| !has_groups(branch)),
        Node::Seq(parts) => parts.iter().all(sets_all_groups),
        Node::Group { body, .. } => sets_all_groups(body),
        Node::Repeat(repeat) => repeat.groups.is_empty() || (repeat.min > 0 && sets_all_groups(&repeat.body)),
        _ => !has_groups(node),
    }
}

fn has_groups(node: &Node) -> bool {
    match node {
        Node::Group { .. } => true,
        Node::Seq(nodes) | Node::Alt(nodes) => nodes.iter().any(has_groups),
        Node::Repeat(repeat) => !repeat.groups.is_empty(),
        Node::Look { body, .. } => has_groups(body),
        _ => false,
    }
}

fn terms(node: &Node) -> u64 {
    match node {
        Node::Seq(nodes) | Node::Alt(nodes) => nodes.iter().map(terms).fold(0, u64::saturating_add),
        Node::Group { body, .. } | Node::Look { body, .. } => terms(body),
        Node::Repeat(repeat) => {
            let copies = repeat.max.unwrap_or(repeat.min).max(1);
            terms(&repeat.body).saturating_mul(copies.into())
        }
        _ => 1,
    }
}

fn translate(node: &Node) -> Hir {
    match node {
        Node::Empty => Hir::empty(),
        Node::Char(c) => Hir::literal(c.encode_utf8(&mut [0; 4]).as_bytes()),
        Node::Set(set) => class(set),
        Node::Assert(assertion) => look(*assertion),
        Node::Seq(parts) => Hir::concat(parts.iter().map(translate).collect()),
        Node::Alt(branches) => Hir::alternation(branches.iter().map(translate).collect()),
        Node::Group { index, body } => Hir::capture(hir::Capture {
            index: u32::try_from(*index).unwrap_or(u32::MAX),
            name: None,
            sub: Box::new(translate(body)),
        }),
        Node::Repeat(repeat) => Hir::repetition(hir::Repetition {
            min: repeat.min,
            max: repeat.max,
            greedy: repeat.preference == Preference::Greedy,
            sub: Box::new(translate(&repeat.body)),
        }),
        // `reach` lets none of these through.
        Node::Look { .. } | Node::Backref(_) => Hir::fail(),
    }
}

fn class(set: &CharSet) -> Hir {
    let ranges = set.ranges().iter().map(|&(lo, hi)| hir::ClassUnicodeRange::new(lo, hi));
    Hir::class(hir::Class::Unicode(hir::ClassUnicode::new(ranges)))
}

fn look(assertion: Assertion) -> Hir {
    match assertion {
        Assertion::TextStart => Hir::look(hir::Look::Start),
        Assertion::TextEnd => Hir::look(hir::Look::End),
        Assertion::WordBoundary => Hir::look(hir::Look::WordAscii),
        Assertion::NotWordBoundary => Hir::look(hir::Look::WordAsciiNegate),
        // `reach` lets neither through: `\r` and U+2028 end a line too, which the library has no anchor for.
        Assertion::LineStart | Assertion::LineEnd => Hir::fail(),
    }
}
