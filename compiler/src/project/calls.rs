//! Calls of module members, wherever they stand: in expressions and as actions.

use super::Unit;
use crate::resolve::Target;
use crate::types::Type;
use krl_lang::Span;
use krl_lang::ast::{Action, Arg, ExprId, ExprKind};

/// A call of a member of a built-in or used module.
pub(crate) struct Call<'a> {
    /// `ctx:query`, or the ruleset's id and the member: `io.picolabs.wrangler:picoQuery`.
    pub(crate) name: String,
    /// The whole call.
    pub(crate) span: Span,
    args: &'a [Arg],
    unit: Unit<'a>,
}

impl<'a> Call<'a> {
    /// The argument at `index`, also by `name`.
    pub(crate) fn argument(&self, index: usize, name: &str) -> Option<ExprId> {
        let named = self.args.iter().find(|a| a.name.is_some_and(|n| n.text(self.unit.source) == name));
        named.or_else(|| self.args.get(index).filter(|a| a.name.is_none())).map(|a| a.value)
    }

    /// The type of an argument.
    pub(crate) fn type_of(&self, index: usize, name: &str) -> Option<&'a Type> {
        self.argument(index, name).map(|e| self.unit.typing.expr(e))
    }

    /// The argument's text, if it is known.
    pub(crate) fn text(&self, index: usize, name: &str) -> Option<(&'a str, Span)> {
        let expr = self.argument(index, name)?;
        let text = self.unit.typing.expr(expr).known_text()?;
        Some((text, self.unit.ast.expr(expr).span))
    }
}

/// All calls of module members in a file.
pub(crate) fn calls<'a>(unit: &Unit<'a>) -> Vec<Call<'a>> {
    let unit = *unit;
    let mut found = Vec::new();
    for expr in &unit.ast.exprs {
        match &expr.kind {
            ExprKind::Call { callee, args } => {
                let ExprKind::Domain { name, .. } = &unit.ast.expr(*callee).kind else { continue };
                let target = unit.resolution.target(*callee);
                if let Some(name) = qualified(&unit, target, name.text(unit.source)) {
                    found.push(Call { name, span: expr.span, args, unit });
                }
            }
            ExprKind::Defaction(defaction) => {
                found.extend(
                    defaction.actions.iter().flat_map(|b| &b.actions).filter_map(|a| action(unit, a)),
                );
            }
            _ => {}
        }
    }
    let rules = unit.ast.ruleset.iter().flat_map(|r| &r.rules);
    let blocks = rules.filter_map(|r| r.actions.as_ref());
    found.extend(blocks.flat_map(|b| &b.actions).filter_map(|a| action(unit, a)));
    found
}

fn action<'a>(unit: Unit<'a>, action: &'a Action) -> Option<Call<'a>> {
    let name = qualified(&unit, unit.resolution.action(action), action.name.text(unit.source))?;
    Some(Call { name, span: action.span, args: &action.args, unit })
}

fn qualified(unit: &Unit<'_>, target: Target, member: &str) -> Option<String> {
    match target {
        Target::Native(signature) if signature.module.is_some() => Some(signature.native.name.to_owned()),
        Target::Module(index) => {
            let module = unit.resolution.modules.get(usize::from(index))?;
            Some(format!("{}:{member}", module.rid))
        }
        _ => None,
    }
}
