//! What the parser promises for any text.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a test")]

use krl_lang::ast::{ExprKind, ProgramItem};
use krl_lang::dialect::{Dialect, recognise};
use krl_lang::{Code, parse, parse_program};

#[test]
fn nesting_is_refused_beyond_a_depth() {
    let n = 10_000;
    let deep = [
        format!("a = {}1{}", "(".repeat(n), ")".repeat(n)),
        format!("a = {}", "[".repeat(n)),
        format!("a = {}{}", "{\"a\":".repeat(n), "}".repeat(n)),
        format!("a = {}1", "not ".repeat(n)),
        format!("a = {}1", "-".repeat(n)),
        format!("a = {}1", "1 + ".repeat(n)),
        format!("a = {}1", "x => 1 | ".repeat(n)),
        format!("a = x{}", ".f()".repeat(n)),
        format!("a = {}", "<<#{".repeat(n)),
        format!("a = {}1{}", "function(){".repeat(n), "}".repeat(n)),
    ];
    for text in deep {
        for source in
            [text.clone(), format!("ruleset t {{ global {{ {text} }} rule r {{ select when a b }} }}")]
        {
            let parsed = parse(&source);
            assert!(
                parsed.has_errors() && parsed.diagnostics.len() <= 3,
                "{}: {:?}",
                &source[..12],
                parsed.diagnostics
            );
            if !text.contains("<<") && !text.ends_with('[') {
                assert_eq!(parsed.diagnostics.len(), 1, "{}: {:?}", &source[..12], parsed.diagnostics);
                assert_eq!(parsed.diagnostics[0].code, Code::TooDeep, "{}", &source[..12]);
                let rules = parsed.ast.ruleset.map_or(1, |r| r.rules.len());
                assert_eq!(rules, 1);
            }
        }
    }
    let events = format!("ruleset t {{ rule r {{ select when {}a b{} }} }}", "(".repeat(n), ")".repeat(n));
    assert_eq!(parse(&events).diagnostics[0].code, Code::TooDeep);
}

#[test]
fn many_errors_are_capped() {
    let source = format!("ruleset t {{\n global {{\n{}}}\n}}\n", "a = \n".repeat(1000));
    assert_eq!(parse(&source).diagnostics.len(), 20);
    let line = format!("ruleset t {{ global {{ {} }} }}", "a = ; ".repeat(1000));
    assert_eq!(parse(&line).diagnostics.len(), 1);
}

/// Cuts and mangles a ruleset in every way: no panic, spans inside the text.
#[test]
fn any_text_is_parsed() {
    let source = include_str!("samples/thermostat.krl");
    let mut texts: Vec<String> =
        (0..source.len()).step_by(3).filter_map(|i| source.get(..i).map(str::to_owned)).collect();
    texts.extend((0..source.len()).step_by(17).filter_map(|i| source.get(i..).map(str::to_owned)));
    for odd in
        ["\0", "\u{FEFF}", "}", "{", ">>", "<<", "#{", "\"", "re#", "/*", "rule", "\r", "é", "\\", "=", "𝒳"]
    {
        texts.extend((0..source.len()).step_by(97).map(|i| format!("{}{odd}{}", &source[..i], &source[i..])));
        texts.push(odd.to_owned());
    }
    for text in texts {
        for parsed in [parse(&text), parse_program(&text)] {
            assert!(parsed.diagnostics.len() <= 20);
            for found in &parsed.diagnostics {
                assert!(
                    found.span.start <= found.span.end && found.span.end as usize <= text.len() + 1,
                    "{found:?}"
                );
                assert!(!found.message.is_empty() && !found.message.ends_with('.'), "{found:?}");
            }
        }
    }
}

#[test]
fn prompt_input_can_be_incomplete() {
    let incomplete = [
        "1 +",
        "f(",
        "x = function(a) {",
        "{\"a\": 1,",
        "[1",
        "<<text",
        "<<#{1",
        "a =",
        "x => 1 |",
        "/* text",
    ];
    for source in incomplete {
        let parsed = parse_program(source);
        assert!(parsed.has_errors() && parsed.is_incomplete(), "{source}");
    }
    for source in ["1 + 2", "x = 1; x", "", "f(1)[2]", "1 + )", "a = = 1", "}"] {
        assert!(!parse_program(source).is_incomplete(), "{source}");
    }
    let ruleset = parse("ruleset a {");
    assert!(ruleset.is_incomplete() && ruleset.has_errors());
}

#[test]
fn programs_hold_declarations_and_expressions() {
    let parsed = parse_program("a = 1; b = a + 2\nf(b)");
    assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
    assert!(matches!(
        *parsed.ast.program.as_slice(),
        [ProgramItem::Declaration(_), ProgramItem::Declaration(_), ProgramItem::Expr(e)]
            if matches!(parsed.ast.expr(e).kind, ExprKind::Call { .. })
    ));
}

