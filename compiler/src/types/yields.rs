//! What a call of the standard library yields, as far as its arguments tell.

use super::{Inference, Record, Shape, Type};
use krl_lang::{Code, Diagnostic};
use krl_stdlib::signature::{Signature, Yields};
use krl_stdlib::types::Types;

/// Operators whose result has the elements of their receiver.
const SAME_ELEMENTS: [&str; 8] =
    ["filter", "reverse", "sort", "tail", "slice", "unique", "once", "duplicates"];

impl Inference<'_> {
    /// The type of a call of `signature` with these arguments.
    pub(super) fn yields(&mut self, signature: &'static Signature, args: &[Option<Type>]) -> Type {
        let argument = |index: u8| match args.get(usize::from(index)) {
            Some(Some(ty)) => ty.clone(),
            Some(None) => Type::NULL,
            None => Type::ANY,
        };
        if signature.native.name == "as" {
            return super::constant::converted(&argument(0), &argument(1));
        }
        match signature.result {
            Yields::Is(kinds) => Type::of(kinds),
            Yields::SameAs(index) => same_kind(signature, &argument(index), args),
            Yields::ElementOf(index) => {
                let element = argument(index).element();
                if element.kinds.is_never() { Type::NULL } else { element }
            }
            Yields::ResultOf(index) => result_of(&argument(index)),
            Yields::DefaultsTo(value, default) => defaulted(&argument(value), &argument(default)),
        }
    }

    /// Conditions and such: a finding at the place of an argument.
    pub(super) fn report_at(&mut self, code: Code, expr: krl_lang::ast::ExprId, message: String) {
        let span = self.input.ast.expr(expr).span;
        self.report(Diagnostic::new(code, span, message));
    }
}

fn defaulted(value: &Type, default: &Type) -> Type {
    if value.is_within(Types::SOME) { value.clone() } else { value.without(Types::NULL).or(default) }
}

fn result_of(function: &Type) -> Type {
    match &function.shape {
        Shape::Callable(callable) if function.is_within(Types::FUNCTION) => callable.result.clone(),
        _ => Type::ANY,
    }
}

fn same_kind(signature: &Signature, value: &Type, args: &[Option<Type>]) -> Type {
    let shape = match (&value.shape, signature.name) {
        (shape, "klog") => shape.clone(),
        (Shape::Array(_), name) if SAME_ELEMENTS.contains(&name) => value.shape.clone(),
        (_, "map") if value.is_within(Types::ARRAY) => {
            let element = args.get(1).and_then(Option::as_ref).map_or(Type::ANY, result_of);
            return Type::array(element);
        }
        (Shape::Map(_), _) => Shape::Map(Record { entries: Vec::new(), open: true }.into()),
        _ => Shape::Unknown,
    };
    Type { kinds: value.kinds, shape }
}
