//! Calls: of the standard library, by its table of signatures, and of the program's own functions.

use super::code::{Code, level};
use super::scope::{Name, Parameter};
use super::shape::{DATA, SCALAR, Shape, any_kind};
use super::{Generator, Slip};
use krl_stdlib::signature::{Param, Signature, Yields};
use krl_stdlib::types::Types;
use krl_vm::value::Kind;

/// Modules that reach out of the cloud, or take long for what they show here.
const ELSEWHERE: [&str; 3] = ["dido", "http", "ursa"];

/// Functions of the table that ask other clouds or the host.
const OUTSIDE: [&str; 2] = ["ctx:query", "ctx:logs"];

/// What only few texts mean something for, by function and parameter.
const WORDS: &[(&str, &str, &[&str])] = &[
    ("sort", "sortBy", &["numeric", "reverse", "ciremun", "default"]),
    ("sprintf", "template", &["%d", "<%s>", "%%", "%5.2f"]),
    ("decode", "val", &["[1,2,{\\\"a\\\":null}]", "{\\\"a\\\":1e3}", "\\\"x\\\"", "1 2", "[", "-0"]),
    ("math:hash", "algorithm", &["sha256", "md5"]),
    ("math:hmac", "algorithm", &["sha256", "sha1"]),
    ("math:hash", "encoding", &["hex", "base64"]),
    ("math:hmac", "encoding", &["hex", "base64"]),
    ("time:new", "date", &["2020-02-29T12:30:00.000Z", "2021-01-01", "12:30"]),
    ("time:add", "date", &["2020-02-29T12:30:00.000Z", "1999-12-31"]),
    ("time:strftime", "date", &["2020-02-29T12:30:00.000Z", "1999-12-31"]),
    ("time:strftime", "fmt", &["%F %T", "%A, %e %B", "%s"]),
];

/// What is in a map of options, by function and parameter.
const OPTIONS: &[(&str, &str, &str)] =
    &[("time:add", "spec", "{\"hours\": 3, \"months\": 1}"), ("time:now", "opts", "{\"tz\": \"UTC\"}")];

impl Generator {
    /// A call of the standard library; that of `as` names what is wanted and is made elsewhere.
    pub(super) fn native(&mut self, want: Shape) -> Option<Code> {
        let fitting: Vec<&'static Signature> =
            natives().filter(|s| s.name != "as" && self.is_here(s) && yields(s, want.is)).collect();
        // What may yield anything is one choice among those that yield what is wanted.
        let (vague, exact): (Vec<_>, Vec<_>) =
            fitting.into_iter().partition(|s| s.result == Yields::Is(Types::ANY));
        let choose_vague = self.choices.chance(24);
        let list = if choose_vague || exact.is_empty() { vague } else { exact };
        if list.is_empty() {
            return None;
        }
        let signature = *self.choices.pick(&list);
        Some(self.apply(signature, want))
    }

    /// Properties of the cloud and the event answer anything but null only where these are.
    fn is_here(&self, signature: &Signature) -> bool {
        self.place != super::scope::Place::Start
            || signature.module.is_none_or(|m| m == "math" || m == "random")
    }

    fn apply(&mut self, signature: &'static Signature, want: Shape) -> Code {
        let name = signature.native.name;
        if signature.property {
            return Code::whole(name);
        }
        let mut given: Vec<Code> = Vec::new();
        let mut receiver = want;
        for (at, param) in signature.params.iter().enumerate() {
            if param.optional && !self.choices.chance(160) {
                break;
            }
            if self.misses_argument() {
                break;
            }
            let shape = argument(signature, at, param, want).settled(&mut self.choices);
            if at == 0 {
                receiver = shape;
            }
            given.push(self.argument(signature, param, (shape, receiver, want)));
        }
        if signature.variadic && self.choices.chance(24) {
            given.push(self.expression(Shape::of(DATA)));
        }
        self.written(signature, &given)
    }

    fn argument(&mut self, of: &'static Signature, param: &Param, shapes: (Shape, Shape, Shape)) -> Code {
        let (shape, receiver, want) = shapes;
        let is_this = |native: &str, name: &str| native == of.native.name && name == param.name;
        let words = WORDS.iter().find(|(native, name, _)| is_this(native, name));
        if let Some((_, _, words)) = words.filter(|_| shape.is.overlaps(Types::STRING)) {
            return Code::whole(format!("\"{}\"", self.choices.pick(words)));
        }
        if let Some((_, _, options)) = OPTIONS.iter().find(|(native, name, _)| is_this(native, name)) {
            return Code::whole(*options);
        }
        if shape.is == Types::FUNCTION {
            return self.callback(of, receiver, want);
        }
        self.expression(shape)
    }

