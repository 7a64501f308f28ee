//! KRL0603 unused-name: a declared name that nothing uses. Names that begin with `_` are exempt.

use crate::project::Unit;
use crate::resolve::{ScopeKind, Symbol, SymbolKind};
use krl_lang::ast::ExprId;
use krl_lang::{Code, Diagnostic};
use std::collections::HashSet;

pub(super) fn check(unit: &Unit<'_>, found: &mut Vec<Diagnostic>) {
    // A broken item may be what uses the name.
    if unit.ast.ruleset.as_ref().is_none_or(|r| !r.broken.is_empty()) {
        return;
    }
    let queries = global_functions(unit);
    for symbol in &unit.resolution.symbols {
        if !symbol.uses.is_empty() || symbol.name.starts_with('_') || is_expected(unit, &queries, symbol) {
            continue;
        }
        let what = match symbol.kind {
            SymbolKind::Setting(_) | SymbolKind::Aggregate(_) => "select variable",
            SymbolKind::ActionSetting | SymbolKind::ScheduleSetting => "result",
            SymbolKind::Parameter => "parameter",
            _ => "name",
        };
        let message = format!("the {what} `{}` is never used", symbol.name);
        let help = format!("remove it, or call it `_{}` to say that this is meant", symbol.name);
        found.push(Diagnostic::new(Code::UnusedName, symbol.span, message).help(help));
    }
}

/// Names that a position demands, whether they are of use or not.
fn is_expected(unit: &Unit<'_>, queries: &HashSet<ExprId>, symbol: &Symbol) -> bool {
    match symbol.kind {
        SymbolKind::Configure(_) => true,
        // `__testing` replaces the generated one.
        SymbolKind::Global(_) => &*symbol.name == "__testing",
        // A parameter or foreach variable before one that is used holds its place.
        SymbolKind::Parameter | SymbolKind::ForeachValue | SymbolKind::Setting(_) => {
            let scope = unit.resolution.scopes.get(symbol.scope.0 as usize);
            let later = scope.into_iter().flat_map(|s| &s.symbols).map(|id| unit.resolution.symbol(*id));
            let is_query =
                scope.is_some_and(|s| matches!(s.kind, ScopeKind::Function(f) if queries.contains(&f)));
            let mut later =
                later.filter(|s| s.span.start > symbol.span.start && same_list(s.kind, symbol.kind));
            later.any(|s| !s.uses.is_empty()) || is_query
        }
        _ => false,
    }
}

fn same_list(a: SymbolKind, b: SymbolKind) -> bool {
    use SymbolKind::{ForeachKey, ForeachValue, Parameter, Setting};
    matches!(
        (a, b),
        (Parameter, Parameter) | (Setting(_), Setting(_)) | (ForeachKey | ForeachValue, ForeachValue)
    )
}

/// Functions of `global`: queries and modules call them, so their parameters are an interface.
fn global_functions(unit: &Unit<'_>) -> HashSet<ExprId> {
    let globals = unit.resolution.globals.iter().map(|id| unit.resolution.symbol(*id));
    globals.filter_map(|symbol| symbol.value).collect()
}
