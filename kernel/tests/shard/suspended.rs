//! Clouds of an owner that is suspended: what is refused, and what waits until they run again.

use super::RULESET;
use super::bench::Bench;
use krl_kernel::shard::{Chore, Task, Waiter};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

/// An event whose sender is told when it cannot be lost.
fn fire(bench: &mut Bench, cloud: &Arc<str>, name: &str) -> Receiver<bool> {
    let (sender, receiver) = channel();
    let waiter = Waiter::Taken(Box::new(move |taken| sender.send(taken.is_ok()).unwrap()));
    bench.shard.submit(Task::Event(Box::new(Bench::arrival(cloud, name, waiter))));
    receiver
}

fn total(bench: &mut Bench, cloud: &Arc<str>) -> String {
    let total = bench.query(cloud, "total");
    bench.run();
    total.try_recv().unwrap()
}

/// A cloud with two events in its inbox and a job that is due, whose owner was suspended before their turn came.
fn stopped() -> (Bench, Arc<str>) {
    let mut bench = Bench::new();
    let cloud = bench.cloud(RULESET);
    drop(bench.event(&cloud, "later"));
    bench.run();
    let told = ["count", "count", "double"].map(|name| fire(&mut bench, &cloud, name));
    bench.suspend(true);
    bench.run();
    bench.now += 120_000;
    for _ in 0..2 {
        bench.shard.submit(Task::Chore { cloud: cloud.clone(), chore: Chore::Due });
    }
    bench.run();
    // The first one has no record: it need not wait for anybody, so that nobody was told that it is safe.
    assert_eq!(told.map(|told| told.try_recv().unwrap()), [false, true, true]);
    (bench, cloud)
}

#[test]
fn what_waits_goes_on_in_its_order_when_the_owner_may() {
    let (mut bench, cloud) = stopped();
    let refused = bench.event(&cloud, "count");
    assert_eq!(total(&mut bench, &cloud), "the clouds of this owner are suspended");
    assert_eq!(refused.try_recv().unwrap(), "the clouds of this owner are suspended");
    bench.suspend(false);
    let last = bench.event(&cloud, "count");
    assert_eq!(total(&mut bench, &cloud), "0", "queries do not wait for events");
    bench.run();
    assert_eq!(last.try_recv().unwrap(), r#"{"n":4}"#);
    assert_eq!(total(&mut bench, &cloud), "4");
}

#[test]
fn what_waits_survives_a_restart() {
    let (bench, cloud) = stopped();
    let mut bench = bench.restarted_with_agenda();
    assert_eq!(total(&mut bench, &cloud), "the clouds of this owner are suspended");
    bench = bench.restarted_with_agenda();
    bench.suspend(false);
    bench.run();
    bench.shard.submit(Task::Chore { cloud: cloud.clone(), chore: Chore::Due });
    bench.run();
    assert_eq!(total(&mut bench, &cloud), "3");
    assert_eq!(total(&mut bench.restarted_with_agenda(), &cloud), "3", "nothing is done twice");
}

#[test]
fn a_cloud_that_is_deleted_meanwhile_leaves_nothing() {
    let before = Bench::new().records();
    let (mut bench, cloud) = stopped();
    bench.shard.submit(Task::Delete(cloud.clone()));
    bench.run();
    assert_eq!(bench.records(), before);
    bench.suspend(false);
    bench.run();
    assert_eq!(total(&mut bench, &cloud), format!("ECI not found {cloud}"));
}
