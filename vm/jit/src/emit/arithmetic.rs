//! Arithmetic and comparisons: numbers inline, everything else through a helper.

use super::leave::RESUME;
use super::{BROKEN, Emit, INFINITE, Result};
use crate::flow::{Kind, bit};
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{self, BlockArg, InstBuilder, InstructionData, Opcode, Type, ValueDef, types};
use krl_vm::interp::compiled::{EXIT, Helper};
use krl_vm::op::{Insn, Op};

/// Doubles below this are integers of 64 bits.
const TWO_TO_63: f64 = 9_223_372_036_854_775_808.0;

impl Emit<'_, '_> {
    pub fn arithmetic(&mut self, op: Op, a: u16, b: u16, c: u16) -> Result<()> {
        if op == Op::Add && (self.kind(b) == Kind::Text || self.kind(c) == Kind::Text) {
            let text = self.convert(op, b, c)?;
            self.set(a, text);
            return Ok(());
        }
        let both = self.both_numbers(b, c);
        let [slow, done] = [(); 2].map(|()| self.builder.create_block());
        self.builder.set_cold_block(slow);
        let result = self
            .builder
            .append_block_param(done, if op == Op::Add && !both { types::I64 } else { types::F64 });
        let (x, y) = (self.operand(b, slow), self.operand(c, slow));
        let made = self.compute(op, x, y)?;
        let bits = self.bits(made);
        let finite = self.is_finite(bits);
        let give = if op == Op::Add && !both { bits } else { made };
        self.builder.ins().brif(finite, done, &[give.into()], slow, &[]);
        self.builder.switch_to_block(slow);
        if self.element.is_some() {
            self.give_element_up()?;
        } else if both && matches!(op, Op::Add | Op::Sub | Op::Mul) {
            // Infinite, which is rare: the interpreter knows what comes of it.
            let live = self.live_before()?;
            self.leave(RESUME, self.at, live)?;
        } else {
            let give = self.convert_and_compute(op, a, b, c)?;
            self.builder.ins().jump(done, &[give]);
        }
        self.builder.switch_to_block(done);
        if op == Op::Add && !both {
            self.set(a, result)
        } else {
            self.set_double(a, result)
        }
        Ok(())
    }

    /// The registers needed before the instruction.
    fn live_before(&self) -> Result<crate::flow::Registers> {
        let insn = *self.flow.function.code.get(self.at).ok_or(BROKEN)?;
        self.flow.live_before(self.live, insn).ok_or(BROKEN)
    }

    /// A register as a double; goes to `slow` where it holds no number.
    fn operand(&mut self, register: u16, slow: ir::Block) -> ir::Value {
        self.operand_if(register, slow, Self::is_number)
    }

    /// A register as a double; goes to `slow` where the test fails.
    fn operand_if(
        &mut self,
        register: u16,
        slow: ir::Block,
        test: fn(&mut Self, ir::Value) -> ir::Value,
    ) -> ir::Value {
        if self.kind(register) == Kind::Number {
            return self.double(register);
        }
        let value = self.value(register);
        let holds = test(self, value);
        let next = self.builder.create_block();
        self.builder.ins().brif(holds, next, &[], slow, &[]);
        self.builder.switch_to_block(next);
        self.unbox(value)
    }

    pub fn is_finite(&mut self, bits: ir::Value) -> ir::Value {
        let magnitude = self.builder.ins().iadd(bits, bits);
        let infinite = self.iconst(INFINITE);
        self.builder.ins().icmp(IntCC::UnsignedLessThan, magnitude, infinite)
    }

    fn compute(&mut self, op: Op, x: ir::Value, y: ir::Value) -> Result<ir::Value> {
        Ok(match op {
            Op::Add => self.builder.ins().fadd(x, y),
            Op::Sub => self.builder.ins().fsub(x, y),
            Op::Mul => self.builder.ins().fmul(x, y),
            Op::Div => self.builder.ins().fdiv(x, y),
            _ => self.remainder(x, y)?,
        })
    }

