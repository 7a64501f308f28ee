//! Functions: literals, and the named ones of a ruleset, some of which call themselves or each other.

use super::Generator;
use super::code::{Code, level};
use super::scope::{Name, Parameter, Place};
use super::shape::{Shape, any_kind};
use krl_stdlib::types::Types;

/// How deep recursions go: mostly a little, sometimes to the limit and beyond.
const ROUNDS: [&str; 6] = ["3", "5", "12", "40", "300", "12000"];

impl Generator {
    /// A function literal with parameters of these shapes.
    pub(super) fn function(&mut self, params: &[Shape], result: Shape) -> Code {
        let known = self.scope.len();
        let place = if self.place == Place::Start { Place::Function } else { self.place };
        let outer = std::mem::replace(&mut self.place, place);
        let params: Vec<String> = params.iter().map(|shape| self.bind("p", *shape)).collect();
        let body = self.body(result);
        self.scope.truncate(known);
        self.place = outer;
        Code::new(format!("function({}) {{ {body} }}", params.join(", ")), level::FUNCTION)
    }

    /// A name of this shape that can be used from now on.
    pub(super) fn bind(&mut self, prefix: &str, shape: Shape) -> String {
        let name = self.fresh(prefix);
        self.scope.push(Name::value(name.clone(), shape));
        name
    }

    /// Declarations and what is returned.
    fn body(&mut self, result: Shape) -> String {
        let mut body = self.declarations(2);
        if self.choices.chance(64) {
            body.push_str("return ");
        }
        body.push_str(&self.expression(result).text);
        body
    }

    /// Up to so many declarations.
    pub(super) fn declarations(&mut self, most: usize) -> String {
        let mut text = String::new();
        for _ in 0..self.choices.below(most + 1) {
            let begun = self.choices.begin();
            let kind = any_kind(&mut self.choices);
            let shape = Shape::with(kind, any_kind(&mut self.choices));
            let value = self.expression(shape).text;
            let name = self.bind("v", shape);
            text.push_str(&format!("{name} = {value}; "));
            self.choices.end(begun);
        }
        text
    }

    /// Declarations of named functions, each with what it is called and takes.
    pub(super) fn functions(&mut self, most: usize) -> Vec<(Name, String)> {
        let mut made = Vec::new();
        for _ in 0..self.choices.below(most + 1) {
            let begun = self.choices.begin();
            let (name, text) = match self.choices.below(4) {
                0 | 1 => self.named_function(),
                2 => self.recursion(),
                _ => {
                    let (first, second) = self.mutual_recursion();
                    made.push(first);
                    second
                }
            };
            self.choices.end(begun);
            self.scope.push(name.clone());
            made.push((name, text));
        }
        made
    }

    fn named_function(&mut self) -> (Name, String) {
        let result = Shape::of(any_kind(&mut self.choices));
        let known = self.scope.len();
        let outer = std::mem::replace(&mut self.place, Place::Function);
        let (params, head) = self.parameters();
        let name = self.fresh("f");
        let body = self.body(result);
        self.scope.truncate(known);
        self.place = outer;
        let text = format!("{name} = function({head}) {{ {body} }}");
        let shape = Shape::with(Types::FUNCTION, result.is);
        (Name { text: name, shape, params: Some(params) }, text)
    }

    /// Parameters, the last ones with defaults that may name those before them.
    pub(super) fn parameters(&mut self) -> (Vec<Parameter>, String) {
        let (mut params, mut head): (Vec<Parameter>, Vec<String>) = Default::default();
        let count = self.choices.below(4);
        let defaults_from = if self.choices.chance(100) { self.choices.below(count + 1) } else { count };
        for at in 0..count {
            let kind = any_kind(&mut self.choices);
            let shape = Shape::with(kind, any_kind(&mut self.choices));
            let optional = at >= defaults_from;
            let default = if optional { Some(self.expression(shape).text) } else { None };
            let name = self.bind("p", shape);
            head.push(default.map_or_else(|| name.clone(), |default| format!("{name} = {default}")));
            params.push(Parameter { name, shape, optional });
        }
        (params, head.join(", "))
    }

    /// How deep a recursion goes.
    fn rounds(&mut self) -> &'static str {
        let rounds: &&str = self.choices.pick(&ROUNDS);
        rounds
    }

    /// A function that calls itself, behind one that starts it.
    fn recursion(&mut self) -> (Name, String) {
        let kind = *self.choices.pick(&[Types::NUMBER, Types::STRING, Types::ARRAY]);
        let name = self.fresh("f");
        let step = self.step(&name, kind);
        (start_of(&name, kind), format!("{name} = {step}"))
    }

    /// Two functions that call each other.
    fn mutual_recursion(&mut self) -> ((Name, String), (Name, String)) {
        let kind = *self.choices.pick(&[Types::NUMBER, Types::STRING, Types::BOOLEAN]);
        let (one, other) = (self.fresh("f"), self.fresh("f"));
        let first = self.step(&other, kind);
        let second = self.step(&one, kind);
        let of = |name: &str, step: String| (start_of(name, kind), format!("{name} = {step}"));
        (of(&one, first), of(&other, second))
    }

    /// One round of a recursion: `function(n) { n < 1 => … | … next(n - 1) … }`.
    fn step(&mut self, next: &str, kind: Types) -> String {
        let (known, outer) = (self.scope.len(), std::mem::replace(&mut self.place, Place::Function));
        let rounds = self.rounds();
        let n = self.bind("n", Shape::of(Types::NUMBER));
        let end = self.expression(Shape::of(kind)).at(level::OR);
        let call = format!("{next}({n} - 1)");
        let other = self.expression(Shape::of(kind)).at(level::WHOLE);
        let more = match (kind, self.choices.below(3)) {
            (Types::NUMBER, 0) => format!("{call} + 1"),
            (Types::NUMBER, 1) => format!("{other} - {call}"),
            (Types::STRING, 0) => format!("{call} + \"x\""),
            (Types::STRING, 1) => format!("{other} + {call}"),
            (Types::ARRAY, 0) => format!("{call}.append({n})"),
            (Types::BOOLEAN, 0) => format!("not {call}"),
            _ => call,
        };
        self.scope.truncate(known);
        self.place = outer;
        format!("function({n} = {rounds}) {{ {n} < 1 => {end} | {more} }}")
    }
}

/// A recursive function, to be started with the depth that it has as its default.
fn start_of(name: &str, kind: Types) -> Name {
    Name { text: name.into(), shape: Shape::with(Types::FUNCTION, kind), params: Some(Vec::new()) }
}
