//! Calls: closures, natives, names, suspension, what a failure tells.

use super::*;

#[test]
fn functions_and_natives() {
    let add = "function add(a, b) 3\nJumpIfNotNull 1 @set\nInt 1 10\nset:\nAdd 2 0 1\nReturn 2\n";
    for (main, expected) in [
        ("Closure 0 &add 0\nInt 1 1\nInt 2 2\nCall 3 0 2\nReturn 3", "3"),
        ("Closure 0 &add 0\nInt 1 1\nCall 3 0 1\nReturn 3", "11"),
        ("Closure 0 &add 0\nInt 1 1\nInt 2 2\nInt 3 9\nCall 3 0 3\nReturn 3", "3"),
        ("Closure 0 &add 0\nInt 1 1\nInt 2 5\nCallNamed 3 0 %1:b\nReturn 3", "6"),
        ("Closure 0 &add 0\nInt 1 1\nInt 2 5\nCallNamed 3 0 %1:a\nReturn 3", "15"),
        ("Closure 0 &add 0\nInt 1 1\nInt 2 5\nCallNamed 3 0 %0:0,1\nReturn 3", "6"),
        ("Closure 0 &add 0\nInt 1 1\nInt 2 5\nInt 3 7\nCallNamed 3 0 %0:a,0,zz\nReturn 3", "11"),
        ("Const 0 =1\nCall 3 0 0\nReturn 3", "! 1 is not a function"),
        ("Const 0 =\"abc\"\nCall _ 0 0\nReturn 0", "! abc is not a function"),
        ("Closure 0 &add 0\nCall .1 _ 0 0\nReturn 0", "! [Function] is not an action"),
        ("Const 0 =~http:post\nCall _ 0 0\nReturn 0", "! [Action] is not a function"),
        ("Const 0 =~noop\nCall 1 0 0\nCall .1 2 0 0\nReturn 2", "0"),
        ("Const 0 =~length\nConst 1 =[1,2]\nCall 2 0 1\nReturn 2", "2"),
        ("Const 0 =~collect\nInt 1 1\nInt 2 2\nCallNamed 3 0 %0:b,2\nReturn 3", "[null,1,2]"),
        ("Const 0 =[1,2]\nCallNative .1 1 ~length 0\nReturn 1", "2"),
        ("CallNative .0 1 ~random 0\nReturn 1", "7"),
        ("CallIfFunction 1 2\nReturn 1", "unassigned"),
        ("Const 0 =~random\nCallIfFunction 1 0\nReturn 1", "7"),
        ("Int 0 4\nCallIfFunction 1 0\nReturn 1", "4"),
        ("Int 0 5\nCallNative .1 1 ~http:post 0\nReturn 1", "5"),
    ] {
        let text = format!("{add}fragment main() 4\n{main}");
        if expected == "unassigned" {
            assert!(verify(assemble(&text)).is_err());
        } else {
            check(&text, expected);
        }
    }
}

#[test]
fn natives_call_functions() {
    let functions = "function inc(x) 3\nInt 1 1\nAdd 2 0 1\nReturn 2
        function odd(x) 3\nInt 1 2\nRem 2 0 1\nReturn 2
        function sum(a, b) 3\nAdd 2 0 1\nReturn 2
        function rows(x) 4\nMove 0 0\nClosure 1 &inc 0\nCallNative .2 2 ~map 0\nReturn 2
        function bad(x) 2\nNull 1\nSub 1 0 1\nConst 1 =\"x\"\nSub 1 1 0\nReturn 1\n";
    for (main, expected) in [
        ("Const 0 =[1,2,3]\nClosure 1 &inc 0\nCallNative .2 2 ~map 0\nReturn 2", "[2,3,4]"),
        ("Const 0 =[1,2,3]\nClosure 1 &odd 0\nCallNative .2 2 ~filter 0\nReturn 2", "[1,3]"),
        ("Const 0 =[1,2,3]\nClosure 1 &sum 0\nInt 2 10\nCallNative .3 2 ~reduce 0\nReturn 2", "16"),
        ("Const 0 =[[1],[2,3]]\nClosure 1 &rows 0\nCallNative .2 2 ~map 0\nReturn 2", "[[2],[3,4]]"),
        ("Const 0 =[[1],[2,3]]\nConst 1 =~length\nCallNative .2 2 ~map 0\nReturn 2", "[1,2]"),
        ("Const 0 =[[1],[2,3]]\nConst 1 =~map\nCallNative .2 2 ~map 0\nReturn 2", "! 0 is not a function"),
        ("Const 0 =[[5],[6]]\nConst 1 =~reduce\nConst 2 =[]\nCallNative .3 2 ~reduce 0\nReturn 2", "1"),
        ("Const 0 =[]\nConst 1 =~map\nCallNative .2 2 ~map 0\nReturn 2", "[]"),
        (
            "Const 0 =[1]\nClosure 1 &bad 0\nCallNative .2 2 ~map 0\nReturn 2",
            "! 1 cannot be subtracted from x",
        ),
    ] {
        check(&format!("{functions}fragment main() 3\n{main}"), expected);
    }
}

