//! Expressions of a wanted shape.

use super::code::{Code, level};
use super::literal::KEYS;
use super::scope::{Name, Place};
use super::shape::{COUNTABLE, DATA, KINDS, SCALAR, Shape, any_kind};
use super::{Generator, MAX_DEPTH, Slip};
use krl_stdlib::types::Types;

/// A way to make an expression; none where it cannot yield what is wanted.
type Way = fn(&mut Generator, Shape) -> Option<Code>;

/// The simplest first.
const WAYS: [Way; 17] = [
    |this, want| Some(this.literal(want)),
    Generator::name,
    Generator::name,
    Generator::infix,
    Generator::infix,
    Generator::native,
    Generator::native,
    Generator::native,
    Generator::of_many,
    Generator::call,
    Generator::call,
    Generator::stored,
    Generator::part,
    Generator::condition,
    Generator::logical,
    Generator::converted,
    Generator::called_at_once,
];

impl Generator {
    /// An expression of this shape, unless this is the place of the program's slip.
    pub fn expression(&mut self, want: Shape) -> Code {
        let begun = self.choices.begin();
        let code = self.slipped(want).unwrap_or_else(|| self.sound(want));
        self.choices.end(begun);
        code
    }

    fn sound(&mut self, want: Shape) -> Code {
        let want = want.settled(&mut self.choices);
        self.depth += 1;
        let code = if self.depth > MAX_DEPTH || self.room == 0 {
            self.name(want).unwrap_or_else(|| self.literal(want))
        } else {
            self.room -= 1;
            let way = *self.choices.pick(&WAYS);
            way(self, want).unwrap_or_else(|| self.literal(want))
        };
        self.depth -= 1;
        code
    }

    /// What a program that is only nearly right has in one place.
    fn slipped(&mut self, want: Shape) -> Option<Code> {
        if self.slip == Slip::MissingArgument {
            return None;
        }
        let is_start = self.slip == Slip::Unset && self.place == Place::Start;
        let left = self.slip_in.as_mut().filter(|_| !is_start)?;
        *left = left.checked_sub(1)?;
        if *left > 0 {
            return None;
        }
        match self.slip {
            Slip::None | Slip::MissingArgument => None,
            Slip::Null => Some(Code::whole("null")),
            Slip::Unset => self.later.first().map(Code::whole),
            Slip::WrongKind => {
                let others: Vec<Types> = KINDS.into_iter().filter(|kind| !kind.overlaps(want.is)).collect();
                let other = if others.is_empty() { Types::NULL } else { *self.choices.pick(&others) };
                Some(self.sound(Shape::of(other)))
            }
        }
    }

    /// A name that holds what is wanted.
    fn name(&mut self, want: Shape) -> Option<Code> {
        let fitting: Vec<&Name> = self.scope.iter().rev().filter(|name| name.shape.is_within(want)).collect();
        if fitting.is_empty() {
            return None;
        }
        Some(Code::whole(self.choices.pick(&fitting).text.clone()))
    }

    fn infix(&mut self, want: Shape) -> Option<Code> {
        match want.is {
            Types::NUMBER => Some(self.arithmetic()),
            Types::BOOLEAN => Some(self.test()),
            Types::STRING => Some(self.text()),
            _ => None,
        }
    }

    fn arithmetic(&mut self) -> Code {
        let operators = ["+", "-", "*", "/", "%", "<=>", "cmp", "neg"];
        let operator = *self.choices.pick(&operators);
        let kinds = if operator != "+" && self.choices.chance(40) { COUNTABLE } else { Types::NUMBER };
        match operator {
            "neg" => {
                Code::new(format!("-{}", self.expression(Shape::of(kinds)).at(level::WHOLE)), level::PREFIX)
            }
            "+" | "-" => self.binary(operator, Shape::of(kinds), Shape::of(kinds), level::SUM),
            "*" | "/" | "%" => self.binary(operator, Shape::of(kinds), Shape::of(kinds), level::PRODUCT),
            _ => {
                let (a, b) = (Shape::of(DATA), Shape::of(DATA));
                self.binary(operator, a, b, level::COMPARISON)
            }
        }
    }

    fn binary(&mut self, operator: &str, left: Shape, right: Shape, level: u8) -> Code {
        let (left, right) = (self.expression(left), self.expression(right));
        Code::new(format!("{} {operator} {}", left.at(level), right.at(level + 1)), level)
    }

