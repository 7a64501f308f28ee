//! Expressions and declarations on a cloud: the session behind `eval` and `repl`.

use crate::command::Context;
use crate::exit::{self, Exit};
use crate::failure;
use crate::program::{self, Program};
use crate::report::{Printer, Source};
use crate::script::Step;
use crate::session::{self, Answer, Options, Session};
use crate::snippet::{self, ANSWER, DECLARED, Declared, Module, Snippet};
use crate::trace;
use krl_compiler::check::{CheckOptions, SourceFile, check};
use krl_kernel::cloud::{InstallError, Query, QueryError, RuntimeError};
use krl_vm::data::Data;
use krl_vm::verify::verify;
use std::path::PathBuf;

/// Names what is typed, in messages.
const PLACE: &str = "<input>";

/// A cloud, and what was declared so far.
pub struct Prompt {
    /// The cloud.
    pub session: Session,
    printer: Printer,
    declared: Vec<Declared>,
    modules: Vec<Module>,
}

/// What became of an input. What was wrong has been told.
pub enum Outcome {
    /// The value of its last expression.
    Value(Data),
    /// It only declares these names.
    Declared(Vec<String>),
    /// It failed.
    Failed,
}

impl Prompt {
    /// A cloud with the rulesets of these files. What is wrong has been told.
    pub fn load(context: &Context, paths: &[PathBuf]) -> Result<Self, Exit> {
        Self::open(context, program::load(context, paths)?).map_err(|problem| {
            exit::say(problem.trim_end());
            Exit::Errors
        })
    }

    /// A cloud with these rulesets, whose provided names are modules; the error says what is wrong with which.
    fn open(context: &Context, programs: Vec<Program>) -> Result<Self, String> {
        let budgets = session::budgets(&context.config.limits);
        let options =
            Options { seed: 0, now: session::wall_clock(), budgets, trace: false, tier: context.tier(None)? };
        let printer = context.printer;
        let session = Session::new(options);
        let mut prompt = Self { session, printer, declared: Vec::new(), modules: Vec::new() };
        prompt.install(programs)?;
        Ok(prompt)
    }

    /// Installs rulesets; those that provide names become modules, called by the last word of their ids.
    pub fn install(&mut self, programs: Vec<Program>) -> Result<(), String> {
        for program in &programs {
            let rid = program.unit.rid.to_string();
            if program.unit.provides.is_empty() || self.modules.iter().any(|m| m.rid == rid) {
                continue;
            }
            let alias = rid.rsplit(['.', '-']).next().unwrap_or(&rid).to_owned();
            if self.modules.iter().any(|m| m.alias == alias) {
                return Err(format!("two modules would be called `{alias}` here"));
            }
            self.modules.push(Module { rid, alias });
        }
        self.session.install_all(programs)
    }

