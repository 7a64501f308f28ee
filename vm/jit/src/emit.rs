//! Code of one function: Cranelift's intermediate form from bytecode.
//!
//! Registers are variables, boxed (`I64`) or, where [`Flow`] knows them to be finite numbers, doubles. They have places in memory too, the
//! *window* on the native stack, but only helpers and the machine look there: a register is stored when it must be seen.

mod arithmetic;
mod calls;
mod leave;
mod plain;

use crate::flow::{Flow, Kind, Registers, bit};
use crate::slow;
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{
    self, AbiParam, FuncRef, InstBuilder, MemFlagsData, SigRef, Signature, StackSlot, StackSlotData,
    StackSlotKind, types,
};
use cranelift_codegen::isa::{CallConv, TargetFrontendConfig};
use cranelift_frontend::{FunctionBuilder, Variable};
use krl_vm::interp::compiled::{Address, EXIT, Env, Helper};
use krl_vm::op::{Insn, Op};
use krl_vm::value::Value;
use std::mem::{offset_of, size_of};

/// Bits of values: everything below is a number.
const TAGS: i64 = 0xFFF9_u64.cast_signed() << 48;
/// Twice the bits of a finite number are below this, whatever its sign.
const INFINITE: i64 = 0xFFE0_u64.cast_signed() << 48;

/// Why code cannot be made: the function stays with the interpreter.
pub type Result<T> = std::result::Result<T, &'static str>;

const BROKEN: &str = "the code is not as the verifier leaves it";

/// The signature of a function that takes its arguments one by one.
pub fn direct_signature(conv: CallConv, captures: bool, params: usize) -> Signature {
    let count = 3 + usize::from(captures) + params;
    answering(conv, count)
}

/// The signature of [`krl_vm::interp::compiled::Code`].
pub fn code_signature(conv: CallConv) -> Signature {
    answering(conv, 5)
}

fn answering(conv: CallConv, words: usize) -> Signature {
    let mut signature = Signature::new(conv);
    signature.params = vec![AbiParam::new(types::I64); words];
    signature.returns = vec![AbiParam::new(types::I64); 2];
    signature
}

/// Makes the code of a function that takes its arguments one by one: the body for `numeric` where its numbers are numbers, else that for
/// `flow`. `own` is the function itself.
pub fn direct<'a>(
    flow: &'a Flow<'a>,
    numeric: Option<&'a Flow<'a>>,
    number: u32,
    builder: FunctionBuilder<'_>,
    own: FuncRef,
    target: TargetFrontendConfig,
) -> Result<()> {
    let mut emit = Emit::new(flow, number, builder, own, target.default_call_conv)?;
    emit.function(numeric)?;
    emit.builder.seal_all_blocks();
    emit.builder.finalize(target);
    Ok(())
}

/// Makes the code that takes its arguments from memory and calls the direct one.
pub fn from_memory(
    flow: &Flow<'_>,
    mut builder: FunctionBuilder<'_>,
    direct: FuncRef,
    target: TargetFrontendConfig,
) -> Result<()> {
    let block = builder.create_block();
    builder.append_block_params_for_function_params(block);
    builder.switch_to_block(block);
    let params = builder.block_params(block).to_vec();
    let &[env, depth, fuel, closure, memory] = &params[..] else { return Err(BROKEN) };
    let mut arguments = vec![env, depth, fuel];
    arguments.extend((flow.function.captures > 0).then_some(closure));
    for at in 0..flow.function.params.len() {
        arguments.push(builder.ins().load(types::I64, MemFlagsData::trusted(), memory, at as i32 * 8));
    }
    let call = builder.ins().call(direct, &arguments);
    let results = builder.inst_results(call).to_vec();
    builder.ins().return_(&results);
    builder.seal_all_blocks();
    builder.finalize(target);
    Ok(())
}

