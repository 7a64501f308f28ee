//! Types of expressions (krl-language.md §2.2).

use super::{Callable, Inference, MAX_DEPTH, Parameter, Record, Shape, Type};
use crate::resolve::Target;
use krl_lang::ast::{BinaryOp, ChevronPart, Defaction, ExprId, ExprKind, Function, MapEntry, Param};
use krl_lang::literal;
use krl_lang::{Code, Diagnostic};
use krl_stdlib::types::Types;
use krl_vm::value::Kind;
use std::sync::Arc;

impl<'a> Inference<'a> {
    /// Infers the type of an expression, and notes it.
    pub(super) fn expr(&mut self, id: ExprId) -> Type {
        if self.depth >= MAX_DEPTH {
            return Type::ANY;
        }
        self.depth += 1;
        let inferred = self.kind(id);
        self.depth -= 1;
        let inferred = self.narrowed(id, inferred);
        self.note(id, &inferred);
        inferred
    }

    /// Remembers the type; in dead code nothing is known to be evaluated.
    pub(super) fn note(&mut self, id: ExprId, inferred: &Type) {
        if let Some(slot) = self.exprs.get_mut(id.0 as usize) {
            *slot = if self.dead { Type::NEVER } else { inferred.clone() };
        }
    }

    fn kind(&mut self, id: ExprId) -> Type {
        let node = self.input.ast.expr(id);
        match &node.kind {
            ExprKind::Null => Type::NULL,
            ExprKind::Bool(value) => Type::boolean(*value),
            ExprKind::Number => Type::number(literal::number(self.text(node.span))),
            ExprKind::String => Type::text(&literal::string(self.text(node.span))),
            ExprKind::RegExp => Type::of(Types::REGEXP),
            ExprKind::Chevron(parts) => self.chevron(parts),
            ExprKind::Name => self.name(id),
            ExprKind::Domain { .. } => self.domain(id),
            ExprKind::Paren(inner) => self.expr(*inner),
            ExprKind::Array(items) => self.array(items),
            ExprKind::Map(entries) => self.map(entries),
            ExprKind::Unary { op, operand } => self.unary(id, *op, *operand),
            ExprKind::Binary { op: BinaryOp::And | BinaryOp::Or, .. } => self.logical(id),
            ExprKind::Binary { .. } => self.binary(id),
            ExprKind::Conditional { test, then, otherwise } => self.conditional(*test, *then, *otherwise),
            ExprKind::Call { callee, args } => self.call(id, *callee, args),
            ExprKind::Member { object, .. } => {
                self.expr(*object);
                Type::ANY
            }
            ExprKind::Index { object, index } => self.path(id, *object, *index),
            ExprKind::Path { object, path } => self.path(id, *object, *path),
            ExprKind::Function(function) => self.function(function),
            ExprKind::Defaction(defaction) => self.defaction(defaction),
        }
    }

    fn chevron(&mut self, parts: &[ChevronPart]) -> Type {
        for part in parts {
            if let ChevronPart::Expr(expr) = part {
                self.expr(*expr);
            }
        }
        Type::of(Types::STRING)
    }

    fn name(&mut self, id: ExprId) -> Type {
        match self.input.resolution.target(id) {
            Target::Symbol(symbol) => self.symbol(symbol),
            Target::Native(signature) => native(signature),
            Target::Testing => Type::of(Types::MAP),
            _ => Type::ANY,
        }
    }

    /// `domain:name` that is not called: the value of a property, or of a call without arguments.
    fn domain(&mut self, id: ExprId) -> Type {
        match self.input.resolution.target(id) {
            // Null outside an event or a query, which is not where programs look at them.
            Target::Native(signature) if signature.property => {
                self.yields(signature, &[]).without(Types::NULL)
            }
            Target::Native(signature) => {
                let span = self.input.ast.expr(id).span;
                self.apply_native(span, signature, &[])
            }
            Target::Module(index) => self.member(index, id).map_or(Type::ANY, |m| match &m.shape {
                Shape::Callable(callable) => callable.result.clone(),
                _ => Type::ANY,
            }),
            _ => Type::ANY,
        }
    }

