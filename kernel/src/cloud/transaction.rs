//! One event, one transaction (decisions R1–R5; `krl-runtime.md` §2.2–2.7): breadth first over rulesets and raised events, each
//! ruleset's reaction to each event a savepoint.

use super::Cloud;
use super::core::{Audience, Core, Mode, Patience, Queued, Scene, Slot};
use super::environment::{TraceEntry, Verdict};
use super::event::{CallStack, Event, EventAnswer, Place, Running, RuntimeError};
use super::undo::{Savepoint, Undo};
use crate::index::Salient;
use crate::journal::Kind;
use crate::library::Code;
use crate::machine::{Conditions, Input, Reason, Step};
use krl_vm::data::Data;
use krl_vm::fault::{Fault, Limit};
use krl_vm::interp::{Failure, Outcome, Vm};
use krl_vm::native::Host;
use krl_vm::unit::{FunctionId, Select};
use krl_vm::value::Value;
use std::sync::Arc;

/// Instructions between two pauses of a cascade: each reaction has a meter of its own, and short ones would never pause.
const SLICE: u64 = 1 << 13;
/// What an event counts for beside the instructions of its rules.
const COST_OF_AN_EVENT: u64 = 128;

/// A new reaction begins with a fresh heap once the former ones have filled this share of the budget.
const HEAP_SHARE: usize = 4;

impl Cloud {
    /// Runs an event and all it raises, and what clouds born in it are sent.
    pub(super) fn transact(&mut self, event: Event, eid: Arc<str>, hops: u32) -> EventAnswer {
        let event = Arc::new(event);
        self.cascade(&event, &eid, hops);
        let answer = self.conclude(&event, eid);
        self.settle_newborn();
        answer
    }

    /// As [`Cloud::transact`], unless it would have to wait for others: then nothing of it stays.
    pub(super) fn transact_at_once(&mut self, event: Event, eid: Arc<str>, hops: u32) -> Option<EventAnswer> {
        self.core.begin_transaction();
        let before = self.core.savepoint();
        let event = Arc::new(event);
        self.core.patience = Patience::Hurries;
        self.cascade(&event, &eid, hops);
        if std::mem::take(&mut self.core.patience) == Patience::GaveUp {
            self.core.roll_back(before);
            self.core.scene = Scene::default();
            self.core.transaction.errors.clear();
            self.core.transaction.lines.clear();
            return None;
        }
        Some(self.conclude(&event, eid))
    }

    fn cascade(&mut self, event: &Arc<Event>, eid: &Arc<str>, hops: u32) {
        let core = &mut self.core;
        core.begin_transaction();
        core.transaction.hops = hops;
        core.scene.txn_id = eid.clone();
        core.scene.mode = Mode::Event;
        core.transaction.queue.push_back(Queued { event: event.clone(), audience: Audience::All });
        let mut instructions = core.lasting.setting.budgets.event_instructions;
        core.transaction.staged = false;
        let mut due = instructions.saturating_sub(SLICE);
        while let Some(queued) = self.core.transaction.queue.pop_front() {
            self.present(&queued, &mut instructions);
            if self.core.patience == Patience::GaveUp {
                return self.core.transaction.queue.clear();
            }
            instructions = instructions.saturating_sub(COST_OF_AN_EVENT);
            if instructions < due && !self.core.transaction.queue.is_empty() {
                due = instructions.saturating_sub(SLICE);
                self.pause();
            }
        }
    }

    fn conclude(&mut self, event: &Event, eid: Arc<str>) -> EventAnswer {
        let core = &mut self.core;
        let (domain, name) = (event.domain.clone(), event.name.clone());
        core.scene = Scene::default();
        core.transaction.undo.clear();
        let errors = std::mem::take(&mut core.transaction.errors);
        if core.lasting.setting.journaling {
            core.keep_journal(Kind::Event, &eid, &event.eci, (&domain, &name), &event.attrs, errors.first());
        }
        EventAnswer {
            eid,
            domain,
            name,
            directives: std::mem::take(&mut core.transaction.directives),
            errors,
        }
    }