struct Emit<'a, 'b> {
    flow: &'a Flow<'a>,
    /// The function's number.
    number: u32,
    builder: FunctionBuilder<'b>,
    own: FuncRef,
    conv: CallConv,
    env: ir::Value,
    depth: ir::Value,
    closure: ir::Value,
    /// Instructions left of the slice, but for those behind `mark`.
    fuel: Variable,
    boxed: Vec<Variable>,
    doubles: Vec<Variable>,
    window: StackSlot,
    blocks: Vec<ir::Block>,
    /// What the registers hold now.
    kinds: Vec<Kind>,
    /// Where the unpaid stretch of instructions begins.
    mark: usize,
    /// The instruction code is being made of.
    at: usize,
    /// The registers that are needed behind it.
    live: Registers,
    /// The result of the last comparison, as a condition.
    flag: Option<(u16, ir::Value)>,
    signatures: Vec<Option<SigRef>>,
}

impl<'a, 'b> Emit<'a, 'b> {
    fn new(
        flow: &'a Flow<'a>,
        number: u32,
        mut builder: FunctionBuilder<'b>,
        own: FuncRef,
        conv: CallConv,
    ) -> Result<Self> {
        let registers = usize::from(flow.function.registers);
        let entry = builder.create_block();
        builder.append_block_params_for_function_params(entry);
        builder.switch_to_block(entry);
        let params = builder.block_params(entry).to_vec();
        let &[env, depth, fuel, ref rest @ ..] = &params[..] else { return Err(BROKEN) };
        let (closure, arguments) = match rest {
            [closure, arguments @ ..] if flow.function.captures > 0 => (*closure, arguments),
            arguments => (builder.ins().iconst(types::I64, Value::NULL.bits().cast_signed()), arguments),
        };
        let boxed: Vec<Variable> = (0..registers).map(|_| builder.declare_var(types::I64)).collect();
        let doubles = (0..registers).map(|_| builder.declare_var(types::F64)).collect();
        for (variable, argument) in boxed.iter().zip(arguments) {
            builder.def_var(*variable, *argument);
        }
        let left = builder.declare_var(types::I64);
        builder.def_var(left, fuel);
        let size = (registers.max(1) * 8) as u32;
        let window =
            builder.create_sized_stack_slot(StackSlotData::new(StackSlotKind::ExplicitSlot, size, 3));
        let blocks = flow.blocks.iter().map(|_| builder.create_block()).collect();
        Ok(Self {
            flow,
            number,
            builder,
            own,
            conv,
            env,
            depth,
            closure,
            fuel: left,
            boxed,
            doubles,
            window,
            blocks,
            kinds: vec![Kind::Any; registers],
            mark: 0,
            at: 0,
            live: 0,
            flag: None,
            signatures: vec![None; 16],
        })
    }

    fn function(&mut self, numeric: Option<&'a Flow<'a>>) -> Result<()> {
        self.begin()?;
        if let Some(numeric) = numeric {
            self.numeric(numeric)?;
        }
        self.go_to(0)?;
        self.body()
    }

    /// The body for parameters that are numbers; goes on where they are not.
    fn numeric(&mut self, numeric: &'a Flow<'a>) -> Result<()> {
        let kinds = &numeric.blocks.first().ok_or(BROKEN)?.kinds;
        let is_number = |register: &u16| kinds.get(usize::from(*register)) == Some(&Kind::Number);
        let numbers: Vec<u16> = (0..self.flow.function.registers).filter(is_number).collect();
        let general = self.builder.create_block();
        for &register in &numbers {
            let value = self.value(register);
            let finite = self.is_finite(value);
            let next = self.builder.create_block();
            self.builder.ins().brif(finite, next, &[], general, &[]);
            self.builder.switch_to_block(next);
            let double = self.unbox(value);
            self.set_double(register, double);
        }
        let blocks = numeric.blocks.iter().map(|_| self.builder.create_block()).collect();
        let flow = std::mem::replace(&mut self.flow, numeric);
        let blocks = std::mem::replace(&mut self.blocks, blocks);
        self.kinds.clone_from(kinds);
        self.go_to(0)?;
        self.body()?;
        (self.flow, self.blocks) = (flow, blocks);
        self.builder.switch_to_block(general);
        self.kinds.fill(Kind::Any);
        (self.at, self.mark) = (0, 0);
        Ok(())
    }

