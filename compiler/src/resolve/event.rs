//! Event expressions: select variables, patterns, and the counts of `any`, `count` and `repeat`.

use super::resolver::Resolver;
use super::{SymbolId, SymbolKind};
use krl_lang::ast::{BaseEvent, EventId, EventKind, Ident};
use krl_lang::{Code, Diagnostic};

impl<'a> Resolver<'a> {
    /// Resolves an event expression; `settings` are the rule's select variables so far.
    pub(super) fn event(&mut self, id: EventId, settings: &mut Vec<SymbolId>) {
        match &self.ast.event(id).kind {
            EventKind::Base(base) => self.base_event(base, settings),
            EventKind::Paren(inner) => self.event(*inner, settings),
            EventKind::Infix { left, right, .. } => {
                self.event(*left, settings);
                self.event(*right, settings);
            }
            EventKind::Prefix { operands, .. } => operands.iter().for_each(|o| self.event(*o, settings)),
            EventKind::Between { event, open, close, .. } => {
                self.event(*event, settings);
                self.event(*open, settings);
                self.event(*close, settings);
            }
            EventKind::Any { count, operands } => {
                self.count(*count, Some(operands.len()), "any");
                operands.iter().for_each(|o| self.event(*o, settings));
            }
            EventKind::Group { op, count, event, aggregator } => {
                self.count(
                    *count,
                    None,
                    if matches!(op, krl_lang::ast::GroupOp::Count) { "count" } else { "repeat" },
                );
                self.event(*event, settings);
                for name in aggregator.iter().flat_map(|a| &a.names) {
                    self.select_variable(*name, SymbolKind::Aggregate, settings);
                }
            }
        }
    }

    fn base_event(&mut self, base: &'a BaseEvent, settings: &mut Vec<SymbolId>) {
        for attribute in &base.matches {
            self.pattern(attribute.pattern);
        }
        for name in &base.setting {
            self.select_variable(*name, SymbolKind::Setting, settings);
        }
        if let Some(condition) = base.condition {
            self.in_where = true;
            self.expr(condition);
            self.in_where = false;
        }
    }

    fn select_variable(&mut self, name: Ident, kind: fn(u16) -> SymbolKind, settings: &mut Vec<SymbolId>) {
        let index = settings.len().min(usize::from(u16::MAX)) as u16;
        if let Some(id) = self.declare_again(name, kind(index))
            && !settings.contains(&id)
        {
            settings.push(id);
        }
    }

    /// The count of `any`, `count` and `repeat` (decision L10).
    fn count(&mut self, count: Ident, operands: Option<usize>, word: &str) {
        let text = count.text(self.source);
        let value = text.parse::<usize>().unwrap_or(usize::MAX);
        if value == 0 {
            let d = Diagnostic::new(Code::EventCount, count.span, format!("`{word} 0` can never select"));
            self.report(d.help("count from 1"));
        } else if let Some(n) = operands.filter(|n| value > *n) {
            let message = format!("`any {text}` of {n} event{}", if n == 1 { "" } else { "s" });
            self.report(
                Diagnostic::new(Code::EventCount, count.span, message)
                    .help(format!("at most {n} can happen")),
            );
        }
    }
}
