//! How clouds share a thread: who takes long, who has much waiting, and who has too much.

use crate::RULESET;
use crate::bench::Bench;
use krl_kernel::shard::{Problem, ShardLimits, Task, Waiter};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// A cloud whose event takes long leaves the thread to another one after each slice, with lanes and without.
fn check_long(name: &str, ends_with: &str) {
    for lanes in [0, 1] {
        let limits = ShardLimits { lanes, ..ShardLimits::default() };
        let mut bench = Bench::over(Bench::new().world, limits);
        let (hog, other) = (bench.cloud(RULESET), bench.cloud(RULESET));
        let long = bench.event(&hog, name);
        bench.turn();
        let quick = bench.event(&other, "count");
        bench.turn();
        bench.turn();
        assert_eq!(quick.try_recv().unwrap(), r#"{"n":1}"#);
        assert!(long.try_recv().is_err());
        bench.run();
        assert!(long.try_recv().unwrap().contains(ends_with));
    }
}

#[test]
fn a_long_evaluation_leaves_the_thread_to_others() {
    check_long("endless", "instructions");
}

#[test]
fn a_long_cascade_leaves_the_thread_to_others() {
    check_long("again", "raised");
}

/// Sends an event that nobody waits for the end of; answers whether it was taken in.
fn fire(bench: &mut Bench, cloud: &Arc<str>, name: &str) -> Receiver<Result<(), Problem>> {
    let (sender, receiver) = channel();
    let waiter = Waiter::Taken(Box::new(move |taken| sender.send(taken.map(drop)).unwrap()));
    bench.shard.submit(Task::Event(Box::new(Bench::arrival(cloud, name, waiter))));
    receiver
}

#[test]
fn a_cloud_with_many_events_has_one_of_them_begun_for_one_of_each_other() {
    let mut bench = Bench::new();
    let (hog, other) = (bench.cloud(RULESET), bench.cloud(RULESET));
    bench.spent = Duration::from_micros(100);
    let told: Vec<_> = (0..1_000).map(|_| fire(&mut bench, &hog, "count")).collect();
    let quick = bench.event(&other, "count");
    bench.turn();
    assert_eq!(quick.try_recv().unwrap(), r#"{"n":1}"#);
    assert!(told.last().unwrap().try_recv().is_err());
    bench.run();
    assert!(told.iter().all(|told| told.try_recv() == Ok(Ok(()))));
    let total = bench.query(&hog, "total");
    bench.run();
    assert_eq!(total.try_recv().unwrap(), "1000");
}

#[test]
fn clouds_with_long_evaluations_take_turns_however_many_they_have() {
    for lanes in [0, 1] {
        let limits = ShardLimits { lanes, ..ShardLimits::default() };
        let mut bench = Bench::over(Bench::new().world, limits);
        let (hog, other) = (bench.cloud(RULESET), bench.cloud(RULESET));
        let many: Vec<_> = (0..4).map(|_| bench.query(&hog, "forever")).collect();
        let one = bench.query(&other, "forever");
        while one.try_recv().is_err() {
            bench.turn();
        }
        // Lanes go on with one of a cloud after the other.
        let answers: Vec<_> = many.iter().map(|long| long.try_recv().ok()).collect();
        assert!(answers.iter().flatten().count() <= 1, "{lanes} lanes: {answers:?}");
        bench.run();
        let answers = answers.into_iter().zip(&many).map(|(answer, long)| answer.or(long.try_recv().ok()));
        assert!(answers.into_iter().all(|answer| answer.unwrap().contains("instructions")));
    }
}

#[test]
fn a_cloud_with_too_much_to_do_refuses_more() {
    let plenty = ShardLimits::default();
    for (limits, shared) in [
        (ShardLimits { queue: 3, ..plenty }, false),
        (ShardLimits { queue_bytes: 2_000, ..plenty }, false),
        (ShardLimits { total_queue_bytes: 2_000, ..plenty }, true),
    ] {
        let mut bench = Bench::over(Bench::new().world, limits);
        let (cloud, other) = (bench.cloud(RULESET), bench.cloud(RULESET));
        let told: Vec<_> = (0..20).map(|_| fire(&mut bench, &cloud, "count")).collect();
        let beside = fire(&mut bench, &other, "count");
        bench.run();
        let told: Vec<_> = told.into_iter().map(|told| told.try_recv().unwrap()).collect();
        let taken = told.iter().take_while(|told| told.is_ok()).count();
        assert!((2..20).contains(&taken), "{limits:?}: {told:?}");
        assert!(told[taken..].iter().all(|told| *told == Err(Problem::Overloaded)), "{limits:?}: {told:?}");
        let over = if shared { Err(Problem::Overloaded) } else { Ok(()) };
        assert_eq!(beside.try_recv().unwrap(), over, "{limits:?}");
        let total = bench.query(&cloud, "total");
        bench.run();
        assert_eq!(total.try_recv().unwrap(), taken.to_string());
        // There is room again.
        let again = fire(&mut bench, &cloud, "count");
        bench.run();
        assert_eq!(again.try_recv().unwrap(), Ok(()));
    }
}
