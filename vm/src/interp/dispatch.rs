//! The loop over instructions. Numbers take the paths written out here; everything else is in functions of its own.
//!
//! Registers, constants and instructions are read without bounds checks. That is sound because [`crate::load::LoadedUnit`]s are made of
//! [`crate::verify::Verified`] units alone, whose every operand lies in its table and whose control flow never leaves the code, and because
//! the frame's registers were made to fit when it was pushed (checked again where this function takes the frame up).
#![expect(unsafe_code, reason = "reads of verified operands; each macro gives its proof")]

use super::call::Flow;
use super::effects::{After, Scene, unset};
use super::frame::ReturnTo;
use super::{Vm, meter, operators};
use crate::fault::Fault;
use crate::native::Host;
use crate::op::{NO_REGISTER, Op};
use crate::value::{Kind, Value};
use std::sync::Arc;

fn destination(register: u16) -> ReturnTo {
    if register == NO_REGISTER { ReturnTo::Nowhere } else { ReturnTo::Register(register) }
}

impl Vm {
    /// Runs the top frame and all it calls.
    #[expect(clippy::too_many_lines, reason = "one arm per operation")]
    pub(super) fn dispatch(&mut self, host: &mut dyn Host, resumed: bool) -> Result<Flow, Fault> {
        let units = Arc::clone(self.heap.units());
        // Compiled code has left at the instruction that is next: the interpreter goes on, even where the function begins.
        let mut left = resumed;
        'frame: loop {
            let Some(&frame) = self.calls.frames.last() else {
                return Err(Fault::internal("no function is running"));
            };
            let Some(unit) = units.unit(frame.unit) else { return Err(Fault::internal("no such unit")) };
            let Some(function) = unit.functions().get(frame.function as usize) else {
                return Err(Fault::internal("no such function"));
            };
            let resumed = std::mem::take(&mut left);
            // Slices end where functions begin, loops go round and natives were called: without these nothing goes on for long.
            if frame.pc == 0 && !resumed && self.meter.fuel <= 0 {
                self.meter.refill(host)?;
            }
            if frame.pc == 0
                && !resumed
                && let Some(code) = self.code_of(frame.unit, frame.function)
            {
                match self.run_code(host, code, &frame)? {
                    Flow::Continue => {}
                    Flow::Resume => left = true,
                    end => return Ok(end),
                }
                continue 'frame;
            }
            let base = frame.base as usize;
            let Some(window) = self.calls.registers.get_mut(base..frame.top as usize) else {
                return Err(Fault::internal("a frame without registers"));
            };
            if window.len() != usize::from(function.registers) || frame.pc as usize >= function.code.len() {
                return Err(Fault::internal("a frame that does not fit its function"));
            }
            // Registers move only when a frame is pushed; after that this loop takes up the new top frame.
            let regs = window.as_mut_ptr();
            let code = function.code.as_ptr();
            let constants = unit.constants().as_ptr();
            let mut pc = frame.pc as usize;
            // Where the stretch of code begins that is not paid for yet. Stretches are paid for when control leaves them: by calls,
            // returns and backward jumps. Instructions jumped over count as run, so the loop needs no counter.
            let mut mark = pc;

            /// Keeps what this function holds in variables: before failures, calls and suspensions.
            macro_rules! save {
                () => {
                    self.meter.fuel -= (pc - mark) as i64;
                    if let Some(top) = self.calls.frames.last_mut() {
                        top.pc = pc as u32;
                    }
                };
            }
            macro_rules! attempt {
                ($result:expr) => {
                    match $result {
                        Ok(value) => value,
                        Err(fault) => {
                            save!();
                            return Err(fault);
                        }
                    }
                };
            }
            /// Returns: the frame changes.
            macro_rules! give_back {
                ($value:expr) => {{
                    save!();
                    match self.leave(host, $value)? {
                        Flow::Continue => continue 'frame,
                        Flow::Resume => {
                            left = true;
                            continue 'frame;
                        }
                        end => return Ok(end),
                    }
                }};
            }
            /// Calls: the frame may change.
            macro_rules! transfer {
                ($flow:expr) => {{
                    save!();
                    match $flow? {
                        Flow::Continue => {
                            if self.meter.fuel <= 0 {
                                self.meter.refill(host)?;
                            }
                            continue 'frame;
                        }
                        Flow::Resume => {
                            left = true;
                            continue 'frame;
                        }
                        end => return Ok(end),
                    }
                }};
            }
            /// A register.
            macro_rules! r {
                ($register:expr) => {
                    // SAFETY: `regs` has `function.registers` elements, and the verifier has checked each register operand against that
                    // number (`verify::code`).
                    *unsafe { &mut *regs.add(usize::from($register)) }
                };
            }
            /// Several registers.
            macro_rules! many {
                ($first:expr, $count:expr) => {
                    // SAFETY: as for one register; the verifier counts them with the same `verify::code::reads`.
                    unsafe { std::slice::from_raw_parts(regs.add(usize::from($first)), $count as usize) }
                };
            }
            loop {
                // SAFETY: jumps go to instructions of this function, `IterNext` has two behind it, and the last instruction never falls
                // through (`verify::code`), so `pc` stays inside.
                let insn = unsafe { *code.add(pc) };
                pc += 1;
                let (a, b, c) = (insn.a(), insn.b(), insn.c());
                // SAFETY: the verifier has decoded every operation.
                let op = unsafe { insn.op().unwrap_unchecked() };

                macro_rules! arithmetic {
                    ($operator:tt) => {{
                        let (x, y) = (r!(b), r!(c));
                        let fast = x.number_unchecked() $operator y.number_unchecked();
                        r!(a) = if x.is_number() && y.is_number() && fast.is_finite() {
                            Value::finite(fast)
                        } else {
                            attempt!(operators::arithmetic(op, &mut self.heap, host, frame.instance, x, y))
                        };
                    }};
                }
                /// A jump of `insn`, which is the instruction before `pc`.
                macro_rules! jump {
                    ($insn:expr) => {{
                        let target = pc.wrapping_add_signed($insn.signed() as isize);
                        if target < pc {
                            self.meter.fuel -= (pc - mark) as i64;
                            mark = target;
                        }
                        pc = target;
                    }};
                }
                /// A comparison is nearly always followed by the jump that asks for it: takes it along, without a round of the loop.
                macro_rules! branch {
                    ($holds:expr) => {
                        // SAFETY: a comparison is never the last instruction, so another follows.
                        let next = unsafe { *code.add(pc) };
                        if next.is(Op::JumpIfNot) && next.a() == a {
                            pc += 1;
                            if !$holds {
                                jump!(next);
                            }
                        }
                    };
                }
                macro_rules! comparison {
                    ($operator:tt) => {{
                        let (x, y) = (r!(b), r!(c));
                        let holds = if x.is_number() && y.is_number() {
                            x.number_unchecked() $operator y.number_unchecked()
                        } else {
                            operators::compare(op, &self.heap, x, y)
                        };
                        r!(a) = Value::bool(holds);
                        branch!(holds);
                    }};
                }
                match op {
                    Op::Move => r!(a) = r!(b),
                    Op::Const => {
                        r!(a) = {
                            // SAFETY: the verifier has checked the index; `constants` has one value for each constant of the unit.
                            unsafe { *constants.add(insn.bc() as usize) }
                        }
                    }
                    Op::Int => r!(a) = Value::finite(f64::from(insn.signed())),
                    Op::Null => r!(a) = Value::NULL,
                    Op::True => r!(a) = Value::TRUE,
                    Op::False => r!(a) = Value::FALSE,
                    Op::Unset => r!(a) = Value::UNSET,
                    Op::CheckSet => {
                        if r!(a).is_unset() {
                            attempt!(Err(unset(unit.name(insn.bc() as usize))));
                        }
                    }
                    Op::Global => {
                        let globals = self.instances.get(frame.instance as usize).map(|i| &*i.globals);
                        match globals.and_then(|g| g.get(usize::from(b))) {
                            Some(&value) if !value.is_unset() => r!(a) = value,
                            _ => {
                                save!();
                                return Err(super::effects::global_unset(self, frame.instance, b));
                            }
                        }
                    }
                    Op::SetGlobal => {
                        let value = r!(a);
                        save!();
                        self.set_global(frame.instance, b, value)?;
                        continue 'frame;
                    }
                    Op::Add => {
                        let (x, y) = (r!(b), r!(c));
                        let sum = x.number_unchecked() + y.number_unchecked();
                        r!(a) = if x.is_number() && y.is_number() && sum.is_finite() {
                            Value::finite(sum)
                        } else {
                            attempt!(operators::add(&mut self.heap, host, x, y))
                        };
                    }
                    Op::Sub => arithmetic!(-),
                    Op::Mul => arithmetic!(*),
                    Op::Div => arithmetic!(/),
                    Op::Rem => arithmetic!(%),
                    Op::Eq | Op::Ne => {
                        let (x, y) = (r!(b), r!(c));
                        let equal = if x.is_number() && y.is_number() {
                            x.number_unchecked() == y.number_unchecked()
                        } else {
                            let equal = attempt!(self.heap.equals(x, y));
                            self.meter.fuel -= meter::charge_after(&self.heap, self.heap.used_bytes());
                            equal
                        };
                        let holds = equal == (op == Op::Eq);
                        r!(a) = Value::bool(holds);
                        branch!(holds);
                    }
                    Op::Lt => comparison!(<),
                    Op::Le => comparison!(<=),
                    Op::Gt => comparison!(>),
                    Op::Ge => comparison!(>=),
                    Op::Not => r!(a) = Value::bool(!self.heap.is_truthy(r!(b))),
                    Op::Jump => jump!(insn),
                    Op::JumpIf => {
                        if self.heap.is_truthy(r!(a)) {
                            jump!(insn);
                        }
                    }
                    Op::JumpIfNot => {
                        if !self.heap.is_truthy(r!(a)) {
                            jump!(insn);
                        }
                    }
                    Op::JumpIfNotNull => {
                        if !r!(a).is_null() {
                            jump!(insn);
                        }
                    }
                    Op::LoopHead => {
                        // Paid for whichever way control came, so that all engines look at the same count.
                        self.meter.fuel -= (pc - mark) as i64;
                        mark = pc;
                        if self.meter.fuel <= 0 {
                            save!();
                            self.meter.refill(host)?;
                        }
                    }
                    Op::Index => r!(a) = self.heap.get_key(r!(b), r!(c)),
                    Op::Path => r!(a) = self.heap.get_path(r!(b), r!(c)),
                    Op::Call => {
                        let callee = r!(b);
                        let args = (base + usize::from(b) + 1, usize::from(c));
                        let action = insn.flags() == 1;
                        transfer!(self.call_registers(host, callee, args, action, destination(a)))
                    }
                    Op::CallNamed => {
                        let callee = r!(b);
                        let args = (base + usize::from(b) + 1, &unit.unit().shapes[usize::from(c)]);
                        let action = insn.flags() == 1;
                        transfer!(self.call_shape(host, callee, args, action, destination(a)))
                    }
                    Op::CallNative => {
                        let native = unit.natives()[usize::from(b)].native;
                        let args = many!(c, insn.flags());
                        if let Some(pure) = native.call.pure() {
                            let used = self.heap.used_bytes();
                            let charge = meter::charge_before(&self.heap, native.call.sized(args));
                            self.meter.fuel -= meter::announce(host, charge);
                            let value = attempt!(pure(&mut self.heap, args));
                            self.meter.fuel -= meter::charge_after(&self.heap, used);
                            if a != NO_REGISTER {
                                r!(a) = value;
                            }
                        } else {
                            let args = args.to_vec();
                            transfer!(self.call_native(host, native, &args, destination(a)))
                        }
                    }
                    Op::CallIfFunction => {
                        let callee = r!(b);
                        if matches!(self.heap.kind(callee), Kind::Function | Kind::ActionFunction) {
                            transfer!(self.invoke(host, callee, &[], false, ReturnTo::Register(a)))
                        }
                        r!(a) = callee;
                    }
                    Op::Return => {
                        let value = r!(a);
                        give_back!(value)
                    }
                    other => {
                        // SAFETY: all registers of the frame; no other reference to them is alive.
                        let registers =
                            unsafe { std::slice::from_raw_parts_mut(regs, usize::from(function.registers)) };
                        let mut scene = Scene {
                            heap: &mut self.heap,
                            host: &mut *host,
                            unit,
                            number: frame.unit,
                            instance: frame.instance,
                            closure: frame.closure,
                            registers,
                            charge: 0,
                        };
                        let after = attempt!(scene.plain(other, insn));
                        self.meter.fuel -= scene.charge;
                        match after {
                            After::Next => {}
                            After::Skip => pc += 1,
                            After::Leave => give_back!(Value::NULL),
                        }
                    }
                }
            }
        }
    }
}
