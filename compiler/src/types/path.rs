//! Types of `x{path}`, `x[i]` and `x.get(path)` (krl-language.md §4.6).

use super::{Inference, Record, Shape, Type};
use krl_lang::ast::{ExprId, ExprKind};
use krl_lang::{Code, Diagnostic};
use krl_stdlib::types::Types;

impl Inference<'_> {
    /// The type of `object{path}` at `at`.
    pub(super) fn path(&mut self, at: ExprId, object: ExprId, path: ExprId) -> Type {
        let mut value = self.expr(object);
        self.expr(path);
        let keys = match &self.input.ast.expr(path).kind {
            ExprKind::Array(items) => items.clone(),
            _ => vec![path],
        };
        if keys.is_empty() {
            return Type::NULL;
        }
        for key in keys {
            value = self.step(at, &value, key);
        }
        value
    }

    fn step(&mut self, at: ExprId, object: &Type, key: ExprId) -> Type {
        let key_type = self.exprs.get(key.0 as usize).cloned().unwrap_or(Type::ANY);
        if object.kinds.is_never() {
            return Type::NEVER;
        }
        if !object.kinds.overlaps(Types::COLLECTION) {
            if !object.is_within(Types::NULL) {
                let message = format!("always null: {} has no entries", with_article(object.kinds));
                let span = self.input.ast.expr(at).span;
                self.report(Diagnostic::new(Code::AlwaysNull, span, message));
            }
            return Type::NULL;
        }
        match (&object.shape, key_type.known_text()) {
            (Shape::Map(record), Some(name)) if object.is_within(Types::MAP) => self.entry(record, name, key),
            (Shape::Map(record), None) if !record.open => object.element(),
            (Shape::Array(element), _) => (**element).clone(),
            _ => Type::ANY,
        }
    }

    fn entry(&mut self, record: &Record, name: &str, key: ExprId) -> Type {
        if let Some(value) = record.get(name) {
            return value;
        }
        let span = self.input.ast.expr(key).span;
        let mut diagnostic =
            Diagnostic::new(Code::AlwaysNull, span, format!("always null: the map has no key `{name}`"));
        if let Some(near) = crate::resolve::suggest::nearest(name, record.entries.iter().map(|(k, _)| &**k)) {
            diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
        }
        self.report(diagnostic);
        Type::NULL
    }
}

/// `a String`, `an Array`, `a String or Number`.
pub(super) fn with_article(kinds: Types) -> String {
    let names = kinds.to_string().replace(" | ", " or ");
    let vowel = names.starts_with(['A', 'E', 'I', 'O', 'U']);
    if kinds == Types::NULL {
        return "null".to_owned();
    }
    format!("{} {names}", if vowel { "an" } else { "a" })
}
