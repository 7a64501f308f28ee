//! Hostile patterns, texts and nestings: every one ends soon, with an answer or a typed error (decision L7).

#![expect(clippy::unwrap_used, reason = "a broken case fails the test")]

use std::time::{Duration, Instant};

use krl_regexp::{Captures, MatchLimit, Regexp, validate};

/// Far more than any of them takes, even on a busy machine; an endless one takes for ever.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a search may say; a budget may be exceeded only where the table allows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Answer {
    Matches,
    NoMatch,
    MayGiveUp,
}

#[test]
fn hostile_patterns_end_soon() {
    let long = "a".repeat(100_000) + "b";
    let only_a = "a".repeat(100_000);
    let short = "a".repeat(40) + "!";
    let cases = [
        ("^(a+)+$", &long, Answer::NoMatch),
        ("^(a+)+$", &only_a, Answer::Matches),
        ("(a*)*b", &only_a, Answer::NoMatch),
        ("(a*)*b", &short, Answer::NoMatch),
        ("(?=(a+))\\1c", &long, Answer::MayGiveUp),
        ("(a+)\\1+$", &long, Answer::MayGiveUp),
        ("(a|a)*$", &long, Answer::Matches),
        ("^(a|a)*$", &long, Answer::NoMatch),
        ("^(?:a|a?)*$", &long, Answer::NoMatch),
        ("^(?:(a)|(a))*$", &long, Answer::NoMatch),
        ("^(?:(a)|b)*$", &long, Answer::Matches),
        ("^(?:(?=a)a|aa)*$", &short, Answer::NoMatch),
        ("^(?:(?=a)(?:a|a))*$", &long, Answer::NoMatch),
        ("^(?=(?:a|a)*b)a*b$", &long, Answer::Matches),
        ("(?=(?:a|a)*c)", &long, Answer::NoMatch),
        ("^(?!(?:a|aa)*c)a*b$", &long, Answer::Matches),
        ("(?<=(?:a|a)*c)b", &long, Answer::NoMatch),
        ("(x+x+)+y", &long, Answer::NoMatch),
        ("(.*)*\\1c", &short, Answer::MayGiveUp),
        ("(?:a?){40}a{41}(?=!)", &short, Answer::NoMatch),
        ("(?:.*.*.*.*.*)*(?=c)x", &long, Answer::MayGiveUp),
        ("(((((a*)*)*)*)*)*b", &short, Answer::NoMatch),
        ("(|a)*c", &long, Answer::NoMatch),
        ("((a?)*)*b", &long, Answer::Matches),
        ("a{0,60000}a{0,60000}b", &only_a, Answer::MayGiveUp),
        ("(?:(?:(?:a{0,20}b?){0,20}){0,20})c", &only_a, Answer::MayGiveUp),
    ];
    for (pattern, text, wanted) in cases {
        check_ends_soon(pattern, text, wanted);
    }
}

fn check_ends_soon(pattern: &str, text: &str, wanted: Answer) {
    let regexp = Regexp::new(pattern, "").unwrap();
    let begin = Instant::now();
    let answers = [regexp.is_match(text), regexp.find_at(text, 0, &mut Captures::new())];
    let took = begin.elapsed();
    assert!(took < PATIENCE, "{pattern} took {took:?}");
    for answer in answers {
        match wanted {
            Answer::Matches => assert_eq!(answer, Ok(true), "{pattern}"),
            Answer::NoMatch => assert_eq!(answer, Ok(false), "{pattern}"),
            // That it ended is what is asked.
            Answer::MayGiveUp => {}
        }
    }
}

#[test]
fn all_matches_share_one_budget() {
    let text = "a".repeat(3_000) + "b";
    let regexp = Regexp::new("(?=(a+)\\1+c)|a", "").unwrap();
    let begin = Instant::now();
    let last = regexp.find_all(&text).last();
    assert_eq!(last, Some(Err(MatchLimit)));
    assert!(begin.elapsed() < PATIENCE);
}

#[test]
fn size_and_depth_are_bounded() {
    let nested = |depth: usize| "(".repeat(depth) + "a" + &")".repeat(depth);
    let cases = [
        (nested(200), None),
        (nested(201), Some("groups are nested more than 200 deep")),
        ("(?:".repeat(30_000), Some("pattern is longer than 65536 bytes")),
        ("(?=".repeat(20_000), Some("groups are nested more than 200 deep")),
        ("()".repeat(1_001), Some("more than 1000 capturing groups")),
        ("a{65535}".to_string(), None),
        ("a{1000000000}".to_string(), Some("repetition count is larger than 65535")),
        ("a{0,99999999999999999999}".to_string(), Some("repetition count is larger than 65535")),
        ("(?:(?:ab){1000}){1000}".to_string(), Some("repetitions add up to more than 50000 terms")),
        ("{".repeat(60_000), None),
        ("[".repeat(60_000) + "]", None),
        ("a|".repeat(30_000), None),
        ("(a?){16}".repeat(60), None),
    ];
    for (pattern, wanted) in cases {
        let shown: String = pattern.chars().take(30).collect();
        let error = validate(&pattern, "").err();
        assert_eq!(error.as_ref().map(|error| error.message.as_str()), wanted, "{shown}");
        if let Ok(regexp) = Regexp::new(&pattern, "i") {
            let text = "a".repeat(2_000);
            let begin = Instant::now();
            let _ = regexp.find_at(&text, 0, &mut Captures::new());
            assert!(begin.elapsed() < PATIENCE, "{shown}");
        }
    }
}

/// Random patterns from the alphabet of the syntax, on random texts: whatever comes out, nothing panics.
#[test]
fn random_patterns_never_panic() {
    const ALPHABET: &[&str] = &[
        "a", "b", "é", "😀", "(", ")", "(?:", "(?=", "(?<!", "(?<n>", "[", "]", "^", "$", "*", "+", "?", "{",
        "}", "{2,3}", ",", "|", "\\", "\\1", "\\k<n>", "\\b", "\\w", "\\u", "\\ud83d", "\\ude00", "\\c",
        "\\x4", "0", "-", ".", "/", "\n",
    ];
    let mut seed = 1_u64;
    let mut random = |bound: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % bound
    };
    let mut accepted = 0;
    for _ in 0..20_000 {
        let pattern: String = (0..random(12)).map(|_| ALPHABET[random(ALPHABET.len())]).collect();
        let text: String = (0..random(8)).map(|_| ALPHABET[random(6)]).collect();
        let flags = ["", "i", "m", "gim"][random(4)];
        match Regexp::new(&pattern, flags) {
            Err(error) => {
                assert!(error.offset <= pattern.len() && pattern.is_char_boundary(error.offset), "{pattern}")
            }
            Ok(regexp) => {
                accepted += 1;
                let matches: Result<Vec<_>, _> = regexp.find_all(&text).collect();
                for found in matches.unwrap_or_default() {
                    assert!(text.get(found).is_some(), "{regexp:?} splits a character of {text:?}");
                }
                let start = random(text.len() + 3);
                let mut captures = Captures::new();
                let found = regexp.find_at(&text, start, &mut captures).unwrap_or(false);
                let from_start = captures.get(0).is_some_and(|range| range.start >= start);
                assert_eq!(found, from_start, "{regexp:?} on {text:?}");
            }
        }
    }
    assert!(accepted > 1_000);
}
