//! A cloud to play with: rulesets installed, steps in, JSON out. Behind `run`, `eval`, `repl` and `doctor`.

use crate::config::Limits;
use crate::failure::{self, Sources, map};
use crate::program::Program;
use crate::script::Step;
use krl_kernel::cloud::{
    Budgets, Cloud, CloudState, Configuration, Directive, Environment, EventAnswer, InstallError, LogEntry,
    Query, QueryError, RuntimeError, TraceEntry,
};
use krl_kernel::library::Library;
use krl_vm::data::Data;
use krl_vm::interp::compiled::Tier;
use krl_vm::unit::Unit;
use krl_vm::verify::Verified;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// What the cloud told while it worked.
pub enum Entry {
    /// A program's log.
    Log(LogEntry),
    /// How a rule fared.
    Trace(TraceEntry),
}

/// How to open a session.
pub struct Options {
    /// What ids and `random:*` follow from.
    pub seed: u64,
    /// The time, in milliseconds since the epoch.
    pub now: i64,
    /// Budgets.
    pub budgets: Budgets,
    /// Is a trace wanted?
    pub trace: bool,
    /// What makes machine code.
    pub tier: Option<Arc<dyn Tier>>,
}

/// A cloud and what is known of its rulesets.
pub struct Session {
    /// The cloud.
    pub cloud: Cloud,
    entries: Arc<Mutex<Vec<Entry>>>,
    /// File and text by ruleset id.
    sources: BTreeMap<Arc<str>, (String, Arc<str>)>,
}

/// What a step answers.
pub struct Answer {
    /// The JSON line.
    pub line: Data,
    /// The run-time errors in it.
    pub errors: Vec<RuntimeError>,
    /// Did the step fail?
    pub failed: bool,
}

/// Budgets with the project's choices.
pub fn budgets(limits: &Limits) -> Budgets {
    let default = Budgets::default();
    let instructions = limits.instructions.unwrap_or(default.instructions);
    Budgets {
        instructions,
        event_instructions: limits.instructions.map_or(default.event_instructions, |n| n.saturating_mul(3)),
        memory_bytes: limits.memory.unwrap_or(default.memory_bytes),
        depth: limits.depth.unwrap_or(default.depth),
        cascade: limits.cascade.unwrap_or(default.cascade),
        ..default
    }
}

/// The time of this machine's clock, in milliseconds since the epoch.
pub fn wall_clock() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
}

impl Sources for Session {
    fn source(&self, rid: &str) -> Option<(&str, &str)> {
        self.sources.get(rid).map(|(path, text)| (path.as_str(), &**text))
    }
}

impl Session {
    /// A cloud without rulesets.
    pub fn new(options: Options) -> Self {
        let entries: Arc<Mutex<Vec<Entry>>> = Arc::default();
        let (logs, traces) = (entries.clone(), entries.clone());
        let environment = Environment {
            seed: options.seed,
            now: options.now,
            budgets: options.budgets,
            log: Some(Box::new(move |entry| push(&logs, Entry::Log(entry)))),
            trace: options.trace.then(|| -> krl_kernel::cloud::Sink<TraceEntry> {
                Box::new(move |entry| push(&traces, Entry::Trace(entry)))
            }),
            library: Library::compiled_by(krl_stdlib::natives(), options.tier),
            ..Environment::default()
        };
        Self { cloud: Cloud::new(environment), entries, sources: BTreeMap::new() }
    }

    /// Installs a ruleset, or a new version of one.
    pub fn install(&mut self, path: &str, unit: Verified<Unit>) -> Result<(), InstallError> {
        self.sources.insert(unit.rid.clone(), (path.to_owned(), unit.source.clone()));
        let left = self.cloud.install(unit, Configuration::default())?;
        left.into_iter().next().map_or(Ok(()), |(_, error)| Err(error))
    }

    /// Installs rulesets in order. The error says what is wrong with which.
    pub fn install_all(&mut self, programs: Vec<Program>) -> Result<(), String> {
        for Program { path, unit } in programs {
            if let Err(e) = self.install(&path, unit) {
                return Err(format!("{path} cannot be installed\n{}", self.explain_install(&e)));
            }
        }
        Ok(())
    }

    /// Why a ruleset could not be installed, for people.
    pub fn explain_install(&self, error: &InstallError) -> String {
        match error {
            InstallError::Failed(error) => failure::explain(error, self),
            InstallError::ModuleNotLoaded(rid) => {
                format!("error: it uses module {rid}, which is not among the files; name its file too\n")
            }
            other => format!("error: {other}\n"),
        }
    }

    /// What was logged and traced since the last call.
    pub fn drain(&mut self) -> Vec<Entry> {
        self.entries.lock().map(|mut entries| std::mem::take(&mut *entries)).unwrap_or_default()
    }

    /// Tells places of a ruleset as places of another text: what was typed.
    pub fn show_as(&mut self, rid: &str, path: &str, text: &str) {
        self.sources.insert(rid.into(), (path.to_owned(), text.into()));
    }