    /// Positive integers by the integer unit, other doubles by the helper.
    fn remainder(&mut self, x: ir::Value, y: ir::Value) -> Result<ir::Value> {
        let [integers, doubles, done] = [(); 3].map(|()| self.builder.create_block());
        let result = self.builder.append_block_param(done, types::F64);
        let (dividend, divisor, both) = match self.whole_constant(y) {
            Some(divisor) => {
                let (dividend, whole) = self.long_whole(x);
                (dividend, self.iconst(divisor), whole)
            }
            None => self.small_wholes(x, y),
        };
        self.builder.ins().brif(both, integers, &[], doubles, &[]);
        self.builder.switch_to_block(integers);
        // The divisor is positive: this never traps.
        let rest = self.builder.ins().urem(dividend, divisor);
        let rest = self.builder.ins().fcvt_from_sint(types::F64, rest);
        self.builder.ins().jump(done, &[rest.into()]);
        self.builder.switch_to_block(doubles);
        if self.element.is_some() {
            self.give_element_up()?;
        } else {
            let rest = self.helper(Helper::Remainder, &[x, y], 1);
            self.builder.ins().jump(done, &[BlockArg::from(rest[0])]);
        }
        self.builder.switch_to_block(done);
        Ok(result)
    }

    /// A positive integer that a double is known to be.
    fn whole_constant(&self, double: ir::Value) -> Option<i64> {
        let ValueDef::Result(made, _) = self.builder.func.dfg.value_def(double) else { return None };
        let InstructionData::UnaryIeee64 { opcode: Opcode::F64const, imm } =
            self.builder.func.dfg.insts[made]
        else {
            return None;
        };
        let constant = f64::from_bits(imm.bits());
        let whole = constant.fract() == 0.0 && (1.0..=f64::from(i32::MAX)).contains(&constant);
        whole.then_some(constant as i64)
    }

    /// A double as an integer of 64 bits, and whether it is one that is not negative.
    fn long_whole(&mut self, x: ir::Value) -> (ir::Value, ir::Value) {
        let bits = self.bits(x);
        // Bits of negative numbers are larger than those of all others.
        let limit = self.iconst(TWO_TO_63.to_bits().cast_signed());
        let fits = self.builder.ins().icmp(IntCC::UnsignedLessThan, bits, limit);
        let (integer, whole) = self.whole(x, types::I64);
        (integer, self.builder.ins().band(fits, whole))
    }

    /// Doubles as integers of 32 bits, and whether they are such, the first not negative and the second positive.
    fn small_wholes(&mut self, x: ir::Value, y: ir::Value) -> (ir::Value, ir::Value, ir::Value) {
        let (xi, x_whole) = self.whole(x, types::I32);
        let (yi, y_whole) = self.whole(y, types::I32);
        let not_negative = {
            let bits = self.bits(x);
            self.builder.ins().icmp_imm_s(IntCC::SignedGreaterThanOrEqual, bits, 0)
        };
        let positive = self.builder.ins().icmp_imm_s(IntCC::SignedGreaterThan, yi, 0);
        let whole = self.builder.ins().band(x_whole, y_whole);
        let signs = self.builder.ins().band(not_negative, positive);
        (xi, yi, self.builder.ins().band(whole, signs))
    }

    /// A double as an integer, and whether it is one. At the ends of the integer's range this may be wrong.
    fn whole(&mut self, x: ir::Value, kind: Type) -> (ir::Value, ir::Value) {
        let integer = self.builder.ins().fcvt_to_sint_sat(kind, x);
        let back = self.builder.ins().fcvt_from_sint(types::F64, integer);
        (integer, self.builder.ins().fcmp(FloatCC::Equal, x, back))
    }

    /// The slow way: conversions, text, failures.
    fn convert(&mut self, op: Op, b: u16, c: u16) -> Result<ir::Value> {
        let (x, y) = (self.value(b), self.value(c));
        let code = self.iconst(op as i64);
        let fuel = self.fuel();
        self.asking(Helper::Arithmetic, &[self.env, fuel, x, y, code], 0)
    }