    fn body(&mut self) -> Result<()> {
        for number in 0..self.flow.blocks.len() {
            let block = self.flow.blocks.get(number).ok_or(BROKEN)?;
            let here = *self.blocks.get(number).ok_or(BROKEN)?;
            self.builder.switch_to_block(here);
            if block.kinds.is_empty() {
                // Nothing leads here.
                self.give_null();
                continue;
            }
            self.kinds.clone_from(&block.kinds);
            self.mark = block.mark;
            self.flag = None;
            let live = self.flow.live_behind(number).ok_or(BROKEN)?;
            for at in block.start..block.end {
                self.at = at;
                self.live = *live.get(at - block.start).ok_or(BROKEN)?;
                let insn = *self.flow.function.code.get(at).ok_or(BROKEN)?;
                self.instruction(insn)?;
                self.flow.apply(&mut self.kinds, insn).ok_or(BROKEN)?;
            }
            let last = self.flow.function.code.get(block.end - 1).and_then(|insn| insn.op());
            let goes_on = |op| !krl_vm::verify::ends(op) && !is_jump(op);
            if last.is_some_and(goes_on) {
                self.go_to(block.end)?;
            }
        }
        Ok(())
    }

    /// What every call begins with: room on the stack, instructions left.
    fn begin(&mut self) -> Result<()> {
        self.live = (0..self.flow.function.params.len() as u16).map(bit).fold(0, |all, one| all | one);
        let here = self.builder.ins().get_stack_pointer(types::I64);
        let limit = self.field(offset_of!(Env, stack_limit));
        let low = self.builder.ins().icmp(IntCC::UnsignedLessThan, here, limit);
        self.cold(low, |emit| emit.leave(leave::DEEPER, 0, emit.live))?;
        self.refill_if_empty(0)
    }

    fn instruction(&mut self, insn: Insn) -> Result<()> {
        let (a, b, c) = (insn.a(), insn.b(), insn.c());
        let op = insn.op().ok_or(BROKEN)?;
        let flag = self.flag.take();
        match op {
            Op::Move => match self.kind(b) {
                Kind::Number => {
                    let double = self.double(b);
                    self.set_double(a, double);
                }
                _ => {
                    let value = self.value(b);
                    self.set(a, value);
                }
            },
            Op::Int => {
                let double = self.builder.ins().f64const(f64::from(insn.signed()));
                self.set_double(a, double);
            }
            Op::Const => self.constant(a, insn.bc()),
            Op::Null => self.set_bits(a, Value::NULL),
            Op::True => self.set_bits(a, Value::TRUE),
            Op::False => self.set_bits(a, Value::FALSE),
            Op::Unset => self.set_bits(a, Value::UNSET),
            Op::CheckSet => self.check_set(insn)?,
            Op::Global => self.global(insn)?,
            Op::Add | Op::Sub | Op::Mul | Op::Div | Op::Rem => self.arithmetic(op, a, b, c)?,
            Op::Compare => self.order(insn)?,
            Op::Cmp => {
                let sign = self.sign(insn)?;
                self.set_double(a, sign);
            }
            Op::Eq | Op::Ne | Op::Lt | Op::Le | Op::Gt | Op::Ge => self.compare(op, a, b, c)?,
            Op::Not => {
                let truthy = self.truthy(b, flag)?;
                let falsy = self.builder.ins().icmp_imm_u(IntCC::Equal, truthy, 0);
                self.set_flag(a, falsy);
            }
            Op::Jump => self.jump(insn)?,
            Op::JumpIf | Op::JumpIfNot | Op::JumpIfNotNull => self.branch(op, insn, flag)?,
            Op::LoopHead => self.loop_head()?,
            Op::Index | Op::Path => {
                let (value, key) = (self.value(b), self.value(c));
                let helper = if op == Op::Index { Helper::GetKey } else { Helper::GetPath };
                let call = self.helper(helper, &[self.env, value, key], 1);
                self.set(a, call[0]);
            }
            Op::Capture => self.captured(insn)?,
            Op::Call => self.call(insn)?,
            Op::CallNamed => self.call_value(insn)?,
            Op::CallIfFunction => self.call_if_function(insn)?,
            Op::CallNative if self.flow.is_pure(insn) => self.call_pure(insn)?,
            Op::CallNative => self.call_native(insn)?,
            Op::Return => {
                let value = self.value(a);
                self.give(value);
            }
            Op::IterNext => self.next(insn)?,
            Op::SetGlobal => return Err("it sets globals: it runs once"),
            Op::Last | Op::RaiseError => self.effect(insn)?,
            _ => self.step(insn)?,
        }
        Ok(())
    }

