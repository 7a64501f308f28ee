//! What a program is played with.

use super::Generator;
use std::fmt;

/// A step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// An event, with attributes as JSON.
    Event {
        /// Its domain.
        domain: String,
        /// Its type.
        name: String,
        /// A map as JSON.
        attrs: String,
    },
    /// A query, with arguments as JSON.
    Query {
        /// The ruleset.
        rid: String,
        /// The shared name.
        name: String,
        /// A map as JSON.
        args: String,
    },
    /// Milliseconds that pass.
    Wait(u32),
    /// The cloud is stopped and loaded again.
    Restart,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event { domain, name, attrs } => write!(f, "event {domain}:{name} {attrs}"),
            Self::Query { rid, name, args } => write!(f, "query {rid}:{name} {args}"),
            Self::Wait(ms) => write!(f, "wait {ms}"),
            Self::Restart => f.write_str("restart"),
        }
    }
}

fn event(number: usize, attrs: String) -> Step {
    Step::Event { domain: "d".into(), name: format!("e{number}"), attrs }
}

fn query(name: String, args: String) -> Step {
    Step::Query { rid: "gen.main".into(), name, args }
}

impl Generator {
    /// Some events, queries and pauses.
    pub(super) fn steps(&mut self) -> Vec<Step> {
        let shared: Vec<String> =
            self.scope.iter().map(|name| name.text.clone()).filter(|text| !text.contains(':')).collect();
        let mut steps = Vec::new();
        for _ in 0..3 + self.choices.below(6) {
            let begun = self.choices.begin();
            steps.push(match self.choices.below(16) {
                0..=8 => event(self.choices.below(4), self.json_map(0)),
                9..=13 if !shared.is_empty() => {
                    let name = self.choices.pick(&shared).clone();
                    let args: Vec<String> =
                        (0..self.choices.below(3)).map(|at| format!("\"{at}\":{}", self.json(1))).collect();
                    query(name, format!("{{{}}}", args.join(",")))
                }
                14 => Step::Wait(*self.choices.pick(&[1, 10_000, 130_000, 250_000])),
                15 => Step::Restart,
                _ => event(0, "{}".into()),
            });
            self.choices.end(begun);
        }
        // Every shared name is asked for once, so that what programs compute is seen.
        steps.extend(shared.into_iter().map(|name| query(name, "{}".into())));
        steps
    }
}
