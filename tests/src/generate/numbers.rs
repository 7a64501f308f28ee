//! Natives over many numbers: what machine code runs as loops, and what gets in the way of that.

use super::Generator;
use super::code::{Code, level};
use super::shape::{DATA, Shape};
use krl_stdlib::types::Types;

/// Lists of numbers; those of 64 and more are not laid out.
const LISTS: [&str; 6] = [
    "1.range(70)",
    "(-40).range(60)",
    "100.range(1)",
    "0.5.range(70)",
    "4294967230.range(4294967300)",
    "9007199254740900.range(9007199254740970)",
];

const CONSTANTS: [&str; 7] = ["1", "2", "0", "0.5", "3", "7919", "1000003"];

/// How deep the operators of a body nest.
const MAX_OPERATORS: u32 = 3;

impl Generator {
    /// A reduction of a list of numbers, or what a native makes of each of them.
    pub(super) fn of_many(&mut self, want: Shape) -> Option<Code> {
        if want.is != Types::NUMBER && want.is != Types::ARRAY {
            return None;
        }
        let mut list = (*self.choices.pick(&LISTS)).to_owned();
        if self.choices.chance(64) {
            let other = self.expression(Shape::of(DATA)).text;
            list = format!("{list}.append({other}).append({})", self.choices.pick(&LISTS));
        }
        let is_reduced = want.is == Types::NUMBER;
        for _ in 0..self.choices.below(3) + usize::from(!is_reduced) {
            let params = 1 + self.choices.below(2);
            let call = if self.choices.chance(128) {
                format!("filter({})", self.computation(params, Self::question))
            } else {
                format!("map({})", self.computation(params, Self::number))
            };
            list = format!("{list}.{call}");
        }
        if is_reduced {
            let params = 2 + self.choices.below(2);
            let function = self.computation(params, Self::number);
            list = format!("{list}.reduce({function}, {})", self.choices.pick(&CONSTANTS));
        }
        Some(Code::whole(list))
    }

    /// A function that computes with its parameters and with numbers that have names.
    fn computation(&mut self, params: usize, body: fn(&mut Self, &[String], u32) -> Code) -> String {
        let known = self.scope.len();
        let params: Vec<String> = (0..params).map(|_| self.bind("p", Shape::of(Types::NUMBER))).collect();
        let body = body(self, &params, MAX_OPERATORS).text;
        self.scope.truncate(known);
        format!("function({}) {{ {body} }}", params.join(", "))
    }

    fn number(&mut self, params: &[String], depth: u32) -> Code {
        let operators = ["", "", "+", "-", "*", "/", "%", "<=>", "neg", "=>"];
        let operator = if depth == 0 { "" } else { *self.choices.pick(&operators) };
        match operator {
            "" => self.operand(params),
            "neg" => {
                Code::new(format!("-{}", self.number(params, depth - 1).at(level::WHOLE)), level::PREFIX)
            }
            "=>" => {
                let test = self.question(params, depth - 1).at(level::OR);
                let yes = self.number(params, depth - 1).at(level::OR);
                let no = self.number(params, depth - 1).at(level::CONDITION);
                Code::new(format!("{test} => {yes} | {no}"), level::CONDITION)
            }
            "+" | "-" => self.two(params, depth, (operator, level::SUM)),
            "<=>" => self.two(params, depth, (operator, level::COMPARISON)),
            _ => self.two(params, depth, (operator, level::PRODUCT)),
        }
    }

    fn operand(&mut self, params: &[String]) -> Code {
        match self.choices.below(4) {
            0 => Code::whole(*self.choices.pick(&CONSTANTS)),
            // Mostly a number, and then one that the function captures.
            1 if self.choices.chance(64) => self.expression(Shape::of(Types::NUMBER)),
            _ => Code::whole(self.choices.pick(params).clone()),
        }
    }

    fn two(&mut self, params: &[String], depth: u32, (operator, level): (&str, u8)) -> Code {
        let (a, b) = (self.number(params, depth - 1), self.number(params, depth - 1));
        Code::new(format!("{} {operator} {}", a.at(level), b.at(level + 1)), level)
    }

    fn question(&mut self, params: &[String], depth: u32) -> Code {
        let operator = *self.choices.pick(&["<", "==", ">", "<=", ">=", "!=", "not", "&&", ""]);
        match operator {
            _ if depth == 0 => self.operand(params),
            "" => self.number(params, depth),
            "not" => Code::new(
                format!("not {}", self.question(params, depth - 1).at(level::PREFIX)),
                level::PREFIX,
            ),
            "&&" => {
                let (a, b) = (self.question(params, depth - 1), self.question(params, depth - 1));
                Code::new(format!("{} && {}", a.at(level::AND), b.at(level::AND + 1)), level::AND)
            }
            _ => self.two(params, depth, (operator, level::COMPARISON)),
        }
    }
}
