//! Calls: what is called, with which arguments (krl-language.md §2.3, §3.2).

use super::expr::native;
use super::path::with_article;
use super::{Callable, Inference, Shape, Type};
use crate::resolve::Target;
use crate::resolve::suggest::nearest;
use krl_lang::ast::{Arg, ExprId, ExprKind, Ident};
use krl_lang::{Applicability, Code, Diagnostic, Span};
use krl_stdlib::signature::{Param, Signature};
use krl_stdlib::types::Types;
use krl_vm::value::Kind;

/// An argument with its type.
pub(super) struct Given {
    pub(super) name: Option<Ident>,
    pub(super) span: Span,
    pub(super) ty: Type,
    /// The `x` of `x.f(…)`.
    pub(super) receiver: bool,
}

impl Inference<'_> {
    /// The type of `callee(args)`.
    pub(super) fn call(&mut self, id: ExprId, callee: ExprId, args: &[Arg]) -> Type {
        let ast = self.input.ast;
        let span = ast.expr(id).span;
        let mut given = Vec::with_capacity(args.len() + 1);
        let called = match &ast.expr(callee).kind {
            ExprKind::Member { object, .. } => {
                let ty = self.expr(*object);
                given.push(Given { name: None, span: ast.expr(*object).span, ty, receiver: true });
                self.target(callee)
            }
            ExprKind::Domain { .. } => self.target(callee),
            _ => self.expr(callee),
        };
        self.note(callee, &called);
        given.extend(self.given(args));
        // Resolution has said that this is no function.
        if matches!(called.shape, Shape::Native(s) if s.native.name == "event:attrs") {
            return Type::ANY;
        }
        self.must_be_function(callee, &called);
        self.apply(span, &called, &given)
    }

    /// The types of written arguments.
    pub(super) fn given(&mut self, args: &[Arg]) -> Vec<Given> {
        let mut given = Vec::with_capacity(args.len());
        for arg in args {
            let ty = self.expr(arg.value);
            given.push(Given {
                name: arg.name,
                span: self.input.ast.expr(arg.value).span,
                ty,
                receiver: false,
            });
        }
        given
    }

    /// The type of what `domain:name` or the `f` of `x.f` names.
    fn target(&mut self, callee: ExprId) -> Type {
        match self.input.resolution.target(callee) {
            Target::Native(signature) => native(signature),
            Target::Symbol(symbol) => self.symbol(symbol),
            Target::Module(module) => self.member(module, callee).unwrap_or(Type::ANY),
            _ => Type::ANY,
        }
    }

    fn must_be_function(&mut self, callee: ExprId, called: &Type) {
        let span = self.callee_span(callee);
        let operator_action = matches!(called.shape, Shape::Native(s)
            if s.module.is_none() && s.native.kind == Kind::ActionFunction);
        if called.is_within(Types::ACTION) || operator_action {
            let message = format!("`{}` is an action, not a function", self.text(span));
            let help =
                "actions run in the action block of a rule; their result is bound with `setting(name)`";
            self.report(Diagnostic::new(Code::ActionAsFunction, span, message).help(help));
        } else if !called.kinds.is_never() && !called.kinds.overlaps(Types::FUNCTION) {
            let message = format!("not a function: this is {}", with_article(called.kinds));
            let mut diagnostic = Diagnostic::new(Code::NotAFunction, span, message);
            if called.kinds.overlaps(Types::COLLECTION) {
                diagnostic = diagnostic.help("an entry is read with `{key}` or `[index]`");
            }
            self.report(diagnostic);
        }
    }

    fn callee_span(&self, callee: ExprId) -> Span {
        let node = self.input.ast.expr(callee);
        match &node.kind {
            ExprKind::Member { domain, name, .. } => domain.map_or(name.span, |d| d.span.to(name.span)),
            _ => node.span,
        }
    }

    /// The result of applying `called`, after a look at the arguments.
    pub(super) fn apply(&mut self, span: Span, called: &Type, given: &[Given]) -> Type {
        match &called.shape {
            Shape::Native(signature) => self.apply_native(span, signature, given),
            Shape::Callable(callable) => self.apply_callable(span, callable, given),
            _ => Type::ANY,
        }
    }

    fn apply_callable(&mut self, span: Span, callable: &Callable, given: &[Given]) -> Type {
        let names: Vec<&str> = callable.params.iter().map(|p| &*p.name).collect();
        let mut filled = vec![false; names.len()];
        for (index, argument) in given.iter().enumerate() {
            let slot = match argument.name {
                Some(name) => self.named(name, &names),
                None => self.positional(index, argument, names.len(), false),
            };
            if let Some(slot) = slot.and_then(|i| filled.get_mut(i)) {
                *slot = true;
            }
        }
        let missing: Vec<&str> = (callable.params.iter().zip(&filled))
            .filter(|(param, filled)| !param.optional && !**filled)
            .map(|(param, _)| &*param.name)
            .collect();
        self.missing(span, &missing);
        callable.result.clone()
    }

    pub(super) fn apply_native(
        &mut self,
        span: Span,
        signature: &'static Signature,
        given: &[Given],
    ) -> Type {
        let names: Vec<&str> = signature.params.iter().map(|p| p.name).collect();
        let mut types: Vec<Option<Type>> = vec![None; names.len()];
        for (index, argument) in given.iter().enumerate() {
            let slot = match argument.name {
                Some(name) => self.named(name, &names),
                None => self.positional(index, argument, names.len(), signature.variadic),
            };
            let Some(slot) = slot else { continue };
            if let Some(place) = types.get_mut(slot) {
                *place = Some(argument.ty.clone());
            }
        }
        self.accepts(span, signature, &types, given);
        self.yields(signature, &types)
    }

    /// The parameter of a named argument.
    fn named(&mut self, name: Ident, names: &[&str]) -> Option<usize> {
        let text = self.text(name.span);
        let found = names.iter().position(|n| *n == text);
        if found.is_none() {
            let message = format!("no parameter is called `{text}`: the argument is ignored");
            let mut diagnostic = Diagnostic::new(Code::UnknownArgument, name.span, message);
            if let Some(near) = nearest(text, names.iter().copied()) {
                diagnostic = diagnostic.help(format!("did you mean `{near}`?")).fix(
                    format!("rename to `{near}`"),
                    name.span,
                    near,
                    Applicability::Maybe,
                );
            } else if !names.is_empty() {
                diagnostic = diagnostic.help(format!("the parameters are {}", quoted(names)));
            }
            self.report(diagnostic);
        }
        found
    }

    fn positional(&mut self, index: usize, given: &Given, count: usize, variadic: bool) -> Option<usize> {
        if index < count {
            return Some(index);
        }
        // `x.f()` on a function without parameters: the receiver is only there to write the call with.
        if !variadic && !given.receiver {
            let takes = match count {
                0 => "no argument".to_owned(),
                1 => "1 argument".to_owned(),
                n => format!("{n} arguments"),
            };
            let message = format!("argument {} is dropped: the function takes {takes}", index + 1);
            self.report(Diagnostic::new(Code::DroppedArgument, given.span, message));
        }
        None
    }

    fn missing(&mut self, span: Span, missing: &[&str]) {
        if missing.is_empty() {
            return;
        }
        let noun = if missing.len() == 1 { "argument is" } else { "arguments are" };
        let message = format!("{noun} missing: {}", quoted(missing));
        let help = "a missing argument is null; give the parameter a default if that is meant";
        self.report(Diagnostic::new(Code::MissingArgument, span, message).help(help));
    }

    /// Looks at what a native takes: values it raises on, values that make no sense, and required ones left out.
    fn accepts(
        &mut self,
        span: Span,
        signature: &'static Signature,
        types: &[Option<Type>],
        given: &[Given],
    ) {
        let mut missing = Vec::new();
        let idle = types.first().is_some_and(|t| t.as_ref().is_some_and(is_empty));
        for (index, (param, ty)) in signature.params.iter().zip(types).enumerate() {
            let Some(ty) = ty else {
                if !param.accepts.overlaps(Types::NULL) && !idle {
                    let message = format!("`{}` needs the argument `{}`", signature.native.name, param.name);
                    self.report(Diagnostic::new(Code::WrongType, span, message));
                } else if !param.optional {
                    missing.push(param.name);
                }
                continue;
            };
            let place = place_of(index, param.name, given, self.input.source);
            let at = place.map_or(span, |g| g.span);
            if let Some(place) = place.filter(|_| !idle || signature.name == "as") {
                self.constant(signature, param, place, types.first().and_then(Option::as_ref));
            }
            if ty.kinds.is_never() {
                continue;
            }
            if !param.accepts.overlaps(ty.kinds) {
                if index == 0 || !idle {
                    self.report(wrong(Code::WrongType, at, signature, index, ty.kinds));
                }
            } else if ty.may_be_null() && !param.accepts.overlaps(Types::NULL) {
                let message = format!("may be null here, which `{}` does not take", signature.native.name);
                let help = "give it a value with `.defaultsTo(…)`, or ask `.isnull()` first";
                self.report(Diagnostic::new(Code::MaybeNull, at, message).help(help));
            } else if !param.expects.overlaps(ty.kinds)
                && !ty.is_within(Types::NULL)
                && !is_natural(param, ty)
            {
                self.report(wrong(Code::OddType, at, signature, index, ty.kinds));
            }
        }
        self.missing(span, &missing);
    }
}

