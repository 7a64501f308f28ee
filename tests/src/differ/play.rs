//! Plays a program and writes down everything that can be seen of it.

use crate::engine::Setup;
use crate::generate::{Program, Step};
use krl_kernel::cloud::{Cloud, Configuration, Environment, EventAnswer, LogEntry, Query, TraceEntry};
use krl_vm::data::Data;
use krl_vm::unit::Unit;
use std::fmt::{Debug, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Something that was seen, and when: `step 2: directives and errors`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Which step, and what of it.
    pub what: String,
    /// What was seen.
    pub text: String,
}

/// The code of a program's rulesets, or why there is none.
#[must_use]
pub fn compiled(program: &Program) -> Vec<Result<Unit, String>> {
    let unit = |source: &String| {
        let compiled = krl_compiler::compile(source);
        compiled.unit.ok_or_else(|| {
            let errors = compiled.diagnostics.iter().filter(|d| d.is_error());
            errors.map(|d| format!("{}: {}", d.code, d.message)).collect::<Vec<_>>().join("; ")
        })
    };
    program.rulesets.iter().map(unit).collect()
}

/// Plays a program, whose code `units` is. What panics has a last entry that says so.
#[must_use]
pub fn play(program: &Program, units: &[Result<Unit, String>], setup: Setup) -> Vec<Seen> {
    let mut player = Player::new(program, setup);
    let played = catch_unwind(AssertUnwindSafe(|| player.all(program, units, setup)));
    if let Err(cause) = played {
        let text = cause.downcast_ref::<String>().cloned();
        let text = text.or_else(|| cause.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        player.note("panic", text.unwrap_or_default());
    }
    player.seen
}

/// What the log and the trace have told since the last look.
#[derive(Debug, Default)]
struct Told {
    logs: Vec<LogEntry>,
    trace: Vec<TraceEntry>,
}

struct Player {
    cloud: Cloud,
    seen: Vec<Seen>,
    told: Arc<Mutex<Told>>,
}

impl Player {
    /// A fresh cloud that tells its log and its trace.
    fn new(program: &Program, setup: Setup) -> Self {
        let told: Arc<Mutex<Told>> = Arc::default();
        let (logs, trace) = (told.clone(), told.clone());
        let environment = Environment {
            seed: 7,
            now: 1_700_000_000_000,
            budgets: program.budgets,
            log: Some(Box::new(move |entry| locked(&logs).logs.push(entry))),
            trace: Some(Box::new(move |entry| locked(&trace).trace.push(entry))),
            ..Environment::default()
        };
        Self { cloud: Cloud::new(setup.engine.environment(environment)), seen: Vec::new(), told }
    }

    fn note(&mut self, what: impl Into<String>, text: impl Into<String>) {
        self.seen.push(Seen { what: what.into(), text: text.into() });
    }

    fn all(&mut self, program: &Program, units: &[Result<Unit, String>], setup: Setup) {
        for unit in units {
            match unit {
                Ok(unit) => self.install(unit.clone(), setup),
                Err(why) => self.note("not compiled", why),
            }
            self.look("install");
        }
        for (number, step) in program.steps.iter().enumerate() {
            self.step(number, step);
        }
    }

    fn install(&mut self, unit: Unit, setup: Setup) {
        let installed = setup.unit(unit).map_err(|e| e.to_string()).and_then(|unit| {
            let verified = krl_vm::verify::verify(unit).map_err(|e| format!("not verified: {e}"))?;
            let configuration = Configuration::default();
            self.cloud.install(verified, configuration).map(drop).map_err(|e| format!("{e:?}"))
        });
        self.note("install", format!("{installed:?}"));
    }

    fn step(&mut self, number: usize, step: &Step) {
        let when = format!("step {number}");
        match step {
            Step::Event { domain, name, attrs } => {
                let answer = self.cloud.signal(domain, name, Data::parse(attrs).unwrap_or_default());
                self.spent(&when);
                self.note(&when, shown(&answer));
                self.settle(&when);
            }
            Step::Query { rid, name, args } => {
                let args = Data::parse(args).unwrap_or_default();
                let query = Query { rid: rid.clone(), name: name.clone(), args, ..Query::default() };
                let answer = self.cloud.query(&query);
                self.spent(&when);
                self.note(&when, shown(&answer));
            }
            Step::Wait(ms) => {
                let answers = self.cloud.advance_to(self.cloud.now() + i64::from(*ms));
                self.answers(&when, &answers);
            }
            Step::Restart => self.restart(&when),
        }
        self.look(&when);
    }

    /// Delivers what was sent; the budget of hops ends what would go on for ever.
    fn settle(&mut self, when: &str) {
        let answers = self.cloud.settle();
        self.answers(when, &answers);
    }

    fn answers(&mut self, when: &str, answers: &[EventAnswer]) {
        for answer in answers {
            self.note(format!("{when}, sent or scheduled"), shown(answer));
        }
    }

    fn restart(&mut self, when: &str) {
        let state = serde_json::to_string(&self.cloud.state()).unwrap_or_default();
        let restarted = self.cloud.restart();
        if let (Ok(()), Ok(state)) = (&restarted, serde_json::from_str(&state)) {
            self.cloud.restore(state);
        }
        self.note(when, format!("{restarted:?}"));
    }

    fn spent(&mut self, when: &str) {
        let spent = self.cloud.spent();
        self.note(format!("{when}, instructions"), spent.instructions.to_string());
        self.note(format!("{when}, memory"), spent.memory_bytes.to_string());
    }

    /// What the log, the trace and the state show.
    fn look(&mut self, when: &str) {
        let told = std::mem::take(&mut *locked(&self.told));
        self.note(format!("{when}, logs"), lines(&told.logs));
        self.note(format!("{when}, trace"), lines(&told.trace));
        let state = self.cloud.state();
        self.note(format!("{when}, state"), format!("{:?} {:?}", state.rulesets, state.jobs));
    }
}

fn locked(told: &Mutex<Told>) -> MutexGuard<'_, Told> {
    told.lock().unwrap_or_else(PoisonError::into_inner)
}

fn shown(value: &impl Debug) -> String {
    format!("{value:?}")
}

fn lines(entries: &[impl Debug]) -> String {
    entries.iter().fold(String::new(), |mut text, entry| {
        let _ = writeln!(text, "{entry:?}");
        text
    })
}
