//! Tokens of conformance part A, and what the lexer promises for any text.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test")]

use krl_lang::lexer::lex;
use krl_lang::token::{TokenBuf, TokenKind};

/// `kind text` of every token, white space left out.
fn shown(source: &str) -> Vec<String> {
    let tokens = lex(source);
    check_tiling(source, &tokens);
    (0..tokens.len())
        .filter(|&i| tokens.kind(i) != TokenKind::Whitespace)
        .map(|i| format!("{:?} {}", tokens.kind(i), tokens.text(i, source)))
        .collect()
}

fn check_tiling(source: &str, tokens: &TokenBuf) {
    let mut at = 0;
    for i in 0..tokens.len() {
        assert_eq!(tokens.start(i), at, "gap before token {i}");
        assert!(source.is_char_boundary(at as usize));
        assert!(tokens.span(i).end > at, "token {i} is empty");
        at = tokens.span(i).end;
    }
    assert_eq!(at as usize, source.len());
    let trivia = (0..tokens.len()).filter(|&i| tokens.kind(i).is_trivia()).count();
    assert_eq!(trivia + tokens.significant().len(), tokens.len());
}

#[test]
fn conformance() {
    let cases: &[(&str, &str, &[&str])] = &[
        ("A1", "", &[]),
        ("A2", "\"\"", &["String \"\""]),
        ("A2b", "\"str\"", &["String \"str\""]),
        ("A3", "hello \"world\"\"two\"", &["Word hello", "String \"world\"", "String \"two\""]),
        ("A4", "hello//c \"x\"\nok", &["Word hello", "LineComment //c \"x\"", "Word ok"]),
        (
            "A5",
            "hello/* /* * // \n \"s\"*/ok",
            &["Word hello", "BlockComment /* /* * // \n \"s\"*/", "Word ok"],
        ),
        (
            "A6",
            "1; //c\n2/*d*/;3",
            &[
                "Number 1",
                "Semi ;",
                "LineComment //c",
                "Number 2",
                "BlockComment /*d*/",
                "Semi ;",
                "Number 3",
            ],
        ),
        (
            "A7",
            "<<some\n\"?\"//x\nok?>>ok",
            &["ChevronOpen <<", "ChevronText some\n\"?\"//x\nok?", "ChevronClose >>", "Word ok"],
        ),
        (
            "A8",
            "<<This #{\"is\"} a>>",
            &[
                "ChevronOpen <<",
                "ChevronText This ",
                "BeestingOpen #{",
                "String \"is\"",
                "BeestingClose }",
                "ChevronText  a",
                "ChevronClose >>",
            ],
        ),
        (
            "A9",
            "<<a #{x{\"f\"}} that >\\> >>",
            &[
                "ChevronOpen <<",
                "ChevronText a ",
                "BeestingOpen #{",
                "Word x",
                "LBrace {",
                "String \"f\"",
                "RBrace }",
                "BeestingClose }",
                "ChevronText  that >\\> ",
                "ChevronClose >>",
            ],
        ),
        ("A10", "<<a >\\>>>", &["ChevronOpen <<", "ChevronText a >\\>", "ChevronClose >>"]),
        (
            "A11",
            "<<#{ x }{#{{{{}}}}}>>",
            &[
                "ChevronOpen <<",
                "BeestingOpen #{",
                "Word x",
                "BeestingClose }",
                "ChevronText {",
                "BeestingOpen #{",
                "LBrace {",
                "LBrace {",
                "LBrace {",
                "RBrace }",
                "RBrace }",
                "RBrace }",
                "BeestingClose }",
                "ChevronText }",
                "ChevronClose >>",
            ],
        ),
        (
            "A12",
            "<<This /* w */\n//ok\n>>",
            &["ChevronOpen <<", "ChevronText This /* w */\n//ok\n", "ChevronClose >>"],
        ),
        (
            "A13",
            "<<one#{<<two#{three}>>}>>",
            &[
                "ChevronOpen <<",
                "ChevronText one",
                "BeestingOpen #{",
                "ChevronOpen <<",
                "ChevronText two",
                "BeestingOpen #{",
                "Word three",
                "BeestingClose }",
                "ChevronClose >>",
                "BeestingClose }",
                "ChevronClose >>",
            ],
        ),
        ("A14", "123 .1 10.25 0.0", &["Number 123", "Number .1", "Number 10.25", "Number 0.0"]),
        ("A14b", "10.25.25", &["Number 10.25", "Number .25"]),
        ("A14c", "1.", &["Number 1", "Dot ."]),
        ("A14d", "1.z", &["Number 1", "Dot .", "Word z"]),
        ("A15", "{\"\":-6}", &["LBrace {", "String \"\"", "Colon :", "Minus -", "Number 6", "RBrace }"]),
        ("A16", "re#x#i re#x#mgi", &["RegExp re#x#i", "RegExp re#x#mgi"]),
        ("A17", "re#x#iok", &["RegExp re#x#i", "Word ok"]),
        ("A17b", "re#x#gimok", &["RegExp re#x#gim", "Word ok"]),
        ("A18", r"re#\## re#\#\\# re##", &[r"RegExp re#\##", r"RegExp re#\#\\#", "RegExp re##"]),
        ("A19", r#""some\\"end"#, &[r#"String "some\\""#, "Word end"]),
        ("A19b", r#""some\"string" "some\n""#, &[r#"String "some\"string""#, r#"String "some\n""#]),
        (
            "A20",
            "ruleset rs{rule r1{}}",
            &[
                "Word ruleset",
                "Word rs",
                "LBrace {",
                "Word rule",
                "Word r1",
                "LBrace {",
                "RBrace }",
                "RBrace }",
            ],
        ),
        ("A21", "/*/", &["UnterminatedComment /*/"]),
        ("A21b", "\"one", &["UnterminatedString \"one"]),
        ("A21c", "re#one", &["UnterminatedRegExp re#one"]),
        ("A21d", "/**/", &["BlockComment /**/"]),
        ("A22", "a&&b &&&", &["Word a", "AndAnd &&", "Word b", "AndAnd &&", "Illegal &"]),
        ("A22b", ".λ,", &["Dot .", "Illegal λ", "Comma ,"]),
        ("word before #", "are#x#", &["Word are", "Illegal #", "Word x", "Illegal #"]),
        ("exponent", "1e5", &["Number 1", "Word e5"]),
        (
            "operators",
            "<=> <= < || | == => = := : >= >< > && != ! ~",
            &[
                "Compare <=>",
                "LessEq <=",
                "Less <",
                "OrOr ||",
                "Bar |",
                "EqEq ==",
                "Arrow =>",
                "Eq =",
                "ColonEq :=",
                "Colon :",
                "GreaterEq >=",
                "Member ><",
                "Greater >",
                "AndAnd &&",
                "NotEq !=",
                "Illegal !",
                "Illegal ~",
            ],
        ),
        ("white space", "a\u{A0}\u{FEFF}\u{2028}\u{3000}\u{1680}b", &["Word a", "Word b"]),
        ("control", "a\0b", &["Word a", "Illegal \0", "Word b"]),
        ("unclosed string ends with its line", "\"a\nb", &["UnterminatedString \"a", "Word b"]),
        ("unclosed chevron ends with its line", "<<a #{\nb", &["UnterminatedChevron <<a #{", "Word b"]),
        (
            "unclosed chevron ends before a rule",
            "<<a\nb\n rule c {",
            &["UnterminatedChevron <<a\nb", "Word rule", "Word c", "LBrace {"],
        ),
        (
            "unclosed beesting ends with its chevron",
            "<<a #{b>> c",
            &["ChevronOpen <<", "ChevronText a ", "BeestingOpen #{", "Word b", "ChevronClose >>", "Word c"],
        ),
        ("backslash at the end", "<<a\\", &["UnterminatedChevron <<a\\"]),
    ];
    for (id, source, expected) in cases {
        assert_eq!(shown(source), *expected, "{id}: {source}");
    }
}

#[test]
fn large_and_deep_sources_are_linear() {
    let deep = "<<#{".repeat(50_000);
    let sources = [
        deep.clone(),
        deep + &"}>>".repeat(50_000),
        "\"\\\"\n".repeat(50_000),
        "{\"a\":".repeat(50_000),
        "re#a# \"b\" ".repeat(50_000),
        "<<\n".repeat(50_000),
        "re#\\#\n".repeat(50_000),
        "/*\n".repeat(50_000),
        "x".repeat(1_000_000),
        " ".repeat(1_000_000),
        format!("\"{}\"", "é".repeat(200_000)),
        format!("<<{}>>", "#>\\".repeat(200_000)),
    ];
    for source in &sources {
        let started = std::time::Instant::now();
        check_tiling(source, &lex(source));
        assert!(started.elapsed().as_secs() < 5, "{} … takes {:?}", &source[..8], started.elapsed());
    }
}

#[test]
fn comments_belong_to_neighbours() {
    let source = "// head\n\na // of a\n/* b1 */ /* b2 */\n\n\n b /* c */ c /* end */\n// last\n";
    let tokens = lex(source);
    let texts = |list: Vec<usize>| list.into_iter().map(|i| tokens.text(i, source)).collect::<Vec<_>>();
    let word = |text: &str| (0..tokens.len()).find(|&i| tokens.text(i, source) == text).unwrap();
    let (a, b, c) = (word("a"), word("b"), word("c"));
    assert_eq!(texts(tokens.comments_before(a, source)), ["// head"]);
    assert_eq!(texts(tokens.trailing_comments(a, source)), ["// of a"]);
    assert_eq!(texts(tokens.comments_before(b, source)), ["/* b1 */", "/* b2 */"]);
    assert_eq!(texts(tokens.comments_before(c, source)), ["/* c */"]);
    assert!(tokens.trailing_comments(b, source).is_empty());
    assert_eq!(texts(tokens.trailing_comments(c, source)), ["/* end */"]);
    assert_eq!(texts(tokens.comments_before(tokens.len(), source)), ["// last"]);
    assert_eq!([a, b, c].map(|i| tokens.blank_lines_before(i, source)), [1, 2, 0]);
    assert_eq!(tokens.previous_significant(b), Some(a));
    assert_eq!(tokens.next_significant(b), Some(c));
    assert_eq!(tokens.at(tokens.start(b)), b);
}
