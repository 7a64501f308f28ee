//! How a pattern is shown: ECMAScript `RegExp.prototype.source` (`krl-language.md §4.4`).

/// The pattern with `/` and line ends escaped, such that it stays on one line between slashes.
pub(crate) fn escaped(pattern: &str) -> String {
    if pattern.is_empty() {
        return "(?:)".to_string();
    }
    let mut out = String::with_capacity(pattern.len() + 2);
    let (mut after_backslash, mut in_class) = (false, false);
    for c in pattern.chars() {
        let line_end = match c {
            '\n' => Some("n"),
            '\r' => Some("r"),
            '\u{2028}' => Some("u2028"),
            '\u{2029}' => Some("u2029"),
            _ => None,
        };
        let slash = c == '/' && !in_class;
        if (slash || line_end.is_some()) && !after_backslash {
            out.push('\\');
        }
        match line_end {
            Some(name) => out.push_str(name),
            None => out.push(c),
        }
        in_class = match c {
            '[' if !after_backslash => true,
            ']' if !after_backslash => false,
            _ => in_class,
        };
        after_backslash = c == '\\' && !after_backslash;
    }
    out
}
