//! The events that the active rules of a ruleset select.

use super::super::Unit;
use super::Selected;
use krl_lang::ast::{BaseEvent, EventId, EventKind, Rule, SelectKind};

/// The events selected, and whether a rule looks at all events.
pub(in super::super) fn selected(unit: &Unit<'_>) -> (Vec<Selected>, bool) {
    let mut selected = Vec::new();
    let mut all = false;
    for (index, rule) in unit.ast.ruleset.iter().flat_map(|r| &r.rules).enumerate() {
        match select_of(rule) {
            Some(SelectKind::When { event, .. }) => {
                for base in base_events(unit, *event) {
                    selected.push(select(unit, index, base));
                }
            }
            Some(SelectKind::Where(_)) => all = true,
            None => {}
        }
    }
    (selected, all)
}

fn select_of(rule: &Rule) -> Option<&SelectKind> {
    rule.select.as_ref().filter(|_| rule.active).map(|s| &s.kind)
}

fn select(unit: &Unit<'_>, rule: usize, base: &BaseEvent) -> Selected {
    let text = |name: krl_lang::ast::Ident| name.text(unit.source).to_owned();
    Selected {
        domain: text(base.domain),
        name: text(base.name),
        span: base.domain.span.to(base.name.span),
        rule,
        attributes: base.matches.iter().map(|m| (text(m.name), m.name.span)).collect(),
    }
}

/// The base events of an event expression.
pub(crate) fn base_events<'a>(unit: &Unit<'a>, event: EventId) -> Vec<&'a BaseEvent> {
    let mut found = Vec::new();
    let mut open = vec![event];
    while let Some(event) = open.pop() {
        match &unit.ast.event(event).kind {
            EventKind::Base(base) => found.push(&**base),
            EventKind::Paren(inner) => open.push(*inner),
            EventKind::Infix { left, right, .. } => open.extend([*right, *left]),
            EventKind::Prefix { operands, .. } | EventKind::Any { operands, .. } => {
                open.extend(operands.iter().rev());
            }
            EventKind::Between { event, open: first, close, .. } => open.extend([*close, *first, *event]),
            EventKind::Group { event, .. } => open.push(*event),
        }
    }
    found
}
