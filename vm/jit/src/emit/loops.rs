//! Natives' loops with the body of a function in them (`krl_vm::interp::compiled::Loops`).
//!
//! Where the items come from and what becomes of the results is decided before a loop begins: each combination is a loop of its own. An element
//! that needs more than numbers changes nothing: its loop ends as if it had not begun.

use super::{BROKEN, Emit, Result, enter};
use crate::flow::{Flow, Kind};
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{self, AbiParam, FuncRef, InstBuilder, MemFlagsData, Signature, Type, types};
use cranelift_codegen::isa::{CallConv, TargetFrontendConfig};
use cranelift_frontend::FunctionBuilder;
use krl_vm::interp::compiled::{Env, Form, GAVE_UP, NO_LOOP, RAN, Stretch};
use krl_vm::op::{Insn, Op};
use std::collections::HashMap;
use std::mem::offset_of;

/// The signature of [`krl_vm::interp::compiled::Loops`].
pub fn loops_signature(conv: CallConv) -> Signature {
    let mut signature = Signature::new(conv);
    signature.params = vec![AbiParam::new(types::I64); 2];
    signature.returns = vec![AbiParam::new(types::I64)];
    signature
}

/// Makes the loops of a function, for the forms that have a flow. `own` is not called.
pub fn loops<'a>(
    flows: &'a [Option<Flow<'a>>],
    number: u32,
    mut builder: FunctionBuilder<'_>,
    own: FuncRef,
    target: TargetFrontendConfig,
) -> Result<()> {
    let params = enter(&mut builder);
    let &[env, stretch] = &params[..] else { return Err(BROKEN) };
    let flow = flows.iter().flatten().next().ok_or(BROKEN)?;
    // Nothing in a loop calls, captures or leaves.
    let nothing = builder.ins().iconst(types::I64, 0);
    let frame = [env, nothing, nothing];
    let mut emit = Emit::within(flow, number, builder, own, target.default_call_conv, frame);
    emit.forms(stretch, flows)?;
    emit.builder.seal_all_blocks();
    emit.builder.finalize(target);
    Ok(())
}

/// An element of a loop, while the code of its body is made.
pub struct Element {
    form: Form,
    /// Where it ends; takes what it costs and its result.
    end: ir::Block,
    /// Where it is given up.
    give_up: ir::Block,
    /// What the function names, by instruction.
    names: HashMap<(Op, u16), ir::Value>,
}

/// What goes round with a loop.
#[derive(Clone, Copy)]
struct Round {
    fuel: ir::Value,
    at: ir::Value,
    /// What is made so far.
    made: Option<ir::Value>,
    /// The next item, where items are computed.
    item: Option<ir::Value>,
    /// Where the next position or item goes.
    place: Option<ir::Value>,
    /// The next item of the left half.
    left: Option<ir::Value>,
}

