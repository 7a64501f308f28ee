//! Who may be reached.

use super::{Allow, Guard};
use std::net::SocketAddr;
use url::Url;

fn guard(allowed: &[&str]) -> Guard {
    Guard::new(allowed.iter().map(|text| text.parse().unwrap()).collect())
}

fn check(allowed: &[&str], host: &str, expected: bool) {
    let url = Url::parse(&format!("http://{host}/x")).unwrap();
    assert_eq!(guard(allowed).url(&url).is_ok(), expected, "{host} with {allowed:?}");
}

#[test]
fn only_the_public_internet_is_reached() {
    let public = ["1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "192.0.1.1", "223.255.255.255"];
    let public_v6 =
        ["[2606:4700::1111]", "[2a00::1]", "[64:ff9b::8.8.8.8]", "[2002:808:808::1]", "[::ffff:1.1.1.1]"];
    for host in public.into_iter().chain(public_v6) {
        check(&[], host, true);
    }
    let private = [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "127.255.0.1",
        "168.63.129.16",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.192",
        "192.168.1.1",
        "198.19.0.1",
        "203.0.113.7",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
    ];
    // Other spellings of 127.0.0.1 and 169.254.169.254.
    let spelled = ["0x7f.1", "2130706433", "0177.0.0.1", "127.1", "2852039166"];
    let private_v6 = [
        "[::]",
        "[::1]",
        "[::127.0.0.1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:a00:1]",
        "[64:ff9b::10.0.0.1]",
        "[64:ff9b:1::8.8.8.8]",
        "[100::1]",
        "[2001::1]",
        "[2001:db8::1]",
        "[2002:7f00:1::]",
        "[2002:a00:1::1]",
        "[3fff::1]",
        "[5f00::1]",
        "[fc00::1]",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "[fec0::1]",
        "[ff02::1]",
        "[4000::1]",
    ];
    for host in private.into_iter().chain(spelled).chain(private_v6) {
        check(&[], host, false);
    }
}

#[test]
fn the_operator_allows_more() {
    let cases = [
        (&["*"][..], "127.0.0.1", true),
        (&["127.0.0.1"], "127.0.0.1", true),
        (&["127.0.0.1"], "[::ffff:127.0.0.1]", true),
        (&["127.0.0.1"], "127.0.0.2", false),
        (&["10.0.0.0/8", "fd00::/8"], "10.9.9.9", true),
        (&["10.0.0.0/8", "fd00::/8"], "[fd12::1]", true),
        (&["10.0.0.0/8", "fd00::/8"], "[fe80::1]", false),
        (&["0.0.0.0/0"], "192.168.0.1", true),
        (&["0.0.0.0/0"], "[::1]", false),
        (&["localhost"], "127.0.0.1", false),
    ];
    for (allowed, host, expected) in cases {
        check(allowed, host, expected);
    }
}

#[test]
fn names_are_judged_by_their_addresses() {
    let cases = [
        (&[][..], "example.org", &["1.1.1.1"][..], Some(1)),
        (&[], "example.org", &["1.1.1.1", "10.0.0.1"], Some(1)),
        (&[], "example.org", &["10.0.0.1", "::1"], None),
        (&[], "example.org", &[], Some(0)),
        (&["localhost"], "localhost", &["127.0.0.1", "::1"], Some(2)),
        (&["localhost"], "LOCALHOST.", &["127.0.0.1"], Some(1)),
        (&["*.example.org"], "db.example.org", &["10.0.0.1"], Some(1)),
        (&["*.example.org"], "example.org", &["10.0.0.1"], None),
        (&["*.example.org"], "badexample.org", &["10.0.0.1"], None),
        (&["10.0.0.0/8"], "db.example.org", &["10.0.0.1", "192.168.0.1"], Some(1)),
    ];
    for (allowed, name, addresses, expected) in cases {
        let addresses = addresses.iter().map(|a| SocketAddr::new(a.parse().unwrap(), 0)).collect();
        let reachable = guard(allowed).resolved(name, addresses).ok().map(|found| found.len());
        assert_eq!(reachable, expected, "{name} with {allowed:?}");
    }
}

#[test]
fn bad_entries_are_told() {
    for text in ["", "10.0.0.0/33", "10.0.0.0/x", "example.org/8", "*.*", "*.10.0.0.1", "a b"] {
        assert!(text.parse::<Allow>().is_err(), "{text}");
    }
}
