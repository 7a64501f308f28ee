//! Installing and removing rulesets (`krl-runtime.md` §1.4, §6, decisions R4, R7, R11, R12, E4).

use super::Cloud;
use super::core::{Core, Former, Kept, Matches, Mode, Slot};
use super::event::RuntimeError;
use super::lasting::Unstarted;
use super::program::{Installed, Parts, Program};
use super::start::Starter;
use super::undo::Undo;
use crate::library::{Code, CodeError, Origin};
use crate::machine::MatchState;
use krl_vm::data::Data;
use krl_vm::interp::Vm;
use krl_vm::unit::{Automaton, Constant, Rule, Select, Unit};
use krl_vm::verify::Verified;
use std::fmt;
use std::sync::Arc;

/// What a ruleset is installed with.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Configuration {
    /// What `ctx:rid_config` and `meta:rulesetConfig` answer.
    pub config: Data,
    /// Where it came from.
    pub url: Option<Arc<str>>,
}

/// Why a ruleset is not installed. What ran before goes on.
#[derive(Debug)]
pub enum InstallError {
    /// Its unit cannot be loaded.
    Code(CodeError),
    /// It uses a module nobody has loaded.
    ModuleNotLoaded(Arc<str>),
    /// It uses a module that is not installed in this cloud.
    ModuleNotInstalled(Arc<str>),
    /// It uses itself, by way of these.
    Cycle(Vec<Arc<str>>),
    /// It raised an error while it started.
    Failed(RuntimeError),
}

impl fmt::Display for InstallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(error) => error.fmt(f),
            Self::ModuleNotLoaded(rid) => write!(f, "Dependant module not loaded: {rid}"),
            Self::ModuleNotInstalled(rid) => write!(f, "Module not found: {rid}"),
            Self::Cycle(rids) => write!(f, "Dependency Cycle Found: {}", rids.join(" -> ")),
            Self::Failed(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for InstallError {}

/// Why a ruleset is not uninstalled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InUse {
    /// The ruleset.
    pub rid: Arc<str>,
    /// Those that use it.
    pub by: Vec<Arc<str>>,
}

impl fmt::Display for InUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cannot uninstall {} because {} depends on it", self.rid, self.by.join(" and "))
    }
}

impl std::error::Error for InUse {}

/// How a change of the program is taken back.
#[derive(Debug)]
pub(super) struct ProgramUndo {
    former: Arc<Program>,
    /// Matches that the change replaced.
    matches: Vec<(Slot, Matches)>,
    /// What it did to the list.
    change: Change,
}

#[derive(Debug)]
enum Change {
    Added,
    Replaced,
    Removed(Slot, Box<Kept>),
}

impl Cloud {
    /// Loads and installs a ruleset, or a new version of it: entity variables stay, and so do matches in progress of rules whose event
    /// expression is the same. Rulesets that use it start anew; answers those that could not and go on as they were.
    ///
    /// # Errors
    /// Nothing changes then.
    pub fn install(
        &mut self,
        unit: Verified<Unit>,
        configuration: Configuration,
    ) -> Result<Vec<(Arc<str>, InstallError)>, InstallError> {
        let origin = Origin { flushed: self.core.lasting.now, ..Origin::default() };
        let code = self.core.lasting.setting.library.load(unit, origin).map_err(InstallError::Code)?;
        self.install_code(&code, configuration)
    }

    /// Installs a ruleset that the cloud's library has; otherwise as [`Cloud::install`].
    ///
    /// # Errors
    /// As [`Cloud::install`].
    pub fn install_code(
        &mut self,
        code: &Arc<Code>,
        configuration: Configuration,
    ) -> Result<Vec<(Arc<str>, InstallError)>, InstallError> {
        let left = self.core.install(&mut self.machine.vm, code, configuration);
        self.core.transaction.undo.clear();
        left
    }

    /// Removes a ruleset with its entity variables and jobs. One that is not installed is not an error.
    ///
    /// # Errors
    /// Others use it as a module.
    pub fn uninstall(&mut self, rid: &str) -> Result<(), InUse> {
        let done = self.core.uninstall(&mut self.machine.vm, rid);
        self.core.transaction.undo.clear();
        done
    }
}