    /// Runs a step.
    pub fn step(&mut self, step: &Step) -> Answer {
        match step {
            Step::Event { domain, name, attrs } => self.event(domain, name, attrs.clone()),
            Step::Query { rid, name, args } => self.query(rid, name, args.clone()),
            Step::Advance { text, ms } => {
                let until = self.cloud.now().saturating_add(*ms);
                self.pass(("advance", text), until)
            }
            Step::At { text, ms } => self.pass(("at", text), *ms),
        }
    }

    fn event(&mut self, domain: &str, name: &str, attrs: Data) -> Answer {
        let answer = match self.cloud.signal(domain, name, attrs) {
            Ok(answer) => answer,
            Err(refusal) => {
                let error = map(vec![
                    ("code", Data::string("refused")),
                    ("message", Data::string(refusal.to_string())),
                ]);
                let event = ("event", Data::string(format!("{domain}:{name}")));
                let none = ("directives", Data::Array(Vec::new()));
                let line = map(vec![event, none, ("errors", Data::Array(vec![error]))]);
                return Answer { line, errors: Vec::new(), failed: true };
            }
        };
        let sent = self.cloud.settle();
        let mut entries = event_entries(&answer);
        if !sent.is_empty() {
            entries.push(("sent", event_lines(&sent)));
        }
        let line = map(entries);
        let errors: Vec<_> = std::iter::once(answer).chain(sent).flat_map(|answer| answer.errors).collect();
        Answer { line, failed: !errors.is_empty(), errors }
    }

    fn query(&mut self, rid: &str, name: &str, args: Data) -> Answer {
        let query = Query { rid: rid.to_owned(), name: name.to_owned(), args, ..Query::default() };
        let asked = ("query", Data::string(format!("{rid}:{name}")));
        match self.cloud.query(&query) {
            Ok(value) => {
                Answer { line: map(vec![asked, ("value", value)]), errors: Vec::new(), failed: false }
            }
            Err(error) => {
                let line = map(vec![asked, ("error", failure::query_to_data(&error))]);
                let errors = match error {
                    QueryError::Failed(error) => vec![error],
                    _ => Vec::new(),
                };
                Answer { line, errors, failed: true }
            }
        }
    }

    fn pass(&mut self, (verb, text): (&str, &str), until: i64) -> Answer {
        let answers = self.cloud.advance_to(until);
        let time = krl_stdlib::datetime::format_iso(self.cloud.now());
        let line = map(vec![
            (verb, Data::string(text)),
            ("time", Data::string(time)),
            ("events", event_lines(&answers)),
        ]);
        let errors: Vec<_> = answers.into_iter().flat_map(|answer| answer.errors).collect();
        Answer { line, failed: !errors.is_empty(), errors }
    }
}

fn push(entries: &Mutex<Vec<Entry>>, entry: Entry) {
    if let Ok(mut entries) = entries.lock() {
        entries.push(entry);
    }
}

fn event_lines(answers: &[EventAnswer]) -> Data {
    Data::Array(answers.iter().map(|answer| map(event_entries(answer))).collect())
}

fn event_entries(answer: &EventAnswer) -> Vec<(&'static str, Data)> {
    vec![
        ("event", Data::string(format!("{}:{}", answer.domain, answer.name))),
        ("eid", Data::String(answer.eid.clone())),
        ("directives", Data::Array(answer.directives.iter().map(directive).collect())),
        ("errors", Data::Array(answer.errors.iter().map(failure::to_data).collect())),
    ]
}

fn directive(directive: &Directive) -> Data {
    let text = |text: &Arc<str>| Data::String(text.clone());
    let meta = map(vec![
        ("rid", text(&directive.rid)),
        ("rule_name", text(&directive.rule_name)),
        ("txnId", text(&directive.txn_id)),
    ]);
    map(vec![("name", directive.name.clone()), ("options", directive.options.clone()), ("meta", meta)])
}

/// A cloud's state for people: the time, entity variables and matches in progress by ruleset, scheduled events.
pub fn state_to_data(state: &CloudState) -> Data {
    let iso = |ms: i64| Data::string(krl_stdlib::datetime::format_iso(ms));
    let rulesets = state.rulesets.iter().map(|ruleset| {
        let matches = ruleset.matches.iter().map(|(rule, state)| {
            let nodes = state.active.iter().map(|&node| Data::Number(f64::from(node)));
            (rule.clone(), Data::Array(nodes.collect()))
        });
        let entry = map(vec![
            ("ent", Data::Map(ruleset.variables.clone())),
            ("matching", Data::Map(matches.collect())),
        ]);
        (ruleset.rid.clone(), entry)
    });
    let jobs = state.jobs.iter().map(|job| {
        map(vec![
            ("id", Data::String(job.id.clone())),
            ("rid", Data::String(job.rid.clone())),
            ("event", Data::string(format!("{}:{}", job.domain, job.name))),
            ("attrs", Data::Map(job.attrs.clone())),
            ("due", iso(job.due)),
        ])
    });
    map(vec![
        ("time", iso(state.now)),
        ("rulesets", Data::Map(rulesets.collect())),
        ("scheduled", Data::Array(jobs.collect())),
    ])
}
