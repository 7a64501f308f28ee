//! Starting rulesets: what `use`, `configure`, `with` and `global` do, and copying the result out of the machine's memory
//! (`krl-runtime.md` §6.1).

use super::core::{Core, Mode, Scene, Slot};
use super::effects::WORDS;
use super::event::RuntimeError;
use super::program::{Info, Program};
use super::transaction::{failure, finished};
use crate::library::Code;
use krl_vm::fault::Fault;
use krl_vm::heap::{Copies, Heap, Region};
use krl_vm::interp::{Failure, Instance, Vm};
use krl_vm::unit::{FunctionId, Prologue, Rule, Select, Unit};
use krl_vm::value::Value;
use std::sync::Arc;

/// Starts rulesets of a cloud's program, in a machine that does nothing else meanwhile.
pub(super) struct Starter<'a> {
    pub core: &'a mut Core,
    pub vm: &'a mut Vm,
}

impl Starter<'_> {
    /// Starts the ruleset in `slot` of the cloud's program. If it fails the program is left as it was.
    pub fn start_ruleset(&mut self, slot: Slot) -> Result<(), RuntimeError> {
        let Some(code) = self.core.lasting.program.rulesets.get(slot).map(|ruleset| ruleset.code.clone())
        else {
            return Ok(());
        };
        let before = self.core.lasting.program.clone();
        self.core.collect_units();
        let scene = std::mem::replace(
            &mut self.core.scene,
            Scene { mode: Mode::Start, slot, instance: u32::MAX, ..Scene::default() },
        );
        let copied = std::mem::take(&mut self.core.transaction.copied);
        let staged = self.core.staged.clone();
        self.vm.begin(self.core.world());
        let started = self.start(slot, &code, &[]).and_then(|number| self.freeze(number).map(|()| number));
        let asked = self.core.scene.asked;
        let started = started.map_err(|failure| self.core.error(failure, None));
        self.core.scene = scene;
        self.core.staged = staged;
        self.core.transaction.copied = copied;
        match started {
            Ok(number) => {
                let program = Arc::make_mut(&mut self.core.lasting.program);
                program.own |= asked;
                if let Some(ruleset) = program.rulesets.get_mut(slot) {
                    ruleset.instance = number;
                    ruleset.broken = None;
                }
                Ok(())
            }
            Err(error) => {
                self.core.lasting.program = before;
                Err(error)
            }
        }
    }

    fn start(&mut self, slot: Slot, code: &Arc<Code>, given: &[(Arc<str>, Value)]) -> Result<u32, Failure> {
        let unit = code.unit();
        let info = Info {
            rid: unit.rid.clone(),
            slot,
            code: code.clone(),
            modules: vec![u32::MAX; unit.uses.len()],
            within: Vec::new(),
        };
        let number = Arc::make_mut(&mut self.core.lasting.program).add_info(info);
        if self.core.scene.instance == u32::MAX {
            self.core.scene.instance = number;
        }
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
        Arc::make_mut(&mut self.core.lasting.program).instances = self.vm.instances().clone();
        let within: Result<Vec<_>, _> = unit.rules.iter().map(|rule| self.within(number, rule)).collect();
        if let Some(info) = Arc::make_mut(&mut self.core.lasting.program).info_mut(number) {
            info.within = within?;
        }
        Ok(number)
    }

    fn place_instance(&mut self, number: u32, code: &Code) {
        let fresh = Instance::new(code.number, &self.core.lasting.program.units);
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
        let slot = self.core.lasting.program.slot_of(&module.rid);
        let used = slot.and_then(|slot| Some((slot, self.core.lasting.program.rulesets.get(slot)?)));
        let Some((slot, used)) = used else {
            return Err(failure(Fault::error(format!("Module not found: {}", module.rid))));
        };
        let code = used.code.clone();
        let number = self.start(slot, &code, &given)?;
        let program = Arc::make_mut(&mut self.core.lasting.program);
        let place = program.info_mut(user).and_then(|info| info.modules.get_mut(usize::from(clause)));
        if let Some(place) = place {
            *place = number;
        }
        Ok(())
    }

    fn evaluate(&mut self, instance: u32, fragment: FunctionId) -> Result<Value, Failure> {
        finished(self.vm.run(self.core, instance, fragment, &[]))
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
        let mut region = Region::clone(&self.core.lasting.program.region);
        let mut instances = Vec::clone(self.vm.instances());
        for number in self.core.lasting.program.tree(root) {
            let Some(instance) = instances.get_mut(number as usize) else { continue };
            for global in &mut instance.globals {
                *global = self.vm.heap().freeze(*global, &mut region).map_err(failure)?;
            }
        }
        let program = Arc::make_mut(&mut self.core.lasting.program);
        program.region = Arc::new(region);
        program.instances = Arc::new(instances);
        Ok(())
    }

    /// A program without rulesets: nothing but words in its frozen memory.
    pub fn empty_program(&mut self) -> Program {
        let mut region = Region::default();
        let units = self.core.lasting.setting.library.table([].iter());
        self.core.lasting.program = Arc::new(Program { units: units.clone(), ..Program::default() });
        self.vm.begin(self.core.world());
        let words = WORDS.iter().map(|word| {
            let value = self.vm.heap_mut().string(word)?;
            self.vm.heap().freeze(value, &mut region)
        });
        let words = words.collect::<Result<_, Fault>>().unwrap_or_default();
        Program { units, words, region: Arc::new(region), ..Program::default() }
    }
}

impl Core {
    /// Lets the program have the units that it needs, and no others.
    pub(super) fn collect_units(&mut self) {
        let units = self.lasting.setting.library.table(self.lasting.program.codes());
        if !Arc::ptr_eq(&units, &self.lasting.program.units) {
            Arc::make_mut(&mut self.lasting.program).units = units;
        }
    }

    /// Leaves behind what rulesets that are gone have frozen. If that needs more memory than there is, all stays as it is.
    pub(super) fn compact(&mut self) {
        let Program { region, units, words, instances, infos, .. } = &*self.lasting.program;
        let heap = Heap::new(region.clone(), units.clone(), self.lasting.setting.budgets.memory_bytes);
        let (mut region, mut copies) = (Region::default(), Copies::default());
        let mut copy = |value: &Value| heap.refreeze(*value, &mut region, &mut copies);
        let mut copy_all = || {
            let words = words.iter().map(&mut copy).collect::<Result<Vec<_>, Fault>>()?;
            let running = |number| infos.get(number).is_some_and(Option::is_some);
            let mut compact = vec![Instance::default(); instances.len()];
            let pairs = compact.iter_mut().zip(instances.iter()).enumerate();
            for (_, (new, old)) in pairs.filter(|(number, _)| running(*number)) {
                *new = old.clone();
                new.globals = old.globals.iter().map(&mut copy).collect::<Result<_, Fault>>()?;
            }
            Ok::<_, Fault>((words, compact))
        };
        let Ok((words, instances)) = copy_all() else { return };
        let program = Arc::make_mut(&mut self.lasting.program);
        (program.region, program.words) = (Arc::new(region), words);
        program.instances = Arc::new(instances);
    }
}
