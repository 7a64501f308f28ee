//! The page of every syntax code: its bad example yields exactly that code, its good example nothing.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test")]

use krl_lang::{Code, decode, parse};

/// Codes without an example: their cause can't be shown in a page.
const WITHOUT_EXAMPLE: [Code; 3] = [Code::InvalidUtf8, Code::TooLarge, Code::FormatterFailure];

/// The fenced block behind `heading`.
fn example<'p>(page: &'p str, heading: &str) -> Option<&'p str> {
    let (_, rest) = page.split_once(&format!("\n## {heading}\n\n```krl\n"))?;
    rest.split_once("```").map(|(block, _)| block)
}

#[test]
fn examples_show_their_code() {
    for code in Code::ALL.iter().copied().filter(|c| c.id() < "KRL0200" && !WITHOUT_EXAMPLE.contains(c)) {
        let page = code.info().page;
        assert!(
            page.starts_with(&format!("# {code}: {}\n", code.info().summary)),
            "{code}: the title differs"
        );
        let bad = parse(example(page, "Bad").unwrap());
        assert!(bad.diagnostics.iter().all(|d| d.code == code), "{code}: {:#?}", bad.diagnostics);
        assert!(!bad.diagnostics.is_empty(), "{code}: the bad example is accepted");
        let good = parse(example(page, "Good").unwrap());
        assert!(good.diagnostics.is_empty(), "{code}: {:#?}", good.diagnostics);
    }
}

#[test]
fn codes_are_unique_and_found() {
    for code in Code::ALL {
        assert_eq!(Code::find(code.id()), Some(*code));
        assert_eq!(Code::find(code.info().name), Some(*code));
    }
}

#[test]
fn bad_utf8_is_located() {
    let (text, found) = decode(b"ruleset a {\n \xff}");
    let found = found.unwrap();
    assert_eq!((found.code, found.span.start), (Code::InvalidUtf8, 13));
    assert_eq!(found.span.text(&text), "\u{FFFD}");
    assert_eq!(decode("ruleset é {}".as_bytes()), ("ruleset é {}".to_owned(), None));
}
