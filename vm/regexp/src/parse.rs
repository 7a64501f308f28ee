//! Pattern text → syntax tree: ECMAScript `Pattern` without the `u` flag, including its Annex B extensions.
//!
//! Atoms and escapes are in `escape`, character classes in `class`, group names in `name`.

mod class;
mod escape;
mod name;

use crate::ast::{Assertion, Ast, Direction, Node, Polarity, Preference, Repeat};
use crate::case;
use crate::charset::CharSet;
use crate::error::PatternError;
use crate::flags::Flags;

/// Longest pattern, in bytes.
const MAX_PATTERN: usize = 1 << 16;
/// Deepest nesting of groups: parsing and compiling recurse once per level.
const MAX_DEPTH: usize = 200;
/// Largest number in `{n,m}`.
const MAX_COUNT: u32 = 0xFFFF;
/// Most terms a pattern may have once its counted repetitions are written out.
const MAX_TERMS: u64 = 50_000;
/// Most capturing groups.
const MAX_GROUPS: usize = 1_000;

type Parse<T> = Result<T, PatternError>;

/// Least and most repetitions; `None` is no bound.
type Bounds = (u32, Option<u32>);

/// Parses a pattern, or says what is wrong with it and where.
pub(crate) fn parse(pattern: &str, flags: Flags) -> Parse<Ast> {
    if pattern.len() > MAX_PATTERN {
        return Err(PatternError::new(format!("pattern is longer than {MAX_PATTERN} bytes"), MAX_PATTERN));
    }
    let survey = name::survey(pattern);
    let mut parser = Parser {
        pattern,
        flags,
        pos: 0,
        groups: 0,
        total_groups: survey.groups,
        names: survey.names,
        depth: 0,
        terms: 0,
    };
    let root = parser.disjunction()?;
    if parser.pos < pattern.len() {
        return parser.fail("unmatched `)`", parser.pos);
    }
    Ok(Ast { root, groups: parser.groups, names: parser.names })
}

struct Parser<'p> {
    pattern: &'p str,
    flags: Flags,
    pos: usize,
    /// Capturing groups opened so far.
    groups: usize,
    /// Capturing groups of the whole pattern: decides whether `\1` is a back-reference.
    total_groups: usize,
    /// Named groups of the whole pattern: decides whether `\k` is a reference.
    names: Vec<(String, usize)>,
    depth: usize,
    /// Terms so far, counted repetitions written out.
    terms: u64,
}