impl<'a> Emit<'a, '_> {
    fn forms(&mut self, stretch: ir::Value, flows: &'a [Option<Flow<'a>>]) -> Result<()> {
        let wanted = self.read(stretch, offset_of!(Stretch, form), types::I64);
        for (form, flow) in Form::ALL.into_iter().zip(flows) {
            let Some(flow) = flow else { continue };
            let [here, next] = [(); 2].map(|()| self.builder.create_block());
            let is_it = self.builder.ins().icmp_imm_u(IntCC::Equal, wanted, form as i64);
            self.builder.ins().brif(is_it, here, &[], next, &[]);
            self.builder.switch_to_block(here);
            self.flow = flow;
            self.form(stretch, form)?;
            self.builder.switch_to_block(next);
        }
        self.answer(NO_LOOP);
        Ok(())
    }

    fn form(&mut self, stretch: ir::Value, form: Form) -> Result<()> {
        let names = self.names(stretch)?;
        let items = self.read(stretch, offset_of!(Stretch, items), types::I64);
        let [computed, laid] = [(); 2].map(|()| self.builder.create_block());
        self.builder.ins().brif(items, laid, &[], computed, &[]);
        for (block, items) in [(computed, None), (laid, Some(items))] {
            self.builder.switch_to_block(block);
            if form == Form::Merge && items.is_none() {
                self.answer(NO_LOOP);
                continue;
            }
            self.one_loop(stretch, form, items, names.clone())?;
        }
        Ok(())
    }

    /// What the function names, where it is all finite numbers: else no element can be run.
    fn names(&mut self, stretch: ir::Value) -> Result<HashMap<(Op, u16), ir::Value>> {
        let captures = self.read(stretch, offset_of!(Stretch, captures), types::I64);
        let globals = self.field(offset_of!(Env, globals));
        let mut names = HashMap::new();
        let reached = self.flow.blocks.iter().filter(|block| !block.kinds.is_empty());
        for insn in reached.flat_map(|block| block.start..block.end) {
            let insn = *self.flow.function.code.get(insn).ok_or(BROKEN)?;
            let base = match insn.op() {
                Some(Op::Capture) => captures,
                Some(Op::Global) => globals,
                _ => continue,
            };
            let value = self.read(base, usize::from(insn.b()) * 8, types::I64);
            let finite = self.is_finite(value);
            let [good, bad] = [(); 2].map(|()| self.builder.create_block());
            self.builder.set_cold_block(bad);
            self.builder.ins().brif(finite, good, &[], bad, &[]);
            self.builder.switch_to_block(bad);
            self.answer(NO_LOOP);
            self.builder.switch_to_block(good);
            let number = self.unbox(value);
            names.insert((insn.op().ok_or(BROKEN)?, insn.b()), number);
        }
        Ok(names)
    }

    fn one_loop(
        &mut self,
        stretch: ir::Value,
        form: Form,
        items: Option<ir::Value>,
        names: HashMap<(Op, u16), ir::Value>,
    ) -> Result<()> {
        let [head, element, body, end, ran, give_up] = [(); 6].map(|()| self.builder.create_block());
        self.builder.set_cold_block(give_up);
        let behind = self.read(stretch, offset_of!(Stretch, end), types::I64);
        let step = self.read(stretch, offset_of!(Stretch, step), types::F64);
        let results = self.read(stretch, offset_of!(Stretch, results), types::I64);
        let left_end = self.read(stretch, offset_of!(Stretch, left_end), types::I64);
        let read = |emit: &mut Self, offset, kind| emit.read(stretch, offset, kind);
        let first = Round {
            fuel: read(self, offset_of!(Stretch, fuel), types::I64),
            at: read(self, offset_of!(Stretch, at), types::I64),
            made: (form == Form::Fold).then(|| read(self, offset_of!(Stretch, made), types::F64)),
            item: items.is_none().then(|| read(self, offset_of!(Stretch, item), types::F64)),
            place: matches!(form, Form::Keep | Form::Merge).then_some(results),
            left: (form == Form::Merge).then(|| read(self, offset_of!(Stretch, left), types::I64)),
        };
        let round = self.go_round(head, &first);
        self.jump_round(head, &first);

        self.builder.switch_to_block(head);
        let mut more = self.builder.ins().icmp(IntCC::UnsignedLessThan, round.at, behind);
        if let Some(left) = round.left {
            let rest = self.builder.ins().icmp(IntCC::NotEqual, left, left_end);
            more = self.builder.ins().band(more, rest);
        }
        self.builder.ins().brif(more, element, &[], ran, &[]);
        self.builder.switch_to_block(element);
        // A call would take one instruction for the native and then look whether the slice is used up.
        let paid = self.builder.ins().icmp_imm_s(IntCC::SignedGreaterThan, round.fuel, 1);
        self.builder.ins().brif(paid, body, &[], ran, &[]);
        self.builder.switch_to_block(body);
        let item = match (items, round.item) {
            (Some(items), _) => {
                let place = self.place_of(items, round.at);
                self.laid_item(place, give_up)
            }
            (None, item) => item.ok_or(BROKEN)?,
        };
        let left = round.left.map(|place| self.laid_item(place, give_up));
        let cost = self.builder.append_block_param(end, types::I64);
        let kind = match form {
            Form::Fold => types::F64,
            Form::Each => types::I64,
            Form::Keep | Form::Merge => types::I8,
        };
        let result = self.builder.append_block_param(end, kind);
        let given = match (round.made, left) {
            (Some(made), _) => vec![made, item, self.position(round.at)],
            (None, Some(left)) => vec![left, item],
            (None, None) => vec![item, self.position(round.at)],
        };
        for (register, double) in (0..self.flow.function.params.len() as u16).zip(given) {
            self.set_double(register, double);
        }
        self.element = Some(Element { form, end, give_up, names });
        self.whole_body()?;
        self.element = None;

        self.builder.switch_to_block(end);
        let next = Round {
            fuel: self.builder.ins().isub(round.fuel, cost),
            item: round.item.map(|item| self.builder.ins().fadd(item, step)),
            ..self.result(form, &round, result, (results, item, left))?
        };
        self.jump_round(head, &next);
        for (block, answer) in [(ran, RAN), (give_up, GAVE_UP)] {
            self.builder.switch_to_block(block);
            self.tell(stretch, &round);
            self.answer(answer);
        }
        Ok(())
    }

    /// What becomes of an element's result; what goes round next, but for what the element has cost and the next computed item. `left` and
    /// `item` are what was compared.
    fn result(
        &mut self,
        form: Form,
        round: &Round,
        result: ir::Value,
        (results, item, left): (ir::Value, ir::Value, Option<ir::Value>),
    ) -> Result<Round> {
        let mut next = Round { at: self.builder.ins().iadd_imm_s(round.at, 1), ..*round };
        match form {
            Form::Fold => next.made = Some(result),
            Form::Each => {
                let place = self.place_of(results, round.at);
                self.builder.ins().store(MemFlagsData::trusted(), result, place, 0);
            }
            Form::Keep => {
                // The position is stored in any case, and counts only if it is kept.
                let place = round.place.ok_or(BROKEN)?;
                self.builder.ins().store(MemFlagsData::trusted(), round.at, place, 0);
                let kept = self.builder.ins().uextend(types::I64, result);
                next.place = Some(self.place_of(place, kept));
            }
            Form::Merge => {
                let (place, from) = (round.place.ok_or(BROKEN)?, round.left.ok_or(BROKEN)?);
                // Which of them comes first cannot be foretold: no branch.
                let first = self.builder.ins().select(result, item, left.ok_or(BROKEN)?);
                self.builder.ins().store(MemFlagsData::trusted(), first, place, 0);
                next.place = Some(self.builder.ins().iadd_imm_s(place, 8));
                let of_right = self.builder.ins().uextend(types::I64, result);
                next.at = self.builder.ins().iadd(round.at, of_right);
                let of_left = self.builder.ins().bxor_imm_u(of_right, 1);
                next.left = Some(self.place_of(from, of_left));
            }
        }
        Ok(next)
    }

    /// The head of a loop takes what goes round with it.
    fn go_round(&mut self, head: ir::Block, like: &Round) -> Round {
        let mut param = |kind| self.builder.append_block_param(head, kind);
        Round {
            fuel: param(types::I64),
            at: param(types::I64),
            made: like.made.map(|_| param(types::F64)),
            item: like.item.map(|_| param(types::F64)),
            place: like.place.map(|_| param(types::I64)),
            left: like.left.map(|_| param(types::I64)),
        }
    }

    fn jump_round(&mut self, head: ir::Block, with: &Round) {
        let all = [Some(with.fuel), Some(with.at), with.made, with.item, with.place, with.left];
        let all: Vec<ir::BlockArg> = all.into_iter().flatten().map(ir::BlockArg::from).collect();
        self.builder.ins().jump(head, &all);
    }

    /// Notes in the stretch how far it came.
    fn tell(&mut self, stretch: ir::Value, round: &Round) {
        let all = [
            (offset_of!(Stretch, fuel), Some(round.fuel)),
            (offset_of!(Stretch, at), Some(round.at)),
            (offset_of!(Stretch, made), round.made),
            (offset_of!(Stretch, results), round.place),
            (offset_of!(Stretch, left), round.left),
        ];
        for (offset, value) in all {
            if let Some(value) = value {
                self.builder.ins().store(MemFlagsData::trusted(), value, stretch, offset as i32);
            }
        }
    }

    fn answer(&mut self, answer: u64) {
        let answer = self.iconst(answer.cast_signed());
        self.builder.ins().return_(&[answer]);
    }

    fn read(&mut self, base: ir::Value, offset: usize, kind: Type) -> ir::Value {
        self.builder.ins().load(kind, MemFlagsData::trusted(), base, offset as i32)
    }

    fn place_of(&mut self, base: ir::Value, at: ir::Value) -> ir::Value {
        let offset = self.builder.ins().ishl_imm_u(at, 3);
        self.builder.ins().iadd(base, offset)
    }

    /// An item that lies in memory, as a double.
    fn laid_item(&mut self, place: ir::Value, give_up: ir::Block) -> ir::Value {
        let value = self.read(place, 0, types::I64);
        let finite = self.is_finite(value);
        let next = self.builder.create_block();
        self.builder.ins().brif(finite, next, &[], give_up, &[]);
        self.builder.switch_to_block(next);
        self.unbox(value)
    }

    fn position(&mut self, at: ir::Value) -> ir::Value {
        self.builder.ins().fcvt_from_sint(types::F64, at)
    }

    /// `Capture` and `Global` inside a loop.
    pub fn named(&mut self, insn: Insn) -> Result<()> {
        let element = self.element.as_ref().ok_or(BROKEN)?;
        let name = (insn.op().ok_or(BROKEN)?, insn.b());
        let number = *element.names.get(&name).ok_or(BROKEN)?;
        self.set_double(insn.a(), number);
        Ok(())
    }

    /// `Return` inside a loop. `flag` and `above` are what the instruction before has said of a register.
    pub fn end_element(
        &mut self,
        register: u16,
        flag: Option<(u16, ir::Value)>,
        above: Option<(u16, ir::Value)>,
    ) -> Result<()> {
        let element = self.element.as_ref().ok_or(BROKEN)?;
        let (form, end) = (element.form, element.end);
        // One more is the native's own.
        let cost = self.iconst((self.at + 1 - self.mark) as i64 + 1);
        let result = match form {
            Form::Fold if self.kind(register) == Kind::Number => self.double(register),
            Form::Fold => return Err(BROKEN),
            Form::Each => self.value(register),
            Form::Merge if let Some((_, above)) = above.filter(|above| above.0 == register) => above,
            Form::Merge if self.kind(register) == Kind::Number => {
                let (sign, zero) = (self.double(register), self.builder.ins().f64const(0.0));
                self.builder.ins().fcmp(FloatCC::GreaterThan, sign, zero)
            }
            Form::Keep | Form::Merge => self.truthy(register, flag)?,
        };
        self.builder.ins().jump(end, &[cost.into(), result.into()]);
        Ok(())
    }

    /// Ends the loop before the element.
    pub fn give_element_up(&mut self) -> Result<()> {
        let element = self.element.as_ref().ok_or(BROKEN)?;
        self.builder.ins().jump(element.give_up, &[]);
        Ok(())
    }
}
