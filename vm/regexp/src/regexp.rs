//! The regular expression as the rest of the house sees it.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use regex_automata::{Input, meta};

use crate::ast::Ast;
use crate::backtrack;
use crate::captures::Captures;
use crate::direct::{self, Direct};
use crate::error::{MatchLimit, PatternError};
use crate::find_all::FindAll;
use crate::flags::Flags;
use crate::linear::{self, Reach};
use crate::parse;
use crate::program::{self, Program};
use crate::source;

/// A compiled regular expression; a clone shares it. Two are equal when source and flags are.
///
/// ```
/// use krl_regexp::{Captures, Regexp};
///
/// let date = Regexp::new(r"(\d+)-(\d+)", "").unwrap();
/// let mut captures = Captures::new();
/// assert_eq!(date.find_at("on 03-07", 0, &mut captures), Ok(true));
/// assert_eq!(captures.get(2), Some(6..8));
/// ```
#[derive(Clone)]
pub struct Regexp(Arc<Inner>);

struct Inner {
    source: String,
    flags: Flags,
    ast: Ast,
    /// These three are made when first needed: a ruleset holds many patterns that never run.
    direct: OnceLock<Option<Direct>>,
    automaton: OnceLock<Option<(meta::Regex, Reach)>>,
    program: OnceLock<Program>,
    /// Searches tried without an automaton so far.
    trials: AtomicU32,
}

/// An automaton takes as long to build as some hundred short searches without it; many patterns never do as many.
const TRIALS: u32 = 16;
/// Longest text of a trial, in bytes.
const TRIAL_TEXT: usize = 256;
/// Steps of a trial; when they don't suffice the automaton is built at once.
const TRIAL_STEPS: u64 = 1_000;

/// Checks a pattern and its flags without building anything that matches.
///
/// ```
/// let error = krl_regexp::validate("a(b", "").unwrap_err();
/// assert_eq!((error.message.as_str(), error.offset), ("unterminated group", 1));
/// assert!(krl_regexp::validate("a{", "gi").is_ok());
/// ```
pub fn validate(pattern: &str, flags: &str) -> Result<(), PatternError> {
    parse::parse(pattern, Flags::parse(flags, pattern.len())?).map(drop)
}

impl Regexp {
    /// Parses a pattern as ECMAScript does without flag `u`, with any of the flags `g`, `i` and `m`.
    ///
    /// ```
    /// assert!(krl_regexp::Regexp::new("[a-z]+", "gi").is_ok());
    /// assert_eq!(krl_regexp::Regexp::new("a", "gg").unwrap_err().offset, 3);
    /// ```
    pub fn new(pattern: &str, flags: &str) -> Result<Regexp, PatternError> {
        let flags = Flags::parse(flags, pattern.len())?;
        let ast = parse::parse(pattern, flags)?;
        let source = source::escaped(pattern);
        Ok(Regexp(Arc::new(Inner {
            source,
            flags,
            ast,
            direct: OnceLock::new(),
            automaton: OnceLock::new(),
            program: OnceLock::new(),
            trials: AtomicU32::new(0),
        })))
    }

