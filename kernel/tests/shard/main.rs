//! Shards driven by hand: what events, queries and jobs of clouds do, and what is left after a restart.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

mod bench;
mod lanes;
mod share;
mod suspended;

use bench::Bench;
use krl_kernel::records::cloud::heads;
use krl_kernel::shard::{Arrival, Task, Waiter};
use krl_kernel::store::Space;
use krl_vm::data::Data;
use std::sync::Arc;

const RULESET: &str = r#"ruleset t {
    meta { shares total, twice, fetched, children, forever }
    global {
        total = function() { ent:total.defaultsTo(0) }
        twice = function() { ctx:query(ctx:picoId, "t", "total") * 2 }
        children = function() { ctx:children.length() }
        forever = function() { 1.range(1000000).reduce(function(sum, n) { sum + n }, 0) }
        fetched = function() { http:get("http://there"){"content"} + total() }
    }
    rule count { select when t count send_directive("n", {"n": total() + 1}) always { ent:total := total() + 1 } }
    rule double { select when t double always { ent:total := total() * 2 } }
    rule fetch {
        select when t fetch
        every {
            http:get("http://there") setting(got)
            send_directive("got", got)
        }
        always { ent:total := 100 }
    }
    rule open {
        select when t open
        every {
            ctx:newChannel(["t"], null, null) setting(channel)
            send_directive("channel", {"id": channel{"id"}})
        }
    }
    rule bear {
        select when t bear or t bear_in_vain
        every {
            ctx:newPico([{"url": "t"}]) setting(eci)
            ctx:eventQuery(eci, "t", "open", {}, "t", "total")
        }
    }
    rule bear_and_send {
        select when t bear_and_send
        every {
            ctx:newPico([{"url": "t"}]) setting(eci)
            ctx:event(eci, "t", "count")
            ctx:event(eci, "t", "late")
            ctx:event(eci, "t", "count")
        }
    }
    rule late { select when t late always { ent:total := total() + 10; raise t event "later_still" } }
    rule later_still {
        select when t later_still
        http:get("http://there") setting(got)
        always { ent:total := total() + 100 }
    }
    rule in_vain { select when t bear_in_vain always { raise t event "" } }
    rule again { select when t again always { raise t event "again" } }
    rule large {
        select when t large
        pre { text = 0.range(20).reduce(function(text, i) { text + text }, "x") }
        fired { ent:text := text }
    }
    rule endless { select when t endless foreach 1.range(1000000) setting(n) noop() }
    rule fails { select when t fails always { ent:total := 1000; raise t event "" } }
    rule send { select when t send event:send({"eci": ctx:picoId, "domain": "t", "type": "count"}) }
    rule later { select when t later always { schedule t event "count" at 1700000060000 } }
}"#;

