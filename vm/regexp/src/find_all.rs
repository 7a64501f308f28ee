//! All matches of an expression in a text, which `replace`, `split` and `extract` work through.

use std::ops::Range;

use crate::backtrack;
use crate::captures::Captures;
use crate::error::MatchLimit;
use crate::regexp::Regexp;

/// The iterator of [`Regexp::find_all`]. After a match without characters it moves on by one character (decision L7).
///
/// ```
/// let pair = krl_regexp::Regexp::new(r"(\w)=(\d)", "g").unwrap();
/// let mut found = pair.find_all("a=1 b=2");
/// let mut values = Vec::new();
/// while let Some(whole) = found.next() {
///     whole.unwrap();
///     values.push(found.captures().get(2));
/// }
/// assert_eq!(values, [Some(2..3), Some(6..7)]);
/// ```
#[derive(Debug)]
pub struct FindAll<'r, 't> {
    regexp: &'r Regexp,
    text: &'t str,
    /// Where the next search begins; past the end when there is nothing more.
    next: usize,
    steps: u64,
    captures: Captures,
}

impl<'r, 't> FindAll<'r, 't> {
    pub(crate) fn new(regexp: &'r Regexp, text: &'t str) -> Self {
        FindAll { regexp, text, next: 0, steps: backtrack::budget(text.len()), captures: Captures::new() }
    }

    /// The captures of the match that `next` returned last.
    pub fn captures(&self) -> &Captures {
        &self.captures
    }
}

impl Iterator for FindAll<'_, '_> {
    type Item = Result<Range<usize>, MatchLimit>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.regexp.find_within(self.text, self.next, &mut self.captures, &mut self.steps) {
            Ok(true) => {
                let found = self.captures.get(0)?;
                self.next = if found.is_empty() { found.end + 1 } else { found.end };
                Some(Ok(found))
            }
            Ok(false) => {
                self.next = self.text.len() + 1;
                None
            }
            Err(limit) => {
                self.next = self.text.len() + 1;
                Some(Err(limit))
            }
        }
    }
}
