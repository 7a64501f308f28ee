//! A case on our engine.
#![expect(clippy::expect_used, clippy::panic, reason = "a set-up that fails ends the measurement")]

use crate::case::{Case, Work};
use krl_kernel::cloud::{Budgets, Cloud, Configuration, Environment, Query};
use krl_kernel::library::Library;
use krl_vm::data::Data;
use krl_vm::interp::compiled::JitMode;

/// A cloud with the case's ruleset, ready to work.
pub struct Engine {
    cloud: Cloud,
    domain: &'static str,
    events: Vec<(String, Data)>,
    query: Query,
    answer: &'static str,
}

impl Engine {
    /// Compiles, verifies and installs the case's ruleset.
    ///
    /// # Panics
    /// If the ruleset does not compile or install.
    #[must_use]
    pub fn new(case: &Case) -> Self {
        let compiled = krl_compiler::compile(&case.source);
        let Some(unit) = compiled.unit else { panic!("{}: {:?}", case.name, compiled.diagnostics) };
        let budgets = Budgets {
            instructions: u64::MAX / 4,
            event_instructions: u64::MAX / 4,
            memory_bytes: 1 << 30,
            ..Budgets::default()
        };
        let mode = std::env::var("KRL_JIT").map_or(Ok(JitMode::On), |mode| mode.parse()).expect("KRL_JIT");
        let tier = krl_jit::Jit::tier(mode, krl_jit::Options::default()).expect("machine code");
        let library = Library::compiled_by(krl_stdlib::natives(), tier);
        let mut cloud = Cloud::new(Environment { budgets, library, ..Environment::default() });
        let verified = krl_vm::verify::verify(unit).expect("compiled code");
        cloud.install(verified, Configuration::default()).expect("the ruleset installs");
        let query = Query { rid: "bench".into(), name: "result".into(), ..Query::default() };
        let (events, answer) = match &case.work {
            Work::Query(answer) => (Vec::new(), *answer),
            Work::Events(events) => {
                let data = |v: &serde_json::Value| Data::parse(&v.to_string()).expect("JSON");
                (events.iter().map(|(name, attrs)| (name.clone(), data(attrs))).collect(), "")
            }
        };
        Self { cloud, domain: case.domain, events, query, answer }
    }

    /// Events or queries in one round.
    #[must_use]
    pub fn round_len(&self) -> usize {
        self.events.len().max(1)
    }

    /// Sends each event once, or asks the query once, and checks that the work was done.
    ///
    /// # Panics
    /// If the answer is not the case's.
    pub fn round(&mut self) {
        if self.events.is_empty() {
            let value = self.cloud.query(&self.query).expect("an answer");
            assert_eq!(value.to_json(), self.answer);
            return;
        }
        let mut directives = 0;
        for (name, attrs) in &self.events {
            let answer = self.cloud.signal(self.domain, name, attrs.clone()).expect("a clean event");
            assert!(answer.errors.is_empty(), "{:?}", answer.errors);
            directives += answer.directives.len();
        }
        assert!(directives > 0, "the rule did not fire");
    }
}
