//! The syntax tree of a pattern, and what is known about a node without running it.

use std::ops::Range;

use crate::charset::CharSet;

/// A pattern, parsed: letters are already folded when flag `i` is set.
#[derive(Debug)]
pub(crate) struct Ast {
    pub root: Node,
    /// Number of capturing groups, the whole match not counted.
    pub groups: usize,
    /// Named groups in order of their opening parenthesis, with their numbers.
    pub names: Vec<(String, usize)>,
}

/// One term of a pattern.
#[derive(Debug)]
pub(crate) enum Node {
    Empty,
    Char(char),
    Set(CharSet),
    Assert(Assertion),
    Seq(Vec<Node>),
    Alt(Vec<Node>),
    Group { index: usize, body: Box<Node> },
    Repeat(Box<Repeat>),
    Look { direction: Direction, polarity: Polarity, body: Box<Node> },
    Backref(usize),
}

/// A quantified term.
#[derive(Debug)]
pub(crate) struct Repeat {
    pub body: Node,
    pub min: u32,
    pub max: Option<u32>,
    pub preference: Preference,
    /// Numbers of the groups inside, which every iteration resets.
    pub groups: Range<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Assertion {
    TextStart,
    TextEnd,
    LineStart,
    LineEnd,
    WordBoundary,
    NotWordBoundary,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Ahead,
    Behind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Polarity {
    Positive,
    Negative,
}

/// Which side a quantifier tries first: one more iteration, or going on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Preference {
    Greedy,
    Lazy,
}

impl Direction {
    pub(crate) fn opposite(self) -> Self {
        match self {
            Direction::Ahead => Direction::Behind,
            Direction::Behind => Direction::Ahead,
        }
    }
}

impl Node {
    /// Whether the node can match without consuming a character.
    pub(crate) fn is_nullable(&self) -> bool {
        match self {
            Node::Empty | Node::Assert(_) | Node::Look { .. } | Node::Backref(_) => true,
            Node::Char(_) | Node::Set(_) => false,
            Node::Seq(parts) => parts.iter().all(Node::is_nullable),
            Node::Alt(branches) => branches.iter().any(Node::is_nullable),
            Node::Group { body, .. } => body.is_nullable(),
            Node::Repeat(repeat) => repeat.min == 0 || repeat.body.is_nullable(),
        }
    }

    /// Whether the node always consumes exactly one character and captures nothing.
    pub(crate) fn is_single(&self) -> bool {
        matches!(self, Node::Char(_) | Node::Set(_))
    }
}
