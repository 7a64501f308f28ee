//! What rules do beyond entity variables: raised events, jobs, directives, errors.

use super::core::{Audience, Core, Queued};
use super::environment::LogEntry;
use super::event::{Directive, Event, RuntimeError};
use super::undo::Undo;
use crate::schedule::{Job, Timing};
use krl_vm::data::{Data, DataMap};
use krl_vm::fault::{Fault, Limit};
use krl_vm::heap::Heap;
use krl_vm::native::{LogLevel, Raise, Schedule};
use krl_vm::value::Value;
use std::borrow::Cow;
use std::sync::Arc;

/// The words every directive is made of; frozen once for each cloud.
pub(super) const WORDS: [&str; 8] =
    ["type", "name", "options", "meta", "rid", "rule_name", "txnId", "directive"];

/// An index into [`WORDS`].
#[derive(Clone, Copy)]
enum Word {
    Type,
    Name,
    Options,
    Meta,
    Rid,
    RuleName,
    TxnId,
    Directive,
}

/// How many errors of one ruleset are reported to the others per [`REPORT_WINDOW`] (decision R3).
const MAX_REPORTS: u32 = 10;
/// Milliseconds.
const REPORT_WINDOW: i64 = 60_000;

impl Core {
    /// The statement `raise`: the event waits until all rulesets have seen the current one (`krl-runtime.md` §2.3).
    pub(super) fn raise_event(&mut self, heap: &Heap, raise: Raise) -> Result<(), Fault> {
        let (domain, name) = event_names(heap, raise.domain, raise.event);
        let attrs = self.copy_out(heap, raise.attributes)?;
        let attrs = self.passed_on(attrs);
        let audience = match raise.for_rid {
            rid if rid.is_null() => Audience::All,
            rid => Audience::Only(heap.text(rid).into()),
        };
        self.queue_event(&domain, &name, attrs, audience)
    }

    fn queue_event(&mut self, domain: &str, name: &str, attrs: Data, to: Audience) -> Result<(), Fault> {
        self.transaction.raised += 1;
        if self.transaction.raised > self.lasting.setting.budgets.cascade {
            return Err(Fault::limit(Limit::Cascade));
        }
        let eci = self.scene.eci.clone().unwrap_or_else(|| self.lasting.eci.clone());
        let event = Event::clean(&eci, domain, name, attrs, self.lasting.now);
        let event = Arc::new(event.map_err(|refusal| Fault::error(refusal.to_string()))?);
        self.transaction.queue.push_back(Queued { event, audience: to });
        Ok(())
    }

    /// Attributes that are passed on leave out the `_headers` the event came with (decision H4).
    pub(super) fn passed_on(&self, mut attrs: Data) -> Data {
        const HEADERS: &str = "_headers";
        let came_with = self.scene.event.as_ref().and_then(|event| event.attrs.get(HEADERS));
        if let (Data::Map(map), Some(headers)) = (&mut attrs, came_with)
            && map.get(HEADERS) == Some(headers)
        {
            map.shift_remove(HEADERS);
        }
        attrs
    }

    /// The statement `schedule`; answers the job's record.
    pub(super) fn add_job(&mut self, heap: &Heap, schedule: Schedule) -> Result<Data, Fault> {
        self.may_write()?;
        let (domain, name) = event_names(heap, schedule.domain, schedule.event);
        let time = self.copy_out(heap, schedule.time)?;
        let (timing, due) =
            if schedule.repeat { Timing::repeat(&time, self.lasting.now)? } else { Timing::at(&time)? };
        let attrs = self.copy_out(heap, schedule.attributes)?;
        let attrs = self.passed_on(attrs);
        let eci = self.scene.eci.clone().unwrap_or_else(|| self.lasting.eci.clone());
        let event = Event::clean(&eci, &domain, &name, attrs, 0);
        let event = event.map_err(|refusal| Fault::error(refusal.to_string()))?;
        let Event { domain, name, attrs, .. } = event;
        let id = self.random().id();
        let sequence = self.lasting.jobs.last().map_or(0, |last| last.sequence + 1);
        let job = Job { id, rid: self.own_rid(), eci, domain, name, attrs, timing, due, sequence };
        let record = job.record();
        self.transaction.undo.push(Undo::JobAdded(job.id.clone()));
        self.transaction.touched.jobs.push((job.id.clone(), None));
        self.lasting.jobs.push(job);
        Ok(record)
    }

    /// Removes the jobs of the running ruleset that `which` picks.
    pub(super) fn remove_jobs(&mut self, which: impl Fn(&Job) -> bool) -> Result<Data, Fault> {
        self.may_write()?;
        let rid = self.own_rid();
        while let Some(at) = self.lasting.jobs.iter().position(|job| job.rid == rid && which(job)) {
            let job = self.lasting.jobs.remove(at);
            self.transaction.touched.jobs.push((job.id.clone(), Some(job.due)));
            self.transaction.undo.push(Undo::JobRemoved(at, Box::new(job)));
        }
        Ok(Data::Null)
    }

    pub(super) fn own_jobs(&self) -> impl Iterator<Item = &Job> {
        let rid = self.own_rid();
        self.lasting.jobs.iter().filter(move |job| job.rid == rid)
    }

    /// The id of the ruleset whose rule or query is running. Actions of modules act for it (`krl-runtime.md` §6.3).
    pub(super) fn own_rid(&self) -> Arc<str> {
        self.ruleset(self.scene.slot).map_or_else(|| Arc::from(""), |ruleset| ruleset.rid.clone())
    }

