//! Every case of `cases.json` answers as JavaScript does; `generate.mjs` made the file with Node.js.

#![expect(clippy::unwrap_used, reason = "a case file of the wrong shape fails the test")]

use krl_regexp::{Regexp, validate};
use serde_json::Value;

/// A match of a case: character offsets of the whole match and of each group.
type Found = Vec<Option<(usize, usize)>>;

#[test]
fn cases_answer_as_javascript_does() {
    let path = std::env::var("KRL_REGEXP_CASES")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases.json").to_string());
    let cases: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert!(cases.len() >= 400);
    let failures: Vec<String> = cases.iter().filter_map(|case| check(case).err()).collect();
    assert!(
        failures.is_empty(),
        "{} of {}:\n{}",
        failures.len(),
        cases.len(),
        failures[..failures.len().min(40)].join("\n")
    );
}

fn check(case: &Value) -> Result<(), String> {
    let text_of = |name: &str| case[name].as_str().unwrap();
    let (pattern, flags) = (text_of("pattern"), text_of("flags"));
    let regexp = Regexp::new(pattern, flags);
    assert_eq!(regexp.as_ref().err(), validate(pattern, flags).as_ref().err());
    if case.get("refused").is_some() {
        return regexp.map_or(Ok(()), |regexp| Err(format!("accepts {regexp:?}")));
    }
    let regexp = regexp.map_err(|error| format!("{pattern:?}: {error}"))?;
    let text = text_of("text");
    let wanted: Vec<Found> = case["matches"].as_array().unwrap().iter().map(wanted).collect();
    let found = all_matches(&regexp, text)?;
    if found != wanted {
        return Err(format!("{regexp:?} on {text:?}: {found:?}, not {wanted:?}"));
    }
    let again =
        Regexp::new(regexp.source(), flags).map_err(|error| format!("source of {pattern:?}: {error}"))?;
    // After a number of searches another matcher may take over: it has to agree.
    for _ in 0..20 {
        again.is_match("").map_err(|limit| format!("{again:?}: {limit}"))?;
    }
    if all_matches(&again, text)? != found || again.is_match(text) != Ok(!found.is_empty()) {
        return Err(format!("{regexp:?} on {text:?}: its source or is_match disagrees"));
    }
    Ok(())
}

fn wanted(found: &Value) -> Found {
    let offset = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
    let range = |value: &Value| value.as_array().map(|pair| (offset(&pair[0]), offset(&pair[1])));
    found.as_array().unwrap().iter().map(range).collect()
}

fn all_matches(regexp: &Regexp, text: &str) -> Result<Vec<Found>, String> {
    let characters = |bytes: usize| text[..bytes].chars().count();
    let mut iterator = regexp.find_all(text);
    let mut all = Vec::new();
    while let Some(found) = iterator.next() {
        found.map_err(|limit| format!("{regexp:?} on {text:?}: {limit}"))?;
        let captures = iterator.captures();
        let range = |group| captures.get(group).map(|range| (characters(range.start), characters(range.end)));
        all.push((0..=regexp.group_count()).map(range).collect());
    }
    Ok(all)
}
