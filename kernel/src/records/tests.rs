//! A cloud written and loaded; damaged records.

use super::agenda::{self, Dispatch, Item, Message};
use super::channel::{PolicyTable, find_channel, put_channel, remove_channel};
use super::cloud::{self, Child, Head, Installation, Source};
use super::*;
use crate::channel::{Channel, EventPolicy, Kinship, Policies};
use crate::entities::{Home, Place, Variables};
use crate::id::Random;
use crate::machine::MatchState;
use crate::records::job::{put_job, remove_job};
use crate::records::matches::put_match;
use crate::records::rulesets::{Collection, ListTable};
use crate::schedule::{Job, Timing};
use crate::store::{Batch, MemoryStore, Read, Space, Store, StoreError, Visitor};
use krl_vm::data::{Data, DataMap};
use std::ops::ControlFlow;
use std::sync::Arc;

fn data(json: &str) -> Data {
    Data::parse(json).unwrap()
}

fn attrs() -> DataMap {
    DataMap::from_iter([("b".into(), data("[1.5, null]")), ("a".into(), data("{}"))])
}

fn head() -> Head {
    let ruleset = |rid: &str| Installation {
        rid: rid.into(),
        url: Some("https://example.org/r.krl".into()),
        hash: [7; 32],
        config: data(r#"{"key":[1,2]}"#),
    };
    Head { owner: "o".into(), parent: None, created: -1, rulesets: vec![ruleset("z"), ruleset("a")] }
}

fn job(id: &str, spec: Option<&str>) -> Job {
    let timing = spec.map_or(Timing::At, |spec| Timing::repeat(&Data::string(spec), 0).unwrap().0);
    let (rid, eci, domain, name) = ("r".into(), "e".into(), "d".into(), "n".into());
    Job { id: id.into(), rid, eci, domain, name, attrs: attrs(), timing, due: 60_000, sequence: 0 }
}

fn channels(cloud: &str) -> [Channel; 3] {
    let policy = r#"{"allow":[{"domain":"shop","name":"*"}],"deny":[]}"#;
    let policies = Policies::new(EventPolicy::parse(&data(policy)).unwrap(), Default::default());
    let shop = Channel { policies: policies.into(), tags: Arc::from(["shop".into()]), ..Channel::open("zz") };
    [shop, Channel::family(cloud, Kinship::Own, cloud), Channel::open("aa")]
}

fn state() -> MatchState {
    let aggregates = vec![vec![vec![Some("x".into()), None]]];
    MatchState {
        active: vec![1, 2],
        settings: vec![data("null"), data("[1]")],
        aggregates,
        times: vec![-5, 5],
    }
}

/// A store with a cloud.
fn stored(id: &Arc<str>) -> Arc<MemoryStore> {
    let store = Arc::new(MemoryStore::default());
    let mut batch = Batch::default();
    cloud::put_head(&*store, &ListTable::default(), &mut batch, id, &head()).unwrap();
    for (sequence, channel) in channels(id).iter().enumerate() {
        put_channel(&*store, &PolicyTable::default(), &mut batch, id, sequence as u64, channel).unwrap();
    }
    for (id_of, sequence) in [("y", 1), ("x", 2)] {
        cloud::put_child(&mut batch, id, &Child { id: id_of.into(), eci: "e".into(), sequence });
    }
    put_job(&mut batch, id, 1, &job("j2", Some("*/5 * * * *")), None);
    put_job(&mut batch, id, 2, &job("j1", None), None);
    put_match(&mut batch, id, "r", "rule", Some(&state()));
    put_match(&mut batch, id, "r", "gone", None);
    let read: Arc<dyn Read> = store.clone();
    let place = Place { home: Home::new(read, 1), cloud: id.clone(), rid: "r".into() };
    let mut variables = Variables::default();
    variables.set("small", data("[1]")).unwrap();
    variables.set("large", Data::Array(vec![Data::string("text"); 1000])).unwrap();
    variables.save(&place, &mut batch);
    for sequence in [1, 2] {
        batch.put(Space::Agenda, agenda::inbox_key(id, sequence), agenda::message_record(&message()));
    }
    let dispatch =
        Dispatch { message: message(), host: "https://h".into(), attempts: 1, next: 5, rid: "r".into() };
    batch.put(Space::Agenda, agenda::outbox_key("h", 1), agenda::dispatch_record(&dispatch));
    batch.put(Space::Agenda, agenda::seen_key(id, "e1"), agenda::time_record(5));
    store.commit(&batch).unwrap();
    store
}

fn message() -> Message {
    let (eid, eci, domain, name) = ("i".into(), "e".into(), "d".into(), "n".into());
    Message { eid, eci, domain, name, attrs: attrs(), from: Some("c".into()), hops: 3, time: 4 }
}

fn entries(read: &dyn Read) -> Vec<(Space, Vec<u8>, Vec<u8>)> {
    let mut all = Vec::new();
    for space in Space::ALL {
        read.scan(space, &[], None, &mut |key, record| {
            all.push((space, key.to_vec(), record.to_vec()));
            ControlFlow::Continue(())
        })
        .unwrap();
    }
    all
}

#[test]
fn a_cloud_comes_back_in_order() {
    let id = Random::new(1).id();
    let read: Arc<dyn Read> = stored(&id);
    let source = Source {
        home: &Home::new(read.clone(), 1),
        policies: &PolicyTable::default(),
        lists: &ListTable::default(),
    };
    let cloud = cloud::load(&source, &id).unwrap().unwrap();
    assert_eq!(cloud.head, head());
    assert_eq!(cloud::load_head(&*read, &id).unwrap(), Some(head()));
    assert_eq!(cloud.channels.iter().map(|(_, channel)| channel.clone()).collect::<Vec<_>>(), channels(&id));
    assert!(Arc::ptr_eq(&cloud.channels[1].1.policies, &cloud.channels[2].1.policies));
    assert_eq!(cloud.children.iter().map(|child| &*child.id).collect::<Vec<_>>(), ["y", "x"]);
    let records: Vec<Data> = cloud.jobs.iter().map(|(_, job)| job.record()).collect();
    assert_eq!(records, [job("j2", Some("*/5 * * * *")).record(), job("j1", None).record()]);
    assert_eq!(cloud.jobs[0].1.timing.next_after(0), Some(300_000));
    assert_eq!(cloud.matches, [("r".into(), "rule".into(), state())]);
    let [(rid, variables)] = &cloud.variables[..] else { panic!("{:?}", cloud.variables) };
    assert_eq!(&**rid, "r");
    assert_eq!(variables.in_memory().len(), 1);
    let Some(Data::Array(large)) = variables.to_map().unwrap().shift_remove("large") else { panic!() };
    assert_eq!(large.len(), 1000);
    assert!(cloud::load(&source, &Random::new(2).id()).unwrap().is_none());
}

#[test]
fn a_channel_leads_to_its_cloud_until_it_is_removed() {
    let id = Random::new(1).id();
    let (store, policies) = (stored(&id), PolicyTable::default());
    let (cloud, channel) = find_channel(&*store, &policies, "zz").unwrap().unwrap();
    assert_eq!(cloud, id);
    assert!(channel.check_event(None, "shop", "sale").is_ok());
    assert!(channel.check_event(None, "bank", "sale").is_err());
    let (_, own) = find_channel(&*store, &policies, &id).unwrap().unwrap();
    assert!(own.check_event(None, "shop", "sale").is_err());
    assert!(own.check_event(Some(&id), "shop", "sale").is_ok());
    let mut batch = Batch::default();
    remove_channel(&mut batch, &id, "zz");
    store.commit(&batch).unwrap();
    assert!(find_channel(&*store, &policies, "zz").unwrap().is_none());
    let is_policy =
        |(space, key, _): &(Space, Vec<u8>, _)| *space == Space::Code && key.starts_with(b"policy/");
    assert_eq!(entries(&*store).into_iter().filter(is_policy).count(), 2);
}

#[test]
fn clouds_with_the_same_rulesets_name_one_list_and_heads_of_the_first_form_are_read() {
    let store = Arc::new(MemoryStore::default());
    let ids = [1, 2, 3].map(|seed| Random::new(seed).id());
    for id in &ids {
        let mut batch = Batch::default();
        cloud::put_head(&*store, &ListTable::default(), &mut batch, id, &head()).unwrap();
        store.commit(&batch).unwrap();
    }
    assert_eq!(entries(&*store).iter().filter(|(space, ..)| *space == Space::Code).count(), 1);
    let mut batch = Batch::default();
    batch.put(Space::Clouds, key::of_cloud(&ids[1], key::Tag::Head, &[]), encode(&head()));
    store.commit(&batch).unwrap();
    let read: Arc<dyn Read> = store.clone();
    let source = Source {
        home: &Home::new(read.clone(), 1),
        policies: &PolicyTable::default(),
        lists: &ListTable::default(),
    };
    let mut seen = 0;
    cloud::heads(&*read, None, &mut |_, found| {
        assert_eq!(found.unwrap(), head());
        seen += 1;
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(seen, 3);
    for id in &ids {
        assert_eq!(cloud::load(&source, id).unwrap().unwrap().head, head());
        assert_eq!(cloud::load_head(&*read, id).unwrap(), Some(head()));
    }
}

#[test]
fn equal_policies_are_one_in_memory() {
    let table = PolicyTable::default();
    let [shop, own, open] = channels("c").map(|channel| table.intern(Arc::new((*channel.policies).clone())));
    assert!(Arc::ptr_eq(&own, &open));
    assert!(!Arc::ptr_eq(&own, &shop));
}

#[test]
fn keys_of_the_agenda_come_back_in_order_of_time() {
    let id = Random::new(1).id();
    let timer = |due| agenda::timer_key(due, &id, "job");
    let keys = [i64::MIN, -1, 0, 1, 60_000, i64::MAX].map(timer);
    assert!(keys.is_sorted());
    assert!(timer(59_999) < agenda::timers_until(60_000) && agenda::timers_until(60_000) < timer(60_000));
    let cloud = || id.clone();
    for (key, item) in [
        (timer(-1), Item::Timer { due: -1, cloud: cloud(), job: "job".into() }),
        (agenda::inbox_key(&id, 9), Item::Inbox { cloud: cloud(), sequence: 9 }),
        (agenda::outbox_key("h\0i", 9), Item::Outbox { target: "h\0i".into(), sequence: 9 }),
        (agenda::deletion_key(&id), Item::Deletion { cloud: cloud() }),
        (agenda::seen_key(&id, "e"), Item::Seen { cloud: cloud(), eid: "e".into() }),
    ] {
        assert_eq!(agenda::read_key(&key), Ok(item));
    }
    for key in [&b""[..], b"x", b"t1234", b"i", b"o123", b"dshort"] {
        assert!(matches!(agenda::read_key(key), Err(StoreError::Corrupt(_))), "{key:?}");
    }
}

#[test]
fn lists_of_rulesets_go_when_no_cloud_has_them() {
    let (store, lists) = (MemoryStore::default(), ListTable::default());
    let with = |number: usize| {
        let mut head = head();
        head.rulesets[0].rid = format!("r{number}").into();
        head
    };
    let put = |number: usize, list: usize| {
        let (id, mut batch) = (Random::new(number as u64).id(), Batch::default());
        cloud::put_head(&store, &lists, &mut batch, &id, &with(list)).unwrap();
        batch
    };
    for number in 0..300 {
        store.commit(&put(number, number)).unwrap();
        store.commit(&put(number, number % 10)).unwrap();
    }
    let collect = || {
        let mut collection = Collection::begin(&store, &lists).unwrap()?;
        while collection.step(&store).unwrap() {}
        Some(collection.end(&store, &lists).unwrap())
    };
    assert_eq!(collect(), Some(0), "all were named lately");
    let on_its_way = put(7, 299);
    assert_eq!(collect(), Some(289));
    store.commit(&on_its_way).unwrap();
    assert_eq!(collect(), None, "few are left");
    let mut seen = 0;
    cloud::heads(&store, None, &mut |_, head| {
        head.unwrap();
        seen += 1;
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(seen, 300);
}

#[test]
fn messages_come_back() {
    let record = agenda::message_record(&message());
    assert_eq!(agenda::read_message(b"k", &record), Ok(message()));
    assert_eq!(
        agenda::read_message(b"k\x01", &record[..4]).unwrap_err().to_string(),
        "the store is damaged: the record `k\\x01`: it ends too early"
    );
    assert_eq!(agenda::read_time(b"k", &agenda::time_record(-7)), Ok(-7));
}

#[test]
fn a_deleted_cloud_leaves_nothing_but_what_clouds_share_and_what_it_sent() {
    let id = Random::new(1).id();
    let store = stored(&id);
    let mut batch = Batch::default();
    remove_job(&mut batch, &id, "j1", 60_000);
    store.commit(&batch).unwrap();
    let read: Arc<dyn Read> = store.clone();
    let source = Source {
        home: &Home::new(read.clone(), 1),
        policies: &PolicyTable::default(),
        lists: &ListTable::default(),
    };
    for step in 0.. {
        let mut batch = Batch::default();
        let done = cloud::erase(&*store, &id, 100, &mut batch).unwrap();
        store.commit(&batch).unwrap();
        if done {
            break;
        }
        assert!(step < 20 && cloud::load(&source, &id).unwrap().is_none());
    }
    let left: Vec<_> = entries(&*store).into_iter().map(|(space, key, _)| (space, key[0])).collect();
    assert_eq!(left, [(Space::Agenda, b'o'), (Space::Code, b'p'), (Space::Code, b'p'), (Space::Code, b'r')]);
}

#[test]
fn every_record_passes_its_check_and_no_bytes_break_it() {
    let id = Random::new(1).id();
    let store = stored(&id);
    let mut random = Random::new(2);
    let read: Arc<dyn Read> = store.clone();
    let source = Source {
        home: &Home::new(read.clone(), 1),
        policies: &PolicyTable::default(),
        lists: &ListTable::default(),
    };
    for (space, key, record) in entries(&*store) {
        check(space, &key, &record).unwrap();
        let mut wrong = record.clone();
        wrong[0] = 99;
        assert!(check(space, &key, &wrong).unwrap_err().contains("it has version 99, not 1"));
        for _ in 0..20 {
            let mut damaged = (key.clone(), record.clone());
            for bytes in [&mut damaged.0, &mut damaged.1] {
                let at = random.bits() as usize % bytes.len();
                bytes[at] ^= 1 << (random.bits() % 8);
                bytes.truncate(bytes.len() - random.bits() as usize % bytes.len().min(3));
            }
            let _ = check(space, &damaged.0, &record);
            let _ = check(space, &key, &damaged.1);
        }
    }
    for _ in 0..20_000 {
        let noise: Vec<u8> = (0..random.bits() % 40).map(|_| (random.bits() % 16) as u8).collect();
        let record = [&[VERSION][..], &noise].concat();
        for (space, key, _) in [(Space::Channels, b"x".to_vec(), ()), (Space::Clouds, noise.clone(), ())] {
            let _ = check(space, &key, &record);
        }
        for tag in *b"acdjmvw" {
            let key = [id.as_bytes(), &[tag], b"r\0n\x0012345678"].concat();
            let _ = check(Space::Clouds, &key, &record);
        }
        let _ = check(Space::Agenda, &agenda::inbox_key(&id, 1), &record);
    }
    let mut batch = Batch::default();
    batch.put(Space::Clouds, key::of_cloud(&id, key::Tag::Variable, &["r", "small"]), vec![VERSION, 99]);
    store.commit(&batch).unwrap();
    let error = cloud::load(&source, &id).unwrap_err().to_string();
    assert!(
        error.starts_with("the store is damaged: the record `c") && error.contains("r\\x00small\\x00"),
        "{error}"
    );
}

/// A store that must not be asked.
struct Deaf;

impl Read for Deaf {
    fn get(&self, _: Space, _: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Err(StoreError::Io("asked".into()))
    }

    fn scan(&self, _: Space, _: &[u8], _: Option<&[u8]>, _: Visitor<'_>) -> Result<(), StoreError> {
        Err(StoreError::Io("asked".into()))
    }
}

#[test]
fn what_is_known_to_be_stored_is_not_looked_for() {
    let id = Random::new(1).id();
    let (store, policies, lists) = (stored(&id), PolicyTable::default(), ListTable::default());
    let [shop, ..] = channels(&id);
    let channel = |read: &dyn Read| put_channel(read, &policies, &mut Batch::default(), &id, 0, &shop);
    let head = |read: &dyn Read| cloud::put_head(read, &lists, &mut Batch::default(), &id, &head());
    assert!(channel(&Deaf).is_err() && head(&Deaf).is_err());
    assert!(channel(&*store).is_ok() && head(&*store).is_ok());
    assert!(channel(&Deaf).is_ok() && head(&Deaf).is_ok());
}
