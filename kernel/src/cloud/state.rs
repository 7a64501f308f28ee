//! A cloud's state as plain data: what a restart, a copy and an export need (decision E4, R10).

use super::channels::Channels;
use super::start::Starter;
use super::{Cloud, Configuration, Family, InstallError};
use crate::channel::Channel;
use crate::machine::MatchState;
use crate::schedule::{Job, Timing};
use krl_vm::data::{Data, DataMap};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The state of a cloud.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CloudState {
    /// The cloud's time, in milliseconds.
    pub now: i64,
    /// Its rulesets in install order.
    pub rulesets: Vec<RulesetState>,
    /// Its jobs in the order they were scheduled.
    pub jobs: Vec<JobState>,
    /// The channel of events and queries that name none.
    pub eci: Arc<str>,
    /// Its channels but the one to itself.
    pub channels: Vec<Channel>,
    /// Its relatives.
    pub family: Family,
}

/// The state of a ruleset.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RulesetState {
    /// Its id.
    pub rid: Arc<str>,
    /// Its entity variables.
    pub variables: DataMap,
    /// Matches in progress, by rule name.
    pub matches: Vec<(Arc<str>, MatchState)>,
}

/// A job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobState {
    /// Its id.
    pub id: Arc<str>,
    /// Its ruleset.
    pub rid: Arc<str>,
    /// The channel its event names.
    pub eci: Arc<str>,
    /// Event domain.
    pub domain: Arc<str>,
    /// Event type.
    pub name: Arc<str>,
    /// Event attributes.
    pub attrs: DataMap,
    /// When it fires next, in milliseconds.
    pub due: i64,
    /// How it repeats, if it does.
    pub timespec: Option<Data>,
}

impl Cloud {
    /// The state of a cloud that lives in memory; large variables in a store are left out while they were not used.
    #[must_use]
    pub fn state(&self) -> CloudState {
        let program = self.core.lasting.program.clone();
        let rulesets = program.rulesets.iter().zip(&self.core.lasting.kept).map(|(ruleset, kept)| {
            let rules = ruleset.code.unit().rules.iter().zip(kept.matches());
            let matches =
                rules.filter_map(|(rule, state)| Some((rule.name.clone(), (**state.as_ref()?).clone())));
            RulesetState {
                rid: ruleset.rid.clone(),
                variables: kept.variables.in_memory(),
                matches: matches.collect(),
            }
        });
        let jobs = self.core.lasting.jobs.iter().map(|job| JobState {
            id: job.id.clone(),
            rid: job.rid.clone(),
            eci: job.eci.clone(),
            domain: job.domain.clone(),
            name: job.name.clone(),
            attrs: job.attrs.clone(),
            due: job.due,
            timespec: match &job.timing {
                Timing::At => None,
                Timing::Repeat { spec, .. } => Some(spec.clone()),
            },
        });
        CloudState {
            now: self.core.lasting.now,
            rulesets: rulesets.collect(),
            jobs: jobs.collect(),
            eci: self.core.lasting.eci.clone(),
            channels: self.core.lasting.channels.stored(&self.core.lasting.id).cloned().collect(),
            family: self.core.lasting.family.clone(),
        }
    }

    /// Starts all rulesets anew without state, as after a restart; [`Cloud::restore`] brings it back.
    ///
    /// # Errors
    /// The first ruleset that does not start; the others stay away.
    pub fn restart(&mut self) -> Result<(), InstallError> {
        let rulesets = self.core.lasting.program.rulesets.iter().map(|ruleset| {
            let configuration = Configuration { config: ruleset.config.clone(), url: ruleset.url.clone() };
            (ruleset.code.clone(), configuration)
        });
        let rulesets: Vec<_> = rulesets.collect();
        let core = &mut self.core;
        core.lasting.kept.clear();
        core.lasting.program =
            Arc::new(Starter { core: &mut *core, vm: &mut self.machine.vm }.empty_program());
        core.lasting.jobs.clear();
        core.lasting.channels = Channels::new(&core.lasting.id, &core.lasting.eci);
        core.lasting.family = Family::default();
        core.outbox.clear();
        for (code, configuration) in rulesets {
            self.install_code(&code, configuration)?;
        }
        Ok(())
    }

    /// Takes over the state of a cloud with the same rulesets; what belongs to rulesets or rules that are not here is left out.
    pub fn restore(&mut self, state: CloudState) {
        self.core.lasting.now = state.now;
        self.core.lasting.eci = state.eci;
        self.core.lasting.channels.restore(&self.core.lasting.id, state.channels);
        self.core.lasting.family = state.family;
        for saved in state.rulesets {
            let program = self.core.lasting.program.clone();
            let Some(slot) = program.slot_of(&saved.rid) else { continue };
            let rules = program.rulesets.get(slot).map(|ruleset| &ruleset.code.unit().rules);
            let Some(kept) = self.core.lasting.kept.get_mut(slot) else { continue };
            kept.variables = saved.variables.into();
            kept.replace_matches(Vec::new());
            for (rule, state) in saved.matches {
                let at = rules.and_then(|rules| rules.iter().position(|known| known.name == rule));
                if let Some(at) = at {
                    self.core.set_match(slot, at as u32, Some(Box::new(state)));
                }
            }
        }
        let jobs = state.jobs.into_iter().zip(0..);
        self.core.lasting.jobs = jobs.filter_map(|(job, sequence)| job.revive(state.now, sequence)).collect();
        let program = &self.core.lasting.program;
        self.core.lasting.jobs.retain(|job| program.slot_of(&job.rid).is_some());
    }
}

impl JobState {
    fn revive(self, now: i64, sequence: u64) -> Option<Job> {
        let timing = match &self.timespec {
            None => Timing::At,
            Some(spec) => Timing::repeat(spec, now).ok()?.0,
        };
        let Self { id, rid, eci, domain, name, attrs, due, .. } = self;
        Some(Job { id, rid, eci, domain, name, attrs, timing, due, sequence })
    }
}
