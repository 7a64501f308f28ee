//! Functions behind globals.

use krl_vm::op::{Op, Operand};
use krl_vm::unit::Unit;
use std::collections::HashSet;

/// The functions that globals always hold: those the `global` block sets once, to a closure without captures made right before, and that
/// nothing else sets.
pub fn known_globals(unit: &Unit) -> Vec<Option<u32>> {
    let mut known = vec![None; unit.globals.len()];
    let mut set = vec![0; unit.globals.len()];
    for prologue in &unit.prologue {
        if let krl_vm::unit::Prologue::Configure { global, .. } = prologue
            && let Some(times) = set.get_mut(usize::from(*global))
        {
            *times += 1;
        }
    }
    let Some(code) = unit.global.and_then(|id| unit.functions.get(id as usize)).map(|f| &f.code) else {
        return known;
    };
    let targets: HashSet<usize> = (code.iter().enumerate())
        .filter(|(_, insn)| insn.op().is_some_and(|op| op.operands().contains(&Operand::Jump)))
        .filter_map(|(at, insn)| usize::try_from(at as i64 + 1 + i64::from(insn.signed())).ok())
        .collect();
    for (at, insn) in code.iter().enumerate() {
        let global = usize::from(insn.b());
        if !insn.is(Op::SetGlobal) || global >= known.len() {
            continue;
        }
        set[global] += 1;
        let made = at.checked_sub(1).and_then(|before| code.get(before)).filter(|_| !targets.contains(&at));
        if let Some(made) = made
            && made.is(Op::Closure)
            && made.a() == insn.a()
            && unit.functions.get(usize::from(made.b())).is_some_and(|f| f.captures == 0)
        {
            known[global] = Some(u32::from(made.b()));
        }
    }
    for (known, times) in known.iter_mut().zip(set) {
        if times != 1 {
            *known = None;
        }
    }
    known
}
