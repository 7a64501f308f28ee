//! Every budget ends what would not end (`spec/decisions.md` R5).

use super::*;
use crate::fault::{Fault, Limit};

const FOREVER: &str = "fragment main() 1\nhead:\nLoopHead\nJump @head";
const RECURSION: &str = "fragment global() 1\nClosure 0 &f 0\nSetGlobal 0 $f\nReturn 0
    function f(x) 3\nGlobal 1 $f\nMove 2 0\nCall 1 1 1\nReturn 1
    fragment main() 2\nGlobal 0 $f\nInt 1 1\nCall 0 0 1\nReturn 0";
const GROWTH: &str = "fragment main() 1\nConst 0 =\"0123456789\"\nhead:\nLoopHead\nAdd 0 0 0\nJump @head";
const LONG_MAP: &str = "function f(x) 1\nReturn 0
    fragment main() 3\nInt 0 1000\nCallNative .1 0 ~range 0\nClosure 1 &f 0\nhead:\nLoopHead\nCallNative .2 2 ~map 0\nJump @head";

fn failure(text: &str, limits: Limits, expired: bool) -> Failure {
    let (mut vm, mut host) = machine(text, limits);
    host.expired = expired;
    let main = function_named(&vm, "main");
    match vm.run(&mut host, 0, main, &[]) {
        Outcome::Failed(failure) => failure,
        other => panic!("{other:?}"),
    }
}

#[test]
fn endless_code_ends() {
    let small = Limits { instructions: 100_000, ..Limits::default() };
    let tight = Limits { memory_bytes: 1 << 16, ..Limits::default() };
    let memory = Limits { instructions: u64::MAX >> 1, memory_bytes: 1 << 20, ..Limits::default() };
    for (text, limits, expired, limit) in [
        (FOREVER, small, false, Limit::Instructions),
        (FOREVER, Limits::default(), true, Limit::Deadline),
        (RECURSION, Limits::default(), false, Limit::Depth),
        (GROWTH, tight, false, Limit::Memory),
        (LONG_MAP, small, false, Limit::Instructions),
        (LONG_MAP, memory, false, Limit::Memory),
    ] {
        let failure = failure(text, limits, expired);
        assert_eq!(failure.fault, Fault::limit(limit), "{text}");
        assert!(failure.place().is_some(), "{text}");
        assert!(failure.stack.len() <= outcome::MAX_STACK);
    }
}

#[test]
fn recursion_is_reported_as_the_reference_does() {
    let failure = failure(RECURSION, Limits::default(), false);
    assert_eq!(failure.fault.to_string(), "Maximum call stack size exceeded");
    assert_eq!(failure.stack.len() + failure.omitted, Limits::default().depth as usize);
}

#[test]
fn a_new_budget_lets_the_next_reaction_run() {
    let (mut vm, mut host) = machine(FOREVER, Limits { instructions: 10, ..Limits::default() });
    assert!(matches!(vm.run(&mut host, 0, 0, &[]), Outcome::Failed(_)));
    assert_eq!(vm.instructions_left(), 0);
    vm.refuel(1_000);
    assert_eq!(vm.instructions_left(), 1_000);
}

/// What an instruction costs grows with the data it walks over: a hundred rounds are more than the budget has.
#[test]
fn walks_are_charged() {
    for walk in ["Eq 0 1 2", "Member 0 1 3"] {
        let rounds = format!("{walk}\n").repeat(100);
        let text = format!(
            "fragment main() 4\nInt 0 100000\nNull 3\nCallNative .1 1 ~range 0\nCallNative .1 2 ~range 0\n{rounds}Return 0"
        );
        let (mut vm, mut host) = machine(&text, Limits { instructions: 500_000, ..Limits::default() });
        let _ = vm.run(&mut host, 0, 0, &[]);
        assert_eq!(vm.instructions_left(), 0, "{walk}");
    }
}

#[test]
fn machines_may_move_between_threads() {
    fn check<T: Send>() {}
    check::<Vm>();
}
