//! Postludes: what rules change, raise, schedule and log.

use super::Generator;
use super::literal::KEYS;
use super::shape::{DATA, SCALAR, Shape};
use krl_stdlib::types::Types;

impl Generator {
    /// The last part of a rule, or nothing.
    pub(super) fn postlude(&mut self) -> String {
        match self.choices.below(5) {
            0 | 1 => format!("    always {{ {} }}\n", self.statements()),
            2 => format!("    fired {{ {} }}\n", self.statements()),
            3 => {
                let word = *self.choices.pick(&["fired", "notfired"]);
                let (then, otherwise) = (self.statements(), self.statements());
                format!(
                    "    {word} {{ {then} }} else {{ {otherwise} }} finally {{ {} }}\n",
                    self.statements()
                )
            }
            _ => String::new(),
        }
    }

    fn statements(&mut self) -> String {
        let known = self.scope.len();
        let list: Vec<String> = (0..=self.choices.below(4))
            .map(|_| {
                let begun = self.choices.begin();
                let text = self.statement();
                self.choices.end(begun);
                text
            })
            .collect();
        self.scope.truncate(known);
        list.join("; ")
    }

    fn statement(&mut self) -> String {
        if self.choices.chance(24) {
            let kind = super::shape::any_kind(&mut self.choices);
            let value = self.expression(Shape::of(kind)).text;
            return format!("{} = {value}", self.bind("v", Shape::of(kind)));
        }
        let statement = match self.choices.below(9) {
            0..=3 => self.assignment(),
            4 => format!("clear ent:{}", self.choices.pick(&["n", "s", "x", "m{\"a\"}", "l[0]", "m"]))
                .replace("[0]", "{0}"),
            5 => self.raise(),
            6 => self.schedule(),
            7 => {
                let (word, levels) = *self.choices.pick(&[("log", 4), ("error", 4)]);
                let level = ["info", "debug", "warn", "error"][self.choices.below(levels)];
                format!("{word} {level} {}", self.expression(Shape::of(DATA)).text)
            }
            _ => (*self.choices.pick(&["log info ent:n", "last"])).into(),
        };
        match self.choices.below(8) {
            6 => format!("{statement} on final"),
            7 => format!("{statement} if {}", self.expression(Shape::of(Types::BOOLEAN)).text),
            _ => statement,
        }
    }

    fn assignment(&mut self) -> String {
        match self.choices.below(8) {
            0 => format!("ent:n := {}", self.expression(Shape::of(Types::NUMBER)).text),
            1 => format!("ent:s := {}", self.expression(Shape::of(Types::STRING)).text),
            2 => format!("ent:l := {}", self.expression(Shape::of(Types::ARRAY)).text),
            3 => {
                let item = self.expression(Shape::of(SCALAR)).text;
                format!("ent:l := ent:l.defaultsTo([]).append({item})")
            }
            4 => format!("ent:m := {}", self.expression(Shape::of(Types::MAP)).text),
            5 => {
                let (key, value) =
                    (*self.choices.pick(&KEYS), self.expression(Shape::of(Types::NUMBER)).text);
                format!("ent:m{{\"{key}\"}} := {value}")
            }
            6 => {
                let (one, other) = (*self.choices.pick(&KEYS), *self.choices.pick(&KEYS));
                let value = self.expression(Shape::of(DATA)).text;
                format!("ent:x{{[\"{one}\", \"{other}\"]}} := {value}")
            }
            _ => format!("ent:x := {}", self.expression(Shape::of(DATA)).text),
        }
    }

    fn attributes(&mut self) -> String {
        match self.choices.below(3) {
            0 => String::new(),
            1 => " attributes event:attrs".into(),
            _ => format!(" attributes {}", self.expression(Shape::of(Types::MAP)).text),
        }
    }

    fn raise(&mut self) -> String {
        let event = self.choices.below(4);
        let name = match self.choices.below(4) {
            0 | 1 => format!("d event \"e{event}\""),
            2 => format!("event \"d:e{event}\""),
            _ => format!("d event (\"e\" + {event})"),
        };
        let only = if self.choices.chance(24) { " for \"gen.main\"" } else { "" };
        format!("raise {name}{only}{}", self.attributes())
    }

    fn schedule(&mut self) -> String {
        let time = match self.choices.below(3) {
            0 => "at time:add(time:now(), {\"seconds\": 10})".to_owned(),
            1 => "repeat \"*/2 * * * *\"".to_owned(),
            _ => format!(
                "at time:add(time:now(), {{\"minutes\": {}}})",
                self.expression(Shape::of(Types::NUMBER)).text
            ),
        };
        let event = self.choices.below(4);
        let attributes = self.attributes();
        if !self.choices.chance(60) {
            return format!("schedule d event \"e{event}\" {time}{attributes}");
        }
        let job = self.bind("j", Shape::of(Types::MAP));
        format!("schedule d event \"e{event}\" {time}{attributes} setting({job})")
    }
}
