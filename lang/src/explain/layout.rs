//! What is wrong between items: stray text, unknown properties, sections out of order.

use super::{lexical, shortened};
use crate::code::Code;
use crate::context::property as property_word;
use crate::diagnostic::Diagnostic;
use crate::items::{Part, Tokens};
use crate::token::TokenKind as K;
use crate::view::View;

/// Text where a section or rule should start.
pub(crate) fn stray(view: View<'_>, range: &Tokens) -> Diagnostic {
    if let Some(found) = lexical(view, range.start) {
        return found;
    }
    let span = view.span(range.start);
    let text = shortened(view.text(range.start));
    if matches!(text.as_str(), "meta" | "global") && view.kind(range.start + 1) != Some(K::LBrace) {
        let message = format!("expected `{{` behind `{text}`");
        return Diagnostic::new(Code::ExpectedOpen, view.span(range.start + 1), message);
    }
    if view.kind(range.start) == Some(K::RBrace) {
        return Diagnostic::new(Code::Trailing, span, "this `}` closes nothing");
    }
    if range.end == view.len() && range.start > 0 && view.kind(range.start - 1) == Some(K::RBrace) {
        let message = format!("the ruleset has ended, found `{text}`");
        return Diagnostic::new(Code::Trailing, span, message);
    }
    let message = format!("expected `meta`, `global`, a rule or `}}`, found `{text}`");
    Diagnostic::new(Code::Syntax, span, message)
}

/// An unknown first word of a property.
pub(crate) fn property(view: View<'_>, range: &Tokens) -> Option<Diagnostic> {
    let text = view.text(range.start);
    if property_word(text).is_some() {
        return None;
    }
    if let Some(found) = lexical(view, range.start) {
        return Some(found);
    }
    let span = view.span(range.start);
    if view.kind(range.start) != Some(K::Word) {
        return Some(Diagnostic::new(Code::UnknownMetaKey, span, "expected a property of `meta`"));
    }
    let found = Diagnostic::new(Code::UnknownMetaKey, span, format!("unsupported meta key: `{text}`"));
    Some(match text {
        "alias" | "with" => {
            found.help("it stands directly behind the id of the module; modules have no `version` here")
        }
        "sharing" => found.help("name what is shared: `shares a, b`"),
        "authz" | "dispatch" => found.help("the property belongs to an older dialect"),
        _ => found,
    })
}

/// `meta` and `global` stand once, in this order, before the rules.
pub(crate) fn order(view: View<'_>, parts: &[Part]) -> Option<Diagnostic> {
    let mut latest = 0;
    for part in parts {
        let (rank, at, once) = match part {
            Part::Version(t) => (1, t.start, true),
            Part::Meta(s) => (2, s.tokens.start, true),
            Part::Global(s) => (3, s.tokens.start, true),
            Part::Rule(t) => (4, t.start, false),
            Part::Stray(_) => continue,
        };
        if rank < latest || rank == latest && once {
            let word = view.text(at);
            let text = if rank == latest {
                format!("a second `{word}`")
            } else {
                format!("`{word}` stands too late")
            };
            let help = "the order is `meta`, `global`, rules; each section stands once";
            return Some(Diagnostic::new(Code::SectionOrder, view.span(at), text).help(help));
        }
        latest = rank;
    }
    None
}