impl Core {
    /// Installs a ruleset, or a new version of it.
    pub(super) fn install(
        &mut self,
        vm: &mut Vm,
        code: &Arc<Code>,
        configuration: Configuration,
    ) -> Result<Vec<(Arc<str>, InstallError)>, InstallError> {
        self.check_modules(code.unit())?;
        let former = self.lasting.program.clone();
        let rid = code.unit().rid.clone();
        let Configuration { config, url } = configuration;
        let config = if config == Data::Null { Data::Map(Default::default()) } else { config };
        let code = code.clone();
        let ruleset = Installed { rid: rid.clone(), url, config, code, instance: u32::MAX, broken: None };
        let mut rulesets = former.rulesets.clone();
        let known = former.slot_of(&rid);
        let slot = known.unwrap_or(rulesets.len());
        match rulesets.get_mut(slot) {
            Some(place) => *place = ruleset,
            None => {
                rulesets.push(ruleset);
                self.lasting.kept.push(Kept::default());
            }
        }
        let left = match self.replace_program(vm, rulesets, Some(slot)) {
            Ok(left) => left,
            Err(error) => {
                if known.is_none() {
                    self.lasting.kept.pop();
                }
                return Err(InstallError::Failed(error));
            }
        };
        let change = if known.is_some() { Change::Replaced } else { Change::Added };
        self.note_program(former, change);
        Ok(left)
    }

    /// Removes a ruleset with its entity variables and jobs.
    pub(super) fn uninstall(&mut self, vm: &mut Vm, rid: &str) -> Result<(), InUse> {
        let former = self.lasting.program.clone();
        let Some(slot) = former.slot_of(rid) else { return Ok(()) };
        let uses = |ruleset: &&Installed| ruleset.code.unit().uses.iter().any(|u| &*u.rid == rid);
        let by: Vec<_> = former.rulesets.iter().filter(uses).map(|ruleset| ruleset.rid.clone()).collect();
        if !by.is_empty() {
            return Err(InUse { rid: rid.into(), by });
        }
        let kept = self.lasting.kept.remove(slot);
        let mut rulesets = former.rulesets.clone();
        rulesets.remove(slot);
        // Nothing starts that did not start before: what cannot start again stays broken.
        drop(self.replace_program(vm, rulesets, None));
        self.note_program(former, Change::Removed(slot, Box::new(kept)));
        self.transaction.uninstalled.push(rid.into());
        while let Some(at) = self.lasting.jobs.iter().position(|job| &*job.rid == rid) {
            let job = self.lasting.jobs.remove(at);
            self.transaction.touched.jobs.push((job.id.clone(), Some(job.due)));
            self.transaction.undo.push(Undo::JobRemoved(at, Box::new(job)));
        }
        Ok(())
    }

    /// Starts the program a cloud was saved with. Rulesets that do not start in their newest version go on in the one they were saved with
    /// (decision R11); if that does not start either they are broken, and the others run (decision R12).
    pub(super) fn start_program(&mut self, vm: &mut Vm, unstarted: Unstarted) {
        let Unstarted { rulesets, formers } = unstarted;
        drop(self.replace_program(vm, rulesets, None));
        let mut rulesets = self.lasting.program.rulesets.clone();
        let mut again = false;
        for Former { code, matches } in formers {
            let is_broken = |ruleset: &Installed| ruleset.rid == code.unit().rid && ruleset.broken.is_some();
            let Some(slot) = rulesets.iter().position(is_broken) else { continue };
            again = true;
            if let (Some(ruleset), Some(kept)) = (rulesets.get_mut(slot), self.lasting.kept.get_mut(slot)) {
                (ruleset.code, ruleset.broken) = (code, None);
                kept.replace_matches(matches);
            }
        }
        if again {
            drop(self.replace_program(vm, rulesets, None));
        }
    }

    fn check_modules(&self, unit: &Unit) -> Result<(), InstallError> {
        if let Some(cycle) = self.lasting.program.cycle(unit) {
            return Err(InstallError::Cycle(cycle));
        }
        for module in &unit.uses {
            if self.lasting.program.slot_of(&module.rid).is_some() {
                continue;
            }
            let rid = module.rid.clone();
            return Err(match self.lasting.setting.library.has(&rid) {
                true => InstallError::ModuleNotInstalled(rid),
                false => InstallError::ModuleNotLoaded(rid),
            });
        }
        Ok(())
    }

