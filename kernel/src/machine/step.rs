//! One step of a machine (`krl-runtime.md` §4.2 with decisions E1–E3).

use super::state::{CapturedTexts, MatchState};
use super::{END, Machine, Matcher, START, aggregate};
use krl_regexp::Captures;
use krl_vm::data::{Data, DataMap};
use krl_vm::fault::{Fault, Limit};
use krl_vm::number;
use krl_vm::unit::{Edge, FunctionId, When};
use std::borrow::Cow;

/// The event, as one machine sees it.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The machine's tests that name the event's domain and type.
    pub named: &'a [u32],
    /// The event's attributes.
    pub attrs: &'a DataMap,
    /// When it happened, in milliseconds.
    pub time: i64,
}

/// Evaluates `where` fragments.
pub trait Conditions {
    /// What evaluating can end in.
    type Error;

    /// A failure of the machine itself: a pattern that needs too many steps.
    fn raised(fault: Fault) -> Self::Error;

    /// Whether the fragment holds with these values of the select variables.
    ///
    /// # Errors
    /// What the fragment raises.
    fn holds(&mut self, fragment: FunctionId, settings: &[Data]) -> Result<bool, Self::Error>;
}

/// What a step does. The match state that it carries replaces the former one; none means the start.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Nothing changes.
    Unmoved,
    /// The match advanced, or fell back.
    Moved(Option<MatchState>),
    /// The rule fires, with the select variables in [`Scratch::settings`].
    Fired(Option<MatchState>),
}

/// Why an event did not advance a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The match waits for another event.
    State,
    /// An attribute pattern does not match.
    Pattern,
    /// A `where` condition is false.
    Where,
}

/// Memory that steps reuse.
#[derive(Debug, Default)]
pub struct Scratch {
    verdicts: Vec<Option<Verdict>>,
    captured: Vec<CapturedTexts>,
    captures: Captures,
    reason: Option<Reason>,
    /// The select variables of a rule that fires.
    pub settings: Vec<Data>,
    trial: Vec<Data>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Passed,
    Failed,
}

impl Scratch {
    /// Why the last step did not move.
    #[must_use]
    pub fn reason(&self) -> Reason {
        self.reason.unwrap_or(Reason::State)
    }

    fn begin(&mut self, machine: &Machine) {
        self.settings.clear();
        self.reason = None;
        if self.captured.len() < machine.tests.len() {
            self.captured.resize_with(machine.tests.len(), Vec::new);
        }
    }
}

impl Machine {
    /// Steps on an event the rule is salient for. `within` is the width of the window in milliseconds.
    ///
    /// # Errors
    /// What a condition raises, and a pattern that needs too many steps.
    pub fn step<C: Conditions>(
        &self,
        state: Option<&MatchState>,
        within: Option<f64>,
        input: Input<'_>,
        scratch: &mut Scratch,
        conditions: &mut C,
    ) -> Result<Step, C::Error> {
        scratch.begin(self);
        let expired = within.is_some_and(|limit| {
            let first = state.and_then(|s| s.times.first());
            first.is_some_and(|&first| (input.time - first) as f64 > limit)
        });
        let kept = state.filter(|_| !expired);
        if self.single && kept.is_none() {
            return self.step_single(expired, input, scratch, conditions);
        }
        scratch.verdicts.clear();
        scratch.verdicts.resize(self.tests.len(), None);
        let taken = self.taken_edges(kept, input, scratch, conditions)?;
        if taken.is_empty() {
            return Ok(if expired { Step::Moved(None) } else { Step::Unmoved });
        }
        Ok(self.advance(kept, &taken, within.map(|_| input.time), scratch))
    }

    /// A step of a machine of one event without variables: no state, no allocation.
    fn step_single<C: Conditions>(
        &self,
        expired: bool,
        input: Input<'_>,
        scratch: &mut Scratch,
        conditions: &mut C,
    ) -> Result<Step, C::Error> {
        for edge in &self.edges {
            let When::Test(test) = edge.when else { continue };
            let Some(matcher) = self.tests.get(test as usize).filter(|_| input.named.contains(&test)) else {
                continue;
            };
            if self.try_test(matcher, test as usize, &[], input, scratch, conditions)? == Verdict::Passed {
                return Ok(Step::Fired(None));
            }
        }
        Ok(if expired { Step::Moved(None) } else { Step::Unmoved })
    }