    /// `send_directive`; answers the directive as a map.
    pub(super) fn give_directive(
        &mut self,
        heap: &mut Heap,
        name: Value,
        options: Value,
    ) -> Result<Value, Fault> {
        self.may_write()?;
        let options = if options.is_null() { heap.map_new()? } else { options };
        let directive = Directive {
            name: self.copy_out(heap, name)?,
            options: self.copy_out(heap, options)?,
            rid: self.own_rid(),
            rule_name: self.rule_name().cloned().unwrap_or_default(),
            txn_id: self.scene.txn_id.clone(),
        };
        let directive_value = self.directive_value(heap, &directive, name, options)?;
        self.transaction.directives.push(directive);
        Ok(directive_value)
    }

    /// The directive as the program that gave it sees it.
    fn directive_value(
        &self,
        heap: &mut Heap,
        directive: &Directive,
        name: Value,
        options: Value,
    ) -> Result<Value, Fault> {
        let mut meta = [(Value::NULL, Value::NULL); 3];
        let texts = [&directive.rid, &directive.rule_name, &directive.txn_id];
        for ((word, text), entry) in
            [Word::Rid, Word::RuleName, Word::TxnId].into_iter().zip(texts).zip(&mut meta)
        {
            *entry = (self.word(heap, word)?, heap.string(text)?);
        }
        let meta = heap.map_from(&meta)?;
        let kind = self.word(heap, Word::Directive)?;
        let entries = [
            (self.word(heap, Word::Type)?, kind),
            (self.word(heap, Word::Name)?, name),
            (self.word(heap, Word::Options)?, options),
            (self.word(heap, Word::Meta)?, meta),
        ];
        heap.map_from(&entries)
    }

    /// A word of the cloud's frozen memory, or a fresh copy where it has none.
    fn word(&self, heap: &mut Heap, word: Word) -> Result<Value, Fault> {
        match self.lasting.program.words.get(word as usize) {
            Some(value) => Ok(*value),
            None => heap.string(WORDS.get(word as usize).copied().unwrap_or_default()),
        }
    }

    /// The statement `error level data` (`krl-runtime.md` §2.5): `system:error` for this ruleset only; level `error` clears the schedule.
    pub(super) fn raise_user_error(&mut self, level: LogLevel, data: Data) -> Result<(), Fault> {
        if level == LogLevel::Error {
            self.scene.stop = true;
            self.scene.cleared = true;
            self.transaction.queue.clear();
        }
        let rid = self.own_rid();
        let attrs = text_data([
            ("level", Data::string(level.name())),
            ("data", data),
            ("rid", Data::String(rid.clone())),
            ("rule_name", self.rule_name().cloned().map_or(Data::Null, Data::String)),
            ("genus", Data::string("user")),
        ]);
        self.queue_event("system", "error", attrs, Audience::Only(rid))
    }

    /// Raises `http:<method>` with what a request answered, for its `autoraise`.
    pub(super) fn raise_answer(&mut self, method: &str, attrs: DataMap) -> Result<(), Fault> {
        self.queue_event("http", method, Data::Map(attrs), Audience::All)
    }

    /// Logs an error of a ruleset.
    pub(super) fn log_error(&mut self, rid: Arc<str>, message: String) {
        let message = Data::string(message);
        self.write_log(|txn_id| LogEntry { level: LogLevel::Error, rid, txn_id, message, value: None });
    }

    /// Reports a run-time error as `system:error`: to the handler its ruleset names, else to the other rulesets (decision R3). An error
    /// while handling `system:error` is only logged, and so are repeats.
    pub(super) fn report(&mut self, error: &RuntimeError, handling: bool) {
        let message = Data::String(error.message.as_str().into());
        let rid = error.rid.clone();
        self.write_log(|txn_id| LogEntry { level: LogLevel::Error, rid, txn_id, message, value: None });
        let now = self.lasting.now;
        let slot = self.scene.slot;
        let Some(kept) = self.lasting.kept.get_mut(slot).filter(|_| !handling) else { return };
        let (since, count) = &mut kept.rare().reported;
        if now.saturating_sub(*since) >= REPORT_WINDOW || now < *since {
            (*since, *count) = (now, 0);
        }
        *count += 1;
        if *count > MAX_REPORTS {
            return;
        }
        let handler = self.ruleset(slot).and_then(|ruleset| ruleset.code.unit().meta.errors_to.clone());
        let audience = handler.map_or(Audience::AllBut(error.rid.clone()), Audience::Only);
        let attrs = text_data([
            ("level", Data::string("error")),
            ("genus", Data::string("system")),
            ("species", Data::string(error.code)),
            ("rid", Data::String(error.rid.clone())),
            ("rule_name", error.rule.clone().map_or(Data::Null, Data::String)),
            ("message", Data::String(error.message.as_str().into())),
            ("eid", Data::String(self.scene.txn_id.clone())),
        ]);
        if let Ok(event) = Event::clean(&self.lasting.eci, "system", "error", attrs, now) {
            self.transaction.queue.push_back(Queued { event: Arc::new(event), audience });
        }
    }
}

/// Domain and type of a `raise` or `schedule`; in the dynamic form `domain:type` is taken apart at the first colon.
fn event_names(heap: &Heap, domain: Value, event: Value) -> (Cow<'_, str>, Cow<'_, str>) {
    if !domain.is_null() {
        let name = if event.is_null() { Cow::Borrowed("") } else { heap.text(event) };
        return (heap.text(domain), name);
    }
    let text: String = heap.text(event).chars().filter(|c| !krl_vm::number::is_js_space(*c)).collect();
    match text.split_once(':') {
        Some((domain, name)) => (domain.to_owned().into(), name.to_owned().into()),
        None => (text.into(), Cow::Borrowed("")),
    }
}

fn text_data<const N: usize>(entries: [(&str, Data); N]) -> Data {
    Data::Map(entries.into_iter().map(|(key, value)| (key.into(), value)).collect::<DataMap>())
}
