//! Instructions that are neither calls nor jumps, on registers in memory: what the dispatch loop does not write out, and compiled code
//! leaves to the machine.

use super::effects::{After, Scene, unset};
use super::meter::{announce, charge_after, charge_before};
use super::{foreach, operators};
use crate::fault::Fault;
use crate::op::{Insn, NO_REGISTER, Op};
use crate::unit::FunctionKind;
use crate::value::Value;

impl Scene<'_> {
    /// Runs one instruction. What it costs beyond itself is in `charge`.
    pub fn plain(&mut self, op: Op, insn: Insn) -> Result<After, Fault> {
        let (a, b, c) = (insn.a(), insn.b(), insn.c());
        let (x, y) = (self.get(b), self.get(c));
        let result = match op {
            Op::CheckSet if self.get(a).is_unset() => return Err(unset(self.unit.name(insn.bc() as usize))),
            Op::CheckSet => return Ok(After::Next),
            Op::Capture => self.captured(b, c)?,
            Op::Closure => self.closure(b, c)?,
            Op::Patch => {
                self.heap.set_capture(self.get(a), b, y);
                return Ok(After::Next);
            }
            Op::Like => operators::like(self.heap, x, y)?,
            Op::Member => {
                let found = self.heap.has_member(x, y)?;
                self.charge += charge_before(self.heap, &[x]);
                self.charge += charge_after(self.heap, self.heap.used_bytes());
                Value::bool(found)
            }
            Op::Compare => operators::sign(self.heap.order(x, y)),
            Op::Cmp => operators::sign(self.heap.text_order(x, y)),
            Op::Neg => operators::negate(self.heap, x)?,
            Op::Not => Value::bool(!self.heap.is_truthy(x)),
            Op::Text => {
                let parts = many(self.registers, b, usize::from(c));
                announce(self.host, charge_before(self.heap, parts));
                let text = self.heap.concat(parts)?;
                self.charge += charge_before(self.heap, &[text]);
                text
            }
            Op::Array => self.heap.array_from(many(self.registers, b, usize::from(c)))?,
            Op::Push => self.heap.array_push(self.get(a), x)?,
            Op::Map => self.map(b, c)?,
            Op::Put => {
                let key = self.heap.key(x)?;
                self.heap.map_put(self.get(a), key, y)?
            }
            Op::Index => self.heap.get_key(x, y),
            Op::Path => self.heap.get_path(x, y),
            Op::IterStart => {
                let iterator = foreach::start(self.heap, x)?;
                if let Some(registers) = self.iterator(a) {
                    registers.copy_from_slice(&iterator);
                }
                return Ok(After::Next);
            }
            Op::IterNext => return self.next(a, b, c),
            Op::IterLast => Value::bool(foreach::is_last(many(self.registers, b, 4))),
            Op::Random => Value::finite((self.host.random() % u64::from(b).max(1)) as f64),
            effect => {
                let used = self.heap.used_bytes();
                let after = self.run(effect, insn)?;
                self.charge += charge_after(self.heap, used);
                return Ok(after);
            }
        };
        self.set(a, result);
        Ok(After::Next)
    }

    fn captured(&self, index: u16, name: u16) -> Result<Value, Fault> {
        let value = self.heap.capture(self.closure, index);
        if value.is_unset() {
            return Err(unset(self.unit.name(usize::from(name))));
        }
        Ok(value)
    }

    fn closure(&mut self, function: u16, first: u16) -> Result<Value, Fault> {
        let Some(of) = self.unit.functions().get(usize::from(function)) else {
            return Err(Fault::internal("no such function"));
        };
        let action = of.kind == FunctionKind::Action;
        let captured = many(self.registers, first, usize::from(of.captures));
        self.heap.closure_from(action, self.number, u32::from(function), self.instance, captured)
    }

    fn map(&mut self, first: u16, count: u16) -> Result<Value, Fault> {
        let (pairs, _) = many(self.registers, first, usize::from(count) * 2).as_chunks::<2>();
        if pairs.iter().all(|[key, _]| key.is_string()) {
            return self.heap.map_of(pairs.len(), pairs.iter().map(|&[key, value]| (key, value)));
        }
        let entries = pairs.iter().map(|&[key, value]| Ok((self.heap.key(key)?, value)));
        let entries = entries.collect::<Result<Vec<_>, Fault>>()?;
        self.heap.map_from(&entries)
    }

    fn iterator(&mut self, first: u16) -> Option<&mut [Value]> {
        self.registers.get_mut(usize::from(first)..usize::from(first) + 4)
    }

    fn next(&mut self, iterator: u16, value: u16, key: u16) -> Result<After, Fault> {
        let Some(registers) = self.registers.get_mut(usize::from(iterator)..usize::from(iterator) + 4) else {
            return Err(Fault::internal("an iterator outside the registers"));
        };
        let Some((element, name)) = foreach::next(self.heap, registers)? else { return Ok(After::Next) };
        self.set(value, element);
        if key != NO_REGISTER {
            self.set(key, name);
        }
        Ok(After::Skip)
    }
}

/// Several registers; none where the verifier has been passed by.
fn many(registers: &[Value], first: u16, count: usize) -> &[Value] {
    registers.get(usize::from(first)..usize::from(first) + count).unwrap_or_default()
}
