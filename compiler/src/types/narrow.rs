//! What a condition says about the values it looks at: after `isnull`, `typeof`, comparison and truth tests the same place is of fewer kinds.
//!
//! All names of KRL are constants, so what is known of one stays known; entity variables are forgotten when they are assigned.

use super::{Inference, Type};
use crate::resolve::{SymbolId, Target};
use krl_lang::ast::{BinaryOp, ExprId, ExprKind, UnaryOp};
use krl_stdlib::types::Types;

/// Something that can be looked at twice: a name or an entity variable, with a path into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    root: Root,
    /// The source text of what follows the root, without white space.
    path: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Root {
    Symbol(SymbolId),
    /// `ent:name`, `event:attrs`: the path begins with its text.
    Domain,
}

/// A place holds only these kinds.
#[derive(Clone, Debug)]
pub(super) struct Fact {
    place: Place,
    kinds: Types,
}

/// Kinds that have a falsy value (krl-language.md §4.3).
const MAYBE_FALSY: Types = Types::NULL.or(Types::BOOLEAN).or(Types::NUMBER).or(Types::STRING);

impl Inference<'_> {
    /// Runs `body` where `test` held (or did not).
    pub(super) fn assuming<T>(&mut self, test: ExprId, held: bool, body: impl FnOnce(&mut Self) -> T) -> T {
        let facts = self.facts.len();
        let was_dead = self.dead;
        self.assume(test, held);
        self.dead |= self.exprs.get(test.0 as usize).and_then(Type::truth) == Some(!held);
        let result = body(self);
        self.facts.truncate(facts);
        self.dead = was_dead;
        result
    }

    /// Notes what follows from `test` being truthy (`held`) or falsy.
    fn assume(&mut self, test: ExprId, held: bool) {
        let ast = self.input.ast;
        match &ast.expr(test).kind {
            ExprKind::Paren(inner) => self.assume(*inner, held),
            ExprKind::Unary { op: UnaryOp::Not, operand } => self.assume(*operand, !held),
            ExprKind::Binary { op: BinaryOp::And, left, right, .. } if held => {
                self.assume(*left, true);
                self.assume(*right, true);
            }
            ExprKind::Binary { op: BinaryOp::Or, left, right, .. } if !held => {
                self.assume(*left, false);
                self.assume(*right, false);
            }
            ExprKind::Binary { op: BinaryOp::Eq, left, right, .. } => self.assume_equal(*left, *right, held),
            ExprKind::Binary { op: BinaryOp::Ne, left, right, .. } => self.assume_equal(*left, *right, !held),
            ExprKind::Binary { op: BinaryOp::Member, left, .. } if held => {
                self.learn(*left, Types::COLLECTION);
            }
            ExprKind::Call { callee, args } => {
                let Some((name, subject)) = self.question(*callee, args.first().map(|a| a.value)) else {
                    return;
                };
                match (name, held) {
                    ("isnull", true) => self.learn(subject, Types::NULL),
                    ("isnull", false) => self.learn(subject, Types::SOME),
                    ("isEmpty", false) => {
                        self.learn(subject, Types::COLLECTION | Types::STRING);
                    }
                    _ => {}
                }
            }
            _ if held => self.learn(test, Types::SOME),
            _ => self.learn(test, MAYBE_FALSY),
        }
    }

    /// The standard operator that is called, and what it is called on: `x.isnull()` or `isnull(x)`.
    fn question(&self, callee: ExprId, first: Option<ExprId>) -> Option<(&'static str, ExprId)> {
        let Target::Native(signature) = self.input.resolution.target(callee) else { return None };
        let subject = match self.input.ast.expr(callee).kind {
            ExprKind::Member { object, .. } => object,
            _ => first?,
        };
        (signature.module.is_none()).then_some((signature.name, subject))
    }

    fn assume_equal(&mut self, left: ExprId, right: ExprId, equal: bool) {
        for (subject, other) in [(left, right), (right, left)] {
            let other = self.exprs.get(other.0 as usize).cloned().unwrap_or(Type::ANY);
            if let Some(asked) = self.typeof_subject(subject) {
                let Some(kinds) = other.known_text().and_then(kinds_named) else { continue };
                self.learn(asked, if equal { kinds } else { Types::ANY.without(kinds) });
            } else if equal && !other.kinds.is_never() {
                self.learn(subject, other.kinds);
            } else if !equal && other.is_within(Types::NULL) {
                self.learn(subject, Types::SOME);
            }
        }
    }

    /// The `x` of `x.typeof()` or `typeof(x)`.
    fn typeof_subject(&self, expr: ExprId) -> Option<ExprId> {
        match &self.input.ast.expr(expr).kind {
            ExprKind::Paren(inner) => self.typeof_subject(*inner),
            ExprKind::Call { callee, args } => {
                let (name, subject) = self.question(*callee, args.first().map(|a| a.value))?;
                (name == "typeof").then_some(subject)
            }
            _ => None,
        }
    }

    fn learn(&mut self, subject: ExprId, kinds: Types) {
        if let Some(place) = self.place(subject) {
            self.facts.push(Fact { place, kinds });
        }
    }

    /// `known` restricted to what the conditions around say of `expr`.
    pub(super) fn narrowed(&self, expr: ExprId, known: Type) -> Type {
        if self.facts.is_empty() {
            return known;
        }
        let Some(place) = self.place(expr) else { return known };
        let mut narrowed = known;
        for fact in self.facts.iter().filter(|f| f.place == place) {
            narrowed = narrowed.only(fact.kinds);
        }
        narrowed
    }

    /// Forgets what is known of an entity variable.
    pub(super) fn forget_entity(&mut self, name: &str) {
        let text = format!("ent:{name}");
        self.facts.retain(|f| f.place.root != Root::Domain || !begins_with(&f.place.path, &text));
    }

    fn place(&self, expr: ExprId) -> Option<Place> {
        let node = self.input.ast.expr(expr);
        match &node.kind {
            ExprKind::Paren(inner) => self.place(*inner),
            ExprKind::Name => match self.input.resolution.target(expr) {
                Target::Symbol(symbol) => Some(Place { root: Root::Symbol(symbol), path: String::new() }),
                _ => None,
            },
            ExprKind::Domain { domain, name } => {
                let domain = domain.text(self.input.source);
                let stable = domain == "ent" || domain == "event" || domain == "meta";
                let path = format!("{domain}:{}", name.text(self.input.source));
                stable.then_some(Place { root: Root::Domain, path })
            }
            ExprKind::Index { object, index: key } | ExprKind::Path { object, path: key } => {
                let mut place = self.place(*object)?;
                place.path.push('{');
                place.path.push_str(self.constant_key(*key)?);
                Some(place)
            }
            _ => None,
        }
    }

    /// The text of a key that is always the same.
    fn constant_key(&self, key: ExprId) -> Option<&str> {
        let node = self.input.ast.expr(key);
        let constant = match &node.kind {
            ExprKind::String | ExprKind::Number => true,
            ExprKind::Array(items) => items.iter().all(|i| self.constant_key(*i).is_some()),
            ExprKind::Name => matches!(self.input.resolution.target(key), Target::Symbol(_)),
            _ => false,
        };
        constant.then(|| self.text(node.span))
    }
}

fn begins_with(path: &str, root: &str) -> bool {
    path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('{'))
}

/// The kinds whose `typeof` is `name` (krl-language.md §4.1).
fn kinds_named(name: &str) -> Option<Types> {
    Some(match name {
        "Null" => Types::NULL,
        "Boolean" => Types::BOOLEAN,
        "String" => Types::STRING,
        "Number" => Types::NUMBER,
        "RegExp" => Types::REGEXP,
        "Array" => Types::ARRAY,
        "Map" => Types::MAP,
        "Function" | "ActionFunction" => Types::FUNCTION,
        "Action" => Types::ACTION,
        _ => return None,
    })
}
