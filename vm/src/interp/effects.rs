//! Instructions that reach the host: entity variables, raised events, schedules, logs.

use super::Vm;
use crate::fault::Fault;
use crate::heap::Heap;
use crate::load::LoadedUnit;
use crate::native::{Host, LogLevel, Raise, Schedule};
use crate::op::{Insn, NO_REGISTER, Op};
use crate::value::Value;

/// What is done after an instruction.
pub(super) enum After {
    Next,
    /// Skip an instruction: an iterator has another element.
    Skip,
    /// Leave the rule's body.
    Leave,
}

/// What instructions work with that are no calls.
pub(super) struct Scene<'a> {
    pub heap: &'a mut Heap,
    pub host: &'a mut dyn Host,
    pub unit: &'a LoadedUnit,
    /// The unit's number.
    pub number: u32,
    pub instance: u32,
    /// The running closure.
    pub closure: Value,
    pub registers: &'a mut [Value],
    /// What the instruction costs beyond itself.
    pub charge: i64,
}

impl Scene<'_> {
    pub fn get(&self, register: u16) -> Value {
        self.registers.get(usize::from(register)).copied().unwrap_or(Value::NULL)
    }

    pub fn set(&mut self, register: u16, value: Value) {
        if let Some(r) = self.registers.get_mut(usize::from(register)) {
            *r = value;
        }
    }

    fn optional(&self, register: u16) -> Option<Value> {
        (register != NO_REGISTER).then(|| self.get(register))
    }

    /// Runs one effect. Operations that are no effects never come here.
    pub fn run(&mut self, op: Op, insn: Insn) -> Result<After, Fault> {
        let (a, b, c) = (insn.a(), insn.b(), insn.c());
        match op {
            Op::ModuleMember => {
                let name = self.unit.name(usize::from(c));
                let member = self.host.module_member(self.instance, b, name)?;
                self.set(a, member);
            }
            Op::EntGet => {
                let (name, path) = (self.unit.name(usize::from(b)), self.optional(c));
                let value = self.host.ent_get(self.heap, self.instance, name, path)?;
                self.set(a, value);
            }
            Op::EntSet => {
                let (name, path) = (self.unit.name(usize::from(b)), self.optional(c));
                let value = self.get(a);
                self.host.ent_set(self.heap, self.instance, name, path, value)?;
            }
            Op::EntClear => {
                let (name, path) = (self.unit.name(usize::from(b)), self.optional(c));
                self.host.ent_clear(self.heap, self.instance, name, path)?;
            }
            Op::Raise => {
                let [domain, event, for_rid, attributes] = self.four(a);
                let raise = Raise { domain, event, for_rid, attributes };
                self.host.raise(self.heap, self.instance, raise)?;
            }
            Op::Schedule => {
                let [domain, event, time, attributes] = self.four(b);
                let schedule = Schedule { repeat: insn.flags() == 1, domain, event, time, attributes };
                let job = self.host.schedule(self.heap, self.instance, schedule)?;
                self.set(a, job);
            }
            Op::Log => {
                let value = self.get(a);
                let message = self.heap.text(value).into_owned();
                self.host.log(self.heap, self.instance, log_level(insn.flags()), &message, Some(value));
            }
            Op::RaiseError => {
                let level = log_level(insn.flags());
                self.host.raise_error(self.heap, self.instance, level, self.get(a))?;
                if level == LogLevel::Error {
                    return Ok(After::Leave);
                }
            }
            Op::Last => {
                self.host.last();
                return Ok(After::Leave);
            }
            Op::Selected => self.host.rule_selected(),
            Op::Fired => self.host.rule_fired(self.heap.is_truthy(self.get(a))),
            _ => return Err(Fault::internal("an operation without a handler")),
        }
        Ok(After::Next)
    }

    fn four(&self, first: u16) -> [Value; 4] {
        [0, 1, 2, 3].map(|i| self.get(first.saturating_add(i)))
    }
}

fn log_level(flags: u8) -> LogLevel {
    match flags {
        0 => LogLevel::Error,
        1 => LogLevel::Warn,
        2 => LogLevel::Info,
        _ => LogLevel::Debug,
    }
}

/// The failure of reading a global that has no value yet.
#[cold]
pub(super) fn global_unset(vm: &Vm, instance: u32, index: u16) -> Fault {
    let instance = vm.instances.get(instance as usize);
    let unit = instance.and_then(|i| vm.heap.units().unit(i.unit));
    match unit.and_then(|u| u.unit().globals.get(usize::from(index))) {
        Some(name) => unset(name),
        None => Fault::internal("an instance without this global"),
    }
}

/// The failure of using a name before its declaration has run.
#[cold]
pub(super) fn unset(name: &str) -> Fault {
    Fault::error(format!("Cannot access '{name}' before initialization"))
}