    /// Lets others run between two events; what is left of the cascade is given up if its time is over.
    fn pause(&mut self) {
        if self.core.deadline_passed() {
            self.core.transaction.queue.clear();
            let error = self.core.error(failure(Fault::limit(Limit::Deadline)), None);
            self.core.transaction.errors.push(error);
        }
    }

    /// Shows an event to the rulesets it concerns, in install order.
    fn present(&mut self, queued: &Queued, instructions: &mut u64) {
        let event = &queued.event;
        let program = self.core.lasting.program.clone();
        let salience = program.index.salient(&event.domain, &event.name);
        self.core.scene.eci = Some(event.eci.clone());
        self.core.scene.cleared = false;
        self.core.scene.attrs = None;
        self.core.scene.event = Some(event.clone());
        for rules in salience.chunk_by(|a, b| a.instance == b.instance) {
            let Some(info) = rules.first().and_then(|first| program.info(first.instance)) else { continue };
            let seen = match &queued.audience {
                Audience::All => true,
                Audience::Only(rid) => *rid == info.rid,
                Audience::AllBut(rid) => *rid != info.rid,
            };
            if !seen {
                continue;
            }
            if Arc::ptr_eq(&program, &self.core.lasting.program) {
                self.react(info.slot, event, rules, instructions);
            } else {
                self.react_anew(&info.rid, event, instructions);
            }
            if self.core.scene.cleared {
                break;
            }
        }
    }

    /// The reaction of a ruleset after an earlier one has changed the program.
    fn react_anew(&mut self, rid: &str, event: &Arc<Event>, instructions: &mut u64) {
        let program = self.core.lasting.program.clone();
        let Some(slot) = program.slot_of(rid) else { return };
        let instance = program.rulesets.get(slot).map(|ruleset| ruleset.instance);
        let salience = program.index.salient(&event.domain, &event.name);
        let mut chunks = salience.chunk_by(|a, b| a.instance == b.instance);
        if let Some(rules) = chunks.find(|rules| rules.first().map(|first| first.instance) == instance) {
            self.react(slot, event, rules, instructions);
        }
    }

    /// One ruleset's reaction to one event. If it fails, nothing of it stays but the error.
    fn react(&mut self, slot: Slot, event: &Arc<Event>, rules: &[Salient], instructions: &mut u64) {
        let Some(instance) = rules.first().map(|first| first.instance) else { return };
        let savepoint = self.core.savepoint();
        self.core.scene.slot = slot;
        self.core.scene.instance = instance;
        self.core.scene.stop = false;
        self.core.scene.rule = None;
        self.set_stage();
        let granted = self.core.lasting.setting.budgets.instructions.min(*instructions);
        self.machine.vm.refuel(granted);
        let Some(code) = self.core.info(instance).map(|info| info.code.clone()) else { return };
        for salient in rules {
            if let Err(error) = self.try_rule(&code, event, salient) {
                self.fail(error, savepoint, event);
                break;
            }
            if self.core.scene.stop {
                break;
            }
        }
        let used = granted.saturating_sub(self.machine.vm.instructions_left());
        self.core.transaction.instructions += used;
        *instructions -= used.min(*instructions);
    }

    /// Gets the machine ready for a reaction: for the transaction's first one, and whenever its memory has filled.
    fn set_stage(&mut self) {
        let room = self.core.lasting.setting.budgets.memory_bytes / HEAP_SHARE;
        if !self.core.transaction.staged || self.machine.vm.heap().used_bytes() > room {
            self.machine.vm.begin(self.core.world());
            self.core.scene.attrs = None;
            self.core.transaction.staged = true;
        }
    }

    fn fail(&mut self, error: RuntimeError, savepoint: Savepoint, event: &Event) {
        self.core.roll_back(savepoint);
        self.core.scene.rule = None;
        let handling = &*event.domain == "system" && &*event.name == "error";
        if error.code == Fault::limit(Limit::Cascade).code() {
            self.core.transaction.queue.clear();
        }
        self.core.report(&error, handling);
        if !handling {
            self.core.transaction.errors.push(error);
        }
    }

