//! KRL0608 noop-condition: `noop()` that is there only so that `fired` depends on a condition.

use super::rules;
use crate::project::Unit;
use crate::resolve::Target;
use krl_lang::ast::{ActionBlockKind, PostludeKind};
use krl_lang::{Code, Diagnostic};

pub(super) fn check(unit: &Unit<'_>, found: &mut Vec<Diagnostic>) {
    for rule in rules(unit) {
        let (Some(block), Some(postlude)) = (&rule.actions, &rule.postlude) else { continue };
        let [action] = &*block.actions else { continue };
        let is_noop = matches!(unit.resolution.action(action), Target::Native(s) if s.native.name == "noop");
        if block.condition.is_none() || !is_noop || !matches!(block.kind, ActionBlockKind::Single) {
            continue;
        }
        if postlude.parts.iter().all(|p| matches!(p.kind, PostludeKind::Always | PostludeKind::Finally)) {
            continue;
        }
        let message = "`noop()` is here only to make the postlude depend on the condition";
        let help = "a statement can have a guard of its own: `always { … if CONDITION }`";
        found.push(Diagnostic::new(Code::NoopCondition, action.span, message).help(help));
    }
}
