//! The table of krl-runtime §4.2, played on a model of its stepping rules.
//!
//! Patterns name events by letters; in streams `!` marks where the rule fires, and `~a` is an event `a` that the pattern's attributes reject.

use super::{END, START};
use crate::compile;
use krl_vm::unit::{Automaton, Select, Test, When, Window};

/// The automaton of a pattern in which a letter `x` stands for the event `t:x`, and `x'` for one with an attribute pattern.
fn build(pattern: &str) -> Result<Automaton, String> {
    let mut select = String::new();
    let mut rest = pattern.chars().peekable();
    let mut word = String::new();
    while let Some(c) = rest.next() {
        if c.is_alphanumeric() {
            word.push(c);
            if rest.peek().is_some_and(|n| n.is_alphanumeric()) {
                continue;
            }
        }
        let event = word.len() == 1 && word.chars().all(char::is_alphabetic);
        if event {
            select.push_str("t:");
        }
        select.push_str(&word);
        match c {
            '\'' => select.push_str(" k re#^(yes)$#"),
            c if !c.is_alphanumeric() => select.push(c),
            _ => {}
        }
        word.clear();
    }
    let compiled = compile(&format!("ruleset r {{ rule x {{ select when {select} }} }}"));
    let unit = compiled.unit.ok_or_else(|| compiled.diagnostics[0].message.clone())?;
    match unit.rules.into_iter().next().map(|rule| rule.select) {
        Some(Select::When { automaton, .. }) => Ok(automaton),
        other => Err(format!("{other:?}")),
    }
}

fn named(test: &Test, event: &str) -> bool {
    *test.name == *event.trim_start_matches('~')
}

fn passes(test: &Test, event: &str) -> bool {
    named(test, event) && (test.patterns.is_empty() || !event.starts_with('~'))
}

fn takes(automaton: &Automaton, when: &When, event: &str) -> bool {
    let test = |t: &u32| &automaton.tests[*t as usize];
    match when {
        When::Test(t) => passes(test(t), event),
        When::NoneOf(tests) => !tests.iter().any(|t| passes(test(t), event)),
        When::Rejects(t) => named(test(t), event) && !passes(test(t), event),
    }
}

/// Plays a stream without marks and puts them in.
fn play(automaton: &Automaton, stream: &str) -> String {
    let mut active = vec![START];
    let mut out = Vec::new();
    for event in stream.split_whitespace() {
        let mut mark = "";
        if automaton.tests.iter().any(|t| named(t, event)) {
            active.retain(|node| automaton.edges.iter().any(|e| e.from == *node));
            if active.is_empty() {
                active.push(START);
            }
            let taken = automaton
                .edges
                .iter()
                .filter(|e| active.contains(&e.from) && takes(automaton, &e.when, event));
            let mut targets: Vec<u32> = taken.map(|e| e.to).collect();
            if targets.contains(&END) {
                (active, mark) = (vec![END], "!");
            } else if !targets.is_empty() {
                targets.dedup();
                active = targets;
            }
        }
        out.push(format!("{event}{mark}"));
    }
    out.join(" ")
}

#[test]
fn patterns_fire_where_the_specification_says() {
    for (pattern, stream) in [
        ("a before b", "a b! b b a a c b!"),
        ("a after b", "a b a! a a b c a!"),
        ("a and b", "a c b! b a! b b b a!"),
        ("a or b", "a! b! c"),
        ("a then b", "a b!"),
        ("a then b", "a a b"),
        ("a then b", "a x b!"),
        ("then(a,b,c)", "a b c!"),
        ("then(a,b,c)", "a b a b c"),
        ("a between (b,c)", "b a c! b a a c! b a b c! a c b c a b c!"),
        ("a not between (b,c)", "b c! b a c b c! c"),
        ("(a and b) or c", "c! a c b!"),
        ("a and (b or c)", "a b! c a!"),
        ("any 2 (a,b,c,d)", "a a b! c a!"),
        ("any 1 (a)", "a! a!"),
        ("any 2 (a,b)", "a b! b a!"),
        ("count 3 (a)", "a a a! a a a! a"),
        ("repeat 3 (a)", "a a a! a! a!"),
        ("repeat 1 (a)", "a! a!"),
        ("repeat 2 (a) before b", "a a a b! b"),
        ("(a before a) or a", "a! a!"),
        ("a not between (b, a)", "a b a!"),
        ("(a and b) or b", "b! a b! b! a"),
        ("(a and b) or (c and a)", "a c! a b!"),
        ("a before a", "a a! a a!"),
        ("(a before b) or (c before d)", "a c d b!"),
        ("a then b then c", "a b c! a b a b c"),
        ("a after b after c", "c b a! a b c b a!"),
        ("a before b or c before d or e", "e! c d! a b!"),
        ("a and b and c", "a c b c! b a c! c a b!"),
        ("and(a, b, c)", "c a b! b c a!"),
        ("(a before b) and c", "a c b c! c a b!"),
        // E1: a rejected event leaves the state, except where a repeat is under way.
        ("a before b'", "a ~b b!"),
        ("count 2 (a')", "a ~a a!"),
        ("repeat 2 (a')", "a ~a a a! ~a a a!"),
        ("a' then b", "a ~a b"),
    ] {
        let automaton = build(pattern).unwrap_or_else(|e| panic!("{pattern}: {e}"));
        assert_eq!(play(&automaton, &stream.replace('!', "")), stream, "{pattern}");
    }
}

#[test]
fn operands_in_any_order_share_states() {
    for (pattern, nodes, edges) in [
        ("and(a,b,c)", 8, 12),
        ("and(a,b,c,d,e,f,g,h)", 256, 1024),
        ("any 2 (a,b,c,d)", 6, 16),
        ("a or a", 2, 1),
    ] {
        let automaton = build(pattern).unwrap();
        assert_eq!((automaton.nodes, automaton.edges.len()), (nodes, edges), "{pattern}");
    }
}

#[test]
fn patterns_that_multiply_out_are_refused() {
    for pattern in [
        "and(a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s)",
        "any 15 (a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r)",
        "count 20000 (a)",
    ] {
        assert_eq!(build(pattern), Err("the event expression has too many states".to_owned()), "{pattern}");
    }
}

#[test]
fn aggregates_restart_grow_and_slide() {
    let windows = |pattern: &str| {
        let automaton = build(pattern).unwrap();
        let fed = automaton.edges.iter().filter_map(|e| Some((e.from, e.to, e.aggregate?.window)));
        fed.collect::<Vec<_>>()
    };
    assert_eq!(
        windows("repeat 3 (a') sum(total)"),
        [(0, 2, Window::Restart), (1, 1, Window::Slide), (2, 3, Window::Grow), (3, 1, Window::Grow)]
    );
    // E3: entered anew, the part restarts although it does not begin the pattern.
    assert_eq!(windows("c before count 2 (a') push(all)"), [(2, 3, Window::Restart), (3, 1, Window::Grow)]);
}