    // Registers.

    fn kind(&self, register: u16) -> Kind {
        self.kinds.get(usize::from(register)).copied().unwrap_or(Kind::Any)
    }

    /// The register's value, boxed.
    fn value(&mut self, register: u16) -> ir::Value {
        match self.kind(register) {
            Kind::Number => {
                let double = self.double(register);
                self.bits(double)
            }
            _ => self.boxed.get(usize::from(register)).map_or(self.env, |&v| self.builder.use_var(v)),
        }
    }

    /// The register's value, which is known to be a number.
    fn double(&mut self, register: u16) -> ir::Value {
        match self.doubles.get(usize::from(register)) {
            Some(&variable) => self.builder.use_var(variable),
            None => self.builder.ins().f64const(0.0),
        }
    }

    fn set(&mut self, register: u16, value: ir::Value) {
        if let Some(&variable) = self.boxed.get(usize::from(register)) {
            self.builder.def_var(variable, value);
        }
    }

    fn set_double(&mut self, register: u16, value: ir::Value) {
        if let Some(&variable) = self.doubles.get(usize::from(register)) {
            self.builder.def_var(variable, value);
        }
    }

    fn set_bits(&mut self, register: u16, value: Value) {
        let bits = self.iconst(value.bits().cast_signed());
        self.set(register, bits);
    }

    /// The register becomes a boolean, remembered as a condition for the jump that follows.
    fn set_flag(&mut self, register: u16, flag: ir::Value) {
        let (yes, no) =
            (self.iconst(Value::TRUE.bits().cast_signed()), self.iconst(Value::FALSE.bits().cast_signed()));
        let value = self.builder.ins().select(flag, yes, no);
        self.set(register, value);
        self.flag = Some((register, flag));
    }

    fn iconst(&mut self, bits: i64) -> ir::Value {
        self.builder.ins().iconst(types::I64, bits)
    }

    fn bits(&mut self, double: ir::Value) -> ir::Value {
        self.builder.ins().bitcast(types::I64, MemFlagsData::new(), double)
    }

    fn unbox(&mut self, bits: ir::Value) -> ir::Value {
        self.builder.ins().bitcast(types::F64, MemFlagsData::new(), bits)
    }

    /// A field of the environment, which never changes while compiled code runs.
    fn field(&mut self, offset: usize) -> ir::Value {
        let flags = MemFlagsData::trusted().with_readonly().with_can_move();
        self.builder.ins().load(types::I64, flags, self.env, offset as i32)
    }

    /// Stores registers in their places in the window.
    fn store(&mut self, registers: Registers) {
        for register in (0..self.flow.function.registers).filter(|&r| registers & bit(r) != 0) {
            let value = self.value(register);
            self.store_value(register, value);
        }
    }

    fn store_value(&mut self, register: u16, value: ir::Value) {
        let at = self.builder.ins().stack_addr(types::I64, self.window, 0);
        self.builder.ins().store(MemFlagsData::trusted(), value, at, i32::from(register) * 8);
    }