    /// The names that were declared, and those of modules.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let declared = self.declared.iter().map(|d| d.name.as_str());
        declared.chain(self.modules.iter().map(|m| m.alias.as_str()))
    }

    /// Evaluates an input. What it declares stays.
    pub fn evaluate(&mut self, typed: &str) -> Outcome {
        let Some(snippet) = self.snippet(typed) else { return Outcome::Failed };
        let outcome = self.answer(&snippet);
        if !matches!(outcome, Outcome::Failed) {
            self.keep(&snippet);
        }
        self.tell_logs(&[]);
        outcome
    }

    /// The type of the last expression of an input, as far as the checker knows.
    pub fn type_of(&mut self, typed: &str) -> Option<String> {
        let snippet = self.snippet(typed)?;
        let file = SourceFile { path: PLACE, source: &snippet.text };
        let output = check(&[file], &CheckOptions::default());
        let checked = output.files.first()?;
        let exprs = checked.parsed.ast.exprs.iter().enumerate();
        let (at, _) = exprs.rev().find(|(_, e)| e.span == snippet.last)?;
        Some(checked.typing.expr(krl_lang::ast::ExprId(at as u32)).to_string())
    }

    /// Runs a step and tells its errors.
    pub fn step(&mut self, step: &Step) -> Answer {
        let answer = self.session.step(step);
        self.tell_logs(&answer.errors);
        for error in &answer.errors {
            exit::say_raw(&failure::explain(error, &self.session));
        }
        answer
    }

    fn tell_logs(&mut self, errors: &[RuntimeError]) {
        let entries = self.session.drain();
        exit::say_raw(&trace::entries(&entries, errors));
    }

    fn snippet(&self, typed: &str) -> Option<Snippet> {
        match Snippet::new(typed, &self.declared, &self.modules) {
            Ok(snippet) => Some(snippet),
            Err(errors) => {
                self.printer.complain(&Source::new(PLACE, typed), &errors);
                None
            }
        }
    }

    fn answer(&mut self, snippet: &Snippet) -> Outcome {
        let compiled = krl_compiler::compile(&snippet.text);
        let errors = compiled.diagnostics.into_iter().filter(krl_lang::Diagnostic::is_error);
        let errors: Vec<_> = errors.map(|found| snippet.typed_diagnostic(found)).collect();
        if !errors.is_empty() {
            self.printer.complain(&Source::new(PLACE, &snippet.typed), &errors);
            return Outcome::Failed;
        }
        let Some(Ok(unit)) = compiled.unit.map(verify) else {
            exit::say("krl: internal error: no code for this; please report it");
            return Outcome::Failed;
        };
        match self.session.install(PLACE, unit) {
            Ok(()) => {}
            Err(InstallError::Failed(error)) => return self.failed(snippet, &error),
            Err(other) => {
                exit::say_raw(&self.session.explain_install(&other));
                return Outcome::Failed;
            }
        }
        match self.ask(ANSWER) {
            Ok(_) if !snippet.has_value => {
                Outcome::Declared(snippet.declared.iter().map(|d| d.name.clone()).collect())
            }
            Ok(value) => Outcome::Value(value),
            Err(QueryError::Failed(error)) => self.failed(snippet, &error),
            Err(other) => {
                exit::say(&format!("error: {other}"));
                Outcome::Failed
            }
        }
    }

    fn ask(&mut self, name: &str) -> Result<Data, QueryError> {
        let rid = snippet::RID.to_owned();
        self.session.cloud.query(&Query { rid, name: name.to_owned(), ..Query::default() })
    }

    /// Tells a run-time error at the place where it was typed.
    fn failed(&mut self, snippet: &Snippet, error: &RuntimeError) -> Outcome {
        let mut error = error.clone();
        let stack = error.stack.functions.iter_mut().filter_map(|frame| frame.at.as_mut());
        for place in stack.chain(error.at.as_mut()).filter(|place| &*place.rid == snippet::RID) {
            (place.line, place.column) = snippet.typed_position(place.line, place.column);
        }
        error.stack.functions.retain(|frame| &*frame.function != ANSWER);
        self.session.show_as(snippet::RID, PLACE, &snippet.typed);
        exit::say_raw(&failure::explain(&error, &self.session));
        Outcome::Failed
    }

    /// Keeps declarations: functions as they were written, values as they came out, for `random` and `time` answer anew each time.
    fn keep(&mut self, snippet: &Snippet) {
        let values = self.ask(DECLARED).unwrap_or_default();
        for declared in &snippet.declared {
            let entry =
                values.as_map().and_then(|map| map.get(declared.name.as_str())).and_then(Data::as_map);
            let kind = entry.and_then(|entry| entry.get("type")).and_then(Data::as_str).unwrap_or_default();
            let text = match entry.and_then(|entry| entry.get("value")) {
                Some(value) if declared.plain && !["Function", "Action", "RegExp"].contains(&kind) => {
                    format!("{} = {}", declared.name, snippet::literal(value))
                }
                _ => declared.text.clone(),
            };
            self.declared.retain(|old| old.name != declared.name);
            self.declared.push(Declared { text, ..declared.clone() });
        }
    }
}