/// Texts as numbers and numbers as texts: attributes and captures are texts, so programs rely on it.
fn is_natural(param: &Param, ty: &Type) -> bool {
    const SCALAR: Types = Types::NUMBER.or(Types::STRING);
    param.expects.overlaps(SCALAR) && ty.kinds.overlaps(SCALAR)
}

/// Is it certainly an empty collection, on which a callback is never called?
fn is_empty(ty: &Type) -> bool {
    match &ty.shape {
        Shape::Array(element) => element.kinds.is_never(),
        Shape::Map(record) => record.entries.is_empty() && !record.open,
        _ => false,
    }
}

fn place_of<'g>(index: usize, param: &str, given: &'g [Given], source: &str) -> Option<&'g Given> {
    let named = given.iter().find(|g| g.name.is_some_and(|n| n.text(source) == param));
    named.or_else(|| given.get(index).filter(|g| g.name.is_none()))
}

fn wrong(code: Code, at: Span, signature: &Signature, index: usize, kinds: Types) -> Diagnostic {
    let param = signature.params.get(index);
    let expects = param.map_or(Types::ANY, |p| if code == Code::WrongType { p.accepts } else { p.expects });
    let name = signature.native.name;
    let role = match param {
        Some(param) if index > 0 || signature.module.is_some() => format!("`{}` of `{name}`", param.name),
        _ => format!("`{name}`"),
    };
    let message = format!("{role} takes {}, this is {}", with_article(expects), with_article(kinds));
    Diagnostic::new(code, at, message)
}

fn quoted(names: &[&str]) -> String {
    names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ")
}