    fn test(&mut self) -> Code {
        let operator = *self.choices.pick(&["<", "==", ">", "<=", ">=", "!=", "like", "><", "not"]);
        let kind = if self.choices.chance(40) { DATA } else { any_kind(&mut self.choices) };
        match operator {
            "not" => {
                let operand = self.expression(Shape::of(DATA));
                Code::new(format!("not {}", operand.at(level::PREFIX)), level::PREFIX)
            }
            "like" => {
                let pattern = if self.choices.chance(40) { Types::STRING } else { Types::REGEXP };
                self.binary("like", Shape::of(SCALAR), Shape::of(pattern), level::COMPARISON)
            }
            "><" => self.binary("><", Shape::of(Types::COLLECTION), Shape::of(SCALAR), level::COMPARISON),
            _ => self.binary(operator, Shape::of(kind), Shape::of(kind), level::COMPARISON),
        }
    }

    fn text(&mut self) -> Code {
        match self.choices.below(3) {
            0 => self.binary("+", Shape::of(Types::STRING), Shape::of(DATA), level::SUM),
            1 => self.binary("+", Shape::of(DATA), Shape::of(Types::STRING), level::SUM),
            _ => {
                let (first, second) = (self.expression(Shape::of(DATA)), self.expression(Shape::of(DATA)));
                Code::whole(format!("<<x#{{{}}} \\> #{{{}}}>>", first.text, second.text))
            }
        }
    }

    fn condition(&mut self, want: Shape) -> Option<Code> {
        let test = self.expression(Shape::of(Types::BOOLEAN | DATA));
        let (yes, no) = (self.expression(want), self.expression(want));
        let (test, yes) = (test.at(level::OR), yes.at(level::OR));
        Some(Code::new(format!("{test} => {yes} | {}", no.at(level::CONDITION)), level::CONDITION))
    }

    fn logical(&mut self, want: Shape) -> Option<Code> {
        let (operator, level) = *self.choices.pick(&[("||", level::OR), ("&&", level::AND)]);
        Some(self.binary(operator, want, want, level))
    }

    /// An entity variable or an attribute of the event, made what is wanted.
    fn stored(&mut self, want: Shape) -> Option<Code> {
        if self.place == Place::Start || !DATA.contains(want.is) {
            return None;
        }
        let source = match self.choices.below(if self.place == Place::Rule { 3 } else { 1 }) {
            0 => self.variable(want),
            1 => format!("event:attrs{{\"{}\"}}", self.choices.pick(&KEYS)),
            _ => format!("event:attr(\"{}\")", self.choices.pick(&KEYS)),
        };
        if self.choices.chance(32) {
            return Some(Code::whole(source));
        }
        let otherwise = self.expression(want).text;
        Some(Code::whole(format!("{source}.defaultsTo({otherwise})")))
    }

    /// The entity variable for values of a kind.
    fn variable(&mut self, want: Shape) -> String {
        let name = match want.is {
            Types::NUMBER => "n",
            Types::STRING => "s",
            Types::ARRAY => "l",
            Types::MAP => "m",
            _ => "x",
        };
        if want.is == Types::NUMBER && self.choices.chance(64) {
            return format!("ent:m{{\"{}\"}}", self.choices.pick(&KEYS));
        }
        format!("ent:{name}")
    }

    /// A part of a collection.
    fn part(&mut self, want: Shape) -> Option<Code> {
        let of = Shape::with(Types::COLLECTION, want.is).settled(&mut self.choices);
        let whole = self.expression(of).at(level::WHOLE);
        let key = if self.choices.chance(64) {
            self.expression(Shape::of(SCALAR)).text
        } else {
            format!("\"{}\"", self.choices.pick(&KEYS))
        };
        let access = if of.is == Types::ARRAY { format!("[{key}]") } else { format!("{{{key}}}") };
        let found = format!("{whole}{access}");
        if self.choices.chance(64) {
            return Some(Code::whole(found));
        }
        let otherwise = self.expression(want).text;
        Some(Code::whole(format!("{found}.defaultsTo({otherwise})")))
    }

    fn converted(&mut self, want: Shape) -> Option<Code> {
        let name = match want.is {
            Types::NUMBER => "Number",
            Types::STRING => "String",
            Types::BOOLEAN => "Boolean",
            Types::REGEXP => "RegExp",
            _ => return None,
        };
        let from = if want.is == Types::REGEXP { Types::STRING } else { DATA };
        Some(Code::whole(format!("{}.as(\"{name}\")", self.expression(Shape::of(from)).at(level::WHOLE))))
    }

    /// `(function(x) { … })(y)`
    fn called_at_once(&mut self, want: Shape) -> Option<Code> {
        let taken = Shape::of(any_kind(&mut self.choices));
        let argument = self.expression(taken).text;
        let function = self.function(&[taken], want);
        Some(Code::whole(format!("({})({argument})", function.text)))
    }
}