    /// Makes `rulesets` the cloud's program: one that other clouds run, if there is one, else by starting what is new. `fresh` is the slot
    /// of a ruleset that must start; those that use it start anew, and keep their former instance where they cannot.
    fn replace_program(
        &mut self,
        vm: &mut Vm,
        rulesets: Vec<Installed>,
        fresh: Option<Slot>,
    ) -> Result<Vec<(Arc<str>, InstallError)>, RuntimeError> {
        let parts: Parts = rulesets.iter().map(Installed::part).collect();
        if let Some(shared) = self.lasting.setting.library.program(&parts) {
            self.lasting.program = shared;
            return Ok(Vec::new());
        }
        let former = self.lasting.program.clone();
        let mut starter = Starter { core: self, vm };
        let built = if former.own { None } else { starter.build(rulesets.clone()) };
        let left = match built {
            Some(()) => Vec::new(),
            None => match starter.amend(&former, rulesets, fresh) {
                Ok(left) => {
                    self.compact();
                    left
                }
                Err(error) => {
                    self.lasting.program = former;
                    return Err(error);
                }
            },
        };
        self.collect_units();
        Arc::make_mut(&mut self.lasting.program).rebuild_index();
        let sound =
            left.is_empty() && self.lasting.program.rulesets.iter().all(|ruleset| ruleset.broken.is_none());
        if sound && !self.lasting.program.own {
            self.lasting.setting.library.share(parts, self.lasting.program.clone());
        }
        Ok(left)
    }

    /// Notes how to take the change from `former` back, and keeps the matches of rules whose event expression has not changed.
    fn note_program(&mut self, former: Arc<Program>, change: Change) {
        let mut matches = Vec::new();
        if !matches!(change, Change::Removed(..)) {
            let pairs = former
                .rulesets
                .iter()
                .zip(&self.lasting.program.rulesets)
                .zip(&mut self.lasting.kept)
                .enumerate();
            for (slot, ((old, new), kept)) in pairs {
                if !Arc::ptr_eq(&old.code, &new.code) && !kept.matches().is_empty() {
                    let rules = old.code.unit().rules.iter().chain(&new.code.unit().rules);
                    let touched = rules.map(|rule| (new.rid.clone(), rule.name.clone()));
                    self.transaction.touched.matches.extend(touched);
                    let carried = carried(old.code.unit(), kept.matches(), new.code.unit());
                    matches.push((slot, kept.replace_matches(carried)));
                }
            }
        }
        self.program_changed();
        self.transaction.touched.program = true;
        self.transaction.undo.push(Undo::Program(Box::new(ProgramUndo { former, matches, change })));
    }

    /// The next reaction sets the machine up anew; the running one goes on in the former program.
    fn program_changed(&mut self) {
        self.transaction.staged = false;
        if self.scene.mode == Mode::Event {
            let slot = self.slot_of(self.scene.instance);
            self.scene.slot = slot.unwrap_or(usize::MAX);
        }
    }

    pub(super) fn take_back_program(&mut self, undo: ProgramUndo) {
        self.lasting.program = undo.former;
        self.program_changed();
        match undo.change {
            Change::Added => drop(self.lasting.kept.pop()),
            Change::Replaced => {}
            Change::Removed(slot, kept) => self.lasting.kept.insert(slot.min(self.lasting.kept.len()), *kept),
        }
        for (slot, matches) in undo.matches {
            if let Some(kept) = self.lasting.kept.get_mut(slot) {
                kept.replace_matches(matches);
            }
        }
    }
}