    fn window_at(&mut self, register: u16) -> ir::Value {
        self.builder.ins().stack_addr(types::I64, self.window, i32::from(register) * 8)
    }

    fn load(&mut self, register: u16) {
        let at = self.window_at(register);
        let value = self.builder.ins().load(types::I64, MemFlagsData::trusted(), at, 0);
        self.set(register, value);
    }

    // Calls of helpers.

    fn fuel(&mut self) -> ir::Value {
        self.builder.use_var(self.fuel)
    }

    /// Calls a helper that takes words and gives back `results` of them.
    fn helper(&mut self, helper: Helper, arguments: &[ir::Value], results: usize) -> Vec<ir::Value> {
        let rare = self.builder.current_block().is_some_and(|block| self.builder.func.layout.is_cold(block));
        if rare && slow::words(helper).is_some() {
            return self.slow(helper, arguments, results);
        }
        let known = self.signatures.get(helper as usize).copied().flatten();
        let signature = known.unwrap_or_else(|| {
            let mut signature = Signature::new(self.conv);
            signature.params =
                arguments.iter().map(|&v| AbiParam::new(self.builder.func.dfg.value_type(v))).collect();
            let result = if helper == Helper::Remainder { types::F64 } else { types::I64 };
            signature.returns = vec![AbiParam::new(result); results];
            self.builder.import_signature(signature)
        });
        if let Some(place) = self.signatures.get_mut(helper as usize) {
            *place = Some(signature);
        }
        let table = self.field(offset_of!(Env, helpers));
        let offset = helper as usize * size_of::<Address>();
        let flags = MemFlagsData::trusted().with_readonly().with_can_move();
        let address = self.builder.ins().load(types::I64, flags, table, offset as i32);
        let call = self.builder.ins().call_indirect(signature, address, arguments);
        self.builder.inst_results(call).to_vec()
    }

    /// Calls a helper on the way that changes no register.
    fn slow(&mut self, helper: Helper, arguments: &[ir::Value], results: usize) -> Vec<ir::Value> {
        let signature = self.builder.import_signature(slow::signature(arguments.len()));
        let place = self.field(offset_of!(Env, slow));
        let table = self.builder.ins().load(types::I64, MemFlagsData::trusted(), place, 0);
        let offset = helper as usize * size_of::<Address>();
        let address = self.builder.ins().load(types::I64, MemFlagsData::trusted(), table, offset as i32);
        self.builder.ins().call_indirect(signature, address, arguments);
        let answer = slow::ANSWER.into_iter().take(results);
        let load =
            |offset| self.builder.ins().load(types::I64, MemFlagsData::trusted(), self.env, offset as i32);
        answer.map(load).collect()
    }

    /// Calls a helper that answers a value and the instructions left; leaves with `live` registers if it left.
    fn asking(&mut self, helper: Helper, arguments: &[ir::Value], live: Registers) -> Result<ir::Value> {
        let results = self.helper(helper, arguments, 2);
        let &[value, fuel] = &results[..] else { return Err(BROKEN) };
        self.builder.def_var(self.fuel, fuel);
        let left = self.builder.ins().icmp_imm_s(IntCC::Equal, value, EXIT.cast_signed());
        let pc = self.at + 1;
        self.cold(left, |emit| emit.leave(leave::NOTED, pc, live))?;
        Ok(value)
    }

    // Control.

    /// Code for the rare case that `condition` holds, which ends by leaving the function.
    fn cold(&mut self, condition: ir::Value, code: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        let (rare, usual) = (self.builder.create_block(), self.builder.create_block());
        self.builder.set_cold_block(rare);
        self.builder.ins().brif(condition, rare, &[], usual, &[]);
        self.builder.switch_to_block(rare);
        code(self)?;
        self.builder.switch_to_block(usual);
        Ok(())
    }

    /// Gives a value back, having paid.
    fn give(&mut self, value: ir::Value) {
        self.pay(self.at + 1);
        let fuel = self.fuel();
        self.builder.ins().return_(&[value, fuel]);
    }

