//! Findings about `select`: KRL0441 never-selected, KRL0447 where-first, KRL0448 nothing-captured, KRL0449 inactive-rule.

use super::rules;
use crate::project::{Unit, base_events};
use krl_lang::ast::{BaseEvent, EventId, EventKind, EventOp, Rule, SelectKind};
use krl_lang::literal;
use krl_lang::{Code, Diagnostic, Span};

pub(super) fn check(unit: &Unit<'_>, found: &mut Vec<Diagnostic>) {
    for rule in rules(unit) {
        if !rule.active {
            let message = format!("the rule `{}` is inactive", rule.name.text(unit.source));
            found.push(Diagnostic::new(Code::InactiveRule, rule.name.span, message));
        }
        match rule.select.as_ref().map(|s| &s.kind) {
            Some(SelectKind::When { event, .. }) => {
                for base in base_events(unit, *event) {
                    captures(base, found);
                }
                if let Some(span) = impossible(unit, *event) {
                    found.push(never(rule, unit, span));
                }
            }
            Some(SelectKind::Where(condition)) => {
                let ty = unit.typing.expr(*condition);
                // Unlike every other condition this one must be exactly `true` (krl-runtime.md §4.4).
                if !ty.kinds.is_never() && ty.never_equals(&crate::types::Type::boolean(true)) {
                    found.push(never(rule, unit, unit.ast.expr(*condition).span));
                }
            }
            None => {}
        }
    }
}

fn never(rule: &Rule, unit: &Unit<'_>, span: Span) -> Diagnostic {
    let message = format!("the rule `{}` is never selected: this never holds", rule.name.text(unit.source));
    Diagnostic::new(Code::NeverSelected, span, message)
}

fn captures(base: &BaseEvent, found: &mut Vec<Diagnostic>) {
    let (Some(first), Some(last)) = (base.setting.first(), base.setting.last()) else { return };
    let names = first.span.to(last.span);
    if base.where_first {
        let message = "`setting` stands behind `where`, which already uses its names";
        found.push(Diagnostic::new(Code::WhereFirst, names, message).help("write `setting` first"));
    }
    if base.matches.is_empty() {
        let message = "`setting` without an attribute pattern: the names are always null";
        let help = "name an attribute and its pattern: `attr re#(.*)# setting(name)`";
        found.push(Diagnostic::new(Code::NothingCaptured, names, message).help(help));
    }
}

/// The place that makes an event expression impossible to complete.
fn impossible(unit: &Unit<'_>, event: EventId) -> Option<Span> {
    match &unit.ast.event(event).kind {
        EventKind::Base(base) => impossible_base(unit, base),
        EventKind::Paren(inner) | EventKind::Group { event: inner, .. } => impossible(unit, *inner),
        EventKind::Infix { op: EventOp::Or, left, right } => {
            impossible(unit, *left).and_then(|span| impossible(unit, *right).map(|_| span))
        }
        EventKind::Infix { left, right, .. } => impossible(unit, *left).or_else(|| impossible(unit, *right)),
        EventKind::Prefix { op: EventOp::Or, operands } => all(unit, operands),
        EventKind::Prefix { operands, .. } => operands.iter().find_map(|o| impossible(unit, *o)),
        EventKind::Any { operands, .. } => all(unit, operands),
        EventKind::Between { event, negated, open, close } => {
            let middle = if *negated { None } else { impossible(unit, *event) };
            impossible(unit, *open).or(middle).or_else(|| impossible(unit, *close))
        }
    }
}

fn all(unit: &Unit<'_>, operands: &[EventId]) -> Option<Span> {
    let spans: Option<Vec<Span>> = operands.iter().map(|o| impossible(unit, *o)).collect();
    spans.and_then(|s| s.first().copied())
}

fn impossible_base(unit: &Unit<'_>, base: &BaseEvent) -> Option<Span> {
    if let Some(condition) = base.condition.filter(|c| unit.typing.expr(*c).truth() == Some(false)) {
        return Some(unit.ast.expr(condition).span);
    }
    // Two whole-text patterns for one attribute that ask for different texts.
    for (index, one) in base.matches.iter().enumerate() {
        for other in base.matches.iter().skip(index + 1) {
            let same = one.name.text(unit.source) == other.name.text(unit.source);
            let texts = whole(unit, one.pattern).zip(whole(unit, other.pattern));
            if same && texts.is_some_and(|(a, b)| a != b) {
                return Some(one.name.span.to(other.pattern));
            }
        }
    }
    None
}

/// The one text that a pattern `^text$` matches.
fn whole(unit: &Unit<'_>, pattern: Span) -> Option<String> {
    let regexp = literal::regexp(pattern.text(unit.source));
    let text = regexp.pattern.strip_prefix('^')?.strip_suffix('$')?;
    let plain = regexp.flags.is_empty() && text.chars().all(|c| c.is_alphanumeric() || " _-".contains(c));
    plain.then(|| text.to_owned())
}
