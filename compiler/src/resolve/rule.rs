//! Rules: select, `foreach`, `pre`, actions and postlude, in the order in which names become visible.

use super::resolver::{Block, Frame, Hidden, Resolver};
use super::{ScopeKind, SymbolKind};
use krl_lang::ast::{
    ForEach, Guard, Ident, Postlude, PostludeKind, PostludePart, RaisedEvent, Rule, SelectKind, Statement,
    StatementKind, Variable,
};
use krl_lang::{Applicability, Code, Diagnostic, Span};
use std::collections::HashMap;

impl<'a> Resolver<'a> {
    pub(super) fn rules(&mut self, rules: &'a [Rule]) {
        let mut names: HashMap<&str, Span> = HashMap::new();
        for (index, rule) in rules.iter().enumerate() {
            let name = rule.name.text(self.source);
            if let Some(first) = names.get(name) {
                let d = Diagnostic::new(
                    Code::DuplicateRule,
                    rule.name.span,
                    format!("a second rule named `{name}`"),
                )
                .label(*first, "the first one");
                self.report(d);
            }
            names.entry(name).or_insert(rule.name.span);
            let known = self.diagnostics.len();
            self.rule(index as u32, rule);
            if !rule.active {
                // An inactive rule is commented out: nobody runs it, so nothing in it is an error.
                self.diagnostics.truncate(known);
            }
        }
    }

    fn rule(&mut self, index: u32, rule: &'a Rule) {
        let mut settings = Vec::new();
        if let Some(SelectKind::When { within: Some(within), .. }) = rule.select.as_ref().map(|s| &s.kind) {
            // Evaluated once, when the ruleset starts: no variable of the rule exists then.
            self.expr(within.amount);
        }
        self.enter(ScopeKind::Rule(index), rule.span);
        match rule.select.as_ref().map(|s| &s.kind) {
            Some(SelectKind::When { event, .. }) => self.event(*event, &mut settings),
            Some(SelectKind::Where(condition)) => {
                self.in_where = true;
                self.expr(*condition);
                self.in_where = false;
            }
            None => self.report_missing_select(rule),
        }
        let pre = rule.pre.as_ref().map_or(&[][..], |p| &p.declarations);
        self.hide(pre, "is declared in `pre`, which runs inside the loop");
        rule.foreach.iter().for_each(|f| self.foreach(f));
        self.unhide(pre.len());
        self.block(pre, Block::Pre);
        if let Some(actions) = &rule.actions {
            self.actions(actions);
        }
        if let Some(postlude) = &rule.postlude {
            self.postlude(postlude);
        }
        self.leave();
        self.out.settings.push(settings);
    }

    fn report_missing_select(&mut self, rule: &Rule) {
        let span = Span::new(rule.span.start, rule.name.span.end);
        let message =
            format!("rule `{}` has no `select`, so no event can reach it", rule.name.text(self.source));
        let d = Diagnostic::new(Code::MissingSelect, span, message)
            .help("add `select when DOMAIN TYPE`, or write `is inactive` behind the rule's name");
        self.report(d);
    }

    fn foreach(&mut self, foreach: &'a ForEach) {
        self.expr(foreach.source);
        for (i, name) in foreach.setting.iter().enumerate() {
            let kind = match i {
                0 => SymbolKind::ForeachValue,
                1 => SymbolKind::ForeachKey,
                _ => SymbolKind::ForeachSurplus,
            };
            self.shadow_outer_loop(*name, foreach);
            self.declare(*name, kind, None);
        }
    }

    /// An inner `foreach` may use the names of an outer one again, each being a scope of its own around the next.
    fn shadow_outer_loop(&mut self, name: Ident, foreach: &ForEach) {
        let text = name.text(self.source);
        let symbol = self.lookup(text).map(|id| self.out.symbol(id));
        let outer = symbol.is_some_and(|s| {
            let looped = matches!(
                s.kind,
                SymbolKind::ForeachValue | SymbolKind::ForeachKey | SymbolKind::ForeachSurplus
            );
            looped && s.span.start < foreach.span.start
        });
        if let Some(frame) = self.frames.last_mut().filter(|_| outer) {
            frame.names.remove(text);
        }
    }

