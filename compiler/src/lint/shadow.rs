//! KRL0604 shadowed-operator: a global that hides an operator of the same name, which is also called as one.

use super::exprs;
use crate::project::Unit;
use crate::resolve::{SymbolKind, Target};
use krl_lang::ast::ExprKind;
use krl_lang::{Code, Diagnostic};

pub(super) fn check(unit: &Unit<'_>, found: &mut Vec<Diagnostic>) {
    for (_, expr) in exprs(unit) {
        let ExprKind::Call { callee, args } = &expr.kind else { continue };
        let ExprKind::Member { name, domain: None, .. } = &unit.ast.expr(*callee).kind else { continue };
        let Target::Symbol(id) = unit.resolution.target(*callee) else { continue };
        let symbol = unit.resolution.symbol(id);
        let Some(operator) = krl_stdlib::find(&symbol.name).filter(|s| s.module.is_none()) else { continue };
        // A function of one's own that takes the receiver and these arguments is meant; one that cannot is not.
        let own = unit.typing.symbol(id);
        let fits = match &own.shape {
            crate::types::Shape::Callable(callable) => callable.params.len() == args.len() + 1,
            _ => false,
        };
        if fits || !matches!(symbol.kind, SymbolKind::Global(_) | SymbolKind::Pre | SymbolKind::Local) {
            continue;
        }
        let message = format!("this calls your own `{}`, not the operator", operator.name);
        found.push(
            Diagnostic::new(Code::ShadowedOperator, name.span, message)
                .label(symbol.span, "declared here")
                .help("give the declaration another name to reach the operator"),
        );
    }
}
