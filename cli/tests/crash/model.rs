//! What clouds must hold, given what clients were told.

use crate::server::{Connection, Server};
use crate::workload::{Kind, Sent};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

/// How long a host may take to finish what it was given.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often each id was counted.
type Counts = BTreeMap<String, u64>;

/// What one cloud tells of itself.
struct Told {
    seen: Counts,
    witnessed: Counts,
    arrived: Counts,
    rung: Counts,
}

fn counts(value: &Value) -> Counts {
    let entries = value.as_object().unwrap_or_else(|| panic!("no map: {value}")).iter();
    entries.map(|(id, count)| (id.clone(), count.as_u64().unwrap_or_default())).collect()
}

impl Told {
    fn ask(connection: &mut Connection, channel: &str) -> Self {
        let mut query = |rid: &str| {
            let path = format!("/c/{channel}/query/{rid}/state");
            let (status, answer) = connection.ask("POST", &path, &json!({})).unwrap();
            assert_eq!(status, 200, "{path}: {answer}");
            answer
        };
        let (member, witness) = (query("crash.member"), query("crash.witness"));
        let told = Self {
            seen: counts(&member["seen"]),
            witnessed: counts(&witness["seen"]),
            arrived: counts(&member["arrived"]),
            rung: counts(&member["rung"]),
        };
        assert_eq!(member["jobs"], 0, "a job has not fired");
        assert_eq!(member["count"], told.seen.values().sum::<u64>(), "half an event: {member}");
        assert_eq!(witness["count"], told.witnessed.values().sum::<u64>(), "half an event: {witness}");
        let mut order: Vec<_> =
            member["order"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        order.sort_unstable();
        assert!(order.iter().copied().eq(told.seen.keys().map(String::as_str)), "half an event: {member}");
        told
    }
}

/// Waits until nothing is left to be done later.
pub fn settle(server: &Server) {
    let begun = Instant::now();
    loop {
        let stats = server.operate("GET", "/host/v1/stats", &json!({}));
        if stats["agenda"] == 0 {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "the agenda is not drained: {stats}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Compares the clouds with what was sent, then lets them begin anew.
pub fn check(server: &Server, channels: &[String], sent: &[Sent]) {
    let mut connection = Connection::open(server.port()).unwrap();
    let told: Vec<_> = channels.iter().map(|channel| Told::ask(&mut connection, channel)).collect();
    let mut expected: Vec<_> = channels.iter().map(|_| [(); 4].map(|()| Counts::new())).collect();
    for event in sent {
        let times = told[event.cloud].seen.get(&event.id).copied().unwrap_or_default();
        assert!(times <= 1, "{event:?} was applied {times} times");
        assert!(times == 1 || !event.acknowledged, "{event:?} is lost");
        if times == 0 {
            continue;
        }
        let mut expect = |cloud: usize, what: usize| {
            expected[cloud][what].insert(event.id.clone(), 1);
        };
        expect(event.cloud, 0);
        match event.kind {
            Kind::Add => {}
            Kind::Pass => expect(event.to, 2),
            Kind::Later => expect(event.cloud, 3),
            Kind::Split => continue,
        }
        expect(event.cloud, 1);
    }
    for (cloud, (told, expected)) in told.iter().zip(&expected).enumerate() {
        let told = [&told.seen, &told.witnessed, &told.arrived, &told.rung];
        for ((told, expected), what) in
            told.into_iter().zip(expected).zip(["applied", "seen by both", "sent", "fired"])
        {
            compare(cloud, what, told, expected);
        }
    }
    for channel in channels {
        let (status, _) =
            connection.ask("POST", &format!("/c/{channel}/event-wait/crash/clear"), &json!({})).unwrap();
        assert_eq!(status, 200);
    }
}

fn compare(cloud: usize, what: &str, told: &Counts, expected: &Counts) {
    let lost: Vec<_> = expected.keys().filter(|id| !told.contains_key(*id)).collect();
    let strange: Vec<_> = told.keys().filter(|id| !expected.contains_key(*id)).collect();
    let often: Vec<_> = told.iter().filter(|(_, times)| **times != 1).collect();
    assert!(
        lost.is_empty() && strange.is_empty() && often.is_empty(),
        "cloud {cloud}, what was {what}: lost {lost:?}, not expected {strange:?}, more than once {often:?}"
    );
}