    /// A function that an operator calls for the parts of its receiver.
    fn callback(&mut self, of: &Signature, receiver: Shape, want: Shape) -> Code {
        let result = match (of.name, of.result) {
            (_, Yields::ResultOf(_)) | ("reduce", _) => want,
            ("map", _) => want.part(),
            ("sort", _) => Shape::of(Types::NUMBER),
            ("replace", _) => Shape::of(Types::STRING),
            _ => Shape::of(Types::BOOLEAN),
        };
        if self.choices.chance(48) {
            return self.expression(Shape::with(Types::FUNCTION, result.is));
        }
        let part = if receiver.is == Types::STRING { Shape::of(Types::STRING) } else { receiver.part() };
        let params = match of.name {
            "reduce" => vec![result, part],
            "sort" | "pairwise" => vec![part, part],
            _ => {
                let key = if receiver.is == Types::MAP { Types::STRING } else { Types::NUMBER };
                [part, Shape::of(key), receiver][..=self.choices.below(3)].to_vec()
            }
        };
        self.function(&params, result)
    }

    /// `x.f(…)`, `f(x, …)`, or with the last argument by its name.
    fn written(&mut self, of: &Signature, given: &[Code]) -> Code {
        let mut texts: Vec<String> = given.iter().map(|code| code.text.clone()).collect();
        if given.len() > 1 && given.len() <= of.params.len() && self.choices.chance(24) {
            let name = of.params.get(given.len() - 1).map_or("", |param| param.name);
            if let Some(last) = texts.last_mut() {
                *last = format!("{name} = {last}");
            }
        }
        match (given.first(), of.module) {
            (Some(first), None) if !self.choices.chance(24) || HALF_RESERVED.contains(&of.name) => {
                let rest = texts.get(1..).unwrap_or_default().join(", ");
                Code::whole(format!("{}.{}({rest})", first.at(level::WHOLE), of.name))
            }
            _ => Code::whole(format!("{}({})", of.native.name, texts.join(", "))),
        }
    }

    /// A call of a function of the program.
    pub(super) fn call(&mut self, want: Shape) -> Option<Code> {
        let known = |name: &&Name| name.params.is_some() && want.is.contains(name.shape.of);
        let fitting: Vec<&Name> = self.scope.iter().rev().filter(known).collect();
        if fitting.is_empty() {
            return None;
        }
        let name = (*self.choices.pick(&fitting)).clone();
        let params = name.params.unwrap_or_default();
        Some(Code::whole(format!("{}({})", name.text, self.arguments(&params))))
    }

    /// Arguments for these parameters: by position or by name, some too few or too many.
    pub(super) fn arguments(&mut self, params: &[Parameter]) -> String {
        let mut given = Vec::new();
        let named_from =
            if self.choices.chance(40) { self.choices.below(params.len() + 1) } else { params.len() };
        for (at, param) in params.iter().enumerate() {
            if param.optional && !self.choices.chance(128) {
                if at < named_from {
                    break;
                }
                continue;
            }
            if self.misses_argument() {
                break;
            }
            let value = self.expression(param.shape).text;
            given.push(if at < named_from { value } else { format!("{} = {value}", param.name) });
        }
        if given.len() == params.len() && named_from == params.len() && self.choices.chance(12) {
            let kind = any_kind(&mut self.choices);
            given.push(self.expression(Shape::of(kind)).text);
        }
        given.join(", ")
    }

    /// Is this the argument that the program's slip leaves out?
    fn misses_argument(&mut self) -> bool {
        if self.slip != Slip::MissingArgument {
            return false;
        }
        let Some(left) = self.slip_in.as_mut() else { return false };
        *left = left.saturating_sub(1);
        let here = *left == 0;
        if here {
            self.slip_in = None;
        }
        here
    }
}

/// Operators whose names cannot begin an expression.
const HALF_RESERVED: [&str; 10] =
    ["like", "cmp", "or", "and", "before", "then", "after", "between", "any", "count"];

/// The functions of the standard library that programs call.
pub fn natives() -> impl Iterator<Item = &'static Signature> {
    krl_stdlib::all().iter().filter(|signature| is_usable(signature))
}

fn is_usable(signature: &Signature) -> bool {
    !signature.module.is_some_and(|module| ELSEWHERE.contains(&module))
        && !OUTSIDE.contains(&signature.native.name)
        && signature.native.kind == Kind::Function
}

/// May it yield a value of this kind?
fn yields(signature: &Signature, kind: Types) -> bool {
    let takes = |at: u8| signature.params.get(usize::from(at)).map_or(Types::NEVER, |param| param.expects);
    match signature.result {
        Yields::Is(kinds) => kinds.overlaps(kind),
        Yields::SameAs(at) => takes(at).contains(kind),
        Yields::ElementOf(_) | Yields::ResultOf(_) | Yields::DefaultsTo(..) => true,
    }
}

/// What an argument is to be, so that the call yields what is wanted.
fn argument(signature: &Signature, at: usize, param: &Param, want: Shape) -> Shape {
    let here = |other: u8| usize::from(other) == at;
    let expects = if param.expects == Types::ANY { DATA } else { param.expects };
    let usual = Shape::of(if expects.without(Types::NULL).is_never() {
        expects
    } else {
        expects.without(Types::NULL)
    });
    match signature.result {
        Yields::SameAs(from) if here(from) && want.is.overlaps(param.expects) => {
            let of = if signature.name == "map" { SCALAR } else { want.of };
            Shape::with(want.is.and(param.expects), of)
        }
        Yields::ElementOf(from) if here(from) => Shape::with(Types::ARRAY, want.is),
        Yields::DefaultsTo(value, or) if here(value) || here(or) => want,
        _ => usual,
    }
}
