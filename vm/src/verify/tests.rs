//! What the verifier refuses, and that what it admits runs.

use super::*;
use crate::assembler::assemble;
use crate::op::{Insn, Op};
use crate::unit::{Automaton, Edge, Function, Rule, Select, Shared, Test, When};

fn refusal(unit: Unit) -> Option<Reason> {
    verify(unit).err().map(|e| e.reason)
}

/// Code in assembler text; the reason it is refused for, if it is.
#[test]
fn code() {
    for (text, expected) in [
        ("fragment main() 1\nNull 0\nReturn 0", None),
        ("fragment main() 1\nNull 0", Some(Reason::FallsOff)),
        ("fragment main() 1\n", Some(Reason::FallsOff)),
        ("fragment main() 1\nNull 1\nReturn 0", Some(Reason::Register)),
        ("fragment main(a, b) 1\nReturn 0", Some(Reason::Register)),
        ("fragment main() 1\nReturn 0", Some(Reason::Unassigned)),
        ("fragment main() 1\nNull .1 0\nReturn 0", Some(Reason::Flags)),
        ("fragment main() 1\nConst 0 5\nReturn 0", Some(Reason::Index)),
        ("fragment main() 1\nEntGet 0 'v _\nReturn 0", None),
        ("fragment main() 1\nConst 0 =1\nEntGet 0 0 _\nReturn 0", Some(Reason::ConstantKind)),
        ("fragment main() 1\nGlobal 0 0\nReturn 0", Some(Reason::Index)),
        ("fragment main() 1\nCapture 0 0 'x\nReturn 0", Some(Reason::Index)),
        ("fragment main() 1\nClosure 0 9 0\nReturn 0", Some(Reason::Index)),
        ("fragment main() 1\nClosure 0 &main 0\nReturn 0", Some(Reason::FunctionShape)),
        ("fragment main() 1\nCallNative .0 0 0 0\nReturn 0", Some(Reason::Index)),
        ("fragment main() 2\nNull 0\nCallNative .2 0 ~f 0\nReturn 0", Some(Reason::Unassigned)),
        ("fragment main() 2\nNull 0\nCallNative .3 0 ~f 0\nReturn 0", Some(Reason::Register)),
        ("fragment main() 2\nNull 0\nCall 1 0 1\nReturn 0", Some(Reason::Unassigned)),
        ("fragment main() 2\nNull 0\nCallNamed 1 0 %1:a\nReturn 0", Some(Reason::Register)),
        ("fragment main() 2\nNull 0\nMap 1 0 1\nReturn 0", Some(Reason::Unassigned)),
        ("fragment main() 1\nRandom 0 0\nReturn 0", Some(Reason::Index)),
        ("fragment main() 1\nNull 0\nSetGlobal 0 $g\nReturn 0", Some(Reason::SetGlobal)),
        ("fragment global() 1\nNull 0\nSetGlobal 0 $g\nReturn 0", None),
        // Jumps.
        ("fragment main() 1\nNull 0\nJump 5", Some(Reason::JumpTarget)),
        ("fragment main() 1\nNull 0\nJump -9", Some(Reason::JumpTarget)),
        ("fragment main() 1\nhead:\nNull 0\nJump @head", Some(Reason::BackwardJump)),
        ("fragment main() 1\nhead:\nLoopHead\nJump @head", None),
        ("fragment main() 1\nNull 0\nJumpIf 0 @in\nhead:\nLoopHead\nin:\nJump @head", None),
        ("fragment main() 1\nJump @in\nhead:\nLoopHead\nin:\nJump @head", Some(Reason::LoopEntry)),
        (
            "fragment main() 2\nNull 0\nJumpIf 0 @in\nNull 1\nhead:\nLoopHead\nin:\nJump @head",
            Some(Reason::LoopEntry),
        ),
        // Assignment on all paths.
        ("fragment main() 2\nNull 0\nJumpIf 0 @end\nNull 1\nend:\nReturn 1", Some(Reason::Unassigned)),
        ("fragment main() 2\nNull 0\nJumpIf 0 @a\nNull 1\nJump @end\na:\nTrue 1\nend:\nReturn 1", None),
        ("fragment main() 2\nNull 0\nReturn 0\nReturn 1", None),
        // Iterators.
        (
            "fragment main() 6\nNull 0\nIterStart 1 0\nhead:\nLoopHead\nIterNext 1 5 _\nJump @end\nMove 0 5\nJump @head\nend:\nReturn 0",
            None,
        ),
        (
            "fragment main() 6\nNull 0\nIterStart 1 0\nhead:\nLoopHead\nIterNext 1 5 _\nJump @end\nJump @head\nend:\nReturn 5",
            Some(Reason::Unassigned),
        ),
        ("fragment main() 6\nNull 0\nIterNext 1 5 _\nNull 0\nReturn 0", Some(Reason::Unassigned)),
        ("fragment main() 6\nNull 0\nIterStart 1 0\nIterNext 1 5 _\nReturn 0", Some(Reason::FallsOff)),
        ("fragment main() 4\nNull 0\nIterStart 1 0\nReturn 0", Some(Reason::Register)),
        // Constants.
        ("fragment main() 1\nConst 0 =re/(/\nReturn 0", Some(Reason::Pattern)),
        ("fragment main() 1\nCheckSet 0 'x\nReturn 0", Some(Reason::Unassigned)),
    ] {
        assert_eq!(refusal(assemble(text)), expected, "{text}");
    }
}

