//! Programs that stress code generation: what they yield, from the compiler through the verifier to the machine.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a failing helper fails the test")]

mod quiet_host;

use krl_conformance::engine::Setup;
use krl_vm::heap::UnitTable;
use krl_vm::interp::{Instance, Outcome, World};
use krl_vm::unit::Unit;
use quiet_host::QuietHost;
use std::sync::Arc;

/// The JSON of a program's value, or its first error: the same on every engine in every form.
fn run(source: &str) -> String {
    let compiled = krl_compiler::compile_program(source);
    let Some(unit) = compiled.unit else { return compiled.diagnostics[0].message.clone() };
    let expected = value(unit.clone(), Setup::REFERENCE);
    for setup in Setup::all(3) {
        assert_eq!(value(unit.clone(), setup), expected, "{setup:?}: {source}");
    }
    expected
}

fn value(unit: Unit, setup: Setup) -> String {
    let unit = setup.unit(unit).unwrap();
    let global = unit.global.unwrap();
    let verified = krl_vm::verify::verify(unit).unwrap_or_else(|e| panic!("our own code is refused: {e}"));
    let (units, number) = UnitTable::new(krl_stdlib::natives()).load(verified).unwrap();
    let instances = Arc::new(vec![Instance::new(number, &units)]);
    let mut vm = setup.machine(World { units: Arc::new(units), instances, ..World::default() });
    match vm.run(&mut QuietHost::default(), 0, global, &[]) {
        Outcome::Done(value) => vm.heap().export(value).unwrap().to_json(),
        Outcome::Failed(failure) => failure.fault.to_string(),
        Outcome::Suspended(request) => panic!("{request:?}"),
    }
}

#[test]
fn programs_yield() {
    for (source, expected) in [
        ("1 + 2; 3", "3"),
        ("x = 5", "null"),
        // Functions of one block name each other, whatever the order.
        (
            "f = function(n) { even = function(n) { n == 0 => true | odd(n - 1) } odd = function(n) { n == 0 => false | even(n - 1) } even(n) } f(10)",
            "true",
        ),
        ("(function() { f = function() { later } later = 3; f() })()", "3"),
        ("(function() { a = 1; f = function() { [a, b] } b = 2; f() })()", "[1,2]"),
        ("(function() { f = function(n) { g = function() { n < 1 => 0 | f(n - 1) + 1 } g() } f(5) })()", "5"),
        ("(function(a) { function(b) { function(c) { a + b + c } } })(1)(2)(3)", "6"),
        ("add = function(a, b = a * 2, c = a + b) { [a, b, c] } add(1, c = 9)", "[1,2,9]"),
        ("f = function(a, b) { [a, b] } f(b = 1)", "[null,1]"),
        ("f = function(a) { a } f(1, 2, 3)", "1"),
        ("[3, 1, 2].sort(sortBy = function(a, b) { b <=> a })", "[3,2,1]"),
        ("[1, 2].join(str = \"-\", nosuch = 5)", "\"1-2\""),
        ("null.defaultsTo(1, 2, 3, 4)", "1"),
        ("true && 0 || \"or\"", "\"or\""),
        ("{\"a\": 1, \"b\": [1 + 1], \"a\": 3}", "{\"a\":3,\"b\":[2]}"),
        ("{\"a\": 1, \"b\": 2, \"a\": 3}", "{\"a\":3,\"b\":2}"),
        ("x = -0.5; <<a#{x}b#{[x]}>>", "\"a-0.5b[Array]\""),
        ("f = function() { g() } g = function() { 1 } f()", "1"),
        // Long ranges are computed; nobody can tell.
        (
            "r = 1.range(100); [r.length(), r[0], r[99], r[100], r[\"50\"], r >< 77, r == 1.range(100), r == 1.range(99)]",
            "[100,1,100,null,51,true,true,false]",
        ),
        (
            "r = 100.range(1); [r[0], r[99], r.reduce(function(a, b) { a + b }), r.slice(2, 4), r.head(), r.tail().length()]",
            "[100,1,5050,[98,97,96],100,99]",
        ),
        (
            "r = (-50).range(50); [r[0], r[50], r.append(\"x\").length(), r.length(), r.index(0), r.filter(function(x) { x > 48 })]",
            "[-50,0,102,101,50,[49,50]]",
        ),
        ("r = 0.5.range(99.5); [r.length(), r[0], r[99]]", "[100,0.5,99.5]"),
        (
            "r = 9007199254740900.range(9007199254740990); [r.length(), r[0], r[90] - r[0]]",
            "[91,9007199254740900,90]",
        ),
        ("1.range(70).map(function(x) { x % 7 }).collect(function(x) { x }){\"3\"}.length()", "10"),
        (
            "x = {\"r\": 1.range(80)}; [x{[\"r\", 79]}, x.encode().length(), 1.range(80).join(\"\").length()]",
            "[80,238,151]",
        ),
        ("f = function(r) { r.sort(\"ciremun\")[0] } f(1.range(90)) + f(1.range(64))", "154"),
        // A sum joins texts from the first text on.
        (
            "f = function(a, b) { [a + b + \"x\", a + b + \"x\" + a + b, \"x\" + a + b, a + \"x\" + b + null, (a + b) + (\"x\" + a), a + (b + \"x\")] } f(1, 2)",
            "[\"3x\",\"3x12\",\"x12\",\"1x2null\",\"3x1\",\"12x\"]",
        ),
        ("f = function(a) { <<#{a}>> + a + [a] + {} + true } f(1)", "\"11[Array][Map]true\""),
        // Functions of numbers, given anything.
        (
            "f = function(a, b) { a - b + a * b }; [f(7, 2), f(\"7\", 2), f([1, 2], true), f(null, 3)]",
            "[19,19,3,-3]",
        ),
        (
            "f = function(a, b) { a + b }; [f(1, 2), f(1, \"2\"), f(\"1\", 2), f([], {}), f(1.5, -1.5)]",
            "[3,\"12\",\"12\",\"[Array][Map]\",0]",
        ),
        (
            "f = function(a, b) { [a <=> b, a cmp b, a < b] }; [f(1, 2), f(10, 9), f(\"10\", 9), f(\"b\", \"a\"), f(null, false)]",
            "[[-1,-1,true],[1,-1,false],[1,-1,false],[1,1,false],[0,1,false]]",
        ),
        // Natives call functions of every shape.
        (
            "f = function(a, b, c, d, e) { [a, b, c.length(), d, e] }; [5, 6].map(f)",
            "[[5,0,2,null,null],[6,1,2,null,null]]",
        ),
        (
            "n = 10; [3, 1, 2].map(function() { n }).append([1, 2].map(function(x, i) { x * n + i }))",
            "[10,10,10,10,21]",
        ),
        ("[1, 2, 3].reduce(function(all, x, i, list) { all + x * i + list.length() }, 0)", "17"),
        ("[[1, 2], [3, 4]].pairwise(function(a, b) { a * b })", "[3,8]"),
        (
            "[[2, 1], [4, 3]].map(function(l) { l.sort(function(a, b) { a <=> b }).map(function(x) { x + 1 }) })",
            "[[2,3],[4,5]]",
        ),
    ] {
        assert_eq!(run(source), expected, "{source}");
    }
}