    fn give_null(&mut self) {
        let null = self.iconst(Value::NULL.bits().cast_signed());
        let fuel = self.fuel();
        self.builder.ins().return_(&[null, fuel]);
    }

    /// Pays for the instructions up to `pc`.
    fn pay(&mut self, pc: usize) {
        let cost = pc as i64 - self.mark as i64;
        self.mark = pc;
        if cost != 0 {
            let fuel = self.fuel();
            let left = self.builder.ins().iadd_imm_s(fuel, -cost);
            self.builder.def_var(self.fuel, left);
        }
    }

    /// Takes the next slice if the last one is used up. What is run is paid for.
    fn refill_if_empty(&mut self, pc: usize) -> Result<()> {
        let fuel = self.fuel();
        let empty = self.builder.ins().icmp_imm_s(IntCC::SignedLessThanOrEqual, fuel, 0);
        let (rare, usual) = (self.builder.create_block(), self.builder.create_block());
        self.builder.set_cold_block(rare);
        self.builder.ins().brif(empty, rare, &[], usual, &[]);
        self.builder.switch_to_block(rare);
        let results = self.helper(Helper::Refill, &[self.env, fuel], 2);
        let &[value, fuel] = &results[..] else { return Err(BROKEN) };
        self.builder.def_var(self.fuel, fuel);
        let left = self.builder.ins().icmp_imm_s(IntCC::Equal, value, EXIT.cast_signed());
        self.cold(left, |emit| emit.leave(leave::NOTED, pc, 0))?;
        self.builder.ins().jump(usual, &[]);
        self.builder.switch_to_block(usual);
        Ok(())
    }

    /// Goes on at the block that begins at `to`, with the registers in the form it expects.
    fn go_to(&mut self, to: usize) -> Result<()> {
        let number = self.flow.block_at.get(to).copied().flatten().ok_or(BROKEN)?;
        let block = self.flow.blocks.get(number).ok_or(BROKEN)?;
        for register in (0..self.flow.function.registers).filter(|&r| block.live & bit(r) != 0) {
            let there = block.kinds.get(usize::from(register));
            if self.kind(register) == Kind::Number && there != Some(&Kind::Number) {
                let value = self.value(register);
                self.set(register, value);
            }
        }
        let mark = self.mark;
        if self.at >= to && self.at != 0 {
            self.pay(self.at + 1);
        } else if block.mark != mark {
            if block.mark != to {
                return Err(BROKEN);
            }
            // Ways with different unpaid stretches meet: each pays before.
            self.pay(to);
        }
        self.mark = mark;
        let target = *self.blocks.get(number).ok_or(BROKEN)?;
        self.builder.ins().jump(target, &[]);
        Ok(())
    }

    fn target(&self, insn: Insn) -> Result<usize> {
        krl_vm::verify::target(self.flow.function, self.at, insn).ok_or(BROKEN)
    }

    fn jump(&mut self, insn: Insn) -> Result<()> {
        let to = self.target(insn)?;
        self.go_to(to)
    }

    /// Two ways on: each as a block of its own, for what it must do before it arrives.
    fn fork(&mut self, condition: ir::Value, yes: usize, no: usize) -> Result<()> {
        let (then, otherwise) = (self.builder.create_block(), self.builder.create_block());
        self.builder.ins().brif(condition, then, &[], otherwise, &[]);
        for (block, to) in [(then, yes), (otherwise, no)] {
            self.builder.switch_to_block(block);
            self.go_to(to)?;
        }
        Ok(())
    }

    fn branch(&mut self, op: Op, insn: Insn, flag: Option<(u16, ir::Value)>) -> Result<()> {
        let (to, next) = (self.target(insn)?, self.at + 1);
        if op == Op::JumpIfNotNull {
            let value = self.value(insn.a());
            let null = self.builder.ins().icmp_imm_s(IntCC::Equal, value, Value::NULL.bits().cast_signed());
            return self.fork(null, next, to);
        }
        let truthy = self.truthy(insn.a(), flag)?;
        if op == Op::JumpIf { self.fork(truthy, to, next) } else { self.fork(truthy, next, to) }
    }

