//! Damaged sources: the compiler answers, and whatever it makes code of passes the verifier.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a failing helper fails the test")]

use krl_compiler::compile;
use serde_json::Value as Json;
use std::path::Path;

fn sources() -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors").join("syntax.json");
    let vectors: Json = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let accepted = vectors.as_array().unwrap().iter().filter(|v| v["accept"] == true);
    accepted.map(|v| v["source"].as_str().unwrap().to_owned()).collect()
}

fn compile_and_verify(source: &str) -> bool {
    let compiled = compile(source);
    assert_eq!(compiled.unit.is_none(), compiled.has_errors(), "a unit exactly without errors: {source}");
    let Some(unit) = compiled.unit else { return false };
    if let Err(refused) = krl_vm::verify::verify(unit) {
        panic!("our own code is refused, {refused}: {source}");
    }
    true
}

#[test]
fn sources_without_one_token_never_break_the_compiler() {
    let (mut tried, mut compiled) = (0, 0);
    for (n, source) in sources().iter().enumerate() {
        let tokens = krl_lang::lexer::lex(source);
        let kept: Vec<(u32, u32)> =
            (0..tokens.len()).map(|i| tokens.span(i)).map(|s| (s.start, s.end)).collect();
        for (start, end) in kept.into_iter().skip(n % 5).step_by(5) {
            let without = format!("{} {}", &source[..start as usize], &source[end as usize..]);
            tried += 1;
            compiled += usize::from(compile_and_verify(&without));
        }
    }
    assert!(tried > 2_000 && compiled > 200, "{compiled} of {tried} compile");
}

#[test]
fn long_chains_do_not_exhaust_the_stack() {
    let chain = |link: &str, n: usize| link.repeat(n);
    for body in [
        format!("global {{ x = {} 0 }}", chain("ent:a => 1 | ", 900)),
        format!("global {{ x = ent:a{} }}", chain(".defaultsTo(1)", 450)),
        format!("global {{ x = ent:a{} }}", chain("{\"k\"}", 900)),
        format!("global {{ x = {} true }}", chain("not ", 900)),
        format!("rule r {{ select when a b {} }}", chain(" or a b", 900)),
        format!("rule r {{ select when a b {} }}", chain(" before a b", 900)),
        format!("rule r {{ select when a b {} }}", chain(" then a b", 900)),
        format!("rule r {{ select when a b {} }}", chain(" after a b", 900)),
    ] {
        let source = format!("ruleset r {{ {body} }}");
        assert!(compile_and_verify(&source), "{:?}", compile(&source).diagnostics.first());
    }
    let ands = format!("ruleset r {{ rule r {{ select when a b {} }} }}", chain(" and a b", 900));
    assert!(!compile_and_verify(&ands), "thousands of states");
}
