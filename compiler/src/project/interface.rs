//! What other rulesets see of a ruleset: what it provides, shares and can be configured with.

use crate::resolve::{Resolution, SymbolId, SymbolKind};
use crate::types::{Callable, Parameter, Shape, Type};
use krl_lang::Span;
use krl_lang::ast::{Ast, ExprKind, Ident, MetaKind, Param};
use krl_lang::literal;
use krl_stdlib::types::Types;
use std::sync::Arc;

/// The face of a ruleset.
#[derive(Clone, Debug)]
pub struct Interface {
    /// Its id.
    pub rid: Arc<str>,
    /// Its file among those checked; none: a system ruleset.
    pub file: Option<u32>,
    /// What modules that `use` it may call.
    pub provides: Vec<Member>,
    /// Its queries.
    pub shares: Vec<Arc<str>>,
    /// `configure` names.
    pub configure: Vec<Arc<str>>,
    /// Globals that are not provided.
    pub hidden: Vec<Member>,
    /// It may provide or share more than is known.
    pub open: bool,
}

/// A name of a ruleset that others may know.
#[derive(Clone, Debug)]
pub struct Member {
    /// The name.
    pub name: Arc<str>,
    /// Its type, as far as the declaration shows it.
    pub ty: Type,
    /// Where it is declared.
    pub span: Span,
}

impl Interface {
    /// The interface of a file's ruleset.
    #[must_use]
    pub fn of(file: u32, source: &str, ast: &Ast, resolution: &Resolution) -> Option<Self> {
        let ruleset = ast.ruleset.as_ref()?;
        let properties = || ruleset.meta.iter().flat_map(|m| &m.properties);
        let listed = |provides: bool| {
            let names = properties().filter_map(move |p| match &p.kind {
                MetaKind::Provides(names) if provides => Some(names),
                MetaKind::Shares(names) if !provides => Some(names),
                _ => None,
            });
            names.flatten().map(|n: &Ident| Arc::from(n.text(source))).collect::<Vec<Arc<str>>>()
        };
        let provided = listed(true);
        let members = resolution.globals.iter().map(|id| member(source, ast, resolution, *id));
        let (provides, hidden) = members.partition(|m: &Member| provided.contains(&m.name));
        let is_configure = |id: &&SymbolId| matches!(resolution.symbol(**id).kind, SymbolKind::Configure(_));
        let configure = resolution.globals.iter().filter(is_configure);
        Some(Self {
            rid: ruleset.rid.span.text(source).into(),
            file: Some(file),
            provides,
            shares: listed(false),
            configure: configure.map(|id| resolution.symbol(*id).name.clone()).collect(),
            hidden,
            open: !ruleset.broken.is_empty()
                || properties().any(|p| matches!(p.kind, MetaKind::ProvidesKeys(..))),
        })
    }

    /// The provided member of this name.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Member> {
        self.provides.iter().find(|m| &*m.name == name)
    }

    /// Does it answer this query? Every ruleset answers `__testing` (krl-language.md §3.5).
    #[must_use]
    pub fn answers(&self, name: &str) -> bool {
        self.open || name == "__testing" || self.shares.iter().any(|s| &**s == name)
    }
}

fn member(source: &str, ast: &Ast, resolution: &Resolution, id: SymbolId) -> Member {
    let symbol = resolution.symbol(id);
    let value = match symbol.kind {
        SymbolKind::Configure(_) => None,
        _ => symbol.value.map(|v| &ast.expr(v).kind),
    };
    let ty = match value {
        Some(ExprKind::Function(f)) => callable(source, Types::FUNCTION, &f.params),
        Some(ExprKind::Defaction(d)) => callable(source, Types::ACTION, &d.params),
        Some(ExprKind::String) => {
            symbol.value.map_or(Type::ANY, |v| Type::text(&literal::string(ast.expr(v).span.text(source))))
        }
        _ => Type::ANY,
    };
    Member { name: symbol.name.clone(), ty, span: symbol.span }
}

fn callable(source: &str, kinds: Types, params: &[Param]) -> Type {
    let params = params
        .iter()
        .map(|p| Parameter { name: p.name.text(source).into(), optional: p.default.is_some() })
        .collect();
    Type { kinds, shape: Shape::Callable(Arc::new(Callable { params, result: Type::ANY })) }
}
