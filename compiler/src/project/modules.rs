//! `use module`: members that the module does not provide, configuration it does not know, modules that use each other in a circle.

use super::{Facts, Interface, RulesetFacts, Unit};
use crate::resolve::suggest::nearest;
use krl_lang::ast::{MetaKind, UseModule};
use krl_lang::{Applicability, Code, Diagnostic, Span};
use std::sync::Arc;

/// 0.x members of Wrangler, and what does their work in 1.x.
const RETIRED_MEMBERS: [(&str, &str); 8] = [
    ("channel", "channels"),
    ("installedRulesets", "installedRIDs"),
    ("rulesetsInfo", "rulesetMeta"),
    ("newPolicy", "createChannel, which takes the policies"),
    ("uninstallRulesets", "the event wrangler:uninstall_ruleset_request"),
    ("installRulesets", "the event wrangler:install_ruleset_request"),
    ("isMarkedForDeath", "the event wrangler:ready_for_deletion"),
    ("randomPicoName", "random:word"),
];

pub(super) fn check(facts: &Facts, ruleset: &RulesetFacts, unit: &Unit<'_>, found: &mut Vec<Diagnostic>) {
    let properties = unit.ast.ruleset.iter().filter_map(|r| r.meta.as_ref()).flat_map(|m| &m.properties);
    let clauses = properties.filter_map(|p| match &p.kind {
        MetaKind::Use(clause) => Some(clause),
        _ => None,
    });
    for (clause, module) in clauses.zip(&unit.resolution.modules) {
        if let Some(path) = cycle(facts, &ruleset.interface.rid, &module.rid) {
            let message = format!("modules use each other in a circle: {path}");
            let help = "none of them can be installed: move what they share to a ruleset of its own";
            found.push(Diagnostic::new(Code::ModuleCycle, clause.rid.span, message).help(help));
        }
        let Some(interface) = facts.interface(&module.rid) else { continue };
        members(interface, &module.members, found);
        configuration(interface, clause, unit.source, found);
    }
}

fn members(interface: &Interface, asked: &[(Arc<str>, Span)], found: &mut Vec<Diagnostic>) {
    for (name, span) in asked {
        if interface.open || interface.member(name).is_some() {
            continue;
        }
        let message = format!("`{}` provides no `{name}`", interface.rid);
        let mut diagnostic = Diagnostic::new(Code::NotProvided, *span, message);
        let retired = RETIRED_MEMBERS.iter().find(|(old, _)| interface.file.is_none() && *old == &**name);
        if let (Some(hidden), Some(file)) =
            (interface.hidden.iter().find(|m| m.name == *name), interface.file)
        {
            diagnostic = diagnostic
                .label_in(file, hidden.span, "it is here, but not provided")
                .help(format!("add `provides {name}` to the `meta` of `{}`", interface.rid));
        } else if let Some((_, new)) = retired {
            let new = if new.contains(' ') { (*new).to_owned() } else { format!("`{new}`") };
            diagnostic = diagnostic.help(format!("a name of engine 0.x; 1.x has {new}"));
        } else if let Some(near) = nearest(name, interface.provides.iter().map(|m| &*m.name)) {
            diagnostic = diagnostic.help(format!("did you mean `{near}`?")).fix(
                format!("replace by `{near}`"),
                *span,
                near,
                Applicability::Maybe,
            );
        }
        found.push(diagnostic);
    }
}

fn configuration(interface: &Interface, clause: &UseModule, source: &str, found: &mut Vec<Diagnostic>) {
    for declaration in &clause.with {
        let name = declaration.name.text(source);
        if interface.open || interface.configure.iter().any(|c| &**c == name) {
            continue;
        }
        let message = format!("`{}` has nothing to configure called `{name}`: it is ignored", interface.rid);
        let mut diagnostic = Diagnostic::new(Code::UnknownConfiguration, declaration.name.span, message);
        if let Some(near) = nearest(name, interface.configure.iter().map(|c| &**c)) {
            diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
        }
        found.push(diagnostic);
    }
}

/// The circle from `rid` over its module `first` back to `rid`, as `a → b → a`.
fn cycle(facts: &Facts, rid: &str, first: &str) -> Option<String> {
    let mut seen: Vec<&str> = Vec::new();
    let mut open: Vec<Vec<&str>> = vec![vec![rid, first]];
    while let Some(path) = open.pop() {
        let Some(last) = path.last().copied() else { continue };
        if last == rid {
            return Some(path.join(" → "));
        }
        if seen.contains(&last) {
            continue;
        }
        seen.push(last);
        let uses = facts.rulesets.iter().filter(|r| &*r.interface.rid == last).flat_map(|r| &r.uses);
        open.extend(uses.map(|next| [&path[..], &[&**next]].concat()));
    }
    None
}