    /// Steps a rule's machine and, if it fires, runs the rule.
    fn try_rule(
        &mut self,
        code: &Arc<Code>,
        event: &Arc<Event>,
        salient: &Salient,
    ) -> Result<(), RuntimeError> {
        let Some(rule) = code.unit().rules.get(salient.rule as usize) else { return Ok(()) };
        self.core.scene.rule = Some(salient.rule);
        let changes = self.core.transaction.undo.len();
        let verdict = self.select(code, event, salient).and_then(|selected| match selected {
            Ok(()) => self.run_rule(salient.instance, rule.body).map(|()| None),
            Err(reason) => Ok(Some(reason)),
        });
        if self.core.is_traced() {
            self.trace(event, &rule.name, changes, &verdict);
        }
        self.core.scene.rule = None;
        verdict.map(drop).map_err(|failure| self.core.error(failure, Some(rule.name.clone())))
    }

    /// Whether the event selects the rule, or why not. The values of select variables are left in the scratch.
    fn select(
        &mut self,
        code: &Code,
        event: &Arc<Event>,
        salient: &Salient,
    ) -> Result<Result<(), Reason>, Failure> {
        let slot = self.core.scene.slot;
        let mut wheres =
            Wheres { vm: &mut self.machine.vm, core: &mut self.core, instance: salient.instance };
        let Some(machine) = code.machine(salient.rule) else {
            self.machine.scratch.settings.clear();
            return wheres.select_where(code, salient.rule);
        };
        if machine.is_single() {
            let input = Input { named: &salient.tests, attrs: &event.attrs, time: event.time };
            let step = machine.step(None, None, input, &mut self.machine.scratch, &mut wheres)?;
            return Ok(if step == Step::Unmoved { Err(self.machine.scratch.reason()) } else { Ok(()) });
        }
        let within = wheres.core.info(salient.instance);
        let within = within.and_then(|info| info.within.get(salient.rule as usize).copied().flatten());
        let state = wheres.core.set_match(slot, salient.rule, None);
        let input = Input { named: &salient.tests, attrs: &event.attrs, time: event.time };
        let step = machine.step(state.as_deref(), within, input, &mut self.machine.scratch, &mut wheres);
        let (next, selected) = match step {
            Ok(Step::Fired(next)) => (next.map(Box::new), Ok(Ok(()))),
            Ok(Step::Moved(next)) => (next.map(Box::new), Ok(Err(Reason::State))),
            Ok(Step::Unmoved) => {
                self.core.set_match(slot, salient.rule, state);
                return Ok(Err(self.machine.scratch.reason()));
            }
            Err(failure) => {
                self.core.set_match(slot, salient.rule, state);
                return Err(failure);
            }
        };
        if state.is_some() || next.is_some() {
            self.core.set_match(slot, salient.rule, next);
            if let Some(rule) = code.unit().rules.get(salient.rule as usize) {
                self.core.transaction.touched.matches.push((code.unit().rid.clone(), rule.name.clone()));
            }
            self.core.transaction.undo.push(Undo::Match(slot, salient.rule, state));
        }
        selected
    }

    fn run_rule(&mut self, instance: u32, body: FunctionId) -> Result<(), Failure> {
        let args = imported(&mut self.machine.vm, &self.machine.scratch.settings)?;
        finished(self.machine.vm.run(&mut *self.core, instance, body, &args)).map(drop)
    }

    fn trace(
        &mut self,
        event: &Event,
        rule: &Arc<str>,
        changes: usize,
        verdict: &Result<Option<Reason>, Failure>,
    ) {
        let core = &mut self.core;
        let changed = core.transaction.undo.iter().skip(changes).filter_map(|undo| match undo {
            Undo::Variable(_, undo) => Some(undo.name().clone()),
            _ => None,
        });
        let verdict = match verdict {
            Ok(Some(reason)) => Verdict::NotSelected(*reason),
            Ok(None) => {
                Verdict::Selected { changed: changed.collect(), fired: std::mem::take(&mut core.scene.fired) }
            }
            Err(_) => Verdict::Failed,
        };
        let entry = TraceEntry {
            eid: core.scene.txn_id.clone(),
            domain: event.domain.clone(),
            name: event.name.clone(),
            rid: core.own_rid(),
            rule: rule.clone(),
            verdict,
        };
        core.write_trace(entry);
    }
}

