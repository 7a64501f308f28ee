//! Programs by type: rulesets whose expressions are what their place asks for, but for at most one slip, and the events, queries and pauses
//! they are played with. Operators and modules come from the signature table, so that new ones take part without further work here.

mod action;
mod call;
pub mod choices;
mod code;
mod expression;
mod function;
mod literal;
mod numbers;
mod rule;
mod scope;
mod shape;
mod statement;
mod steps;

pub use call::natives;
pub use steps::Step;

use choices::{Choices, Taken};
use krl_kernel::cloud::Budgets;
use krl_stdlib::types::Types;
use scope::{Name, Place};
use shape::{DATA, Shape};

/// How deep expressions nest.
const MAX_DEPTH: usize = 6;
/// How many expressions a program has, roughly.
const ROOM: usize = 160;

/// A program and how it is played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Sources of rulesets, in the order in which they are installed.
    pub rulesets: Vec<String>,
    /// What happens then.
    pub steps: Vec<Step>,
    /// What it may use.
    pub budgets: Budgets,
    /// What is wrong with it.
    pub slip: Slip,
}

/// The one place where a program is not what it should be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Slip {
    /// There is none.
    #[default]
    None,
    /// A value of another kind.
    WrongKind,
    /// An argument is missing.
    MissingArgument,
    /// A name that has no value yet.
    Unset,
    /// Null.
    Null,
}

/// A program in the making.
#[derive(Debug)]
struct Generator {
    choices: Choices,
    scope: Vec<Name>,
    /// Names of globals that are declared at the end.
    later: Vec<String>,
    place: Place,
    names: usize,
    depth: usize,
    /// Expressions that may still be made.
    room: usize,
    slip: Slip,
    /// How many places come before that of the slip.
    slip_in: Option<usize>,
}

/// A program of a seed, and the choices it was made of.
#[must_use]
pub fn from_seed(seed: u64) -> (Program, Taken) {
    generate(Choices::seeded(seed))
}

/// The program of these choices.
#[must_use]
pub fn from_bytes(bytes: &[u8]) -> (Program, Taken) {
    generate(Choices::given(bytes))
}

fn generate(choices: Choices) -> (Program, Taken) {
    let mut generator = Generator {
        choices,
        scope: Vec::new(),
        later: Vec::new(),
        place: Place::Start,
        names: 0,
        depth: 0,
        room: ROOM,
        slip: Slip::None,
        slip_in: None,
    };
    let program = generator.program();
    (program, generator.choices.finish())
}

impl Generator {
    fn program(&mut self) -> Program {
        self.slip = *self.choices.pick(&[
            Slip::None,
            Slip::None,
            Slip::None,
            Slip::None,
            Slip::WrongKind,
            Slip::MissingArgument,
            Slip::Unset,
            Slip::Null,
        ]);
        if self.slip != Slip::None {
            self.slip_in = Some(1 + self.choices.below(120));
        }
        let budgets = self.budgets();
        let mut rulesets = Vec::new();
        if self.choices.chance(80) {
            rulesets.push(self.module());
        }
        let uses_module = !rulesets.is_empty();
        rulesets.push(self.ruleset(uses_module));
        let steps = self.steps();
        Program { rulesets, steps, budgets, slip: self.slip }
    }

    /// Mostly enough; sometimes so little that it ends in the middle.
    fn budgets(&mut self) -> Budgets {
        let instructions = match self.choices.below(8) {
            5 => 20 + 4 * self.choices.below(256) as u64,
            6 => 64 * (1 + self.choices.below(256)) as u64,
            7 => 300_000,
            _ => 20_000,
        };
        let memory_bytes = match self.choices.below(16) {
            14 => 2_000 + 64 * self.choices.below(256),
            15 => 30_000,
            _ => 2 << 20,
        };
        let depth = *self.choices.pick(&[1_000, 1_000, 200, 10_000, 10]);
        Budgets {
            instructions,
            event_instructions: 3 * instructions,
            memory_bytes,
            depth,
            cascade: 8,
            hops: 1,
        }
    }

    /// A name that is not used yet.
    fn fresh(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    /// A ruleset of functions for the other one.
    fn module(&mut self) -> String {
        let functions = self.functions(2);
        let names: Vec<&str> = functions.iter().map(|(name, _)| &*name.text).collect();
        let provides =
            if names.is_empty() { String::new() } else { format!("provides {}", names.join(", ")) };
        let body: String = functions.iter().map(|(_, text)| format!("    {text}\n")).collect();
        for name in &mut self.scope {
            name.text = format!("lib:{}", name.text);
        }
        format!(
            "ruleset gen.lib {{\n  meta {{ {provides} configure using size = 2 }}\n  global {{\n{body}    unused = size\n  }}\n}}\n"
        )
    }

    fn ruleset(&mut self, uses_module: bool) -> String {
        self.later = vec![self.fresh("late")];
        let begins = self.scope.len();
        let mut body = String::new();
        for (_, text) in self.functions(4) {
            body.push_str(&format!("    {text}\n"));
        }
        for _ in 0..self.choices.below(4) {
            body.push_str(&format!("    {}\n", self.global()));
        }
        let (actions, texts) = self.actions();
        texts.iter().for_each(|text| body.push_str(&format!("    {text}\n")));
        let late = self.expression(Shape::of(DATA)).text;
        body.push_str(&format!("    {} = {late}\n", self.later[0]));
        self.room = self.room.max(ROOM / 2);
        let shared: Vec<String> = self.scope.iter().skip(begins).map(|name| name.text.clone()).collect();
        let rules: String = (0..=self.choices.below(4)).map(|_| self.rule(&actions)).collect();
        let meta = meta(&shared, uses_module.then(|| self.choices.chance(128)));
        format!("ruleset gen.main {{\n  meta {{\n{meta}  }}\n  global {{\n{body}  }}\n{rules}}}\n")
    }

    fn global(&mut self) -> String {
        let begun = self.choices.begin();
        let kind =
            *self.choices.pick(&[Types::NUMBER, Types::STRING, Types::ARRAY, Types::MAP, Types::FUNCTION]);
        let shape = Shape::of(kind);
        let value = self.expression(shape).text;
        let name = self.bind("g", shape);
        self.choices.end(begun);
        format!("{name} = {value};")
    }
}

fn meta(shared: &[String], module: Option<bool>) -> String {
    let mut meta = String::new();
    match module {
        Some(true) => meta.push_str("    use module gen.lib alias lib with size = 5\n"),
        Some(false) => meta.push_str("    use module gen.lib alias lib\n"),
        None => {}
    }
    if !shared.is_empty() {
        meta.push_str(&format!("    shares {}\n", shared.join(", ")));
    }
    meta
}
