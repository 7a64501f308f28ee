//! Text with places to fill: `sprintf` templates and the replacement texts of `replace` (krl-language.md §6.2).

use std::ops::Range;

/// What `sprintf` prints: a number takes the place of `%d`, a text of `%s`, anything else of nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Kind {
    Number,
    Text,
    Other,
}

/// `template` with `value_text` in every place for its `kind`.
///
/// `\\` is a backslash and `\%d` (for a text `\%s`) the specifier itself. For other values the template stays as it is.
///
/// ```
/// use krl_stdlib::template::{Kind, sprintf};
/// assert_eq!(sprintf("5", Kind::Number, r"%d%d of \%d"), "55 of %d");
/// ```
pub fn sprintf(value_text: &str, kind: Kind, template: &str) -> String {
    let specifier = match kind {
        Kind::Number => "%d",
        Kind::Text => "%s",
        Kind::Other => return template.to_owned(),
    };
    let mut out = String::with_capacity(template.len() + value_text.len());
    let mut rest = template;
    while let Some(start) = rest.find(['\\', '%']) {
        let (before, here) = rest.split_at(start);
        out.push_str(before);
        rest = if let Some(after) = here.strip_prefix(specifier) {
            out.push_str(value_text);
            after
        } else if let Some(after) = here.strip_prefix(r"\\") {
            out.push('\\');
            after
        } else if let Some(after) =
            here.strip_prefix('\\').and_then(|escaped| escaped.strip_prefix(specifier))
        {
            out.push_str(specifier);
            after
        } else {
            out.push_str(&here[..1]);
            &here[1..]
        };
    }
    out.push_str(rest);
    out
}

/// The number of the capture with a name.
pub type NameLookup<'t> = dyn Fn(&str) -> Option<usize> + 't;

/// One match, as replacement templates refer to it.
pub struct Match<'t> {
    /// The text it was found in.
    pub subject: &'t str,
    /// Byte ranges in `subject`: the whole match, then the captures, `None` for one that took no part.
    pub groups: &'t [Option<Range<usize>>],
    /// Finds the number of a named capture, if the pattern has any.
    pub named: Option<&'t NameLookup<'t>>,
}

impl<'t> Match<'t> {
    fn whole(&self) -> Range<usize> {
        self.group(0).unwrap_or(0..0)
    }

    fn group(&self, number: usize) -> Option<Range<usize>> {
        self.groups.get(number).cloned().flatten()
    }

    fn text(&self, range: Range<usize>) -> &'t str {
        self.subject.get(range).unwrap_or_default()
    }
}

/// Gives `out` the pieces of `template` with ECMAScript's replacement patterns filled in.
///
/// `$$` is `$`, `$&` the match, `` $` `` and `$'` what is before and after it, `$1` to `$99` a capture. A number beyond
/// the captures is plain text, and so is `$<name>` unless captures have names.
pub fn expand_replacement<'t>(template: &'t str, found: &Match<'t>, mut out: impl FnMut(&'t str)) {
    let mut rest = template;
    while let Some(start) = rest.find('$') {
        let (before, pattern) = rest.split_at(start);
        out(before);
        let after = &pattern[1..];
        let (filled, length) = match after.as_bytes().first() {
            Some(b'$') => ("$", 1),
            Some(b'&') => (found.text(found.whole()), 1),
            Some(b'`') => (found.text(0..found.whole().start), 1),
            Some(b'\'') => (found.text(found.whole().end..found.subject.len()), 1),
            _ => match capture_number(after, found) {
                Some((number, length)) => (found.group(number).map_or("", |range| found.text(range)), length),
                None => ("$", 0),
            },
        };
        out(filled);
        rest = &after[length..];
    }
    out(rest);
}

/// The capture that the start of `text` names, and the length of its name: a name in angle brackets, or digits, two if there
/// are so many captures, else one.
fn capture_number(text: &str, found: &Match<'_>) -> Option<(usize, usize)> {
    if let (Some(named), Some(bracketed)) = (found.named, text.strip_prefix('<')) {
        let (name, _) = bracketed.split_once('>')?;
        return Some((named(name).unwrap_or(usize::MAX), name.len() + 2));
    }
    [2, 1].into_iter().find_map(|length| {
        let digits = text.get(..length).filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))?;
        let number = digits.parse().ok()?;
        (1..found.groups.len()).contains(&number).then_some((number, length))
    })
}

#[cfg(test)]
mod tests;
