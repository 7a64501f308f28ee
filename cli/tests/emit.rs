//! `krl build --emit clif,asm`. What it prints differs from processor to processor: only its shape is compared.
#![cfg(all(feature = "jit", unix))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failure here fails the test")]

use std::process::Command;

const RULESET: &str = "ruleset shapes {
  global {
    twice = function(n) { n * 2 }
    fib = function(n) { n < 2 => n | fib(n - 1) + fib(n - 2) }
    add = function(a, b) { a + b }
    sum = function(list) { list.reduce(add, 0) }
  }
  rule r { select when a b send_directive(\"x\", {\"y\": fib(twice(3))}) }
}
";

fn emitted(forms: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shapes.krl");
    std::fs::write(&path, RULESET).unwrap();
    let made =
        Command::new(env!("CARGO_BIN_EXE_krl")).arg("build").arg(&path).args(["--emit", forms]).output();
    let made = made.unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    assert!(!path.with_extension("krlc").exists(), "forms are printed instead");
    String::from_utf8(made.stdout).unwrap()
}

/// What stands below the head of a function, up to the next.
fn of<'a>(text: &'a str, head: &str) -> &'a str {
    let (_, below) = text.split_once(&format!("{head}\n")).unwrap_or_else(|| panic!("no {head} in\n{text}"));
    below.split("\n\nfunction ").next().unwrap()
}

#[test]
fn clif_is_printed_for_each_function() {
    let text = emitted("clif");
    let fib = of(&text, "function 1 fib(n)");
    for part in
        ["; arguments in registers:\nfunction u0:0(", "; arguments in memory:\nfunction u0:1(", "return "]
    {
        assert!(fib.contains(part), "{part} is not in\n{fib}");
    }
    assert!(fib.contains("call fn0("), "it calls itself directly:\n{fib}");
    assert!(!fib.contains("; loops of natives"), "no native calls it:\n{fib}");
    assert!(of(&text, "function 0 twice(n)").contains("fmul"));
    let add = of(&text, "function 2 add(a, b)");
    assert!(add.contains("; loops of natives:\nfunction u0:2("), "{add}");
}

#[test]
fn functions_without_code_have_a_reason() {
    let text = emitted("clif");
    assert!(text.contains("; no machine code: it sets globals: it runs once"), "{text}");
}

#[test]
fn instructions_follow_the_intermediate_form_if_both_are_asked_for() {
    let text = emitted("clif,asm");
    assert_eq!(text.matches("function 1 fib(n)\n").count(), 2);
    let instructions = text.rsplit("function 1 fib(n)\n").next().unwrap();
    assert!(instructions.starts_with("; "), "{instructions}");
    assert!(instructions.contains("ret") && !instructions.contains("v0 = "), "{instructions}");
}

#[test]
fn a_machine_tells_whether_it_gets_machine_code() {
    let told = Command::new(env!("CARGO_BIN_EXE_krl")).arg("doctor").output().unwrap();
    let told = String::from_utf8(told.stdout).unwrap();
    let line = told.lines().find(|line| line.starts_with("machine code ")).unwrap();
    assert!(line.contains(std::env::consts::ARCH), "{line}");
    assert!(told.contains("self-test    passed"), "{told}");
}
