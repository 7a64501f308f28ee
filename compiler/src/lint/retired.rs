//! KRL0730 retired-module: a module of pico-engine 0.x that 1.x does not have (research/corpus.md, "1.x syntax / 0.x API").

use crate::project::{Unit, system};
use crate::resolve::Target;
use krl_lang::ast::{Action, ExprId, ExprKind, Ident};
use krl_lang::{Code, Diagnostic};

pub(super) fn check(unit: &Unit<'_>, found: &mut Vec<Diagnostic>) {
    for (index, expr) in unit.ast.exprs.iter().enumerate() {
        match &expr.kind {
            ExprKind::Domain { domain, name } => {
                let target = unit.resolution.target(ExprId(index as u32));
                found.extend(retired(unit, target, *domain, *name));
            }
            ExprKind::Defaction(defaction) => {
                let actions = defaction.actions.iter().flat_map(|b| &b.actions);
                found.extend(actions.filter_map(|a| action(unit, a)));
            }
            _ => {}
        }
    }
    let blocks = super::rules(unit).filter_map(|r| r.actions.as_ref());
    found.extend(blocks.flat_map(|b| &b.actions).filter_map(|a| action(unit, a)));
}

fn action(unit: &Unit<'_>, action: &Action) -> Option<Diagnostic> {
    retired(unit, unit.resolution.action(action), action.domain?, action.name)
}

/// Only where the name means nothing: a ruleset may `use` a module by the name of a retired one.
fn retired(unit: &Unit<'_>, target: Target, domain: Ident, name: Ident) -> Option<Diagnostic> {
    let Target::None = target else { return None };
    let (module, member) = (domain.text(unit.source), name.text(unit.source));
    let (replacement, better) = system::retired_module(module, member)?;
    let message = format!("`{module}:` is a module of engine 0.x: 1.x does not have it");
    let help = match better {
        Some(better) if better.contains(' ') => format!("1.x has {better}"),
        Some(better) => format!("1.x has `{better}`"),
        None => format!("1.x has {replacement}"),
    };
    Some(Diagnostic::new(Code::RetiredModule, domain.span, message).help(help))
}