impl Parser<'_> {
    fn fail<T>(&self, message: impl Into<String>, offset: usize) -> Parse<T> {
        Err(PatternError::new(message, offset))
    }

    fn rest(&self) -> &str {
        self.pattern.get(self.pos..).unwrap_or("")
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.pos += c.len_utf8();
        Some(c)
    }

    fn eat(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.pos += token.len();
        }
        found
    }

    fn disjunction(&mut self) -> Parse<Node> {
        let first = self.alternative()?;
        if self.peek() != Some('|') {
            return Ok(first);
        }
        let mut branches = vec![first];
        while self.eat("|") {
            branches.push(self.alternative()?);
        }
        Ok(Node::Alt(branches))
    }

    fn alternative(&mut self) -> Parse<Node> {
        let mut parts = Vec::new();
        while let Some(c) = self.peek() {
            if matches!(c, '|' | ')') {
                break;
            }
            parts.push(self.term()?);
        }
        Ok(match parts.len() {
            0 => Node::Empty,
            1 => parts.remove(0),
            _ => Node::Seq(parts),
        })
    }

    fn term(&mut self) -> Parse<Node> {
        let start = self.pos;
        let (groups_before, terms_before) = (self.groups, self.terms);
        self.terms += 1;
        let Some(c) = self.next() else { return Ok(Node::Empty) };
        let atom = match c {
            '^' if self.flags.multiline => return Ok(Node::Assert(Assertion::LineStart)),
            '^' => return Ok(Node::Assert(Assertion::TextStart)),
            '$' if self.flags.multiline => return Ok(Node::Assert(Assertion::LineEnd)),
            '$' => return Ok(Node::Assert(Assertion::TextEnd)),
            '\\' if self.eat("b") => return Ok(Node::Assert(Assertion::WordBoundary)),
            '\\' if self.eat("B") => return Ok(Node::Assert(Assertion::NotWordBoundary)),
            // Annex B lets a look-ahead be quantified, but no look-behind.
            '(' if self.rest().starts_with("?<=") || self.rest().starts_with("?<!") => {
                return self.group(start);
            }
            '(' => self.group(start)?,
            '*' | '+' | '?' => return self.fail("nothing to repeat", start),
            '{' if self.braces_at(start)?.is_some() => return self.fail("nothing to repeat", start),
            '[' => self.class(start)?,
            '\\' => self.atom_escape(start)?,
            '.' => Node::Set(CharSet::dot()),
            literal => self.literal(literal),
        };
        self.quantified(atom, groups_before, terms_before)
    }

    /// A character that stands for itself, with its case variants under flag `i`.
    fn literal(&self, c: char) -> Node {
        if !self.flags.ignore_case {
            return Node::Char(c);
        }
        let mut ranges = vec![(c as u32, c as u32)];
        case::close_over_case(&mut ranges);
        if ranges.len() == 1 { Node::Char(c) } else { Node::Set(CharSet::from_code_points(ranges)) }
    }

    fn group(&mut self, start: usize) -> Parse<Node> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return self.fail(format!("groups are nested more than {MAX_DEPTH} deep"), start);
        }
        let node = if self.eat("?:") {
            self.group_body(start)?
        } else if self.eat("?=") {
            self.look(start, Direction::Ahead, Polarity::Positive)?
        } else if self.eat("?!") {
            self.look(start, Direction::Ahead, Polarity::Negative)?
        } else if self.eat("?<=") {
            self.look(start, Direction::Behind, Polarity::Positive)?
        } else if self.eat("?<!") {
            self.look(start, Direction::Behind, Polarity::Negative)?
        } else {
            self.capture(start)?
        };
        self.depth -= 1;
        Ok(node)
    }

    fn group_body(&mut self, start: usize) -> Parse<Node> {
        let body = self.disjunction()?;
        if self.eat(")") { Ok(body) } else { self.fail("unterminated group", start) }
    }

    fn look(&mut self, start: usize, direction: Direction, polarity: Polarity) -> Parse<Node> {
        let body = Box::new(self.group_body(start)?);
        Ok(Node::Look { direction, polarity, body })
    }

    fn capture(&mut self, start: usize) -> Parse<Node> {
        self.groups += 1;
        let index = self.groups;
        if index > MAX_GROUPS {
            return self.fail(format!("more than {MAX_GROUPS} capturing groups"), start);
        }
        if self.eat("?<") {
            let at = self.pos;
            let name = self.group_name("invalid capture group name")?;
            if self.names.iter().any(|(other, number)| *other == name && *number < index) {
                return self.fail(format!("duplicate capture group name `{name}`"), at);
            }
        } else if self.peek() == Some('?') {
            return self.fail("invalid group", start);
        }
        let body = Box::new(self.group_body(start)?);
        Ok(Node::Group { index, body })
    }

    fn quantified(&mut self, body: Node, groups_before: usize, terms_before: u64) -> Parse<Node> {
        let start = self.pos;
        let (min, max) = match self.peek() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => match self.braces_at(start)? {
                Some((bounds, end)) => {
                    self.pos = end - 1;
                    bounds
                }
                None => return Ok(body),
            },
            _ => return Ok(body),
        };
        self.pos += 1;
        let preference = if self.eat("?") { Preference::Lazy } else { Preference::Greedy };
        if !body.is_single() {
            let copies = u64::from(max.unwrap_or(min).max(min).max(1));
            self.terms = terms_before + (self.terms - terms_before).saturating_mul(copies);
        }
        if self.terms > MAX_TERMS {
            return self.fail(format!("repetitions add up to more than {MAX_TERMS} terms"), start);
        }
        let groups = groups_before + 1..self.groups + 1;
        Ok(Node::Repeat(Box::new(Repeat { body, min, max, preference, groups })))
    }

    /// The bounds of a `{n}`, `{n,}` or `{n,m}` that begins at `start`, and where it ends; any other brace is a literal.
    fn braces_at(&self, start: usize) -> Parse<Option<(Bounds, usize)>> {
        let low = self.digits_at(start + 1);
        let mut end = start + 1 + low.len();
        let mut high = None;
        if self.pattern[end..].starts_with(',') {
            let digits = self.digits_at(end + 1);
            high = Some((digits, end + 1));
            end += 1 + digits.len();
        }
        if low.is_empty() || !self.pattern[end..].starts_with('}') {
            return Ok(None);
        }
        let min = self.count(low, start + 1)?;
        let max = match high {
            None => Some(min),
            Some(("", _)) => None,
            Some((digits, offset)) => Some(self.count(digits, offset)?),
        };
        if max.is_some_and(|max| max < min) {
            return self.fail("numbers out of order in `{}`", start);
        }
        Ok(Some(((min, max), end + 1)))
    }

    fn digits_at(&self, start: usize) -> &str {
        let rest = &self.pattern[start..];
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        &rest[..end]
    }

    fn count(&self, digits: &str, offset: usize) -> Parse<u32> {
        match digits.trim_start_matches('0') {
            "" => Ok(0),
            significant => match significant.parse() {
                Ok(count) if count <= MAX_COUNT => Ok(count),
                _ => self.fail(format!("repetition count is larger than {MAX_COUNT}"), offset),
            },
        }
    }
}
