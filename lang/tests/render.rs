//! Renderings, each with its source.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test")]

use krl_lang::render::{Colors, FileDiagnostics, HumanOptions, github, human, json, sarif};
use krl_lang::{Code, Diagnostic, Span, parse};

const PLAIN: HumanOptions = HumanOptions { colors: Colors::Off, width: 80 };

const BROKEN: &str = "ruleset shop {\n  meta {\n    license \"MIT\"\n  }\n  global {\n    é = 1\n    f = function(x) {\n      y = (x\n    }\n  }\n  rule hello {\n    select when shop opened\n    if day = 1 then {\n\t\tnoop() }\n  }\n}\n";

fn render(path: &str, source: &str, renderer: impl Fn(&[FileDiagnostics<'_>]) -> String) -> String {
    let parsed = parse(source);
    let text = renderer(&[FileDiagnostics { path, source, diagnostics: &parsed.diagnostics }]);
    let lines: Vec<_> = text.lines().map(str::trim_end).collect();
    format!("{}\n----\n{}", source.replace('\r', "␍"), lines.join("\n"))
}

#[test]
fn for_people() {
    insta::assert_snapshot!(render("shop.krl", BROKEN, |f| human(f, PLAIN)));
}

#[test]
fn for_people_in_color() {
    let options = HumanOptions { colors: Colors::On, width: 80 };
    insta::assert_snapshot!(render("shop.krl", "ruleset a {", |f| human(f, options)));
}

#[test]
fn line_breaks_and_wide_text() {
    let source = "ruleset a {\r\n  global {\r\n    a = \"日本語😀\" + !b\r\n  }\r\n}\r\n";
    insta::assert_snapshot!(render("a.krl", source, |f| human(f, PLAIN)));
}

#[test]
fn lines_cut_for_width_keep_their_columns() {
    let filler = "x".repeat(150);
    let source = format!("ruleset a {{\n  global {{\n    a = \"{filler}\" + !b + \"{filler}\"\n  }}\n}}\n");
    insta::assert_snapshot!(render("a.krl", &source, |f| human(f, PLAIN)));
}

#[test]
fn json_lines() {
    let text = render("shop.krl", BROKEN, json);
    for line in text.split_once("----\n").unwrap().1.lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap();
    }
    insta::assert_snapshot!(text);
}

#[test]
fn sarif_log() {
    let source = "ruleset a {\n  global { a = (1 }\n}\n";
    insta::assert_snapshot!(render("my rules/a.krl", source, |f| sarif(f, "krl", "0.1.0")));
}

#[test]
fn github_annotations() {
    insta::assert_snapshot!(render("rules/shop,1.krl", BROKEN, github));
}

#[test]
fn labels_in_other_files() {
    let (first, second) = ("ruleset a {\n}\n", "ruleset b {\n  meta { use module a }\n}\n");
    let found = [Diagnostic::new(Code::Syntax, Span::new(32, 33), "the module has no such member")
        .label_in(0, Span::new(8, 9), "the module")
        .help("provide it")];
    let files = [
        FileDiagnostics { path: "a.krl", source: first, diagnostics: &[] },
        FileDiagnostics { path: "b.krl", source: second, diagnostics: &found },
    ];
    insta::assert_snapshot!(human(&files, PLAIN).lines().map(str::trim_end).collect::<Vec<_>>().join("\n"));
    assert!(json(&files).contains("\"file\":\"a.krl\""));
}

/// Spans anywhere, lines of any length: no panic, no huge output, no control characters.
#[test]
fn anything_is_drawn() {
    let long = format!("{}é\x1b[31m{}\nb\n", "x".repeat(100_000), "y".repeat(100_000));
    for source in ["", "\n", "\r\n", "a", "é\u{301}日", "\u{FDD0}0\u{FDD0}:1:1 ]", long.as_str()] {
        let length = source.len() as u32;
        for (start, end) in [
            (0, 0),
            (0, length),
            (length, length),
            (length + 5, length + 9),
            (1, 2),
            (100_002, 100_009),
            (3, 1),
        ] {
            let found = [Diagnostic::new(Code::Syntax, Span::new(start, end), "odd \u{FDD0}")
                .label(Span::new(end, start), "here")];
            let files = [FileDiagnostics { path: "a.krl", source, diagnostics: &found }];
            let text = human(&files, PLAIN);
            assert!(text.contains("odd") && text.contains("[ a.krl:"), "{text}");
            assert!(
                text.len() < 4000 && !text.contains(['\x1b', '\u{FDD0}']),
                "{start}..{end}: {}",
                text.len()
            );
            assert!(
                !json(&files).is_empty()
                    && !github(&files).is_empty()
                    && !sarif(&files, "krl", "1").is_empty()
            );
        }
    }
}