    /// The pattern as it is shown: `/` and line ends escaped, an empty one as `(?:)`. It means the same.
    ///
    /// ```
    /// assert_eq!(krl_regexp::Regexp::new("a/b", "").unwrap().source(), r"a\/b");
    /// ```
    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// The flags in the order `g`, `i`, `m`.
    ///
    /// ```
    /// assert_eq!(krl_regexp::Regexp::new("a", "ig").unwrap().flags(), "gi");
    /// ```
    pub fn flags(&self) -> &'static str {
        self.0.flags.text()
    }

    /// Whether flag `g` is set.
    ///
    /// ```
    /// assert!(krl_regexp::Regexp::new("a", "g").unwrap().is_global());
    /// ```
    #[inline]
    pub fn is_global(&self) -> bool {
        self.0.flags.global
    }

    /// Number of capturing groups, the whole match not counted.
    ///
    /// ```
    /// assert_eq!(krl_regexp::Regexp::new("(a)(?:b)(?<n>c)", "").unwrap().group_count(), 2);
    /// ```
    pub fn group_count(&self) -> usize {
        self.0.ast.groups
    }

    /// The number of the group called `name`.
    ///
    /// ```
    /// assert_eq!(krl_regexp::Regexp::new("(a)(?<n>c)", "").unwrap().group_index("n"), Some(2));
    /// ```
    pub fn group_index(&self, name: &str) -> Option<usize> {
        self.0.ast.names.iter().find(|(known, _)| known == name).map(|&(_, index)| index)
    }

    /// Whether any group is named; only then does `$<` mean something in a replacement.
    ///
    /// ```
    /// assert!(!krl_regexp::Regexp::new("(a)", "").unwrap().has_named_groups());
    /// ```
    pub fn has_named_groups(&self) -> bool {
        !self.0.ast.names.is_empty()
    }

    /// The literal `re#source#flags`, which is the expression's text form (`krl-language.md §4.4`).
    ///
    /// ```
    /// assert_eq!(krl_regexp::Regexp::new("^a.*b", "ig").unwrap().to_source_text(), "re#^a.*b#gi");
    /// ```
    pub fn to_source_text(&self) -> String {
        format!("re#{}#{}", self.source(), self.flags())
    }

    /// Whether the text has a match anywhere.
    ///
    /// ```
    /// let greeting = krl_regexp::Regexp::new("^hello", "i").unwrap();
    /// assert_eq!(greeting.is_match("Hello, world"), Ok(true));
    /// ```
    pub fn is_match(&self, text: &str) -> Result<bool, MatchLimit> {
        if let Some(direct) = self.direct() {
            return Ok(direct.is_match(text));
        }
        if let Some((regex, _)) = self.0.automaton.get().and_then(Option::as_ref) {
            return Ok(regex.is_match(text));
        }
        let (mut captures, mut steps) = (Captures::new(), backtrack::budget(text.len()));
        if let Some(found) = self.trial(text, 0, &mut captures, &mut steps) {
            return Ok(found);
        }
        match self.automaton() {
            Some((regex, _)) => Ok(regex.is_match(text)),
            None => self.backtrack(text, (0, text.len()), &mut captures, &mut steps),
        }
    }

    /// Finds the leftmost match that begins at byte `start` or later; the captures are of that match, or unset.
    ///
    /// What lies before `start` is seen by `^`, `\b` and look-behind. A `start` within a character means its end.
    ///
    /// ```
    /// use krl_regexp::{Captures, Regexp};
    ///
    /// let digit = Regexp::new(r"\d", "").unwrap();
    /// let mut captures = Captures::new();
    /// assert_eq!(digit.find_at("a1b2", 2, &mut captures), Ok(true));
    /// assert_eq!(captures.get(0), Some(3..4));
    /// ```
    pub fn find_at(&self, text: &str, start: usize, captures: &mut Captures) -> Result<bool, MatchLimit> {
        self.find_within(text, start, captures, &mut backtrack::budget(text.len()))
    }

    /// All matches from left to right, whatever the flags; together they share one step budget.
    ///
    /// ```
    /// let word = krl_regexp::Regexp::new(r"\w*", "").unwrap();
    /// let found: Result<Vec<_>, _> = word.find_all("ab c").collect();
    /// assert_eq!(found, Ok(vec![0..2, 2..2, 3..4, 4..4]));
    /// ```
    pub fn find_all<'r, 't>(&'r self, text: &'t str) -> FindAll<'r, 't> {
        FindAll::new(self, text)
    }

    pub(crate) fn find_within(
        &self,
        text: &str,
        start: usize,
        captures: &mut Captures,
        steps: &mut u64,
    ) -> Result<bool, MatchLimit> {
        captures.reset(self.group_count());
        if start > text.len() {
            return Ok(false);
        }
        let start = text.ceil_char_boundary(start);
        if let Some(direct) = self.direct() {
            return Ok(direct.find(text, start, captures.slots_mut()));
        }
        if let Some(found) = self.trial(text, start, captures, steps) {
            return Ok(found);
        }
        let Some((regex, reach)) = self.automaton() else {
            return self.backtrack(text, (start, text.len()), captures, steps);
        };
        let input = Input::new(text).span(start..text.len());
        if *reach == Reach::Captures {
            return Ok(regex.search_slots(&input, captures.slots_mut()).is_some());
        }
        match regex.find(input) {
            // Only the start is the same for both matchers.
            Some(found) => self.backtrack(text, (found.start(), found.start()), captures, steps),
            None => Ok(false),
        }
    }

    fn direct(&self) -> Option<&Direct> {
        self.0.direct.get_or_init(|| direct::build(&self.0.ast.root)).as_ref()
    }

    /// Searches by backtracking while it is not known whether an automaton is worth its building.
    ///
    /// That a budget is exceeded must not depend on how often an expression was used before. So a trial is charged
    /// what the backtracking matcher would be, and is not made where that one would only complete an automaton's answer.
    fn trial(&self, text: &str, start: usize, captures: &mut Captures, steps: &mut u64) -> Option<bool> {
        if self.0.automaton.get().is_some() || text.len() > TRIAL_TEXT {
            return None;
        }
        let is_over = self.0.trials.fetch_add(1, Ordering::Relaxed) >= TRIALS;
        if is_over || linear::reach(&self.0.ast.root) == Reach::Start {
            return None;
        }
        let allowed = TRIAL_STEPS.min(*steps);
        let mut left = allowed;
        let found = self.backtrack(text, (start, text.len()), captures, &mut left).ok()?;
        *steps -= allowed - left;
        Some(found)
    }

    fn automaton(&self) -> &Option<(meta::Regex, Reach)> {
        self.0.automaton.get_or_init(|| linear::build(&self.0.ast.root))
    }

    fn backtrack(
        &self,
        text: &str,
        starts: (usize, usize),
        captures: &mut Captures,
        steps: &mut u64,
    ) -> Result<bool, MatchLimit> {
        let program = self.0.program.get_or_init(|| program::compile(&self.0.ast, self.0.flags.ignore_case));
        let found = backtrack::search(program, text, starts, captures.scratch(), steps)?;
        if found {
            captures.take_registers();
        }
        Ok(found)
    }
}

impl PartialEq for Regexp {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || (self.source() == other.source() && self.0.flags == other.0.flags)
    }
}

impl Eq for Regexp {}

impl fmt::Debug for Regexp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_source_text())
    }
}