#[test]
fn captures_and_globals() {
    for (text, expected) in [
        // incByN(3)(2)
        (
            "function inner(y) 3 captures 1\nCapture 1 0 'x\nAdd 2 0 1\nReturn 2
             function outer(x) 2\nClosure 1 &inner 0\nReturn 1
             fragment main() 4\nClosure 0 &outer 0\nInt 1 3\nCall 2 0 1\nInt 3 2\nCall 0 2 1\nReturn 0",
            "5",
        ),
        // A function that captures itself, patched in after it was made.
        (
            "function count(n) 6 captures 1\nJumpIf 0 @more\nConst 1 =\"done\"\nReturn 1\nmore:\nCapture 1 0 'count\nInt 3 1\nSub 2 0 3\nCall 1 1 1\nReturn 1
             fragment main() 3\nUnset 0\nClosure 1 &count 0\nPatch 1 0 1\nInt 2 5\nCall 0 1 1\nReturn 0",
            "\"done\"",
        ),
        (
            "function f() 1 captures 1\nCapture 0 0 'later\nReturn 0
             fragment main() 2\nUnset 0\nClosure 1 &f 0\nCall 0 1 0\nReturn 0",
            "! Cannot access 'later' before initialization",
        ),
        ("fragment main() 1\nUnset 0\nCheckSet 0 'later\nReturn 0", "! Cannot access 'later' before initialization"),
        ("fragment main() 1\nGlobal 0 $y\nReturn 0", "! Cannot access 'y' before initialization"),
        (
            "fragment global() 2\nInt 0 4\nSetGlobal 0 $x\nClosure 1 &f 0\nSetGlobal 1 $f\nNull 0\nReturn 0
             function f() 1\nGlobal 0 $x\nReturn 0
             fragment main() 1\nGlobal 0 $f\nCall 0 0 0\nReturn 0",
            "4",
        ),
    ] {
        check(text, expected);
    }
}

#[test]
fn queries_name_their_arguments() {
    let text = "function f(a, b) 3\nArray 2 0 2\nReturn 2\nfragment main() 1\nClosure 0 &f 0\nReturn 0";
    for (args, expected) in [
        (r#"{"a":1,"b":2}"#, "[1,2]"),
        (r#"{"b":2,"_headers":{}}"#, "[null,2]"),
        (r#"{"0":1,"1":2,"2":3}"#, "[1,2]"),
        (r#"{"a":9,"0":1}"#, "[9,null]"),
        (r#"{"0":1,"a":9}"#, "[9,null]"),
        ("{}", "[null,null]"),
    ] {
        let (mut vm, mut host, outcome) = run_main(text);
        let Outcome::Done(f) = outcome else { panic!("{outcome:?}") };
        let args = Data::parse(args).unwrap();
        let outcome = vm.call_query(&mut host, f, args.as_map().unwrap());
        assert_eq!(show(&vm, &outcome), expected);
    }
}

#[test]
fn requests_suspend() {
    let text = "function ask(x) 2\nConst 1 =~http:post\nCall .1 1 1 0\nReturn 1
        fragment main() 3\nConst 0 =[1,2]\nClosure 1 &ask 0\nCallNative .2 2 ~map 0\nReturn 2";
    let (mut vm, mut host, mut outcome) = run_main(text);
    for answer in ["a", "b"] {
        assert_eq!(show(&vm, &outcome), "? http:post");
        let answer = vm.heap_mut().string(answer).unwrap();
        outcome = vm.resume(&mut host, answer);
    }
    assert_eq!(show(&vm, &outcome), r#"["a","b"]"#);
    assert!(matches!(vm.resume(&mut host, Value::NULL), Outcome::Failed(_)));
}

#[test]
fn failures_tell_place_and_stack() {
    let text = "function bad(x) 2\nConst 1 =\"x\"\nSub 1 1 0\nReturn 1
        fragment main() 3\nConst 0 =[1]\nClosure 1 &bad 0\nCallNative .2 2 ~map 0\nReturn 2";
    let (_, _, outcome) = run_main(text);
    let Outcome::Failed(failure) = outcome else { panic!("{outcome:?}") };
    let stack: Vec<_> = failure.stack.iter().map(|e| (&*e.function, e.span)).collect();
    assert_eq!(stack, [("bad", Some((1, 2))), ("map", None), ("main", Some((2, 3)))]);
    assert_eq!(failure.place(), Some((0, (1, 2))));
}

#[test]
fn foreach_walks_collections() {
    let text = |collection: &str| {
        format!(
            "fragment main() 10\nArray 9 0 0\nConst 0 ={collection}\nIterStart 1 0\nhead:\nLoopHead\nIterNext 1 5 6\nJump @end\n
             IterLast 7 1\nArray 8 5 3\nPush 9 8\nJump @head\nend:\nReturn 9"
        )
    };
    for (collection, expected) in [
        ("[\"a\",\"b\"]", r#"[["a",0,false],["b",1,true]]"#),
        ("{\"x\":1,\"3\":2}", r#"[[2,"3",false],[1,"x",true]]"#),
        ("\"né\"", r#"[["n","0",false],["é","1",true]]"#),
        ("5", "[]"),
        ("null", "[]"),
        ("{}", "[]"),
    ] {
        check(&text(collection), expected);
    }
}

#[test]
fn effects_reach_the_host() {
    let text = "rule main() 6\nSelected\nTrue 0\nFired 0\nInt 1 5\nEntSet 1 'v _\nEntGet 2 'v _\nNull 3\nConst 4 =\"d:t\"\nNull 5\nMove 2 3\nRaise 2
        Log .1 1\nRaiseError .1 1\nRaiseError .0 1\nLast\n";
    let (_, host, outcome) = run_main(text);
    assert_eq!(outcome, Outcome::Done(Value::NULL));
    let told = [
        "selected",
        "fired true",
        "set v None",
        "raise null:null",
        "warn 5",
        "raise error warn 5",
        "raise error error 5",
    ];
    assert_eq!(host.told, told);
    let (_, host, _) = run_main("fragment main() 2\nInt 0 6\nNull 1\nDiv 0 0 1\nReturn 0");
    assert_eq!(host.told, ["debug [DIVISION BY ZERO] 6 / 0"]);
    let (_, host, _) = run_main("rule main() 1\nLast");
    assert_eq!(host.told, ["last"]);
}
