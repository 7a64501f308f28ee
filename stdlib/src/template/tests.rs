use super::*;

/// A value's text, its kind, a template and the result. Where the reference's answer is a slip (it skips every second
/// of adjacent specifiers and gives `$&` in the value a meaning), the result is what was meant (krl-language.md §6.2).
const PRINTED: &[(&str, Kind, &str, &str)] = &[
    ("5", Kind::Number, "%d items", "5 items"),
    ("5", Kind::Number, "%d of %d", "5 of 5"),
    ("5", Kind::Number, "no spec", "no spec"),
    ("5", Kind::Number, "", ""),
    ("1.5", Kind::Number, "v=%d", "v=1.5"),
    ("1e+21", Kind::Number, "%d", "1e+21"),
    ("Bob", Kind::Text, "%s and %s", "Bob and Bob"),
    ("Bob", Kind::Text, "", ""),
    ("", Kind::Text, "[%s]", "[]"),
    ("Bob", Kind::Text, "\\%s is literal, %s is not", "%s is literal, Bob is not"),
    ("Bob", Kind::Text, "\\%s", "%s"),
    ("Bob", Kind::Text, "\\\\%s", "\\Bob"),
    ("Bob", Kind::Text, "\\\\\\%s", "\\%s"),
    ("5", Kind::Number, "\\%d and \\%s", "%d and \\%s"),
    ("5", Kind::Number, "50%d", "505"),
    ("5", Kind::Number, "%s", "%s"),
    ("true", Kind::Other, "%s", "%s"),
    ("[Array]", Kind::Other, "%s %d \\%s \\\\", "%s %d \\%s \\\\"),
    ("%d", Kind::Text, "%s %d", "%d %d"),
    ("10", Kind::Text, "%d", "%d"),
    ("0.25", Kind::Number, "%d = %d", "0.25 = 0.25"),
    ("\u{e9}", Kind::Text, "%\u{e9}%s\\\u{e9}\\", "%\u{e9}\u{e9}\\\u{e9}\\"),
    ("x", Kind::Text, "100%", "100%"),
    ("x", Kind::Text, "%%s", "%x"),
    ("5", Kind::Number, "%d%d", "55"),
    ("Bob", Kind::Text, "%s%s%s", "BobBobBob"),
    ("$&", Kind::Text, "<%s>", "<$&>"),
    ("a$'b", Kind::Text, "<%s>", "<a$'b>"),
    ("%s", Kind::Text, "%s", "%s"),
    ("%s", Kind::Text, "\\\\%s", "\\%s"),
];

/// The ranges of a match, whole and captures.
type Groups = &'static [Option<(usize, usize)>];

/// Replacement templates, each with what ECMAScript makes of it.
type Templates = &'static [(&'static str, &'static str)];

/// A subject, the groups of a match in it, and templates.
const EXPANDED: &[(&str, Groups, Templates)] = &[
    (
        "John Smith",
        &[Some((0, 10)), Some((0, 4)), Some((5, 10))],
        &[
            ("$2, $1", "Smith, John"),
            ("$3", "$3"),
            ("$0", "$0"),
            ("$00", "$00"),
            ("$01-$02", "John-Smith"),
            ("$10", "John0"),
            ("$21", "Smith1"),
            ("$12", "John2"),
        ],
    ),
    (
        "abc",
        &[Some((1, 2))],
        &[
            ("[$&]", "[b]"),
            ("[$`]", "[a]"),
            ("[$']", "[c]"),
            ("$$", "$"),
            ("$1", "$1"),
            ("$", "$"),
            ("$x", "$x"),
            ("$$1", "$1"),
            ("$$$&", "$b"),
            ("\u{e9}$&\u{e9}", "\u{e9}b\u{e9}"),
            ("$\u{e9}", "$\u{e9}"),
        ],
    ),
    ("abc", &[Some((1, 2)), Some((1, 2)), None], &[("[$1$2]", "[b]"), ("<$2>", "<>"), ("$22", "2")]),
    ("日本語", &[Some((3, 6))], &[("[$`|$&|$']", "[日|本|語]")]),
    (
        "abcdefghijkl",
        &[
            Some((1, 11)),
            Some((1, 2)),
            Some((2, 3)),
            Some((3, 4)),
            Some((4, 5)),
            Some((5, 6)),
            Some((6, 7)),
            Some((7, 8)),
            Some((8, 9)),
            Some((9, 10)),
            Some((10, 11)),
        ],
        &[("$10-$1", "k-b"), ("$11", "b1"), ("$100", "k0"), ("$09", "j")],
    ),
    ("x", &[Some((0, 1))], &[("$<n>", "$<n>"), ("$&amp;", "xamp;")]),
];

#[test]
fn prints() {
    for &(value, kind, template, expected) in PRINTED {
        assert_eq!(sprintf(value, kind, template), expected, "{value:?} in {template:?}");
    }
}

#[test]
fn expands() {
    for &(subject, groups, cases) in EXPANDED {
        let groups: Vec<_> = groups.iter().map(|group| group.map(|(start, end)| start..end)).collect();
        for &(template, expected) in cases {
            let found = Match { subject, groups: &groups, named: None };
            assert_eq!(expanded(template, &found), expected, "{template:?} in {subject:?}");
        }
    }
}

#[test]
fn expands_names() {
    let named = |name: &str| (name == "mid").then_some(1);
    let found = Match { subject: "abc", groups: &[Some(1..2), Some(1..2)], named: Some(&named) };
    for (template, expected) in [("[$<mid>]", "[b]"), ("[$<no>]", "[]"), ("$<mid", "$<mid"), ("$1", "b")] {
        assert_eq!(expanded(template, &found), expected, "{template:?}");
    }
}

fn expanded(template: &str, found: &Match<'_>) -> String {
    let mut out = String::new();
    expand_replacement(template, found, |piece| out.push_str(piece));
    out
}
