//! Rules: what selects them, and their parts.

use super::Generator;
use super::action::Action;
use super::scope::Place;
use super::shape::{DATA, Shape};
use krl_stdlib::types::Types;

/// Attributes that events are selected by: their names are words.
const ATTRIBUTES: [&str; 4] = ["a", "b", "c", "length"];

/// Patterns that capture one text.
const CAPTURES: [&str; 5] = ["re#^(.*)$#", "re#(.)#", "re#(\\d+)#", "re#(a|b)?#", "re#^(.+)$#i"];

impl Generator {
    /// A rule.
    pub(super) fn rule(&mut self, actions: &[Action]) -> String {
        let begun = self.choices.begin();
        let known = self.scope.len();
        let outer = std::mem::replace(&mut self.place, Place::Rule);
        let name = self.fresh("rule");
        let mut text = format!("  rule {name} {{\n    select {}\n", self.select());
        for _ in 0..self.choices.below(3) {
            text.push_str(&self.foreach());
        }
        let pre = self.declarations(3);
        if !pre.is_empty() {
            text.push_str(&format!("    pre {{ {pre}}}\n"));
        }
        if !self.choices.chance(40) {
            text.push_str(&format!("    {}\n", self.block(actions)));
        }
        text.push_str(&self.postlude());
        text.push_str("  }\n");
        self.scope.truncate(known);
        self.place = outer;
        self.choices.end(begun);
        text
    }

    fn foreach(&mut self) -> String {
        let begun = self.choices.begin();
        let whole = Shape::of(Types::COLLECTION).settled(&mut self.choices);
        let text = self.expression(whole).text;
        let value = self.bind("e", whole.part());
        let mut names = value;
        if self.choices.chance(100) {
            let key = if whole.is == Types::MAP { Types::STRING } else { Types::NUMBER };
            names = format!("{names}, {}", self.bind("k", Shape::of(key)));
        }
        self.choices.end(begun);
        format!("    foreach {text} setting({names})\n")
    }

    fn select(&mut self) -> String {
        if self.choices.chance(16) {
            return format!("where {}", self.expression(Shape::of(Types::BOOLEAN)).text);
        }
        let pattern = match self.choices.below(8) {
            0..=2 => self.event(true),
            3 => format!("{} or {}", self.event(false), self.event(false)),
            4 => {
                let word = *self.choices.pick(&["before", "and", "then", "after"]);
                format!("{} {word} {}", self.event(true), self.event(false))
            }
            5 => {
                let (some, other, third) = (self.event(false), self.event(false), self.event(false));
                format!("any {} ({some}, {other}, {third})", 1 + self.choices.below(2))
            }
            _ => self.counted(),
        };
        if self.choices.chance(40) {
            format!("when {pattern} within 5 minutes")
        } else {
            format!("when {pattern}")
        }
    }

    /// `count 2 (…)`, with or without an aggregate.
    fn counted(&mut self) -> String {
        let word = *self.choices.pick(&["count", "repeat"]);
        let number = 1 + self.choices.below(3);
        let (event, key) = (self.choices.below(4), *self.choices.pick(&ATTRIBUTES));
        let head = format!("{word} {number} (d e{event}");
        match *self.choices.pick(&["", "push", "sum", "max", "min", "avg"]) {
            "" => format!("{head})"),
            aggregate => {
                let kinds = if aggregate == "push" { Types::ARRAY } else { Types::NUMBER };
                let name = self.bind("s", Shape::of(kinds));
                format!("{head} {key} re#(\\d+)#) {aggregate}({name})")
            }
        }
    }

    /// One event; what it binds is there only if this event is part of every match.
    fn event(&mut self, binds: bool) -> String {
        let mut text = format!("d e{}", self.choices.below(4));
        let mut names = Vec::new();
        for _ in 0..self.choices.below(3) {
            let (key, pattern) = (*self.choices.pick(&ATTRIBUTES), *self.choices.pick(&CAPTURES));
            text.push_str(&format!(" {key} {pattern}"));
            names.push(self.fresh("s"));
        }
        let setting = binds && !names.is_empty() && self.choices.chance(180);
        let text_shape = Shape::of(Types::STRING);
        if setting {
            text.push_str(&format!(" setting({})", names.join(", ")));
            names
                .iter()
                .for_each(|name| self.scope.push(super::scope::Name::value(name.clone(), text_shape)));
        }
        if self.choices.chance(60) {
            let depth = std::mem::replace(&mut self.depth, super::MAX_DEPTH - 2);
            let test = self.expression(Shape::of(Types::BOOLEAN | DATA));
            self.depth = depth;
            text.push_str(&format!(" where ({})", test.text));
        }
        text
    }
}