impl Starter<'_> {
    /// Starts all rulesets in an empty program, so that nothing of former versions stays in its memory. None if one does not start.
    fn build(&mut self, rulesets: Vec<Installed>) -> Option<()> {
        let mut program = self.empty_program();
        let count = rulesets.len();
        program.rulesets = rulesets;
        self.core.lasting.program = Arc::new(program);
        (0..count).try_for_each(|slot| self.start_ruleset(slot).ok())
    }

    /// Starts what is new in the cloud's program, and what uses it. What has to start but cannot is broken; what ran goes on as it was.
    fn amend(
        &mut self,
        former: &Program,
        rulesets: Vec<Installed>,
        fresh: Option<Slot>,
    ) -> Result<Vec<(Arc<str>, InstallError)>, RuntimeError> {
        let mut program = if former.words.is_empty() { self.empty_program() } else { former.clone() };
        for gone in former.rulesets.iter().filter(|old| rulesets.iter().all(|new| new.rid != old.rid)) {
            program.free_instances(gone.instance);
        }
        let slot_now = |rid: &Arc<str>| rulesets.iter().position(|ruleset| ruleset.rid == *rid);
        for info in program.infos.iter_mut().flatten() {
            info.slot = slot_now(&info.rid).unwrap_or(info.slot);
        }
        program.rulesets = rulesets;
        self.core.lasting.program = Arc::new(program);
        for slot in 0..self.core.lasting.program.rulesets.len() {
            let waits = self.core.lasting.program.rulesets.get(slot).is_some_and(|r| r.instance == u32::MAX);
            match if waits { self.start_ruleset(slot) } else { Ok(()) } {
                Ok(()) => {}
                Err(error) if fresh == Some(slot) => return Err(error),
                Err(error) => self.break_ruleset(slot, &error),
            }
        }
        let Some(rid) =
            fresh.and_then(|slot| Some(self.core.lasting.program.rulesets.get(slot)?.rid.clone()))
        else {
            return Ok(Vec::new());
        };
        if let Some(old) = former.slot_of(&rid).and_then(|slot| former.rulesets.get(slot)) {
            Arc::make_mut(&mut self.core.lasting.program).free_instances(old.instance);
        }
        let mut left = Vec::new();
        for user in self.core.lasting.program.users_of(&rid) {
            let Some(slot) = self.core.lasting.program.slot_of(&user) else { continue };
            let before = self.core.lasting.program.rulesets.get(slot).map_or(u32::MAX, |user| user.instance);
            match self.start_ruleset(slot) {
                Ok(()) => Arc::make_mut(&mut self.core.lasting.program).free_instances(before),
                Err(error) => left.push((user, InstallError::Failed(error))),
            }
        }
        Ok(left)
    }

    fn break_ruleset(&mut self, slot: Slot, error: &RuntimeError) {
        if let Some(ruleset) = Arc::make_mut(&mut self.core.lasting.program).rulesets.get_mut(slot) {
            ruleset.broken = Some(error.message.as_str().into());
        }
    }
}

/// The matches of rules whose event expression is the same in a new version (decision E4).
pub(super) fn carried(old: &Unit, matches: &[Option<Box<MatchState>>], new: &Unit) -> Matches {
    let mut carried = Matches::new();
    for (rule, state) in old.rules.iter().zip(matches) {
        let same = new.rules.iter().position(|r| {
            r.name == rule.name && r.settings == rule.settings && expression(old, rule) == expression(new, r)
        });
        let (Some(at), Some(state)) = (same, state) else { continue };
        carried.resize(carried.len().max(at + 1), None);
        if let Some(place) = carried.get_mut(at) {
            *place = Some(state.clone());
        }
    }
    carried
}

/// An event expression without indexes into its unit: the automaton, the patterns, and the text of each condition.
fn expression<'a>(unit: &'a Unit, rule: &Rule) -> Option<(Automaton, Vec<&'a Constant>, Vec<&'a str>)> {
    let Select::When { automaton, .. } = &rule.select else { return None };
    let mut automaton = automaton.clone();
    let (mut patterns, mut conditions) = (Vec::new(), Vec::new());
    for test in &mut automaton.tests {
        for (_, constant) in &mut test.patterns {
            patterns.push(unit.constants.get(std::mem::take(constant) as usize)?);
        }
        if let Some(condition) = &mut test.condition {
            let spans = &unit.functions.get(std::mem::take(condition) as usize)?.spans;
            let start = spans.iter().map(|span| span.1).min().unwrap_or(0);
            let end = spans.iter().map(|span| span.2).max().unwrap_or(0);
            conditions.push(unit.source.get(start as usize..end as usize)?);
        }
    }
    Some((automaton, patterns, conditions))
}
