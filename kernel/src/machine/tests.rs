//! Streams of events and where they fire. Automata are written as edges `from-to:test`, tests as `domain type` letters.

use super::*;
use krl_vm::data::{Data, DataMap};
use krl_vm::unit::{AggregateOp, Feed, Window};

struct NoConditions;

impl Conditions for NoConditions {
    type Error = Fault;

    fn raised(fault: Fault) -> Fault {
        fault
    }

    /// Fragment 0 is `n != "no"`, `n` being the first select variable.
    fn holds(&mut self, _: FunctionId, settings: &[Data]) -> Result<bool, Fault> {
        Ok(settings.first() != Some(&Data::string("no")))
    }
}

fn test(name: &str) -> Test {
    Test {
        domain: "t".into(),
        name: name.into(),
        patterns: Vec::new(),
        settings: Vec::new(),
        condition: None,
    }
}

fn edge(from: u32, to: u32, when: When) -> Edge {
    Edge { from, to, when, aggregate: None }
}

fn taken(from: u32, to: u32, test: u32) -> Edge {
    edge(from, to, When::Test(test))
}

fn fed(from: u32, to: u32, window: Window) -> Edge {
    Edge { aggregate: Some(Feed { aggregate: 0, window }), ..taken(from, to, 0) }
}

/// Plays `a b n=5 @2000 c`: letters are events, `n=` gives the attribute of the following event, `@` the time.
fn play(
    automaton: &Automaton,
    constants: &[Constant],
    settings: usize,
    within: Option<f64>,
    stream: &str,
) -> String {
    let machine = Machine::new(automaton, constants, settings).unwrap();
    let mut state: Option<MatchState> = None;
    let mut scratch = Scratch::default();
    let (mut attrs, mut time, mut out) = (DataMap::new(), 0, Vec::new());
    for word in stream.split_whitespace() {
        if let Some(value) = word.strip_prefix("n=") {
            attrs.insert("n".into(), Data::string(value));
            continue;
        }
        if let Some(at) = word.strip_prefix('@') {
            time = at.parse().unwrap();
            continue;
        }
        let named: Vec<u32> =
            (0..).zip(&automaton.tests).filter(|(_, t)| &*t.name == word).map(|(i, _)| i).collect();
        if named.is_empty() {
            out.push(word.to_owned());
            continue;
        }
        let input = Input { named: &named, attrs: &attrs, time };
        let step = machine.step(state.as_ref(), within, input, &mut scratch, &mut NoConditions).unwrap();
        let mut fired = word.to_owned();
        match step {
            Step::Unmoved => {}
            Step::Moved(next) => state = next,
            Step::Fired(next) => {
                state = next;
                fired.push('!');
                for value in &scratch.settings {
                    fired.push_str(&value.to_json());
                }
            }
        }
        let kept = serde_json::to_string(&state).unwrap();
        state = serde_json::from_str(&kept).unwrap();
        out.push(fired);
    }
    out.join(" ")
}

fn check(automaton: &Automaton, expected: &str) {
    let stream: String = expected.replace('!', "");
    assert_eq!(play(automaton, &[], 0, None, &stream), expected);
}

fn automaton(nodes: u32, names: &str, edges: Vec<Edge>) -> Automaton {
    let tests = names.split_whitespace().map(test).collect();
    Automaton { nodes, edges, tests, aggregates: Vec::new() }
}

#[test]
fn patterns_fire_where_the_table_of_section_4_2_says() {
    let before = automaton(3, "a b", vec![taken(0, 2, 0), taken(2, 1, 1)]);
    check(&before, "a b! b b a a c b!");
    let and = automaton(4, "a b", vec![taken(0, 2, 0), taken(2, 1, 1), taken(0, 3, 1), taken(3, 1, 0)]);
    check(&and, "a c b! b a! b b b a!");
    check(&automaton(2, "a b", vec![taken(0, 1, 0), taken(0, 1, 1)]), "a! b! c");
    let then = vec![taken(0, 2, 0), taken(2, 1, 1), edge(2, 0, When::NoneOf(vec![1]))];
    check(&automaton(3, "a b", then.clone()), "a b!");
    check(&automaton(3, "a b", then.clone()), "a a b");
    check(&automaton(3, "a b", then), "a x b!");
    let not_between = vec![taken(0, 2, 0), taken(2, 1, 1), taken(2, 0, 2)];
    check(&automaton(3, "b c a", not_between), "b c! b a c b c! c");
    let count = vec![taken(0, 2, 0), taken(2, 3, 0), taken(3, 1, 0)];
    check(&automaton(4, "a", count), "a a a! a a a! a");
    let repeat = vec![taken(0, 2, 0), taken(2, 3, 0), taken(3, 1, 0), taken(1, 1, 0)];
    check(&automaton(4, "a", repeat), "a a a! a! a!");
    let two = vec![taken(0, 2, 0), taken(2, 1, 1), taken(0, 3, 2), taken(3, 1, 3)];
    check(&automaton(4, "a b c d", two), "a c d b!");
}