    fn postlude(&mut self, postlude: &'a Postlude) {
        self.hide_branches(postlude);
        for part in &postlude.parts {
            // What the reference generates for `always` and `finally` shares the rule's scope; the other branches are blocks.
            if matches!(part.kind, PostludeKind::Always | PostludeKind::Finally) {
                part.statements.iter().for_each(|s| self.statement(s));
            } else {
                self.enter(ScopeKind::Branch, part.span);
                part.statements.iter().for_each(|s| self.statement(s));
                self.leave();
            }
        }
    }

    fn hide_branches(&mut self, postlude: &'a Postlude) {
        let source = self.source;
        let names =
            postlude.parts.iter().filter(|p| !matches!(p.kind, PostludeKind::Always)).flat_map(branch_names);
        let why = "is declared in another branch of the postlude, or further down";
        if let Some(Frame { hidden, .. }) = self.frames.last_mut() {
            hidden.extend(names.map(|(name, span)| Hidden { name: name.text(source), span, why }));
        }
    }

    fn statement(&mut self, statement: &'a Statement) {
        match &statement.kind {
            StatementKind::Last => {}
            StatementKind::Assign { variable, path, value } => {
                self.entity_only(*variable, "assigned");
                path.iter().for_each(|p| self.expr(*p));
                self.expr(*value);
            }
            StatementKind::Clear { variable, path } => {
                self.entity_only(*variable, "cleared");
                path.iter().for_each(|p| self.expr(*p));
            }
            StatementKind::Raise { event, for_rid, attributes } => {
                self.raised(event);
                for_rid.iter().chain(attributes).for_each(|e| self.expr(*e));
            }
            StatementKind::Schedule { event, time, attributes, .. } => {
                self.raised(event);
                self.expr(*time);
                attributes.iter().for_each(|e| self.expr(*e));
            }
            StatementKind::Log { value, .. } | StatementKind::RaiseError { value, .. } => self.expr(*value),
            StatementKind::Declaration(d) => self.block(std::slice::from_ref(d), Block::Postlude),
        }
        if let Some(Guard::If(condition)) = statement.guard {
            self.expr(condition);
        }
        match &statement.kind {
            StatementKind::Schedule { setting: Some(name), .. } => {
                self.declare(*name, SymbolKind::ScheduleSetting, None);
            }
            StatementKind::Declaration(d) if statement.guard.is_some() => {
                let span = Span::new(self.ast.expr(d.value).span.end, statement.span.end);
                let text = span.text(self.source);
                let start = span.start + (text.len() - text.trim_start().len()) as u32;
                let guard = Span::new(start, span.end);
                let d = Diagnostic::new(Code::GuardedDeclaration, guard, "a declaration cannot have a guard")
                    .help("put the condition into the value: `name = condition => value | otherwise`");
                self.report(d);
            }
            _ => {}
        }
    }

    fn raised(&mut self, event: &'a RaisedEvent) {
        self.expr(event.event);
    }

    fn entity_only(&mut self, variable: Variable, what: &str) {
        let domain = variable.domain.text(self.source);
        if domain == "ent" {
            return;
        }
        let message = format!(
            "`{domain}:{}` cannot be {what}: only entity variables can",
            variable.name.text(self.source)
        );
        let mut d = Diagnostic::new(Code::NotEntity, variable.domain.span.to(variable.name.span), message);
        if domain == "app" {
            d = d.help("application variables were dropped from the language; each cloud has `ent:` variables of its own");
            d = d.fix("use an entity variable", variable.domain.span, "ent", Applicability::Maybe);
        }
        self.report(d);
    }
}

fn branch_names(part: &PostludePart) -> impl Iterator<Item = (krl_lang::ast::Ident, Span)> {
    part.statements.iter().filter_map(|s| match &s.kind {
        StatementKind::Declaration(d) => Some((d.name, d.name.span)),
        StatementKind::Schedule { setting: Some(name), .. } => Some((*name, name.span)),
        _ => None,
    })
}
