//! Evaluations on lanes: which go there, what the shard does meanwhile, and what becomes of them when the store fails or the host stops.

use crate::RULESET;
use crate::bench::Bench;
use krl_kernel::cloud::Ask;
use krl_kernel::shard::Task;
use krl_kernel::store::StoreError;
use std::sync::Arc;

/// Longer than a cloud is remembered to take long, in milliseconds.
const FORGOTTEN: i64 = 11_000;

/// A cloud with an event on a lane that stands still, and another cloud.
fn hogged(bench: &mut Bench, name: &str) -> (Arc<str>, Arc<str>, std::sync::mpsc::Receiver<String>) {
    let (hog, other) = (bench.cloud(RULESET), bench.cloud(RULESET));
    bench.lanes_rest = true;
    let long = bench.event(&hog, name);
    bench.run();
    assert!(long.try_recv().is_err() && bench.shard.counts().flights == 1);
    (hog, other, long)
}

/// An event that counts; answers whether it is done though lanes stand still.
fn counts(bench: &mut Bench, cloud: &Arc<str>) -> bool {
    let count = bench.event(cloud, "count");
    bench.run();
    count.try_recv().is_ok()
}

#[test]
fn a_shard_goes_on_whatever_a_lane_does() {
    for (name, answer) in [("endless", "instructions"), ("again", "raised"), ("large", "")] {
        let mut bench = Bench::new();
        let (hog, other, long) = hogged(&mut bench, name);
        assert!(counts(&mut bench, &other), "{name}");
        let behind = bench.event(&hog, "count");
        bench.run();
        assert!(behind.try_recv().is_err(), "{name}: events of a cloud wait for each other");
        bench.lanes_rest = false;
        bench.run();
        assert!(long.try_recv().unwrap().contains(answer), "{name}");
        assert_eq!(behind.try_recv().unwrap(), r#"{"n":1}"#, "{name}");
    }
}

#[test]
fn a_cloud_that_took_long_begins_on_a_lane_for_a_while() {
    let mut bench = Bench::new();
    let (hog, other, _) = hogged(&mut bench, "large");
    bench.lanes_rest = false;
    bench.run();
    bench.lanes_rest = true;
    assert!(counts(&mut bench, &other) && !counts(&mut bench, &hog));
    let query = bench.query(&hog, "total");
    bench.run();
    assert!(query.try_recv().is_err());
    bench.lanes_rest = false;
    bench.run();
    assert_eq!(query.try_recv().unwrap(), "0", "a query sees what was committed when it came");
    bench.now += FORGOTTEN;
    bench.lanes_rest = true;
    assert!(counts(&mut bench, &hog));
}

#[test]
fn an_evaluation_on_a_lane_may_ask() {
    let mut bench = Bench::new();
    let (hog, _, _) = hogged(&mut bench, "endless");
    bench.lanes_rest = false;
    bench.run();
    let (fetch, twice) = (bench.event(&hog, "fetch"), bench.query(&hog, "twice"));
    bench.run();
    assert_eq!(twice.try_recv().unwrap(), "0");
    assert!(matches!(bench.asks.as_slice(), [(_, Ask::Http("get", _))]));
    bench.answer(r#"{"content": "x"}"#);
    assert_eq!(fetch.try_recv().unwrap(), r#"{"content":"x"}"#);
    let fetch = bench.event(&hog, "fetch");
    bench.run();
    bench.now += 100_000;
    bench.run();
    assert!(fetch.try_recv().unwrap().contains("deadline"), "its time is over");
}

#[test]
fn what_a_lane_brings_back_after_a_loss_is_dropped() {
    for name in ["endless", "fetch"] {
        let mut bench = Bench::new();
        let (hog, other, _) = hogged(&mut bench, "endless");
        bench.lanes_rest = false;
        bench.run();
        let (long, query) = (bench.event(&hog, name), bench.query(&hog, "forever"));
        bench.turn();
        bench.turn();
        bench.shard.forget(&StoreError::Full);
        assert!(long.try_recv().unwrap().contains("full"));
        assert!(counts(&mut bench, &hog) && counts(&mut bench, &other));
        assert!(query.try_recv().unwrap().contains("instructions"), "queries go on");
        assert_eq!(bench.shard.counts().flights, 0);
        bench.shard.submit(Task::Stop);
        bench.run();
        assert!(bench.shard.is_done());
    }
}

#[test]
fn a_shard_is_not_done_while_a_lane_is_at_work() {
    let mut bench = Bench::new();
    let (_, _, long) = hogged(&mut bench, "endless");
    bench.shard.submit(Task::Stop);
    bench.run();
    assert!(!bench.shard.is_done());
    bench.lanes_rest = false;
    bench.run();
    assert!(long.try_recv().is_ok() && bench.shard.is_done());
}

#[test]
fn an_owner_may_be_stopped_meanwhile() {
    let mut bench = Bench::new();
    let (hog, _, long) = hogged(&mut bench, "large");
    bench.suspend(true);
    bench.lanes_rest = false;
    bench.run();
    assert_eq!(long.try_recv().unwrap(), "", "what has begun is done");
    let refused = bench.event(&hog, "count");
    bench.run();
    assert!(refused.try_recv().unwrap().contains("suspended"));
    bench.suspend(false);
    assert!(counts(&mut bench, &hog));
}
