//! Actions: those of a program, and the blocks in which rules and actions run them.

use super::Generator;
use super::code::level;
use super::literal::KEYS;
use super::scope::{Name, Parameter, Place};
use super::shape::{DATA, Shape};
use krl_stdlib::types::Types;

/// An action of the program.
#[derive(Clone, Debug)]
pub(super) struct Action {
    name: String,
    params: Vec<Parameter>,
}

impl Generator {
    /// The program's own actions and their declarations.
    pub(super) fn actions(&mut self) -> (Vec<Action>, Vec<String>) {
        let (mut actions, mut texts): (Vec<Action>, Vec<String>) = Default::default();
        for _ in 0..self.choices.below(3) {
            let begun = self.choices.begin();
            let known = self.scope.len();
            let outer = std::mem::replace(&mut self.place, Place::Rule);
            let (params, head) = self.parameters();
            let name = self.fresh("act");
            let body = self.declarations(1);
            let block = self.block(&actions);
            let result = self.expression(Shape::of(DATA)).text;
            self.scope.truncate(known);
            self.place = outer;
            self.choices.end(begun);
            texts.push(format!("{name} = defaction({head}) {{ {body}{block} return {result} }}"));
            actions.push(Action { name, params });
        }
        (actions, texts)
    }

    /// An action block, never empty.
    pub(super) fn block(&mut self, actions: &[Action]) -> String {
        let condition = if self.choices.chance(100) {
            let test = self.expression(Shape::of(Types::BOOLEAN));
            format!("if {} then ", test.text)
        } else {
            String::new()
        };
        match self.choices.below(4) {
            0 => format!("{condition}{}", self.action(actions)),
            1 | 2 => {
                let list: Vec<String> = (0..=self.choices.below(3)).map(|_| self.action(actions)).collect();
                format!("{condition}every {{ {} }}", list.join(" "))
            }
            _ => self.chosen(&condition, actions),
        }
    }

    fn chosen(&mut self, condition: &str, actions: &[Action]) -> String {
        let list: Vec<String> =
            KEYS.iter().take(3).map(|key| format!("{key} => {}", self.action(actions))).collect();
        if self.choices.chance(100) {
            return format!("{condition}sample {{ {} }}", list.join(" "));
        }
        let which = self.expression(Shape::of(Types::STRING));
        format!("{condition}choose ({}) {{ {} }}", which.text, list.join(" "))
    }

    fn action(&mut self, actions: &[Action]) -> String {
        let begun = self.choices.begin();
        let text = match self.choices.below(5) {
            3 if !actions.is_empty() => {
                let action = self.choices.pick(actions).clone();
                format!("{}({})", action.name, self.arguments(&action.params))
            }
            1 => "noop()".to_owned(),
            4 => {
                let attrs = self.expression(Shape::of(Types::MAP));
                format!(
                    "event:send({{\"eci\": meta:eci, \"domain\": \"d\", \"type\": \"e{}\", \"attrs\": {}}})",
                    self.choices.below(4),
                    attrs.at(level::CONDITION)
                )
            }
            _ => {
                let options = self.expression(Shape::of(Types::MAP)).text;
                format!("send_directive(\"{}\", {options})", self.choices.pick(&KEYS))
            }
        };
        self.choices.end(begun);
        if !self.choices.chance(40) {
            return text;
        }
        // What an action yields is there for what follows it in the rule, unless it has not run.
        let name = self.fresh("r");
        self.scope.push(Name::value(name.clone(), Shape::of(DATA)));
        format!("{text} setting({name})")
    }
}
