//! What JavaScript can't be asked for: places of errors, whole characters, text forms, starting in the middle.

use krl_regexp::{Captures, Regexp, validate};

#[test]
fn errors_have_a_place() {
    let cases = [
        ("a(b", "", "unterminated group", 1),
        ("é(b", "", "unterminated group", 2),
        ("ab)", "", "unmatched `)`", 2),
        ("(?i)a", "", "invalid group", 0),
        ("a[b", "", "unterminated character class", 1),
        ("[ab\\", "", "`\\` at the end of the pattern", 3),
        ("[az-b]", "", "range out of order in character class", 2),
        ("a**", "", "nothing to repeat", 2),
        ("x|*", "", "nothing to repeat", 2),
        ("a{3,2}", "", "numbers out of order in `{}`", 1),
        ("a{2}{3}", "", "nothing to repeat", 4),
        ("ab\\", "", "`\\` at the end of the pattern", 2),
        ("(?<a>x)(?<a>y)", "", "duplicate capture group name `a`", 10),
        ("(?<1>x)", "", "invalid capture group name", 3),
        ("(?<a>x)\\k<b>", "", "no group is named `b`", 10),
        ("(?<a>x)\\ka", "", "invalid named reference", 7),
        ("abc", "gig", "flag `g` is given twice", 6),
        ("abc", "u", "unknown flag `u`", 4),
    ];
    for (pattern, flags, message, offset) in cases {
        let error = validate(pattern, flags).unwrap_err();
        assert_eq!((error.message.as_str(), error.offset), (message, offset), "{pattern}");
    }
}

/// Decision L2: a character is a Unicode scalar value, whatever it takes to write it.
#[test]
fn characters_are_scalar_values() {
    let cases = [
        ("^.$", "", "😀", Some(0..4)),
        ("^..$", "", "😀", None),
        ("\\ud83d\\ude00", "", "a😀", Some(1..5)),
        ("[\\ud83d\\ude00]", "", "😀", Some(0..4)),
        ("[😀-😎]+", "", "😁😂", Some(0..8)),
        ("\\ud83d", "", "😀", None),
        ("[\\ud800-\\udfff]", "", "😀", None),
        ("[^a]", "", "😀", Some(0..4)),
        ("(?<=.)b", "", "😀b", Some(4..5)),
        ("(.)\\1", "", "😀😀", Some(0..8)),
        ("😀{2}", "", "😀😀", Some(0..8)),
        ("𐐀", "i", "𐐨", None),
    ];
    for (pattern, flags, text, wanted) in cases {
        let mut captures = Captures::new();
        Regexp::new(pattern, flags).unwrap().find_at(text, 0, &mut captures).unwrap();
        assert_eq!(captures.get(0), wanted, "{pattern} on {text}");
    }
}

#[test]
fn text_forms_are_javascripts() {
    let cases = [
        ("^a.*b", "gi", "re#^a.*b#gi"),
        ("", "", "re#(?:)#"),
        ("a/b", "mig", "re#a\\/b#gim"),
        ("a\\/b", "", "re#a\\/b#"),
        ("[/]/", "", "re#[/]\\/#"),
        ("[\\]/]", "", "re#[\\]/]#"),
        ("a\nb\r\u{2028}\u{2029}", "", "re#a\\nb\\r\\u2028\\u2029#"),
        ("\\\n", "", "re#\\n#"),
        ("a\\\\\n", "", "re#a\\\\\\n#"),
        ("日本", "", "re#日本#"),
    ];
    for (pattern, flags, wanted) in cases {
        assert_eq!(Regexp::new(pattern, flags).unwrap().to_source_text(), wanted);
    }
}

#[test]
fn equality_is_of_source_and_flags() {
    let regexp = |pattern, flags| Regexp::new(pattern, flags).unwrap();
    assert_eq!(regexp("a", "gi"), regexp("a", "ig"));
    assert_eq!(regexp("a/b", ""), regexp("a\\/b", ""));
    assert_ne!(regexp("a", ""), regexp("a", "i"));
    assert_ne!(regexp("a", ""), regexp("b", ""));
}

#[test]
fn a_search_may_start_anywhere() {
    let cases = [
        ("a", "aba", 1, Some(2..3)),
        ("^a", "aa", 1, None),
        ("(?<=a)b", "ab", 1, Some(1..2)),
        ("\\bb", "ab", 1, None),
        ("x*", "😀", 1, Some(4..4)),
        ("(?:)\\1|()", "é", 1, Some(2..2)),
        ("a", "a", 9, None),
        ("", "a", 1, Some(1..1)),
    ];
    let mut captures = Captures::new();
    for (pattern, text, start, wanted) in cases {
        let found = Regexp::new(pattern, "").unwrap().find_at(text, start, &mut captures);
        assert_eq!(found, Ok(wanted.is_some()), "{pattern} on {text} from {start}");
        assert_eq!(captures.get(0), wanted, "{pattern} on {text} from {start}");
    }
}

#[test]
fn regexps_are_shared_between_threads() {
    fn is_shared<T: Clone + Send + Sync>(_: &T) {}
    let regexp = Regexp::new("(?=a)a|b", "").unwrap();
    is_shared(&regexp);
    let copy = regexp.clone();
    assert_eq!(std::thread::spawn(move || copy.is_match("xb")).join().unwrap(), regexp.is_match("xb"));
}
