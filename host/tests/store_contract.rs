//! What every store promises, as cases run over each of them.

#![allow(clippy::unwrap_used, reason = "a test")]

use krl_host::store::{FjallStore, Options};
use krl_kernel::store::{Batch, MAX_KEY_BYTES, MemoryStore, Read, Space, Store, StoreError, scan_prefix};
use std::fs;
use std::ops::ControlFlow;

/// A test machine may have less than the usual reserve.
fn options() -> Options {
    Options { reserve_bytes: 0, ..Options::default() }
}

/// `clouds a=1 b=2` puts, `clouds -a` removes.
fn batch(text: &str) -> Batch {
    let mut batch = Batch::default();
    let mut space = Space::Clouds;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        if let Some(named) = Space::ALL.into_iter().find(|space| space.name() == word) {
            space = named;
        } else if let Some(key) = word.strip_prefix('-') {
            batch.remove(space, key);
        } else {
            let (key, value) = word.split_once('=').unwrap();
            batch.put(space, key, value);
        }
    }
    batch
}

/// All entries, as `batch` reads them.
fn contents(store: &dyn Read) -> String {
    let mut words = Vec::new();
    for space in Space::ALL {
        let start = words.len();
        store
            .scan(space, &[], None, &mut |key, value| {
                let text = String::from_utf8_lossy;
                if key != b"format" {
                    words.push(format!("{}={}", text(key), text(value)));
                }
                ControlFlow::Continue(())
            })
            .unwrap();
        if words.len() > start {
            words.insert(start, space.name().to_owned());
        }
    }
    words.join(" ")
}

fn on_each_store(check: impl Fn(&dyn Store, &str)) {
    check(&MemoryStore::default(), "memory");
    let folder = tempfile::tempdir().unwrap();
    check(&FjallStore::open(folder.path(), &options()).unwrap(), "fjall");
}

#[test]
fn batches_apply_whole_and_in_order() {
    let cases: &[(&[&str], &str)] = &[
        (&[], ""),
        (&[""], ""),
        (&["a=1"], "clouds a=1"),
        (&["a=1", "a=2"], "clouds a=2"),
        (&["b=1 a=2 c="], "clouds a=2 b=1 c="),
        (&["a=1 a=2 a=3"], "clouds a=3"),
        (&["a=1 -a"], ""),
        (&["a=1", "-a a=2"], "clouds a=2"),
        (&["a=1", "a=2 -a"], ""),
        (&["-a"], ""),
        (&["a=1 b=2", "-a"], "clouds b=2"),
        (&["a=1 channels a=2 host a=3 a=4"], "clouds a=1 channels a=2 host a=4"),
        (&["agenda a=1 logs b=2 code c=3", "logs -b agenda -b"], "agenda a=1 code c=3"),
    ];
    for (batches, expected) in cases {
        on_each_store(|store, name| {
            for text in *batches {
                store.commit(&batch(text)).unwrap();
            }
            assert_eq!(contents(store), *expected, "{name}: {batches:?}");
            store.sync().unwrap();
            assert_eq!(contents(store), *expected, "{name}, synced: {batches:?}");
        });
    }
}

#[test]
fn scans_visit_a_range_in_key_order_until_told_to_stop() {
    // From, to, at most so many; the keys seen.
    let cases: &[(&str, Option<&str>, usize, &str)] = &[
        ("", None, 9, "a ab abc b \u{7f}"),
        ("ab", None, 9, "ab abc b \u{7f}"),
        ("ab", Some("b"), 9, "ab abc"),
        ("aa", Some("abc"), 9, "ab"),
        ("", None, 2, "a ab"),
        ("b", Some("a"), 9, ""),
        ("a", Some("a"), 9, ""),
        ("", Some(""), 9, ""),
        ("c", Some("z"), 9, ""),
    ];
    for (from, to, most, expected) in cases {
        on_each_store(|store, name| {
            store.commit(&batch("b=4 a=1 abc=3 ab=2 \u{7f}=5 host a=6 channels a=7")).unwrap();
            let mut seen = Vec::new();
            let mut visit = |key: &[u8], _: &[u8]| {
                seen.push(String::from_utf8_lossy(key).into_owned());
                if seen.len() < *most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            };
            store.scan(Space::Clouds, from.as_bytes(), to.map(str::as_bytes), &mut visit).unwrap();
            assert_eq!(seen.join(" "), *expected, "{name}: {from:?} to {to:?}, {most}");
        });
    }
}

#[test]
fn prefixes_end_where_the_next_begins() {
    let cases: &[(&[u8], usize)] =
        &[(b"", 5), (b"a", 2), (b"a\xff", 1), (b"\xff", 2), (b"\xff\xff", 1), (b"c", 0)];
    for (prefix, expected) in cases {
        on_each_store(|store, name| {
            let mut batch = Batch::default();
            for key in [b"a".as_slice(), b"a\xff", b"b", b"\xff", b"\xff\xff"] {
                batch.put(Space::Agenda, key, "");
            }
            store.commit(&batch).unwrap();
            let mut seen = 0;
            let mut visit = |_: &[u8], _: &[u8]| {
                seen += 1;
                ControlFlow::Continue(())
            };
            scan_prefix(store, Space::Agenda, prefix, &mut visit).unwrap();
            assert_eq!(seen, *expected, "{name}: {prefix:?}");
        });
    }
}

