//! Arguments of which only some constants are understood: names of kinds, numbers, dates, regular expressions (krl-language.md §4.4, §6).

use super::Inference;
use super::call::Given;
use super::{Shape, Type};
use krl_lang::{Code, Diagnostic, Span};
use krl_stdlib::datetime::{Zone, parse_iso};
use krl_stdlib::signature::{Param, Signature};
use krl_stdlib::types::Types;
use krl_vm::number;

/// What a text must be to be of use to a parameter.
enum Wanted {
    Number,
    Date,
    Pattern,
    /// The name of a kind that this value can be converted to.
    KindFor(Types),
}

impl Inference<'_> {
    /// Reports a constant argument that makes the call raise.
    pub(super) fn constant(
        &mut self,
        signature: &Signature,
        param: &Param,
        given: &Given,
        value: Option<&Type>,
    ) {
        if (signature.native.name, param.name) == ("time:strftime", "opts") {
            return self.zone(given);
        }
        let Some(wanted) = wanted(signature, param, value) else { return };
        let Some(text) = given.ty.known_text() else { return };
        let (why, help) = match wanted {
            Wanted::Number if number::parse(text).is_none() => ("no number", None),
            Wanted::Date if parse_iso(text, 0).is_none() => {
                ("no point in time", Some("write it as in `2020-02-29T12:00:00Z`"))
            }
            Wanted::Pattern if krl_regexp::validate(text, "").is_err() => ("no regular expression", None),
            Wanted::KindFor(kinds) if !converts(kinds, text) => {
                let help = "values convert to `String`, `Number`, `Boolean`, `RegExp` and `Hex`";
                ("no kind that this value converts to", Some(help))
            }
            _ => return,
        };
        let mut diagnostic = bad(given.span, text, why, signature.native.name);
        diagnostic.help = help.map(str::to_owned);
        self.report(diagnostic);
    }

    /// Reports a constant `tz` that is no time zone.
    fn zone(&mut self, given: &Given) {
        let tz = given.ty.record().and_then(|opts| opts.entries.iter().find(|(key, _)| &**key == "tz"));
        let Some(name) = tz.and_then(|(_, ty)| ty.known_text()) else { return };
        if Zone::named(name).is_none() {
            let help = "use an IANA name such as `Europe/Vienna`";
            let diagnostic = bad(given.span, name, "no time zone", "time:strftime").help(help);
            self.report(diagnostic);
        }
    }
}

fn bad(span: Span, text: &str, why: &str, name: &str) -> Diagnostic {
    Diagnostic::new(Code::BadConstant, span, format!("`{text}` is {why}: `{name}` raises an error"))
}

fn wanted(signature: &Signature, param: &Param, value: Option<&Type>) -> Option<Wanted> {
    match (signature.native.name, param.name) {
        ("as", "type") => value.filter(|v| !v.kinds.is_never()).map(|v| Wanted::KindFor(v.kinds)),
        ("match" | "extract", "regex") => Some(Wanted::Pattern),
        ("time:new" | "time:add" | "time:strftime", "date") => Some(Wanted::Date),
        ("slice", "start" | "end") | ("splice", "start" | "nElements") => Some(Wanted::Number),
        // Bit operations convert their operands, and raise where that fails.
        _ if signature.module.is_none() && param.expects == Types::NUMBER => {
            (!param.accepts.overlaps(Types::REGEXP)).then_some(Wanted::Number)
        }
        _ => None,
    }
}

/// A value converts to these kinds, and to its own.
fn converts(kinds: Types, name: &str) -> bool {
    match name {
        "String" | "Number" | "Boolean" | "RegExp" | "Hex" => true,
        "Null" => kinds.overlaps(Types::NULL),
        "Array" => kinds.overlaps(Types::ARRAY),
        "Map" => kinds.overlaps(Types::MAP),
        "Function" | "ActionFunction" => kinds.overlaps(Types::FUNCTION),
        "Action" => kinds.overlaps(Types::ACTION),
        // Infinities are numbers here.
        "JSObject" => kinds.overlaps(Types::NUMBER),
        _ => false,
    }
}

/// The kinds of `value.as(name)`; a number may come out as null.
pub(super) fn converted(value: &Type, target: &Type) -> Type {
    let kinds = match &target.shape {
        Shape::Text(name) if target.kinds == Types::STRING => match &**name {
            "String" => Types::STRING,
            "Boolean" => Types::BOOLEAN,
            "Number" if value.is_within(Types::NUMBER) => Types::NUMBER,
            "Number" => Types::NUMBER | Types::NULL,
            "RegExp" => Types::REGEXP,
            _ => Types::ANY,
        },
        _ => Types::ANY,
    };
    Type::of(kinds)
}
