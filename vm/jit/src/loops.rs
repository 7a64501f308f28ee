//! Which functions get loops (`krl_vm::interp::compiled::Loops`), and in which forms.

use crate::flow::{Flow, Kind, for_writes};
use krl_vm::interp::compiled::Form;
use krl_vm::load::LoadedUnit;
use krl_vm::op::{Insn, Op};
use std::collections::HashMap;

/// Functions with more instructions get none: a call costs little beside them.
const MAX_INSTRUCTIONS: usize = 128;

/// For each form, the flow of a function in such a loop: where a native is seen to call it so, and it computes with numbers alone.
pub fn flows<'a>(flow: &Flow<'a>, unit: &LoadedUnit, number: u32) -> [Option<Flow<'a>>; Form::ALL.len()] {
    if flow.function.code.len() > MAX_INSTRUCTIONS {
        return Default::default();
    }
    Form::ALL.map(|form| {
        let given = match form {
            Form::Fold => 3,
            Form::Each | Form::Keep | Form::Merge => 2,
        };
        let numeric = flow.where_all_numbers(given).filter(|flow| is_plain(flow, form) == Some(true));
        numeric.filter(|_| is_called(flow, unit, number, form))
    })
}

/// Which form a native of this name calls functions in. A wrong guess costs a loop that nobody runs, or one that is not there.
fn form_of(native: &str) -> Option<Form> {
    match native {
        "reduce" => Some(Form::Fold),
        "map" => Some(Form::Each),
        "filter" => Some(Form::Keep),
        "sort" => Some(Form::Merge),
        _ => None,
    }
}

/// Does some function of the unit give this one to a native of this form?
fn is_called(flow: &Flow<'_>, unit: &LoadedUnit, number: u32, form: Form) -> bool {
    unit.functions().iter().any(|function| {
        // What registers hold when the code is read from above: jumps change it rarely.
        let mut held: HashMap<u16, u32> = HashMap::new();
        function.code.iter().any(|&insn| {
            let Some(op) = insn.op() else { return false };
            let made = match op {
                Op::Closure => Some(u32::from(insn.b())),
                Op::Global => flow.globals.get(usize::from(insn.b())).copied().flatten(),
                Op::Move => held.get(&insn.b()).copied(),
                _ => None,
            };
            let native = unit.natives().get(usize::from(insn.b())).filter(|_| op == Op::CallNative);
            let found = native.is_some_and(|n| form_of(n.native.name) == Some(form))
                && insn.flags() > 1
                && held.get(&(insn.c() + 1)) == Some(&number);
            for_writes(op, insn, |register| {
                held.remove(&register);
                held.extend(made.map(|made| (register, made)));
            });
            found
        })
    })
}

/// Can nothing happen in the function but that a number is not finite?
fn is_plain(flow: &Flow<'_>, form: Form) -> Option<bool> {
    for block in flow.blocks.iter().filter(|block| !block.kinds.is_empty()) {
        let mut kinds = block.kinds.clone();
        for &insn in flow.function.code.get(block.start..block.end)? {
            if !is_plain_step(flow, &kinds, insn, form)? {
                return Some(false);
            }
            flow.apply(&mut kinds, insn)?;
        }
    }
    Some(true)
}

fn is_plain_step(flow: &Flow<'_>, kinds: &[Kind], insn: Insn, form: Form) -> Option<bool> {
    let kind = |register: u16| kinds.get(usize::from(register)).copied().unwrap_or(Kind::Any);
    let number = |register| kind(register) == Kind::Number;
    let simple = |register| matches!(kind(register), Kind::Number | Kind::Boolean);
    Some(match insn.op()? {
        Op::Move | Op::Const | Op::Int | Op::Null | Op::True | Op::False | Op::Jump => true,
        Op::Capture => true,
        Op::Global => flow.globals.get(usize::from(insn.b())).copied().flatten().is_none(),
        Op::CheckSet => kind(insn.a()) != Kind::Any,
        Op::Add | Op::Sub | Op::Mul | Op::Div | Op::Rem | Op::Compare => number(insn.b()) && number(insn.c()),
        Op::Eq | Op::Ne | Op::Lt | Op::Le | Op::Gt | Op::Ge => number(insn.b()) && number(insn.c()),
        Op::Neg => number(insn.b()),
        Op::Not => simple(insn.b()),
        Op::JumpIf | Op::JumpIfNot => simple(insn.a()),
        Op::Return => match form {
            // What is made so far stays a number.
            Form::Fold => number(insn.a()),
            Form::Each => true,
            Form::Keep | Form::Merge => simple(insn.a()),
        },
        _ => false,
    })
}
