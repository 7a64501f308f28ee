//! Every way of matching answers the same: patterns are compared with themselves before a look-ahead that says nothing, which leaves them to
//! the backtracking matcher.

#![expect(clippy::unwrap_used, reason = "a broken case fails the test")]

use krl_regexp::{Captures, MatchLimit, Regexp};
use std::ops::Range;

/// All matches with their groups.
fn matches(regexp: &Regexp, text: &str) -> Result<Vec<Vec<Option<Range<usize>>>>, MatchLimit> {
    let mut found = regexp.find_all(text);
    let mut all = Vec::new();
    while let Some(whole) = found.next() {
        whole?;
        all.push((0..=regexp.group_count()).map(|group| found.captures().get(group)).collect());
    }
    Ok(all)
}

#[track_caller]
fn check(pattern: &str, flags: &str, text: &str) {
    let direct = Regexp::new(pattern, flags).unwrap();
    let backtracking = Regexp::new(&format!("(?:{pattern})(?=)"), flags).unwrap();
    let wanted = matches(&backtracking, text);
    assert_eq!(matches(&direct, text), wanted, "{pattern:?} {flags} on {text:?}");
    assert_eq!(direct.is_match(text), wanted.map(|all| !all.is_empty()), "{pattern:?} {flags} on {text:?}");
}

#[test]
fn listed_patterns_match_alike() {
    let log = "2026-11-22T18:35:07Z shard-5 GET /c/c12x/event/shop/sale 200 481us";
    let cases = [
        (r"^\S+ shard-(\d+) GET /c/(\w+)/\S* 200 (\d+)us$", "", log),
        // What follows a run can begin with a member of it.
        (r"^(\w+)w(\w*)$", "", "wwwwwwwwwwww"),
        (r"^(\d+)\d\d$", "", "12345678901"),
        (r"^([^,]*)(,?)(.*)$", "", "abcdefghijk,lmnop"),
        // Literals of a word and more, at the end of the text and beyond it.
        ("^12345678(.*)$", "", "12345678"),
        ("^123456789(.*)$", "", "123456789"),
        ("^123456789$", "", "12345678"),
        ("^1234567890123456789$", "", "1234567890123456789"),
        ("^1234567890123456789$", "", "123456789012345678x"),
        ("^(.*)abc$", "", "abc"),
        ("^ab\\0\\0$", "", "ab"),
        ("^\\0+$", "", "\0\0\0\0\0\0\0\0\0"),
        // Runs over what is not ASCII, up to a number of characters.
        (r"^(\S+) (\S+)$", "", "aaaaaaaé日本語bbbbbbbb cccccccccé"),
        (r"^(.{3})(.{0,9})(.*)$", "", "aéb日cdefghijklmn"),
        (r"^([a-z]{9})(.*)$", "", "abcdefghijklmnop"),
        ("^([é-ü]*)(.*)$", "", "éüéaü"),
        // Letters of either case, lines, empty matches.
        ("^([a-f]+)(é+)$", "i", "aBcDeFaBcDÉé"),
        ("^(k+)$", "i", "kK\u{212a}"),
        ("^(.*)$", "m", "ab\ncd\r\nef"),
        ("(x*)", "", "axxb"),
        ("^(x*)(y*)$", "", ""),
        // More groups than fit into a match without memory of its own.
        ("^(a)(b)(c)(d)(e)(f)(g)(h)(\\d+)$", "", "abcdefgh123"),
    ];
    for (pattern, flags, text) in cases {
        check(pattern, flags, text);
    }
}

#[test]
fn random_patterns_match_alike() {
    const ATOMS: &[&str] = &[
        "a",
        "b",
        "-",
        " ",
        "é",
        ".",
        r"\w",
        r"\d",
        r"\s",
        r"\S",
        r"\W",
        "[ab]",
        "[^a]",
        "[a-c1-3_ .-]",
        "[^é]",
        "abcabcabcab",
        "x1 ",
    ];
    const COUNTS: &[&str] = &["", "", "", "*", "+", "?", "{2}", "{1,9}", "{3,}", "+?"];
    const TEXTS: &[&str] =
        &["a", "a", "b", "B", "c", "1", "2", "-", " ", "_", "é", "日", "\n", "abcabcabcab", "x1 "];
    let mut seed = 7_u64;
    let mut random = |bound: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % bound
    };
    for _ in 0..8_000 {
        let mut pattern = String::from(["^", "^", "^", ""][random(4)]);
        for _ in 0..=random(4) {
            let (atom, count) = (ATOMS[random(ATOMS.len())], COUNTS[random(COUNTS.len())]);
            let counted = if atom.len() > 2 && !atom.starts_with('[') {
                format!("(?:{atom}){count}")
            } else {
                format!("{atom}{count}")
            };
            pattern += &if random(2) == 0 { format!("({counted})") } else { counted };
        }
        pattern += ["$", ""][random(2)];
        let text: String = (0..random(24)).map(|_| TEXTS[random(TEXTS.len())]).collect();
        check(&pattern, ["", "", "i", "m"][random(4)], &text);
    }
}

#[test]
fn one_value_serves_matches_of_few_and_of_many_groups() {
    let (few, many) = (Regexp::new("^(a)", "").unwrap(), Regexp::new(&"(a)".repeat(9), "").unwrap());
    let mut captures = Captures::new();
    for (regexp, text, groups, last) in [
        (&many, "aaaaaaaaa", 9, Some(8..9)),
        (&few, "a", 1, Some(0..1)),
        (&few, "b", 1, None),
        (&many, "b", 9, None),
    ] {
        assert_eq!(regexp.find_at(text, 0, &mut captures), Ok(last.is_some()));
        assert_eq!(
            (captures.group_count(), captures.get(groups), captures.get(groups + 1)),
            (groups, last, None)
        );
    }
}