fn with_rule(rule: Rule) -> Unit {
    let mut unit = assemble(
        "rule body(x) 1\nReturn 0\nfragment test(x) 1\nReturn 0\nfragment none() 1\nNull 0\nReturn 0",
    );
    unit.constants.push(Constant::RegExp { source: "a".into(), flags: "".into() });
    unit.constants.push(Constant::Null);
    unit.rules.push(rule);
    unit
}

fn rule(automaton: Automaton) -> Rule {
    Rule {
        name: "r".into(),
        select: Select::When { automaton, within: None },
        body: 0,
        settings: vec!["x".into()],
        span: (0, 0),
    }
}

fn automaton(edges: &[(u32, u32)]) -> Automaton {
    let edge = |&(from, to)| Edge { from, to, when: When::Test(0), aggregate: None };
    let test = Test {
        domain: "d".into(),
        name: "t".into(),
        patterns: vec![("a".into(), 0)],
        settings: vec![0],
        condition: Some(1),
    };
    Automaton { nodes: 3, edges: edges.iter().map(edge).collect(), tests: vec![test], aggregates: vec![] }
}

#[test]
fn rules() {
    let good = || automaton(&[(0, 2), (2, 1), (2, 0)]);
    let test = |change: fn(&mut Test)| {
        let mut automaton = good();
        change(&mut automaton.tests[0]);
        rule(automaton)
    };
    for (rule, expected) in [
        (rule(good()), None),
        (rule(automaton(&[(0, 3)])), Some(Reason::Index)),
        (rule(automaton(&[(0, 2), (2, 1), (0, 1)])), Some(Reason::Automaton)),
        (rule(Automaton { nodes: 1, ..automaton(&[]) }), Some(Reason::Automaton)),
        (rule(Automaton { tests: vec![], ..good() }), Some(Reason::Index)),
        (test(|t| t.patterns[0].1 = 1), Some(Reason::ConstantKind)),
        (test(|t| t.patterns[0].1 = 7), Some(Reason::Index)),
        (test(|t| t.settings[0] = 1), Some(Reason::Index)),
        (test(|t| t.condition = Some(2)), Some(Reason::FunctionShape)),
        (Rule { body: 1, ..rule(good()) }, Some(Reason::FunctionShape)),
        (Rule { body: 9, ..rule(good()) }, Some(Reason::Index)),
        (Rule { select: Select::Where(2), ..rule(good()) }, None),
        (Rule { select: Select::Where(1), ..rule(good()) }, Some(Reason::FunctionShape)),
        (Rule { span: (0, 9_999), ..rule(good()) }, Some(Reason::Span)),
    ] {
        assert_eq!(refusal(with_rule(rule.clone())), expected, "{rule:?}");
    }
}

#[test]
fn tables() {
    let main = "fragment main() 1\nNull 0\nReturn 0";
    let shared = Shared { name: "q".into(), global: 0, params: None };
    type Change = fn(&mut Unit);
    let changes: [(Change, Reason); 7] = [
        (|u| u.global = Some(3), Reason::Index),
        (|u| u.provides = vec![("p".into(), 0)], Reason::Index),
        (|u| u.constants = vec![Constant::Native(0)], Reason::Index),
        (|u| u.constants = vec![Constant::Map(vec![("a".into(), Constant::Null); 2])], Reason::DuplicateKey),
        (|u| u.functions[0].spans = vec![(0, 1, 0)], Reason::Span),
        (|u| u.functions[0].spans = vec![(1, 0, 0), (1, 0, 0)], Reason::Span),
        (|u| u.functions[0].code[0] = Insn(0xFF), Reason::Operation),
    ];
    for (change, reason) in changes {
        let mut unit = assemble(main);
        change(&mut unit);
        assert_eq!(refusal(unit), Some(reason));
    }
    assert_eq!(refusal(Unit { shares: vec![shared], ..assemble(main) }), Some(Reason::Index));
}

/// Random instructions: verification never fails to answer, and what it admits never breaks a promise of the machine.
#[test]
fn admitted_code_runs() {
    let mut seed = 42u64;
    let mut random = move |n: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % n
    };
    let template = assemble(
        "fragment main(a, b, c, d) 6\nReturn 0\nfunction f(x) 2 captures 1\nCapture 1 0 'a\nReturn 1
         fragment names() 1\nConst 0 =\"text\"\nConst 0 =[1,{\"a\":2}]\nGlobal 0 $g\nCallNative .0 0 ~length 0\nReturn 0",
    );
    let mut admitted = 0;
    for _ in 0..60_000 {
        let mut unit = template.clone();
        let mut code: Vec<Insn> = (0..1 + random(6))
            .map(|_| {
                let op = Op::ALL[random(Op::ALL.len() as u64) as usize];
                let mut operand = || if random(8) == 0 { random(70_000) as u16 } else { random(6) as u16 };
                let (a, b, c) = (operand(), operand(), operand());
                let none = |kind, value| if kind == crate::op::Operand::None { 0 } else { value };
                let [ka, kb, kc] = op.operands();
                let (b, c) = match (kc == crate::op::Operand::Wide, random(3)) {
                    (true, 0) => (u16::MAX - random(4) as u16, u16::MAX),
                    (true, _) => (b, 0),
                    (false, _) => (none(kb, b), none(kc, c)),
                };
                Insn::new(op, random(3) as u8 / 2, none(ka, a), b, c)
            })
            .collect();
        code.push(Insn::new(Op::Return, 0, 0, 0, 0));
        unit.functions[0] = Function { code, spans: vec![], ..unit.functions[0].clone() };
        if let Ok(unit) = verify(unit) {
            admitted += 1;
            crate::interp::tests::never_internal(unit);
        }
    }
    assert!(admitted > 1_000, "{admitted}");
}
