//! Installing rulesets and starting them with their modules (`krl-runtime.md` §1.4, §6, decisions R4, R7, R11, E4).

use super::Cloud;
use super::core::{Info, Mode, Ruleset, Scene, Slot};
use super::event::RuntimeError;
use super::transaction::{failure, finished};
use crate::library::{Code, CodeError};
use krl_vm::data::Data;
use krl_vm::fault::Fault;
use krl_vm::heap::Region;
use krl_vm::interp::{Failure, Instance};
use krl_vm::unit::{FunctionId, Prologue, Rule, Select, Unit};
use krl_vm::value::Value;
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
        let code = self.core.library.load(unit).map_err(InstallError::Code)?;
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
        self.check_modules(code.unit())?;
        self.start_ruleset(code.clone(), configuration)?;
        let mut left = Vec::new();
        for rid in self.core.users_of(&code.unit().rid) {
            let Some(ruleset) = self.core.slot_of(&rid).and_then(|slot| self.core.ruleset(slot)) else {
                continue;
            };
            let same = Configuration { config: ruleset.config.clone(), url: ruleset.url.clone() };
            if let Err(error) = self.start_ruleset(ruleset.code.clone(), same) {
                left.push((rid, error));
            }
        }
        self.core.rebuild_index();
        Ok(left)
    }

    /// Removes a ruleset with its entity variables and jobs. One that is not installed is not an error.
    ///
    /// # Errors
    /// Others use it as a module.
    pub fn uninstall(&mut self, rid: &str) -> Result<(), InUse> {
        let Some(slot) = self.core.slot_of(rid) else { return Ok(()) };
        let uses = |ruleset: &&Ruleset| ruleset.code.unit().uses.iter().any(|u| &*u.rid == rid);
        let by: Vec<_> = self.core.installed().filter(uses).map(|ruleset| ruleset.rid.clone()).collect();
        if !by.is_empty() {
            return Err(InUse { rid: rid.into(), by });
        }
        if let Some(ruleset) = self.core.rulesets.get_mut(slot).and_then(Option::take) {
            self.core.free_instances(ruleset.instance);
        }
        self.core.order.retain(|&other| other != slot);
        self.core.jobs.retain(|job| &*job.rid != rid);
        self.core.rebuild_index();
        Ok(())
    }

    fn check_modules(&self, unit: &Unit) -> Result<(), InstallError> {
        if let Some(cycle) = self.core.cycle(unit) {
            return Err(InstallError::Cycle(cycle));
        }
        for module in &unit.uses {
            if self.core.slot_of(&module.rid).is_some() {
                continue;
            }
            let rid = module.rid.clone();
            return Err(match self.core.library.newest(&rid) {
                Some(_) => InstallError::ModuleNotInstalled(rid),
                None => InstallError::ModuleNotLoaded(rid),
            });
        }
        Ok(())
    }

    /// Starts a ruleset in its place, the last one for a new one. If that fails the former one stays.
    fn start_ruleset(&mut self, code: Arc<Code>, configuration: Configuration) -> Result<(), InstallError> {
        let rid = code.unit().rid.clone();
        let known = self.core.slot_of(&rid);
        let slot = known.unwrap_or_else(|| self.core.free_slot());
        let mut former = self.core.rulesets.get_mut(slot).and_then(Option::take);
        let variables = former.as_mut().map(|f| std::mem::take(&mut f.variables)).unwrap_or_default();
        let Configuration { config, url } = configuration;
        let config = if config == Data::Null { Data::Map(Default::default()) } else { config };
        let matches = vec![None; code.unit().rules.len()];
        let instance = self.core.free_instance();
        let ruleset =
            Ruleset { rid, url, config, instance, code: code.clone(), variables, matches, reported: (0, 0) };
        if let Some(place) = self.core.rulesets.get_mut(slot) {
            *place = Some(ruleset);
        }
        if let Err(error) = self.start_and_freeze(instance, slot, &code) {
            self.core.free_instances(instance);
            self.keep_former(slot, former);
            return Err(InstallError::Failed(error));
        }
        match former {
            Some(former) => {
                self.core.free_instances(former.instance);
                self.core.carry_matches(slot, former);
            }
            None => self.core.order.push(slot),
        }
        Ok(())
    }

    fn keep_former(&mut self, slot: Slot, former: Option<Ruleset>) {
        let Some(place) = self.core.rulesets.get_mut(slot) else { return };
        let variables = place.take().map(|failed| failed.variables).unwrap_or_default();
        *place = former.map(|former| Ruleset { variables, ..former });
    }

    fn start_and_freeze(&mut self, instance: u32, slot: Slot, code: &Arc<Code>) -> Result<(), RuntimeError> {
        let before = self.core.instances.clone();
        self.core.scene = Scene { mode: Mode::Start, slot, instance, ..Scene::default() };
        self.vm.begin(self.core.world());
        self.core.transaction.copied = 0;
        let started = self.start(instance, slot, code, &[]).and_then(|()| self.freeze(instance));
        if let Err(failure) = started {
            let error = self.error(failure, None);
            self.core.instances = before;
            self.core.scene = Scene::default();
            return Err(error);
        }
        self.core.scene = Scene::default();
        Ok(())
    }

    /// Runs what a ruleset does when it starts: `use`, `configure` and `with` in textual order, then `global` (`krl-runtime.md` §6.1).
    fn start(
        &mut self,
        number: u32,
        slot: Slot,
        code: &Arc<Code>,
        given: &[(Arc<str>, Value)],
    ) -> Result<(), Failure> {
        let unit = code.unit();
        let info = Info {
            rid: unit.rid.clone(),
            slot,
            code: code.clone(),
            modules: vec![u32::MAX; unit.uses.len()],
            within: Vec::new(),
        };
        self.core.set_info(number, info);
        self.place_instance(number, code);
        for step in &unit.prologue {
            match *step {
                Prologue::Use(clause) => self.start_module(number, unit, clause)?,
                Prologue::Configure { global, default } => {
                    let name = unit.globals.get(usize::from(global));
                    let value = match given.iter().find(|(given, _)| Some(given) == name) {
                        Some((_, value)) => *value,
                        None => self.evaluate(number, default)?,
                    };
                    self.set_global(number, global, value);
                }
            }
        }
        if let Some(global) = unit.global {
            self.evaluate(number, global)?;
        }
        self.core.instances = self.vm.instances().clone();
        let within: Result<Vec<_>, _> = unit.rules.iter().map(|rule| self.within(number, rule)).collect();
        if let Some(info) = self.core.info_mut(number) {
            info.within = within?;
        }
        Ok(())
    }

    fn place_instance(&mut self, number: u32, code: &Code) {
        let fresh = Instance::new(code.number, self.core.library.units());
        let instances = self.vm.instances_mut();
        instances.resize(instances.len().max(number as usize + 1), Instance::default());
        if let Some(place) = instances.get_mut(number as usize) {
            *place = fresh;
        }
    }

    fn set_global(&mut self, number: u32, global: u16, value: Value) {
        let globals = self.vm.instances_mut().get_mut(number as usize).map(|i| &mut i.globals);
        if let Some(place) = globals.and_then(|g| g.get_mut(usize::from(global))) {
            *place = value;
        }
    }

    fn start_module(&mut self, user: u32, unit: &Unit, clause: u16) -> Result<(), Failure> {
        let Some(module) = unit.uses.get(usize::from(clause)) else { return Ok(()) };
        let values = match module.values {
            Some(fragment) => self.evaluate(user, fragment)?,
            None => Value::NULL,
        };
        let values = self.vm.heap().array(values);
        let given: Vec<_> = module.with.iter().cloned().zip(values.iter().copied()).collect();
        let slot = self.core.slot_of(&module.rid);
        let Some((slot, used)) = slot.and_then(|slot| Some((slot, self.core.ruleset(slot)?))) else {
            return Err(failure(Fault::error(format!("Module not found: {}", module.rid))));
        };
        let code = used.code.clone();
        let number = self.core.free_instance();
        if let Some(place) =
            self.core.info_mut(user).and_then(|info| info.modules.get_mut(usize::from(clause)))
        {
            *place = number;
        }
        self.start(number, slot, &code, &given)
    }

    fn evaluate(&mut self, instance: u32, fragment: FunctionId) -> Result<Value, Failure> {
        finished(self.vm.run(&mut self.core, instance, fragment, &[]))
    }

    fn within(&mut self, instance: u32, rule: &Rule) -> Result<Option<f64>, Failure> {
        let Select::When { within: Some(fragment), .. } = rule.select else { return Ok(None) };
        let limit = self.evaluate(instance, fragment)?;
        match self.vm.heap().to_number(limit).filter(|limit| limit.is_finite()) {
            Some(limit) => Ok(Some(limit)),
            None => Err(failure(Fault::type_error(format!("`within` of rule {} is no number", rule.name)))),
        }
    }

    /// Copies the globals of an instance and of its modules out of the event's memory.
    fn freeze(&mut self, root: u32) -> Result<(), Failure> {
        let mut region = Region::clone(&self.core.region);
        let mut instances = Vec::clone(self.vm.instances());
        for number in self.core.tree(root) {
            let Some(instance) = instances.get_mut(number as usize) else { continue };
            for global in &mut instance.globals {
                *global = self.vm.heap().freeze(*global, &mut region).map_err(failure)?;
            }
        }
        self.core.region = Arc::new(region);
        self.core.instances = Arc::new(instances);
        Ok(())
    }
}