    fn loop_head(&mut self) -> Result<()> {
        let fuel = self.fuel();
        let empty = self.builder.ins().icmp_imm_s(IntCC::SignedLessThanOrEqual, fuel, 0);
        self.pay(self.at + 1);
        let fuel = self.fuel();
        let (rare, usual) = (self.builder.create_block(), self.builder.create_block());
        self.builder.set_cold_block(rare);
        self.builder.ins().brif(empty, rare, &[], usual, &[]);
        self.builder.switch_to_block(rare);
        let results = self.helper(Helper::Refill, &[self.env, fuel], 2);
        let &[value, fuel] = &results[..] else { return Err(BROKEN) };
        self.builder.def_var(self.fuel, fuel);
        let left = self.builder.ins().icmp_imm_s(IntCC::Equal, value, EXIT.cast_signed());
        let pc = self.at + 1;
        self.cold(left, |emit| emit.leave(leave::NOTED, pc, 0))?;
        self.builder.ins().jump(usual, &[]);
        self.builder.switch_to_block(usual);
        Ok(())
    }

    /// Is a register truthy? As a condition.
    fn truthy(&mut self, register: u16, flag: Option<(u16, ir::Value)>) -> Result<ir::Value> {
        if let Some((of, flag)) = flag
            && of == register
        {
            return Ok(flag);
        }
        match self.kind(register) {
            Kind::Boolean => {
                let value = self.value(register);
                Ok(self.builder.ins().icmp_imm_s(IntCC::Equal, value, Value::TRUE.bits().cast_signed()))
            }
            Kind::Number => {
                let double = self.double(register);
                let zero = self.builder.ins().f64const(0.0);
                Ok(self.builder.ins().fcmp(FloatCC::NotEqual, double, zero))
            }
            _ => self.truthy_value(register),
        }
    }

    fn truthy_value(&mut self, register: u16) -> Result<ir::Value> {
        let value = self.value(register);
        let [immediate, other, number, heap, done] = [(); 5].map(|()| self.builder.create_block());
        self.builder.set_cold_block(heap);
        let condition = self.builder.append_block_param(done, types::I8);
        let tag = self.builder.ins().ushr_imm_u(value, 48);
        let is_immediate = self.builder.ins().icmp_imm_u(IntCC::Equal, tag, 0xFFF9);
        self.builder.ins().brif(is_immediate, immediate, &[], other, &[]);
        self.builder.switch_to_block(immediate);
        let is_true = self.builder.ins().icmp_imm_s(IntCC::Equal, value, Value::TRUE.bits().cast_signed());
        self.builder.ins().jump(done, &[is_true.into()]);
        self.builder.switch_to_block(other);
        let is_number = self.is_number(value);
        self.builder.ins().brif(is_number, number, &[], heap, &[]);
        self.builder.switch_to_block(number);
        let magnitude = self.builder.ins().ishl_imm_u(value, 1);
        let not_zero = self.builder.ins().icmp_imm_u(IntCC::NotEqual, magnitude, 0);
        self.builder.ins().jump(done, &[not_zero.into()]);
        self.builder.switch_to_block(heap);
        let truthy = self.helper(Helper::Truthy, &[self.env, value], 1);
        let truthy = self.builder.ins().icmp_imm_u(IntCC::NotEqual, truthy[0], 0);
        self.builder.ins().jump(done, &[truthy.into()]);
        self.builder.switch_to_block(done);
        Ok(condition)
    }

    fn is_number(&mut self, value: ir::Value) -> ir::Value {
        let tags = self.iconst(TAGS);
        self.builder.ins().icmp(IntCC::UnsignedLessThan, value, tags)
    }
}

fn is_jump(op: Op) -> bool {
    matches!(op, Op::JumpIf | Op::JumpIfNot | Op::JumpIfNotNull | Op::IterNext)
}