fn captured(settings: &[u16], condition: Option<u32>) -> (Test, Vec<Constant>) {
    let digits = Constant::RegExp { source: r"^(\w+)$".into(), flags: "".into() };
    let patterns = vec![("n".into(), 0)];
    (Test { patterns, settings: settings.to_vec(), condition, ..test("a") }, vec![digits])
}

#[test]
fn a_rejecting_matcher_leaves_the_state_alone() {
    let (a, constants) = captured(&[0], Some(0));
    let edges = vec![taken(0, 2, 0), taken(2, 3, 1), taken(3, 1, 0)];
    let automaton = Automaton { nodes: 4, edges, tests: vec![a, test("b")], aggregates: Vec::new() };
    let stream = "n=one a n=? a b n=no a n=? a n=two a";
    let expected = r#"a a b a a a!"two""#;
    assert_eq!(play(&automaton, &constants, 1, None, stream), expected);
}

#[test]
fn repeat_starts_over_where_a_matcher_rejects() {
    let (a, constants) = captured(&[], None);
    let mut edges = vec![taken(0, 2, 0), taken(2, 1, 0), taken(1, 1, 0)];
    edges.extend([edge(2, 0, When::Rejects(0)), edge(1, 0, When::Rejects(0))]);
    let automaton = Automaton { nodes: 3, edges, tests: vec![a], aggregates: Vec::new() };
    assert_eq!(play(&automaton, &constants, 0, None, "n=x a n=? a n=x a a a n=? a n=x a"), "a a a a! a! a a");
}

#[test]
fn windows_of_aggregates_restart_grow_and_slide() {
    let (a, constants) = captured(&[], None);
    let edges = vec![fed(0, 2, Window::Restart), fed(2, 1, Window::Grow), fed(1, 1, Window::Slide)];
    let aggregate = |op| Aggregate { op, settings: vec![0, 1] };
    for (op, expected) in [
        (AggregateOp::Sum, "a a!30 a!50"),
        (AggregateOp::Max, "a a!20 a!30"),
        (AggregateOp::Min, "a a!10 a!20"),
        (AggregateOp::Avg, "a a!1.50 a!2.50"),
        (AggregateOp::Push, r#"a a!["1","2"][null,null] a!["2","3"][null,null]"#),
    ] {
        let automaton = Automaton {
            nodes: 3,
            edges: edges.clone(),
            tests: vec![a.clone()],
            aggregates: vec![aggregate(op)],
        };
        assert_eq!(play(&automaton, &constants, 2, None, "n=1 a n=2 a n=3 a"), expected, "{op:?}");
    }
}

#[test]
fn a_window_is_measured_from_the_first_event_of_the_match() {
    let before = automaton(3, "a b", vec![taken(0, 2, 0), taken(2, 1, 1)]);
    let check = |automaton: &Automaton, stream, expected| {
        assert_eq!(play(automaton, &[], 0, Some(2000.0), stream), expected, "{stream}");
    };
    check(&before, "a @2000 b @2001 a @4002 b", "a b! a b");
    check(&before, "a @1 b @1900 a @3000 b", "a b! a b!");
    check(&before, "@5000 a @100 b", "a b!");
    let repeat = automaton(4, "a", vec![taken(0, 2, 0), taken(2, 3, 0), taken(3, 1, 0), taken(1, 1, 0)]);
    check(&repeat, "@0 a @1 a @1002 a @2003 a @2004 a @2005 a @2006 a", "a a a! a a a! a!");
}
