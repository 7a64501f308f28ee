//! The events that a ruleset raises, schedules and sends, as far as literals tell.

use super::super::Unit;
use super::super::calls::{Call, calls};
use super::{Attributes, Raised, Via};
use crate::types::{Record, Type};
use krl_lang::Span;
use krl_lang::ast::{ExprId, RaisedEvent, StatementKind};

pub(in super::super) fn raised(unit: &Unit<'_>) -> Vec<Raised> {
    let mut found = Vec::new();
    let rules = unit.ast.ruleset.iter().flat_map(|r| &r.rules).filter(|r| r.active);
    let parts = rules.filter_map(|r| r.postlude.as_ref()).flat_map(|p| &p.parts);
    for statement in parts.flat_map(|p| &p.statements) {
        match &statement.kind {
            StatementKind::Raise { event, attributes, .. } => {
                found.push(statement_event(unit, event, *attributes, Via::Raise));
            }
            StatementKind::Schedule { event, attributes, .. } => {
                found.push(statement_event(unit, event, *attributes, Via::Schedule));
            }
            _ => {}
        }
    }
    for call in calls(unit) {
        match &*call.name {
            "event:send" => found.extend(sent(&call)),
            "ctx:event" | "ctx:eventQuery" => found.push(direct(&call)),
            _ => {}
        }
    }
    found
}

fn statement_event(unit: &Unit<'_>, event: &RaisedEvent, attributes: Option<ExprId>, via: Via) -> Raised {
    let text = unit.typing.expr(event.event).known_text().map(str::to_owned);
    let (domain, name) = match (event.domain, text) {
        (Some(domain), name) => (Some(domain.text(unit.source).to_owned()), name),
        (None, Some(text)) => split(&text),
        (None, None) => (None, None),
    };
    let attributes = match attributes {
        Some(attributes) => known(Some(unit.typing.expr(attributes))),
        None => Attributes::Known(Vec::new()),
    };
    Raised { domain, name, span: unit.ast.expr(event.event).span, via, attributes }
}

/// `raise event "domain:type"`: white space does not count (krl-runtime.md §2.3).
fn split(text: &str) -> (Option<String>, Option<String>) {
    let text: String = text.split_whitespace().collect();
    match text.split_once(':') {
        Some((domain, name)) => (Some(domain.to_owned()), Some(name.to_owned())),
        None => (Some(text), None),
    }
}

/// `event:send({"eci", "domain", "type", "attrs"})`
fn sent(call: &Call<'_>) -> Option<Raised> {
    let record = call.type_of(0, "options")?.record()?;
    let text = |key: &str| entry(record, key)?.known_text().map(str::to_owned);
    Some(Raised {
        domain: text("domain"),
        name: text("name").or_else(|| text("type")),
        span: call.span,
        via: Via::Send,
        attributes: known(entry(record, "attrs").as_ref()),
    })
}

/// `ctx:event(eci, domain, name, attrs)`
fn direct(call: &Call<'_>) -> Raised {
    let name = call.text(2, "name");
    Raised {
        domain: call.text(1, "domain").map(|(t, _)| t.to_owned()),
        name: name.map(|(t, _)| t.to_owned()),
        span: name.map_or(call.span, |(_, span): (&str, Span)| span),
        via: Via::Send,
        attributes: call.type_of(3, "attrs").map_or(Attributes::Known(Vec::new()), |t| known(Some(t))),
    }
}

fn entry(record: &Record, key: &str) -> Option<Type> {
    record.entries.iter().rev().find(|(k, _)| &**k == key).map(|(_, ty)| ty.clone())
}

fn known(attributes: Option<&Type>) -> Attributes {
    match attributes.and_then(Type::record) {
        Some(record) if !record.open => {
            Attributes::Known(record.entries.iter().map(|(k, _)| k.to_string()).collect())
        }
        _ => Attributes::Unknown,
    }
}
