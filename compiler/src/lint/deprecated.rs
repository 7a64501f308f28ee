//! KRL0605 dot-access, KRL0606 event-attr, KRL0607 klog: ways of writing that have a better one.

use super::exprs;
use crate::project::Unit;
use crate::resolve::Target;
use krl_lang::ast::{Arg, Expr, ExprId, ExprKind};
use krl_lang::{Applicability, Code, Diagnostic, Span};

pub(super) fn check(unit: &Unit<'_>, found: &mut Vec<Diagnostic>) {
    for (id, expr) in exprs(unit) {
        match &expr.kind {
            ExprKind::Member { object, name, .. } => {
                if let Target::Field = unit.resolution.target(id) {
                    found.push(dot_access(unit, expr, *object, name.span));
                }
            }
            ExprKind::Call { callee, args } => match unit.resolution.target(*callee) {
                Target::Native(s) if s.native.name == "event:attr" => {
                    found.push(event_attr(unit, expr, args));
                }
                Target::Native(s) if s.native.name == "klog" => {
                    let message = "a value is logged with `klog`";
                    found.push(Diagnostic::new(Code::Klog, expr.span, message));
                }
                _ => {}
            },
            _ => {}
        }
    }
}

fn dot_access(unit: &Unit<'_>, expr: &Expr, object: ExprId, name: Span) -> Diagnostic {
    let key = name.text(unit.source);
    let object = unit.ast.expr(object).span;
    let message = "reading an entry by a dot is deprecated";
    Diagnostic::new(Code::DotAccess, expr.span, message)
        .help(format!("use `{{\"{key}\"}}`, which also works where the map is null"))
        .fix(
            "read by path",
            Span::new(object.end, expr.span.end),
            format!("{{\"{key}\"}}"),
            Applicability::Safe,
        )
}

fn event_attr(unit: &Unit<'_>, expr: &Expr, args: &[Arg]) -> Diagnostic {
    let diagnostic = Diagnostic::new(Code::EventAttr, expr.span, "`event:attr(…)` is deprecated")
        .help("use `event:attrs{…}`");
    let [Arg { name: None, value }] = args else { return diagnostic };
    let key = unit.ast.expr(*value).span.text(unit.source);
    let text = format!("event:attrs{{{key}}}");
    diagnostic.fix("read from `event:attrs`", expr.span, text, Applicability::Safe)
}