/// The expression as a tree in prefix notation.
fn shape(source: &str) -> String {
    fn show(ast: &krl_lang::ast::Ast, source: &str, id: krl_lang::ast::ExprId, out: &mut String) {
        let expr = ast.expr(id);
        let mut children = Vec::new();
        expr.kind.for_each_child(|c| children.push(c));
        if children.is_empty() {
            out.push_str(expr.span.text(source));
            return;
        }
        out.push('(');
        match &expr.kind {
            ExprKind::Binary { op_span, .. } => out.push_str(op_span.text(source)),
            ExprKind::Unary { op, .. } => out.push_str(&format!("{op:?}").to_lowercase()),
            ExprKind::Conditional { .. } => out.push_str("=>"),
            ExprKind::Call { .. } => out.push_str("call"),
            ExprKind::Member { name, .. } => out.push_str(&format!(".{}", name.text(source))),
            ExprKind::Index { .. } => out.push_str("[]"),
            ExprKind::Path { .. } => out.push_str("{}"),
            ExprKind::Function(f) => out.push_str(&format!("function/{}", f.params.len())),
            _ => out.push('_'),
        }
        for child in children {
            out.push(' ');
            show(ast, source, child, out);
        }
        out.push(')');
    }
    let parsed = parse_program(source);
    assert!(parsed.diagnostics.is_empty(), "{source}: {:?}", parsed.diagnostics);
    let [ProgramItem::Expr(id)] = *parsed.ast.program.as_slice() else { panic!("{source}") };
    let mut out = String::new();
    show(&parsed.ast, source, id, &mut out);
    out
}

/// Conformance part B.
#[test]
fn precedence() {
    let cases = [
        ("a+b+c", "(+ (+ a b) c)"),
        ("a+b*c", "(+ a (* b c))"),
        ("a || b && c", "(|| a (&& b c))"),
        ("(a||b)&&c", "(&& (_ (|| a b)) c)"),
        ("a && b cmp c", "(&& a (cmp b c))"),
        ("a * b < c && d", "(&& (< (* a b) c) d)"),
        ("a=>b|c=>d|e", "(=> a b (=> c d e))"),
        ("not a == b", "(== (not a) b)"),
        ("not not a || b", "(|| (not (not a)) b)"),
        ("nota", "nota"),
        ("-5.as(\"String\")", "(minus (call (.as 5) \"String\"))"),
        ("1 < 2 == true", "(== (< 1 2) true)"),
        ("a[1]{\"x\"}(2).f(3)", "(call (.f (call ({} ([] a 1) \"x\") 2)) 3)"),
        ("function(a){b = c [i]; b}", "(function/1 ([] c i) b)"),
        ("function(a){b = c return [i]}", "(function/1 c (_ i))"),
        ("f(1, b = 2)", "(call f 1 2)"),
        ("x like re#a#i", "(like x re#a#i)"),
        ("<<a #{b} c>>", "(_ b)"),
        ("a - -b", "(- a (minus b))"),
    ];
    for (source, tree) in cases {
        assert_eq!(shape(source), tree, "{source}");
    }
}

/// Mistakes people make, and the code that tells them.
#[test]
fn slips_are_told_by_name() {
    let rule = |body: &str| format!("ruleset a {{ rule b {{ select when c d {body} }} }}");
    let global = |body: &str| format!("ruleset a {{ global {{ {body} }} }}");
    let cases = [
        (rule("noop() noop()"), Code::ExpectedBlock, "noop"),
        (rule("if x then { noop() }"), Code::ExpectedBlock, "{"),
        (rule("always { raise x event \"y\" with a = 1 }"), Code::ExpectedStatement, "with"),
        (rule("always { ent:x = 1 }"), Code::Assignment, "="),
        (rule("if a eq b then noop()"), Code::WordOperator, "eq"),
        (global("x = [if, then, else]"), Code::ExpectedExpression, "then"),
        (global("x = a => b"), Code::MissingOtherwise, "}"),
        (global("x = 'a'"), Code::IllegalCharacter, "'"),
        (global("x = {\"a\" + \"b\": 1}"), Code::MapKey, "+"),
        (global("return = 1"), Code::ReservedWord, "return"),
    ];
    for (source, code, place) in cases {
        let parsed = parse(&source);
        let first = parsed.diagnostics.first().unwrap();
        assert_eq!((first.code, first.span.text(&source)), (code, place), "{source}: {first:?}");
    }
}

#[test]
fn dialects_are_told_apart() {
    let cases = [
        ("ruleset a { rule b { select when c d } }", Dialect::Modern),
        ("ruleset 10 { rule b { select using \"x\" } }", Dialect::Classic),
        ("ruleset a169x1 { dispatch { domain \"x.com\" } }", Dialect::Classic),
        ("ruleset a { meta { sharing on } }", Dialect::Classic),
        ("ruleset a { global { f = defaction(){ noop() returns x } } }", Dialect::Zero),
        ("ruleset a { global { dispatch = {\"a\": 1} x = dispatch{\"a\"} } }", Dialect::Modern),
    ];
    for (source, dialect) in cases {
        assert_eq!(recognise(source).dialect, dialect, "{source}");
        if dialect == Dialect::Classic {
            let found = parse(source).diagnostics;
            assert_eq!(found.iter().map(|d| d.code).collect::<Vec<_>>(), [Code::OlderDialect], "{source}");
        }
    }
}