    /// The slow way to a result of the form that the fast way has.
    fn convert_and_compute(&mut self, op: Op, a: u16, b: u16, c: u16) -> Result<BlockArg> {
        let value = self.convert(op, b, c)?;
        if op == Op::Add {
            return Ok(value.into());
        }
        let finite = self.is_finite(value);
        let infinite = self.builder.ins().icmp_imm_u(IntCC::Equal, finite, 0);
        let (pc, live) = (self.at + 1, self.live & !bit(a));
        self.cold(infinite, |emit| {
            emit.store_value(a, value);
            emit.leave(RESUME, pc, live)
        })?;
        Ok(self.unbox(value).into())
    }

    /// `<=>`: 1, 0 or -1.
    pub fn order(&mut self, insn: Insn) -> Result<()> {
        if self.both_numbers(insn.b(), insn.c()) {
            let [x, y] = [insn.b(), insn.c()].map(|register| self.double(register));
            let (sign, above) = self.sign_of(x, y);
            self.set_double(insn.a(), sign);
            self.above = Some((insn.a(), above));
            return Ok(());
        }
        let [slow, done] = [(); 2].map(|()| self.builder.create_block());
        self.builder.set_cold_block(slow);
        let result = self.builder.append_block_param(done, types::F64);
        let [x, y] = [insn.b(), insn.c()].map(|register| self.operand_if(register, slow, Self::is_finite));
        let (sign, _) = self.sign_of(x, y);
        self.builder.ins().jump(done, &[sign.into()]);
        self.builder.switch_to_block(slow);
        let sign = self.sign(insn)?;
        self.builder.ins().jump(done, &[sign.into()]);
        self.builder.switch_to_block(done);
        self.set_double(insn.a(), result);
        Ok(())
    }

    fn both_numbers(&self, b: u16, c: u16) -> bool {
        self.kind(b) == Kind::Number && self.kind(c) == Kind::Number
    }

    /// How two numbers compare: 1, 0 or -1, and whether it is 1.
    fn sign_of(&mut self, x: ir::Value, y: ir::Value) -> (ir::Value, ir::Value) {
        let conditions = [FloatCC::GreaterThan, FloatCC::LessThan];
        let [above, below] = conditions.map(|code| self.builder.ins().fcmp(code, x, y));
        let [plus, minus] = [above, below].map(|holds| self.builder.ins().uextend(types::I32, holds));
        let sign = self.builder.ins().isub(plus, minus);
        (self.builder.ins().fcvt_from_sint(types::F64, sign), above)
    }

    pub fn compare(&mut self, op: Op, a: u16, b: u16, c: u16) -> Result<()> {
        let condition = match op {
            Op::Eq => FloatCC::Equal,
            Op::Ne => FloatCC::NotEqual,
            Op::Lt => FloatCC::LessThan,
            Op::Le => FloatCC::LessThanOrEqual,
            Op::Gt => FloatCC::GreaterThan,
            _ => FloatCC::GreaterThanOrEqual,
        };
        if self.both_numbers(b, c) {
            let (x, y) = (self.double(b), self.double(c));
            let holds = self.builder.ins().fcmp(condition, x, y);
            self.set_flag(a, holds);
            return Ok(());
        }
        let [slow, done] = [(); 2].map(|()| self.builder.create_block());
        self.builder.set_cold_block(slow);
        let flag = self.builder.append_block_param(done, types::I8);
        let fuel_before = self.fuel();
        let (x, y) = (self.operand(b, slow), self.operand(c, slow));
        let holds = self.builder.ins().fcmp(condition, x, y);
        self.builder.ins().jump(done, &[holds.into()]);
        self.builder.switch_to_block(slow);
        let (x, y) = (self.value(b), self.value(c));
        let code = self.iconst(op as i64);
        let results = self.helper(Helper::Compare, &[self.env, fuel_before, x, y, code], 2);
        let &[value, fuel] = &results[..] else { return Err(BROKEN) };
        self.builder.def_var(self.fuel, fuel);
        let left = self.builder.ins().icmp_imm_s(IntCC::Equal, value, EXIT.cast_signed());
        let pc = self.at + 1;
        self.cold(left, |emit| emit.leave(super::leave::NOTED, pc, 0))?;
        let holds = self.builder.ins().icmp_imm_u(IntCC::NotEqual, value, 0);
        self.builder.ins().jump(done, &[holds.into()]);
        self.builder.switch_to_block(done);
        self.set_flag(a, flag);
        Ok(())
    }
}