impl Core {
    /// The error of a failure, with the place in the source.
    pub(super) fn error(&self, failure: Failure, rule: Option<Arc<str>>) -> RuntimeError {
        let at = failure.place().and_then(|(unit, span)| self.place(unit, span));
        let at = at.or_else(|| self.rule_place(rule.as_deref()?));
        let stack = failure.stack.into_iter().map(|entry| Running {
            function: entry.function,
            at: entry.span.and_then(|span| self.place(entry.unit, span)),
        });
        RuntimeError {
            rid: self.own_rid(),
            rule,
            code: failure.fault.code(),
            message: failure.fault.to_string(),
            at,
            stack: Box::new(CallStack { functions: stack.collect(), omitted: failure.omitted }),
        }
    }

    /// Where a rule of the reacting ruleset is written: what fails before its code runs has no place of its own.
    fn rule_place(&self, name: &str) -> Option<Place> {
        let code = &self.info(self.scene.instance)?.code;
        let rule = code.unit().rules.iter().find(|rule| &*rule.name == name)?;
        self.place(code.number, rule.span)
    }

    fn place(&self, unit: u32, (start, _): (u32, u32)) -> Option<Place> {
        let code = self.lasting.setting.library.code(unit)?;
        let unit = code.unit();
        let before = unit.source.get(..start as usize)?;
        let line = before.matches('\n').count() as u32 + 1;
        let column = before.chars().rev().take_while(|&c| c != '\n').count() as u32 + 1;
        Some(Place { rid: unit.rid.clone(), line, column })
    }
}

/// Evaluates `where` fragments in the machine.
struct Wheres<'a> {
    vm: &'a mut Vm,
    core: &'a mut Core,
    instance: u32,
}

impl Wheres<'_> {
    /// `select where` fires on exactly `true` (`krl-runtime.md` §4.4).
    fn select_where(&mut self, code: &Code, rule: u32) -> Result<Result<(), Reason>, Failure> {
        match code.unit().rules.get(rule as usize).map(|rule| &rule.select) {
            Some(Select::Where(fragment)) if self.run(*fragment, &[])? == Value::TRUE => Ok(Ok(())),
            _ => Ok(Err(Reason::Where)),
        }
    }

    fn run(&mut self, fragment: FunctionId, settings: &[Data]) -> Result<Value, Failure> {
        let args = imported(self.vm, settings)?;
        finished(self.vm.run(self.core, self.instance, fragment, &args))
    }
}

/// The values of select variables.
fn imported(vm: &mut Vm, settings: &[Data]) -> Result<Vec<Value>, Failure> {
    settings.iter().map(|setting| vm.heap_mut().import(setting).map_err(failure)).collect()
}

impl Conditions for Wheres<'_> {
    type Error = Failure;

    fn raised(fault: Fault) -> Failure {
        failure(fault)
    }

    fn holds(&mut self, fragment: FunctionId, settings: &[Data]) -> Result<bool, Failure> {
        let value = self.run(fragment, settings)?;
        Ok(self.vm.heap().is_truthy(value))
    }
}

/// A failure that happened outside any code.
pub(super) fn failure(fault: Fault) -> Failure {
    Failure { fault, stack: Vec::new(), omitted: 0 }
}

/// The value of a finished run. This cloud answers every request at once, so that none stays suspended.
pub(super) fn finished(outcome: Outcome) -> Result<Value, Failure> {
    match outcome {
        Outcome::Done(value) => Ok(value),
        Outcome::Failed(failure) => Err(failure),
        Outcome::Suspended(request) => {
            Err(failure(Fault::internal(format!("{} was left without an answer", request.name))))
        }
    }
}
