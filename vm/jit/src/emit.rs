//! Code of one function: Cranelift's intermediate form from bytecode.
//!
//! Registers are variables, boxed (`I64`) or, where [`Flow`] knows them to be finite numbers, doubles. They have places in memory too, the
//! *window* on the native stack, but only helpers and the machine look there: a register is stored when it must be seen.

mod arithmetic;
mod ask;
mod calls;
mod control;
mod leave;
mod loops;
mod plain;
mod registers;

pub use loops::{loops, loops_signature};

use crate::flow::{Flow, Kind, Registers, bit};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    self, AbiParam, FuncRef, InstBuilder, MemFlagsData, SigRef, Signature, StackSlot, StackSlotData,
    StackSlotKind, types,
};
use cranelift_codegen::isa::{CallConv, TargetFrontendConfig};
use cranelift_frontend::{FunctionBuilder, Variable};
use krl_vm::interp::compiled::{Env, Helper};
use krl_vm::op::{Insn, Op};
use krl_vm::value::Value;
use std::mem::offset_of;

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
    let params = enter(&mut builder);
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

/// Begins a function; answers its parameters.
fn enter(builder: &mut FunctionBuilder<'_>) -> Vec<ir::Value> {
    let block = builder.create_block();
    builder.append_block_params_for_function_params(block);
    builder.switch_to_block(block);
    builder.block_params(block).to_vec()
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
    /// Is the result of the last `<=>` above 0? As a condition.
    above: Option<(u16, ir::Value)>,
    signatures: Vec<Option<SigRef>>,
    /// The element that code is being made for, inside a loop.
    element: Option<loops::Element>,
}

impl<'a, 'b> Emit<'a, 'b> {
    fn new(
        flow: &'a Flow<'a>,
        number: u32,
        mut builder: FunctionBuilder<'b>,
        own: FuncRef,
        conv: CallConv,
    ) -> Result<Self> {
        let params = enter(&mut builder);
        let &[env, depth, fuel, ref rest @ ..] = &params[..] else { return Err(BROKEN) };
        let (closure, arguments) = match rest {
            [closure, arguments @ ..] if flow.function.captures > 0 => (*closure, arguments),
            arguments => (builder.ins().iconst(types::I64, Value::NULL.bits().cast_signed()), arguments),
        };
        let mut emit = Self::within(flow, number, builder, own, conv, [env, depth, closure]);
        for (variable, argument) in emit.boxed.iter().zip(arguments) {
            emit.builder.def_var(*variable, *argument);
        }
        emit.builder.def_var(emit.fuel, fuel);
        Ok(emit)
    }

    /// For code inside a function that has begun, with its environment, how many more calls may nest, and the closure.
    fn within(
        flow: &'a Flow<'a>,
        number: u32,
        mut builder: FunctionBuilder<'b>,
        own: FuncRef,
        conv: CallConv,
        [env, depth, closure]: [ir::Value; 3],
    ) -> Self {
        let registers = usize::from(flow.function.registers);
        let boxed: Vec<Variable> = (0..registers).map(|_| builder.declare_var(types::I64)).collect();
        let doubles = (0..registers).map(|_| builder.declare_var(types::F64)).collect();
        let fuel = builder.declare_var(types::I64);
        let size = (registers.max(1) * 8) as u32;
        let window =
            builder.create_sized_stack_slot(StackSlotData::new(StackSlotKind::ExplicitSlot, size, 3));
        let blocks = flow.blocks.iter().map(|_| builder.create_block()).collect();
        Self {
            flow,
            number,
            builder,
            own,
            conv,
            env,
            depth,
            closure,
            fuel,
            boxed,
            doubles,
            window,
            blocks,
            kinds: vec![Kind::Any; registers],
            mark: 0,
            at: 0,
            live: 0,
            flag: None,
            above: None,
            signatures: vec![None; 16],
            element: None,
        }
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
        let flow = std::mem::replace(&mut self.flow, numeric);
        let blocks = std::mem::take(&mut self.blocks);
        self.whole_body()?;
        (self.flow, self.blocks) = (flow, blocks);
        self.builder.switch_to_block(general);
        self.kinds.fill(Kind::Any);
        (self.at, self.mark) = (0, 0);
        Ok(())
    }

    /// The body for what the flow is given, in blocks of its own.
    fn whole_body(&mut self) -> Result<()> {
        self.blocks = self.flow.blocks.iter().map(|_| self.builder.create_block()).collect();
        self.kinds.clone_from(&self.flow.blocks.first().ok_or(BROKEN)?.kinds);
        (self.at, self.mark) = (0, 0);
        self.go_to(0)?;
        self.body()
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
            (self.flag, self.above) = (None, None);
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
        let (flag, above) = (self.flag.take(), self.above.take());
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
            Op::Add | Op::Sub | Op::Mul | Op::Div | Op::Rem => self.arithmetic(op, a, b, c)?,
            Op::Compare => self.order(insn)?,
            Op::Cmp => {
                let sign = self.sign(insn)?;
                self.set_double(a, sign);
            }
            Op::Eq | Op::Ne | Op::Lt | Op::Le | Op::Gt | Op::Ge => self.compare(op, a, b, c)?,
            Op::Neg if self.kind(b) == Kind::Number => {
                let double = self.double(b);
                let negated = self.builder.ins().fneg(double);
                self.set_double(a, negated);
            }
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
                if self.kind(c) == Kind::Text {
                    let place = self.place();
                    let call = self.helper(Helper::GetField, &[self.env, value, key, place], 1);
                    self.set(a, call[0]);
                    return Ok(());
                }
                let helper = if op == Op::Index { Helper::GetKey } else { Helper::GetPath };
                let call = self.helper(helper, &[self.env, value, key], 1);
                self.set(a, call[0]);
            }
            Op::Capture | Op::Global if self.element.is_some() => self.named(insn)?,
            Op::Capture => self.captured(insn)?,
            Op::Global => self.global(insn)?,
            Op::Call => self.call(insn)?,
            Op::CallNamed => self.call_value(insn)?,
            Op::CallIfFunction => self.call_if_function(insn)?,
            Op::CallNative if self.flow.is_pure(insn) => self.call_pure(insn)?,
            Op::CallNative => self.call_native(insn)?,
            Op::Return if self.element.is_some() => self.end_element(a, flag, above)?,
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
}

fn is_jump(op: Op) -> bool {
    matches!(op, Op::JumpIf | Op::JumpIfNot | Op::JumpIfNotNull | Op::IterNext)
}