#[test]
fn snapshots_stay_as_they_were() {
    on_each_store(|store, name| {
        store.commit(&batch("a=1 b=2 host c=3")).unwrap();
        let before = store.snapshot();
        store.commit(&batch("a=9 -b d=4 host -c")).unwrap();
        assert_eq!(contents(&*before), "clouds a=1 b=2 host c=3", "{name}");
        assert_eq!(before.get(Space::Clouds, b"d").unwrap(), None, "{name}");
        assert_eq!(contents(store), "clouds a=9 d=4", "{name}");
    });
}

#[test]
fn keys_have_bounds_and_values_are_bytes() {
    on_each_store(|store, name| {
        let value: Vec<u8> = (0..=u8::MAX).cycle().take(300_000).collect();
        let longest = vec![7; MAX_KEY_BYTES];
        let mut good = Batch::default();
        good.put(Space::Code, longest.clone(), value.clone());
        store.commit(&good).unwrap();
        assert_eq!(store.get(Space::Code, &longest).unwrap(), Some(value), "{name}");
        assert_eq!(store.get(Space::Code, b"").unwrap(), None, "{name}");
        for bad in [vec![], vec![7; MAX_KEY_BYTES + 1]] {
            let mut batch = batch("a=1");
            batch.remove(Space::Host, bad.clone());
            let refused = Err(StoreError::Key { bytes: bad.len() });
            assert_eq!(store.commit(&batch), refused, "{name}");
            assert_eq!(store.get(Space::Clouds, b"a").unwrap(), None, "{name}");
        }
    });
}

#[test]
fn readers_see_whole_batches_while_others_commit() {
    on_each_store(|store, name| {
        let pair = |n: u32| batch(&format!("a={n} b={n} host a={n}"));
        store.commit(&pair(0)).unwrap();
        std::thread::scope(|scope| {
            let writer = scope.spawn(|| (1..500).for_each(|n| store.commit(&pair(n)).unwrap()));
            while !writer.is_finished() {
                let seen = store.snapshot();
                let a = seen.get(Space::Clouds, b"a").unwrap();
                assert_eq!(seen.get(Space::Clouds, b"b").unwrap(), a, "{name}");
                assert_eq!(seen.get(Space::Host, b"a").unwrap(), a, "{name}");
            }
        });
    });
}

#[test]
fn a_folder_keeps_what_it_got_and_has_one_host() {
    let folder = tempfile::tempdir().unwrap();
    let store = FjallStore::open(folder.path(), &options()).unwrap();
    store.commit(&batch("a=1 host b=2")).unwrap();
    let Err(StoreError::Locked(place)) = FjallStore::open(folder.path(), &options()) else {
        panic!("two stores in one folder");
    };
    assert_eq!(place, folder.path().display().to_string());
    drop(store);
    let again = FjallStore::open(folder.path(), &options()).unwrap();
    assert_eq!(contents(&again), "clouds a=1 host b=2");
}

#[test]
fn a_newer_format_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = FjallStore::open(folder.path(), &options()).unwrap();
    let mut batch = Batch::default();
    batch.put(Space::Host, "format", 77u32.to_be_bytes());
    store.commit(&batch).unwrap();
    drop(store);
    let opened = FjallStore::open(folder.path(), &options()).err();
    assert!(matches!(opened, Some(StoreError::Version { found: 77, .. })), "{opened:?}");
}

#[test]
fn a_full_disk_takes_nothing_and_the_store_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    drop(FjallStore::open(folder.path(), &options()).unwrap());
    let full = Options { reserve_bytes: u64::MAX, ..options() };
    let store = FjallStore::open(folder.path(), &full).unwrap();
    assert_eq!(store.commit(&batch("a=1")), Err(StoreError::Full));
    assert_eq!(contents(&store), "");
    store.sync().unwrap();
    drop(store);
    let store = FjallStore::open(folder.path(), &options()).unwrap();
    store.commit(&batch("a=1")).unwrap();
    assert_eq!(contents(&store), "clouds a=1");
}

/// A sync waits for the journal: a commit must be in that file when it returns, and nowhere else.
#[test]
fn commits_are_in_the_journal_file_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = FjallStore::open(folder.path(), &options()).unwrap();
    store.commit(&batch("a=a-value-like-no-other")).unwrap();
    let journals: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "jnl"))
        .collect();
    assert_eq!(journals.len(), 1, "{journals:?}");
    let bytes = fs::read(&journals[0]).unwrap();
    let value = b"a-value-like-no-other";
    assert!(bytes.windows(value.len()).any(|window| window == value));
}
