//! Speed, measured on demand: `cargo test --release -p krl-vm speed -- --ignored --nocapture`.

use super::*;
use std::time::Instant;

const FIB: &str = "fragment global() 1\nClosure 0 &fib 0\nSetGlobal 0 $fib\nReturn 0
    function fib(n) 6
    Int 1 2\nLt 2 0 1\nJumpIfNot 2 @else\nMove 1 0\nJump @end
    else:\nGlobal 2 $fib\nInt 4 1\nSub 3 0 4\nCall 2 2 1\nGlobal 3 $fib\nInt 5 2\nSub 4 0 5\nCall 3 3 1\nAdd 1 2 3
    end:\nReturn 1
    fragment main() 2\nGlobal 0 $fib\nInt 1 25\nCall 0 0 1\nReturn 0";

const CHAIN: &str = "function double(x) 3\nInt 1 2\nMul 2 0 1\nReturn 2
    function third(x) 3\nInt 1 3\nRem 2 0 1\nReturn 2
    function sum(a, b) 3\nAdd 2 0 1\nReturn 2
    fragment main() 3\nInt 0 100000\nCallNative .1 0 ~range 0\nClosure 1 &double 0\nCallNative .2 0 ~map 0
    Closure 1 &third 0\nCallNative .2 0 ~filter 0\nClosure 1 &sum 0\nInt 2 0\nCallNative .3 0 ~reduce 0\nReturn 0";

const LOOP: &str = "fragment main() 4\nInt 0 0\nInt 1 10000000\nInt 2 1\nhead:\nLoopHead\nLt 3 0 1\nJumpIfNot 3 @end\nAdd 0 0 2\nJump @head\nend:\nReturn 0";

#[test]
#[ignore = "a measurement"]
fn speed() {
    for (name, text, expected) in [
        ("fib(25)", FIB, "75025"),
        ("map filter reduce over 10^5", CHAIN, "6666533334"),
        ("10^7 iterations", LOOP, "10000000"),
    ] {
        let mut best = f64::INFINITY;
        for _ in 0..20 {
            let (mut vm, mut host) = machine(text, Limits::default());
            let main = function_named(&vm, "main");
            let start = Instant::now();
            let outcome = vm.run(&mut host, 0, main, &[]);
            best = best.min(start.elapsed().as_secs_f64());
            assert_eq!(show(&vm, &outcome), expected);
        }
        println!("{name}: {:.2} ms", best * 1e3);
    }
}