#[test]
fn events_change_the_store_and_survive_a_restart() {
    let mut bench = Bench::new();
    let cloud = bench.cloud(RULESET);
    let answers = [bench.event(&cloud, "count"), bench.event(&cloud, "count"), bench.event(&cloud, "send")];
    bench.run();
    assert_eq!(answers.map(|answer| answer.try_recv().unwrap()), [r#"{"n":1}"#, r#"{"n":2}"#, ""]);
    let mut bench = bench.restarted();
    let count = bench.query(&cloud, "total");
    bench.run();
    assert_eq!(count.try_recv().unwrap(), "3");
}

#[test]
fn nothing_is_told_before_it_is_committed() {
    let mut bench = Bench::new();
    let cloud = bench.cloud(RULESET);
    bench.commits = false;
    let answer = bench.event(&cloud, "count");
    let count = bench.query(&cloud, "total");
    bench.run();
    assert!(answer.try_recv().is_err());
    assert_eq!(count.try_recv().unwrap(), "0");
    let uncommitted = bench.query(&cloud, "total");
    bench.run();
    assert!(uncommitted.try_recv().is_err());
}

#[test]
fn a_query_beside_an_event_that_waits_sees_what_is_committed() {
    let mut bench = Bench::new();
    let cloud = bench.cloud(RULESET);
    drop(bench.event(&cloud, "count"));
    let slow = bench.event(&cloud, "fetch");
    bench.run();
    let (beside, behind) = (bench.query(&cloud, "total"), bench.event(&cloud, "count"));
    bench.run();
    assert_eq!(beside.try_recv().unwrap(), "1");
    assert!(slow.try_recv().is_err() && behind.try_recv().is_err());
    bench.answer(r#"{"content": "x"}"#);
    assert_eq!(slow.try_recv().unwrap(), r#"{"content":"x"}"#);
    assert_eq!(behind.try_recv().unwrap(), r#"{"n":101}"#);
}

#[test]
fn a_query_that_waits_keeps_its_snapshot_and_stops_nobody() {
    let mut bench = Bench::new();
    let cloud = bench.cloud(RULESET);
    let asked = bench.query(&cloud, "fetched");
    bench.run();
    let counted = bench.event(&cloud, "count");
    bench.run();
    assert_eq!(counted.try_recv().unwrap(), r#"{"n":1}"#);
    bench.answer(r#"{"content": 7}"#);
    assert_eq!(asked.try_recv().unwrap(), "7");
}

#[test]
fn a_cloud_may_ask_itself() {
    let mut bench = Bench::new();
    let cloud = bench.cloud(RULESET);
    drop(bench.event(&cloud, "count"));
    let twice = bench.query(&cloud, "twice");
    bench.run();
    assert_eq!(twice.try_recv().unwrap(), "2");
}

#[test]
fn a_failed_reaction_leaves_nothing() {
    let mut bench = Bench::new();
    let cloud = bench.cloud(RULESET);
    let failed = bench.event(&cloud, "fails");
    bench.run();
    assert_eq!(failed.try_recv().unwrap(), "missing event.name");
    let count = bench.query(&cloud, "total");
    bench.run();
    assert_eq!(count.try_recv().unwrap(), "0");
}

#[test]
fn an_event_that_came_before_is_not_taken_in_again() {
    let mut bench = Bench::new();
    let cloud = bench.cloud(RULESET);
    let opened = bench.event(&cloud, "open");
    bench.run();
    let opened = Data::parse(&opened.try_recv().unwrap()).unwrap();
    let eci: Arc<str> = opened.as_map().unwrap()["id"].as_str().unwrap().into();
    let send = |bench: &mut Bench| {
        let own = Bench::arrival(&cloud, "count", Waiter::Nobody);
        let event = Arrival { id: Some("e1".into()), sender: None, eci: eci.clone(), ..own };
        bench.shard.submit(Task::Event(Box::new(event)));
    };
    send(&mut bench);
    send(&mut bench);
    bench.run();
    send(&mut bench);
    bench.run();
    let mut bench = bench.restarted();
    send(&mut bench);
    let total = bench.query(&cloud, "total");
    bench.run();
    assert_eq!(total.try_recv().unwrap(), "1");
}

#[test]
fn a_job_fires_once_and_is_gone() {
    let mut bench = Bench::new();
    let cloud = bench.cloud(RULESET);
    drop(bench.event(&cloud, "later"));
    bench.run();
    let timers = |bench: &Bench| {
        let mut count = 0;
        krl_kernel::store::scan_prefix(&*bench.world.store, Space::Agenda, b"t", &mut |_, _| {
            count += 1;
            std::ops::ControlFlow::Continue(())
        })
        .unwrap();
        count
    };
    assert_eq!(timers(&bench), 1);
    let mut bench = bench.restarted();
    bench.now += 120_000;
    for _ in 0..2 {
        let chore = krl_kernel::shard::Chore::Due;
        bench.shard.submit(Task::Chore { cloud: cloud.clone(), chore });
        bench.run();
    }
    let count = bench.query(&cloud, "total");
    bench.run();
    assert_eq!((count.try_recv().unwrap(), timers(&bench)), ("1".into(), 0));
}

#[test]
fn a_deleted_cloud_leaves_no_records() {
    let mut bench = Bench::new();
    let before = bench.records();
    let cloud = bench.cloud(RULESET);
    for name in ["count", "later"] {
        drop(bench.event(&cloud, name));
    }
    bench.run();
    assert!(bench.records() > before);
    bench.shard.submit(Task::Delete(cloud.clone()));
    let late = bench.event(&cloud, "count");
    bench.run();
    assert_eq!(late.try_recv().unwrap(), format!("ECI not found {cloud}"));
    assert_eq!(bench.records(), before);
}

#[test]
fn children_have_ids_of_their_own_and_births_may_be_taken_back() {
    let mut bench = Bench::new();
    let cloud = bench.cloud(RULESET);
    for name in ["bear", "bear_in_vain", "bear"] {
        drop(bench.event(&cloud, name));
        bench.run();
    }
    let mut bench = bench.restarted();
    drop(bench.event(&cloud, "bear"));
    bench.run();
    let children = bench.query(&cloud, "children");
    bench.run();
    assert_eq!(children.try_recv().unwrap(), "3");
    // For each child one on either side, and one that it opened.
    assert_eq!(bench.count(Space::Channels), 9);
}

#[test]
fn a_newborn_cloud_takes_in_at_once_what_does_not_wait() {
    let mut bench = Bench::new();
    let parent = bench.cloud(RULESET);
    drop(bench.event(&parent, "bear_and_send"));
    bench.turn();
    let child = child_of(&bench, &parent).unwrap();
    // The event that would have to wait has left nothing, and so has the one behind it: both are messages.
    assert_eq!(bench.count(Space::Agenda), 2);
    let total = bench.query(&child, "total");
    bench.run();
    assert_eq!(total.try_recv().unwrap(), "1");
    assert_eq!(bench.asks.len(), 1);
    bench.answer(r#"{"content": "x"}"#);
    let total = bench.query(&child, "total");
    bench.run();
    assert_eq!(total.try_recv().unwrap(), "112");
    assert_eq!(bench.count(Space::Agenda), 0);
}

/// The cloud beside `parent`.
fn child_of(bench: &Bench, parent: &str) -> Option<Arc<str>> {
    let mut child = None;
    let mut visit = |id: &str, _| {
        child = Some(Arc::<str>::from(id)).filter(|id| **id != *parent).or(child.take());
        std::ops::ControlFlow::Continue(())
    };
    heads(&*bench.world.store, None, &mut visit).unwrap();
    child
}

#[test]
fn a_birth_is_whole_or_has_not_been_wherever_it_is_cut_off() {
    let mut born = [0, 0];
    for turns in 0..8 {
        let mut bench = Bench::new();
        let parent = bench.cloud(RULESET);
        let before = bench.records();
        drop(bench.event(&parent, "bear_and_send"));
        for _ in 0..turns {
            bench.turn();
        }
        bench.commits = false;
        bench.turn();
        let mut bench = bench.restarted_with_agenda();
        bench.run();
        while !bench.asks.is_empty() {
            bench.answer(r#"{"content": "x"}"#);
        }
        let child = child_of(&bench, &parent);
        born[usize::from(child.is_some())] += 1;
        match child {
            None => assert_eq!(bench.records(), before, "cut off before turn {turns}"),
            Some(child) => {
                let total = bench.query(&child, "total");
                bench.run();
                assert_eq!(total.try_recv().unwrap(), "112", "cut off before turn {turns}");
                assert_eq!(bench.count(Space::Agenda), 0);
            }
        }
    }
    assert!(born.iter().all(|times| *times > 0), "both happen: {born:?}");
}
