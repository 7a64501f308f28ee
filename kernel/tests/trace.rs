//! What the trace says of each salient rule, and how time wakes jobs.

#![expect(clippy::unwrap_used, reason = "a set-up that fails fails the test")]

use krl_kernel::cloud::{Budgets, Cloud, Configuration, Environment, TraceEntry, Verdict};
use krl_kernel::machine::Reason;
use krl_vm::data::Data;
use std::sync::{Arc, Mutex};

const SOURCE: &str = r#"ruleset t {
    rule pattern { select when a b k re#^x# }
    rule condition { select when a b where event:attrs{"k"} == "x" }
    rule order { select when a first before a b }
    rule loop { select when a b foreach [1, 2] setting(i) if i > 1 then noop() fired { ent:n := i } }
    rule general { select where event:name == "b" }
    rule broken { select when a b fired { ent:lost := 1 - "x" } }
    rule later { select when a b }
    rule elsewhere { select when c d }
    rule tick { select when t tick fired { ent:ticks := ent:ticks.defaultsTo(0) + 1 } }
    rule now { select when t now fired { ent:ticks := ent:ticks.defaultsTo(0) + 1; schedule t event "now" at time:add(time:now(), {"minutes": -2}) } }
    rule start { select when t start fired { schedule t event "tick" repeat "* * * * *" } }
}"#;

fn cloud(environment: Environment) -> Cloud {
    let unit = krl_compiler::compile(SOURCE).unit.unwrap();
    let mut cloud = Cloud::new(environment);
    cloud.install(krl_vm::verify::verify(unit).unwrap(), Configuration::default()).unwrap();
    cloud
}

#[test]
fn every_salient_rule_is_traced_until_one_fails() {
    let entries: Arc<Mutex<Vec<TraceEntry>>> = Arc::default();
    let sink = entries.clone();
    let trace = Box::new(move |entry| sink.lock().unwrap().push(entry));
    let mut cloud = cloud(Environment { trace: Some(trace), ..Environment::default() });
    let answer = cloud.signal("a", "b", Data::parse(r#"{"k":"y"}"#).unwrap()).unwrap();
    let selected = |fired: &[bool], changed: &[&str]| Verdict::Selected {
        fired: fired.to_vec(),
        changed: changed.iter().map(|&name| name.into()).collect(),
    };
    let expected = [
        ("pattern", Verdict::NotSelected(Reason::Pattern)),
        ("condition", Verdict::NotSelected(Reason::Where)),
        ("order", Verdict::NotSelected(Reason::State)),
        ("loop", selected(&[false, true], &["n"])),
        ("general", selected(&[true], &[])),
        ("broken", Verdict::Failed),
    ];
    let entries = entries.lock().unwrap();
    let found: Vec<_> = entries.iter().map(|entry| (&*entry.rule, entry.verdict.clone())).collect();
    assert_eq!(found, expected);
    assert!(entries.iter().all(|entry| entry.eid == answer.eid && &*entry.rid == "t"));
}

fn ticks(cloud: &Cloud) -> Data {
    cloud.state().rulesets[0].variables.get("ticks").cloned().unwrap_or_default()
}

#[test]
fn jobs_fire_at_each_time_that_passes_and_once_for_time_slept() {
    let mut cloud = cloud(Environment::default());
    cloud.signal("t", "start", Data::Null).unwrap();
    assert_eq!(cloud.next_due(), Some(60_000));
    assert_eq!(cloud.advance_to(180_000).len(), 3);
    assert_eq!(ticks(&cloud), Data::Number(3.0));
    assert_eq!(cloud.wake_at(600_000).len(), 1);
    assert_eq!((ticks(&cloud), cloud.next_due(), cloud.now()), (Data::Number(4.0), Some(660_000), 600_000));
}

#[test]
fn the_same_seed_and_events_give_the_same_answers() {
    let run = |seed| {
        let mut cloud = cloud(Environment { seed, ..Environment::default() });
        (cloud.signal("a", "b", Data::Null).unwrap(), cloud.state())
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1).0.eid, run(2).0.eid);
}

#[test]
fn a_cloud_may_move_between_threads() {
    fn check<T: Send>(_: &T) {}
    check(&cloud(Environment::default()));
}

/// A job that schedules the next one for a time that is over would fire for ever; others are not forgotten over it.
#[test]
fn jobs_that_schedule_jobs_without_end_are_ended() {
    for wakes in [false, true] {
        let budgets = Budgets { cascade: 50, ..Budgets::default() };
        let mut cloud = cloud(Environment { budgets, ..Environment::default() });
        let nothing = || Data::parse("{}").unwrap();
        cloud.signal("t", "now", nothing()).unwrap();
        cloud.signal("t", "start", nothing()).unwrap();
        let until = cloud.now() + 60_000;
        let answers = if wakes { cloud.wake_at(until) } else { cloud.advance_to(until) };
        let errors: Vec<_> =
            answers.iter().flat_map(|answer| &answer.errors).map(|error| error.code).collect();
        assert_eq!(errors, ["limit_cascade"]);
        assert_eq!((ticks(&cloud), answers.len()), (Data::Number(52.0), 52), "wakes: {wakes}");
        assert!(cloud.next_due().is_some_and(|due| due > cloud.now()));
    }
}