    /// The member of a `use`d module that a `domain:name` or `x.domain:name` expression names.
    pub(super) fn member(&self, module: u16, id: ExprId) -> Option<Type> {
        let name = match &self.input.ast.expr(id).kind {
            ExprKind::Domain { name, .. } | ExprKind::Member { name, .. } => *name,
            _ => return None,
        };
        self.imported(module, name.text(self.input.source))
    }

    /// The type of a member of a `use`d module, if the module is known.
    pub(super) fn imported(&self, module: u16, name: &str) -> Option<Type> {
        let interface = self.input.imports.get(usize::from(module)).copied().flatten()?;
        interface.member(name).map(|m| m.ty.clone())
    }

    fn array(&mut self, items: &[ExprId]) -> Type {
        let mut element = Type::NEVER;
        for item in items {
            let item = self.expr(*item);
            element = element.or(&item);
        }
        Type::array(element)
    }

    fn map(&mut self, entries: &[MapEntry]) -> Type {
        let mut record = Record { entries: Vec::new(), open: false };
        for entry in entries {
            let key: Arc<str> = literal::string(self.text(entry.key)).into();
            let value = self.expr(entry.value);
            if record.entries.iter().any(|(k, _)| *k == key) {
                self.duplicate_key(entries, entry, &key);
            }
            record.entries.push((key, value));
        }
        Type::map(record)
    }

    fn duplicate_key(&mut self, entries: &[MapEntry], entry: &MapEntry, key: &str) {
        let first = entries.iter().find(|e| literal::string(self.text(e.key)) == key);
        let mut diagnostic =
            Diagnostic::new(Code::DuplicateKey, entry.key, format!("the key `{key}` is here twice"))
                .help("the last value counts");
        if let Some(first) = first {
            diagnostic = diagnostic.label(first.key, "first here");
        }
        self.report(diagnostic);
    }

    fn conditional(&mut self, test: ExprId, then: ExprId, otherwise: ExprId) -> Type {
        let truth = self.expr(test).truth();
        let yes = self.assuming(test, true, |this| this.expr(then));
        // A chain `a => b | c => d | e` nests to the right: its length must not count as depth.
        let no = self.assuming(test, false, |this| this.expr(otherwise));
        match truth {
            Some(true) => yes,
            Some(false) => no,
            None => yes.or(&no),
        }
    }

    fn function(&mut self, function: &'a Function) -> Type {
        self.parameters(&function.params);
        self.block(&function.declarations);
        let result = self.expr(function.result);
        self.callable(Types::FUNCTION, &function.params, result)
    }

    fn defaction(&mut self, defaction: &'a Defaction) -> Type {
        self.parameters(&defaction.params);
        self.block(&defaction.declarations);
        if let Some(actions) = &defaction.actions {
            self.action_block(actions);
        }
        let result = defaction.result.map_or(Type::NULL, |r| self.expr(r));
        self.callable(Types::ACTION, &defaction.params, result)
    }

    fn parameters(&mut self, params: &[Param]) {
        for param in params {
            if let Some(default) = param.default {
                self.expr(default);
            }
            self.declare(param.name, Type::ANY);
        }
    }

    /// A function or action with these parameters.
    pub(super) fn callable(&self, kinds: Types, params: &[Param], result: Type) -> Type {
        let params = params
            .iter()
            .map(|p| Parameter { name: p.name.text(self.input.source).into(), optional: p.default.is_some() })
            .collect();
        Type { kinds, shape: Shape::Callable(Arc::new(Callable { params, result })) }
    }
}

/// The type of an operator or module member as such.
pub(super) fn native(signature: &'static krl_stdlib::signature::Signature) -> Type {
    let kinds = match signature.native.kind {
        Kind::Action => Types::ACTION,
        Kind::ActionFunction => Types::FUNCTION | Types::ACTION,
        _ => Types::FUNCTION,
    };
    Type { kinds, shape: Shape::Native(signature) }
}
