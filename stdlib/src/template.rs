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

/// Appends `template` with ECMAScript's replacement patterns filled in, for one match in `subject`.
///
/// `groups` are byte ranges in `subject`: the whole match, then the captures, `None` for one that took no part.
/// `$$` is `$`, `$&` the match, `` $` `` and `$'` what is before and after it, `$1` to `$99` a capture. A number beyond
/// the captures is plain text.
pub fn expand_replacement(template: &str, subject: &str, groups: &[Option<Range<usize>>], out: &mut String) {
    let whole = groups.first().cloned().flatten().unwrap_or(0..0);
    let text = |range: Range<usize>| subject.get(range).unwrap_or_default();
    let mut rest = template;
    while let Some(start) = rest.find('$') {
        let (before, pattern) = rest.split_at(start);
        out.push_str(before);
        let after = &pattern[1..];
        let (filled, length) = match after.as_bytes().first() {
            Some(b'$') => ("$", 1),
            Some(b'&') => (text(whole.clone()), 1),
            Some(b'`') => (text(0..whole.start), 1),
            Some(b'\'') => (text(whole.end..subject.len()), 1),
            _ => match capture_number(after, groups.len()) {
                Some((number, length)) => (groups[number].clone().map_or("", text), length),
                None => ("$", 0),
            },
        };
        out.push_str(filled);
        rest = &after[length..];
    }
    out.push_str(rest);
}

/// The capture that the digits at the start of `text` name, and how many digits: two if there are so many captures,
/// else one.
fn capture_number(text: &str, group_count: usize) -> Option<(usize, usize)> {
    [2, 1].into_iter().find_map(|length| {
        let digits = text.get(..length).filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))?;
        let number = digits.parse().ok()?;
        (1..group_count).contains(&number).then_some((number, length))
    })
}

#[cfg(test)]
mod tests;
