//! Diagnostics about names, with what the author may have meant.

use super::resolver::Resolver;
use super::suggest::nearest;
use super::{SymbolId, SymbolKind};
use krl_lang::ast::Ident;
use krl_lang::{Applicability, Code, Diagnostic, Span};

impl Resolver<'_> {
    pub(super) fn report_duplicate(&mut self, name: Ident, first: SymbolId, kind: SymbolKind) {
        let text = name.text(self.source);
        let (code, what) = match kind {
            SymbolKind::Parameter => (Code::DuplicateParameter, "parameter"),
            _ => (Code::DuplicateDeclaration, "declaration"),
        };
        let d = Diagnostic::new(code, name.span, format!("a second {what} of `{text}` in the same scope"))
            .label(self.out.symbol(first).span, "the first one");
        self.report(d);
    }

    pub(super) fn report_undefined(&mut self, span: Span) {
        let name = span.text(self.source);
        let hidden = self.frames.iter().rev().find_map(|f| f.hidden.iter().find(|h| h.name == name)).copied();
        if let Some(hidden) = hidden {
            let d = Diagnostic::new(Code::NotVisible, span, format!("`{name}` {}", hidden.why))
                .label(hidden.span, "declared here");
            self.report(d);
            return;
        }
        if self.names_lost {
            return;
        }
        let mut d = Diagnostic::new(Code::UndefinedName, span, format!("`{name}` is not defined"));
        if let Some(module) = modules_with(name).next().filter(|_| self.nearest_own(name).is_none()) {
            d = d.help(format!("module `{module}` has a member of this name: `{module}:{name}`"));
            d = d.fix(
                format!("write `{module}:{name}`"),
                span,
                format!("{module}:{name}"),
                Applicability::Maybe,
            );
        } else if let Some(near) = self.nearest_visible(name) {
            d = d.help(format!("did you mean `{near}`?"));
            d = d.fix(format!("replace by `{near}`"), span, near, Applicability::Maybe);
        } else if self.in_where {
            let attribute = format!("event:attrs{{\"{name}\"}}");
            d = d.help(format!("the event's attribute is `{attribute}`; engine 0.x took its bare name here"));
            d = d.fix("read the attribute", span, attribute, Applicability::Maybe);
        }
        self.report(d);
    }

    /// The name in scope nearest to a misspelt one, own names before operators.
    pub(super) fn nearest_visible(&self, name: &str) -> Option<String> {
        let library = krl_stdlib::operators().iter().map(|s| s.name);
        let library = library.chain(["true", "false", "null", "function", "defaction"]);
        self.nearest_own(name).or_else(|| nearest(name, library)).map(str::to_owned)
    }

    /// The declared name nearest to a misspelt one.
    fn nearest_own(&self, name: &str) -> Option<&str> {
        nearest(name, self.frames.iter().flat_map(|f| f.names.keys().copied()))
    }

    pub(super) fn report_unknown_module(&mut self, domain: Ident) {
        if self.names_lost {
            return;
        }
        let name = domain.text(self.source);
        let mut d =
            Diagnostic::new(Code::UnknownModule, domain.span, format!("no module is called `{name}` here"));
        let mut known = vec!["ent"];
        known.extend(self.aliases.keys());
        known.extend(krl_stdlib::modules());
        if name == "app" {
            d = d.help("application variables were dropped from the language; each cloud has `ent:` variables of its own");
        } else if let Some(near) = nearest(name, known.into_iter()).map(str::to_owned) {
            d = d.help(format!("did you mean `{near}`?"));
            d = d.fix(format!("replace by `{near}`"), domain.span, near, Applicability::Maybe);
        } else {
            d = d.help(format!("`meta` must say `use module … alias {name}`"));
        }
        self.report(d);
    }

    pub(super) fn report_unknown_member(&mut self, domain: Ident, name: Ident) {
        let (module, member) = (domain.text(self.source), name.text(self.source));
        let message = format!("module `{module}` has no `{member}`");
        let mut d = Diagnostic::new(Code::UnknownMember, name.span, message);
        let members = krl_stdlib::members(module).iter().map(|s| s.name);
        if let Some(near) = nearest(member, members) {
            d = d.help(format!("did you mean `{module}:{near}`?"));
            d = d.fix(format!("replace by `{near}`"), name.span, near, Applicability::Maybe);
        } else if let Some(other) = modules_with(member).next() {
            d = d.help(format!("module `{other}` has one: `{other}:{member}`"));
        } else if krl_stdlib::find(member).is_some() {
            d = d.help(format!("`{member}` is an operator: write it without `{module}:`"));
        }
        self.report(d);
    }
}

/// The built-in modules that have a member of this name.
fn modules_with(member: &str) -> impl Iterator<Item = &'static str> {
    krl_stdlib::modules()
        .iter()
        .copied()
        .filter(move |module| krl_stdlib::find_member(module, member).is_some())
}
