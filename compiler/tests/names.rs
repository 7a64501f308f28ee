//! What resolution reports: a ruleset in one line, the findings with the text they point at, and the advice.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test")]

use krl_compiler::compile;

/// `CODE at TEXT: message (help)` of each error.
fn findings(source: &str) -> Vec<String> {
    let compiled = compile(source);
    let shown = compiled.diagnostics.iter().filter(|d| d.is_error()).map(|d| {
        let help = d.help.as_deref().map(|h| format!(" ({h})")).unwrap_or_default();
        format!("{} at {}: {}{help}", d.code, d.span.text(source), d.message)
    });
    shown.collect()
}

fn global(body: &str) -> String {
    format!("ruleset r {{ global {{ {body} }} }}")
}

fn rule(body: &str) -> String {
    format!("ruleset r {{ rule x {{ select when a b {body} }} }}")
}

#[test]
fn names_are_reported_with_advice() {
    for (source, expected) in [
        (
            global("prices = [1] t = price"),
            "KRL0200 at price: `price` is not defined (did you mean `prices`?)",
        ),
        (global("t = [1].fliter()"), "KRL0200 at fliter: `fliter` is not defined (did you mean `filter`?)"),
        (
            rule("where rids >< meta:rid noop()"),
            "KRL0200 at rids: `rids` is not defined (the event's attribute is `event:attrs{\"rids\"}`; engine 0.x took its bare name here)",
        ),
        (
            global("t = 5.abs()"),
            "KRL0200 at abs: `abs` is not defined (module `math` has a member of this name: `math:abs`)",
        ),
        (
            global("t = math:rond(1)"),
            "KRL0501 at rond: module `math` has no `rond` (did you mean `math:round`?)",
        ),
        (global("t = mth:abs(1)"), "KRL0500 at mth: no module is called `mth` here (did you mean `math`?)"),
        (global("a = b b = 1"), "KRL0207 at b: `b` is declared further down"),
        (global("a = 1 a = 2"), "KRL0201 at a: a second declaration of `a` in the same scope"),
        (global("f = function(a, a) { a }"), "KRL0202 at a: a second parameter of `a` in the same scope"),
        (
            global("f = function(a) { a = 1 a }"),
            "KRL0201 at a: a second declaration of `a` in the same scope",
        ),
        (global("p = re#a(b#"), "KRL0213 at (: invalid regular expression: unterminated group"),
        (
            rule("foreach n setting(x) pre { n = 1 }"),
            "KRL0207 at n: `n` is declared in `pre`, which runs inside the loop",
        ),
        (
            rule("pre { x = 1 } noop() setting(x)"),
            "KRL0201 at x: a second declaration of `x` in the same scope",
        ),
        (
            rule("always { app:n := 1 }"),
            "KRL0211 at app:n: `app:n` cannot be assigned: only entity variables can",
        ),
        (rule("always { n = 1 if ent:a }"), "KRL0208 at if ent:a: a declaration cannot have a guard"),
    ] {
        let found = findings(&source);
        assert!(
            found.len() == 1 && found[0].starts_with(expected),
            "{source}\n  expected {expected}\n  found {found:#?}"
        );
    }
}

#[test]
fn scopes_shadow_and_hoist_without_findings() {
    for source in [
        global("f = function() { g() } g = function() { f() }"),
        global("a = defaction() { b() } b = defaction() { a() }"),
        global("f = function(x) { function(x) { x } }"),
        rule("pre { uc = uc(\"a\") }"),
        rule("pre { x = 1 } fired { x = x + 1 } else { x = 2 }"),
        rule("foreach [1] setting(x) foreach [x] setting(x)"),
        rule("every { noop() setting(d) noop() setting(d) }"),
        "ruleset r { rule x { select when a b k re#(.)# setting(v) or a c k re#(.)# setting(v) } }"
            .to_owned(),
        "ruleset r { rule x is inactive { select when a b pre { y = nosuch } } }".to_owned(),
        "ruleset r { meta { shares __testing } }".to_owned(),
        "ruleset r { meta { use module io.x alias math } global { a = math:anything(1) } }".to_owned(),
    ] {
        assert_eq!(findings(&source), [""; 0], "{source}");
    }
}
