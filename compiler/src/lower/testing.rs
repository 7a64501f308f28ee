//! What every ruleset answers to the query `__testing` (krl-language §3.5).

use super::Lowering;
use crate::resolve::Target;
use krl_lang::ast::{EventId, EventKind, ExprId, ExprKind, Rule, Ruleset, SelectKind};
use krl_lang::literal;
use krl_vm::unit::{Constant, Testing, TestingEvent};
use std::sync::Arc;

impl Lowering<'_> {
    /// The queries that are shared, and for each rule the events it selects with the attributes it names.
    pub(super) fn testing_of(&self, ruleset: &Ruleset) -> Testing {
        let queries =
            self.unit.shares.iter().map(|s| (s.name.clone(), s.params.clone().unwrap_or_default())).collect();
        let reads = self.attribute_reads();
        let rules = ruleset.rules.iter().filter(|r| r.active);
        Testing { queries, events: rules.flat_map(|rule| self.rule_events(rule, &reads)).collect() }
    }

    fn rule_events(&self, rule: &Rule, reads: &[(u32, Arc<str>)]) -> Vec<TestingEvent> {
        let Some(SelectKind::When { event, .. }) = rule.select.as_ref().map(|s| &s.kind) else {
            return Vec::new();
        };
        let mut events: Vec<TestingEvent> = Vec::new();
        let mut attrs: Vec<(u32, Arc<str>)> = Vec::new();
        self.base_events(*event, &mut events, &mut attrs);
        let from = reads.partition_point(|(at, _)| *at < rule.span.start);
        attrs.extend(reads[from..].iter().take_while(|(at, _)| *at < rule.span.end).cloned());
        attrs.sort_by_key(|(at, _)| *at);
        let mut names: Vec<Arc<str>> = Vec::new();
        for (_, name) in attrs {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        events.into_iter().map(|e| TestingEvent { attrs: names.clone(), ..e }).collect()
    }

    fn base_events(&self, id: EventId, events: &mut Vec<TestingEvent>, attrs: &mut Vec<(u32, Arc<str>)>) {
        match &self.ast.event(id).kind {
            EventKind::Base(base) => {
                let (domain, name) = (self.text(base.domain), self.text(base.name));
                if !events.iter().any(|e| *e.domain == *domain && *e.name == *name) {
                    events.push(TestingEvent { domain: domain.into(), name: name.into(), attrs: Vec::new() });
                }
                attrs.extend(base.matches.iter().map(|m| (m.name.span.start, self.text(m.name).into())));
            }
            EventKind::Paren(inner) | EventKind::Group { event: inner, .. } => {
                self.base_events(*inner, events, attrs);
            }
            EventKind::Infix { left, right, .. } => {
                self.base_events(*left, events, attrs);
                self.base_events(*right, events, attrs);
            }
            EventKind::Prefix { operands, .. } | EventKind::Any { operands, .. } => {
                operands.iter().for_each(|o| self.base_events(*o, events, attrs));
            }
            EventKind::Between { event, open, close, .. } => {
                [event, open, close].into_iter().for_each(|o| self.base_events(*o, events, attrs));
            }
        }
    }

    /// Every attribute that is read by a literal name, with the place, in order of the text.
    fn attribute_reads(&self) -> Vec<(u32, Arc<str>)> {
        let found = self.ast.exprs.iter().filter_map(|expr| {
            let key = match &expr.kind {
                ExprKind::Path { object, path } if self.is_event_member(*object, "attrs") => *path,
                ExprKind::Call { callee, args } if self.reads_attribute(*callee) => args.first()?.value,
                _ => return None,
            };
            let key = self.ast.expr(key);
            let text = literal::string(key.span.text(self.source));
            matches!(key.kind, ExprKind::String).then(|| (key.span.start, Arc::from(text)))
        });
        let mut found: Vec<_> = found.collect();
        found.sort_by_key(|(at, _)| *at);
        found
    }

    /// `event:attr(…)` or `event:attrs.get(…)`
    fn reads_attribute(&self, callee: ExprId) -> bool {
        match &self.ast.expr(callee).kind {
            ExprKind::Member { object, domain: None, name } => {
                self.text(*name) == "get" && self.is_event_member(*object, "attrs")
            }
            _ => self.is_event_member(callee, "attr"),
        }
    }

    fn is_event_member(&self, id: ExprId, member: &str) -> bool {
        matches!(self.resolution.target(id), Target::Native(s) if s.module == Some("event") && s.name == member)
    }
}

/// The map that programs see as `__testing`.
pub(super) fn constant(testing: &Testing) -> Constant {
    let text = |s: &Arc<str>| Constant::String(s.clone());
    let texts = |list: &[Arc<str>]| Constant::Array(list.iter().map(text).collect());
    let queries = testing
        .queries
        .iter()
        .map(|(name, args)| Constant::Map(vec![("name".into(), text(name)), ("args".into(), texts(args))]));
    let events = testing.events.iter().map(|e| {
        Constant::Map(vec![
            ("domain".into(), text(&e.domain)),
            ("name".into(), text(&e.name)),
            ("attrs".into(), texts(&e.attrs)),
        ])
    });
    Constant::Map(vec![
        ("queries".into(), Constant::Array(queries.collect())),
        ("events".into(), Constant::Array(events.collect())),
    ])
}