#[test]
fn names_read_before_they_have_a_value_are_told() {
    for (source, name) in [
        ("f = function() { late } x = f(); late = 1", "late"),
        ("(function() { f = function() { g() } x = f() g = function() { 1 } x })()", "g"),
        ("(function() { f = function() { [a, later] } a = 1 x = f() later = 2 x })()", "later"),
        ("(function() { f = function() { function() { inner } } x = f()() inner = 1 x })()", "inner"),
    ] {
        assert_eq!(run(source), format!("Cannot access '{name}' before initialization"), "{source}");
    }
}

#[test]
fn long_and_deep_programs_compile() {
    let calls = |n: usize| format!("one = function() {{ 1 }}; {}", vec!["one()"; n].join(" + "));
    let list = format!("one = function() {{ 1 }}; [{}].length()", vec!["one()"; 1_000].join(", "));
    let entries: Vec<String> = (0..1_000).map(|i| format!("\"k{i}\": one()")).collect();
    let map = format!("one = function() {{ 1 }}; {{{}}}.length()", entries.join(", "));
    let text = format!("one = function() {{ 1 }}; <<{}>>.length()", "#{one()}".repeat(1_000));
    let constants = format!("[{}].length()", vec!["7"; 70_000].join(", "));
    let nested = |open: &str, close: &str| {
        format!("one = function() {{ 1 }}; {}one(){}", open.repeat(200), close.repeat(200))
    };
    for (source, expected) in [
        (calls(900), "900".to_owned()),
        (list, "1000".to_owned()),
        (map, "1000".to_owned()),
        (text, "1000".to_owned()),
        (constants, "70000".to_owned()),
        (nested("(", ")"), "1".to_owned()),
        (nested("[", "]"), format!("{}1{}", "[".repeat(200), "]".repeat(200))),
        (
            format!("{}1{}", "[".repeat(200), "]".repeat(200)),
            format!("{}1{}", "[".repeat(200), "]".repeat(200)),
        ),
        (nested("- ", ""), "1".to_owned()),
        (format!("{}1{}", "(function() { ".repeat(80), " })()".repeat(80)), "1".to_owned()),
    ] {
        assert_eq!(run(&source), expected, "{}…", &source[..source.len().min(80)]);
    }
}