    /// The edges that the event takes, of the active nodes in order. At its end a match begins afresh, unless a `repeat` goes on there.
    fn taken_edges<C: Conditions>(
        &self,
        state: Option<&MatchState>,
        input: Input<'_>,
        scratch: &mut Scratch,
        conditions: &mut C,
    ) -> Result<Vec<&Edge>, C::Error> {
        let leads_on = |s: &&MatchState| s.active.iter().any(|&node| !self.edges_of(node).is_empty());
        let active = state.filter(leads_on).map_or(&[START][..], |s| &s.active);
        let settings = state.map_or(&[][..], |s| &s.settings);
        let mut taken = Vec::new();
        for &node in active {
            for edge in self.edges_of(node) {
                if self.takes(&edge.when, settings, input, scratch, conditions)? {
                    taken.push(edge);
                }
            }
        }
        Ok(taken)
    }

    fn takes<C: Conditions>(
        &self,
        when: &When,
        settings: &[Data],
        input: Input<'_>,
        scratch: &mut Scratch,
        conditions: &mut C,
    ) -> Result<bool, C::Error> {
        match when {
            When::Test(test) => {
                let verdict = self.verdict(*test, settings, input, scratch, conditions)?;
                Ok(verdict == Some(Verdict::Passed))
            }
            When::Rejects(test) => {
                let verdict = self.verdict(*test, settings, input, scratch, conditions)?;
                Ok(verdict == Some(Verdict::Failed))
            }
            When::NoneOf(tests) => {
                for test in tests {
                    let verdict = self.verdict(*test, settings, input, scratch, conditions)?;
                    if verdict == Some(Verdict::Passed) {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
        }
    }

    /// How the event fares with a test; `None` if the test names another event. Each test is tried at most once a step.
    fn verdict<C: Conditions>(
        &self,
        test: u32,
        settings: &[Data],
        input: Input<'_>,
        scratch: &mut Scratch,
        conditions: &mut C,
    ) -> Result<Option<Verdict>, C::Error> {
        let index = test as usize;
        let Some(matcher) = self.tests.get(index).filter(|_| input.named.contains(&test)) else {
            return Ok(None);
        };
        if let Some(Some(known)) = scratch.verdicts.get(index) {
            return Ok(Some(*known));
        }
        let verdict = self.try_test(matcher, index, settings, input, scratch, conditions)?;
        if let Some(slot) = scratch.verdicts.get_mut(index) {
            *slot = Some(verdict);
        }
        Ok(Some(verdict))
    }

    fn try_test<C: Conditions>(
        &self,
        matcher: &Matcher,
        index: usize,
        settings: &[Data],
        input: Input<'_>,
        scratch: &mut Scratch,
        conditions: &mut C,
    ) -> Result<Verdict, C::Error> {
        let Some(captured) = scratch.captured.get_mut(index) else {
            return Ok(Verdict::Failed);
        };
        if !matcher.matches(input.attrs, captured, &mut scratch.captures).map_err(C::raised)? {
            scratch.reason = Some(Reason::Pattern);
            return Ok(Verdict::Failed);
        }
        let Some(fragment) = matcher.condition else { return Ok(Verdict::Passed) };
        scratch.trial.clear();
        scratch.trial.extend_from_slice(settings);
        scratch.trial.resize(self.settings, Data::Null);
        assign(&mut scratch.trial, &matcher.settings, captured);
        let holds = conditions.holds(fragment, &scratch.trial)?;
        if holds {
            return Ok(Verdict::Passed);
        }
        scratch.reason = Some(Reason::Where);
        Ok(Verdict::Failed)
    }

    fn advance(
        &self,
        state: Option<&MatchState>,
        taken: &[&Edge],
        time: Option<i64>,
        scratch: &mut Scratch,
    ) -> Step {
        let fires = taken.iter().any(|edge| edge.to == END);
        if !fires && taken.iter().all(|edge| edge.to == START) {
            return if state.is_some() { Step::Moved(None) } else { Step::Unmoved };
        }
        let mut next = state.cloned().unwrap_or_default();
        self.collect(&mut next, taken, scratch);
        if next.times.is_empty() || self.slide > 0 {
            next.times.extend(time);
        }
        if fires { self.fire(next, scratch) } else { Step::Moved(Some(next.at(taken.iter().map(|e| e.to)))) }
    }

    /// Puts the captures of the edges taken into the match's settings and windows. An edge feeds an aggregate once a step.
    fn collect(&self, next: &mut MatchState, taken: &[&Edge], scratch: &Scratch) {
        let mut fed: Vec<u32> = Vec::new();
        for edge in taken {
            let When::Test(test) = edge.when else { continue };
            let (Some(matcher), Some(captured)) =
                (self.tests.get(test as usize), scratch.captured.get(test as usize))
            else {
                continue;
            };
            if !matcher.settings.is_empty() {
                next.settings.resize(self.settings, Data::Null);
                assign(&mut next.settings, &matcher.settings, captured);
            }
            if let Some(feed) = edge.aggregate.filter(|feed| !fed.contains(&feed.aggregate)) {
                fed.push(feed.aggregate);
                aggregate::feed(next, self.aggregates.len(), feed, captured);
            }
        }
    }

    /// The rule fires: its variables go to the scratch; a `repeat` keeps the window that the next firing slides.
    fn fire(&self, mut next: MatchState, scratch: &mut Scratch) -> Step {
        scratch.settings.append(&mut next.settings);
        scratch.settings.resize(self.settings, Data::Null);
        for (aggregate, window) in self.aggregates.iter().zip(&next.aggregates) {
            for (index, &setting) in aggregate.settings.iter().enumerate() {
                if let Some(slot) = scratch.settings.get_mut(usize::from(setting)) {
                    *slot = aggregate::value(aggregate, window, index);
                }
            }
        }
        if self.edges_of(END).is_empty() {
            return Step::Fired(None);
        }
        next.times.drain(..self.slide.min(next.times.len()));
        Step::Fired(Some(next.at([END])))
    }
}

impl MatchState {
    fn at(mut self, nodes: impl IntoIterator<Item = u32>) -> Self {
        self.active.clear();
        for node in nodes {
            if !self.active.contains(&node) {
                self.active.push(node);
            }
        }
        self
    }
}

impl Matcher {
    /// Whether all attribute patterns match; their captures go to `captured`, in order.
    fn matches(
        &self,
        attrs: &DataMap,
        captured: &mut CapturedTexts,
        captures: &mut Captures,
    ) -> Result<bool, Fault> {
        captured.clear();
        for (name, regexp) in &self.patterns {
            let subject = attribute(attrs, name).map_or(Cow::Borrowed(""), text);
            let found = if regexp.group_count() == 0 {
                regexp.is_match(&subject)
            } else {
                regexp.find_at(&subject, 0, captures)
            };
            if !found.map_err(|_| Fault::limit(Limit::RegexpSteps))? {
                return Ok(false);
            }
            for group in 1..=regexp.group_count() {
                captured.push(captures.get(group).and_then(|range| subject.get(range)).map(Into::into));
            }
        }
        Ok(true)
    }
}

/// An attribute. Few are found faster by looking than by hashing.
fn attribute<'a>(attrs: &'a DataMap, name: &str) -> Option<&'a Data> {
    const FEW: usize = 8;
    if attrs.len() > FEW {
        return attrs.get(name);
    }
    attrs.iter().find(|(key, _)| &***key == name).map(|(_, value)| value)
}

/// Gives names their captures by position; a name beyond them is null.
fn assign(settings: &mut [Data], names: &[u16], captured: &CapturedTexts) {
    for (index, &name) in names.iter().enumerate() {
        if let Some(slot) = settings.get_mut(usize::from(name)) {
            *slot = captured.get(index).cloned().flatten().map_or(Data::Null, Data::String);
        }
    }
}

/// The String form of an attribute (`krl-language.md` §4.4).
fn text(value: &Data) -> Cow<'_, str> {
    match value {
        Data::Null => Cow::Borrowed("null"),
        Data::Bool(true) => Cow::Borrowed("true"),
        Data::Bool(false) => Cow::Borrowed("false"),
        Data::Number(n) => {
            let mut out = String::new();
            number::format(*n, &mut out);
            Cow::Owned(out)
        }
        Data::String(s) => Cow::Borrowed(s),
        Data::Array(_) => Cow::Borrowed("[Array]"),
        Data::Map(_) => Cow::Borrowed("[Map]"),
    }
}
