//! Addresses and statements: what XDI Core 1.0 holds them to, which older generations are recognised, where errors are, and that nothing
//! can be written that does harm.

use krl_xdi::address::{Address, Generation, MAX_ARCS, MAX_NESTING, Role, escape};
use krl_xdi::{Literal, Statement, SyntaxCode};
use proptest::prelude::*;

#[test]
fn strict_reading_is_that_of_the_specification() {
    const CASES: &[(&str, Result<(), &str>)] = &[
        ("", Ok(())),
        ("(=a)(=a/#b)=c#d<#e><$t>", Ok(())),
        ("()=a", Ok(())),
        ("{(=a)}{(=a/#b)}", Ok(())),
        ("=!:uuid:1[#p]*!:uuid:2", Ok(())),
        ("[<#email>]<@~0>", Ok(())),
        ("|[<#email>]|", Ok(())),
        ("{{$from}}", Ok(())),
        ("{$from}{}{<#x>}", Ok(())),
        ("=(https://a.example/b)", Ok(())),
        ("#(a%20b)<#(c%2Fd)>", Ok(())),
        ("<#a>&", Ok(())),
        ("(=a/#b)(=c)", Err("arcs_out_of_order")),
        ("<#a>#b", Err("arcs_out_of_order")),
        ("=a(=b)", Err("arcs_out_of_order")),
        ("<#a>&&", Err("arcs_out_of_order")),
        ("(<#a>)", Err("not_in_core")),
        ("(email)", Err("not_in_core")),
        ("(=a<#b>/#c)", Err("not_in_core")),
        ("[=a]", Err("not_in_core")),
        ("#!a", Err("not_in_core")),
        ("$(x)", Err("not_in_core")),
        ("@one", Err("not_in_core")),
        ("=1", Err("not_in_core")),
        ("[]", Err("not_in_core")),
        ("&x", Err("not_in_core")),
        ("=!9999", Err("older_generation")),
        ("<@_0>", Err("older_generation")),
    ];
    for (text, expected) in CASES {
        assert!(Address::parse(text).is_ok(), "{text}");
        let got = Address::parse_strict(text).map(|_| ()).map_err(|e| e.code.as_str());
        assert_eq!(got, *expected, "{text}");
    }
    assert!(Statement::parse_strict("=a/$is()/(=b)").is_ok());
    assert!(Statement::parse_strict("<#a>=b/#c/=d").is_err());
}

#[test]
fn older_generations_are_named() {
    const CASES: &[(&str, Generation)] = &[
        ("=!91F2.8153.F600.AE24//#a", Generation::G0),
        ("=m/()/+name", Generation::G1),
        ("=m$*(+tel)$!1/!/(data:,123)", Generation::G1),
        ("=m$($msg)$(!1)$do/$add/(=m/+friend/=a)", Generation::G1),
        ("[@]!9999[$msg]!1234<$t>&/&/\"…\"", Generation::G2),
        ("[<+tel>]#0&/&/\"…\"", Generation::G2),
        ("[+]!9999[+]!8888//[$msg]!1234", Generation::G3),
        ("(=m[$msg]!1$do/$set)=m<#age>/&/33", Generation::G3),
        ("=m<#age>&/&/33", Generation::G4),
    ];
    for (text, generation) in CASES {
        let error = Statement::parse(text).map_err(|e| e.code);
        assert_eq!(error, Err(SyntaxCode::OlderGeneration(*generation)), "{text}");
    }
    // Text in literals says nothing about the syntax around it.
    let error = Statement::parse("=a b<#c>/&/\"[=]!\"").unwrap_err();
    assert_eq!(error.code, SyntaxCode::Unexpected(' '));
}

#[test]
fn errors_tell_code_and_place() {
    const CASES: &[(&str, &str, usize)] = &[
        ("=a,b//#c", "unexpected_character", 2),
        ("=a<#b//#c", "unclosed_bracket", 5),
        ("=a/#b/(=c", "unclosed_bracket", 9),
        ("=a/#b/carol", "name_without_symbol", 6),
        ("=a/#b%2/=c", "bad_escape", 5),
        ("=a/(=b/#c/=d)/=e", "bad_cross_reference", 9),
        ("=a/#b", "not_three_parts", 5),
        ("=a//=b=c", "not_one_arc", 4),
        ("=a/#b&/=c", "literal_arc", 5),
        ("<#b>/&/01", "bad_literal", 7),
        ("<#b>/&/[1,]", "bad_literal", 10),
        ("<#b>/&/\"\\ud800\"", "bad_literal", 14),
        ("<#b>/&/1 2", "bad_literal", 9),
    ];
    for (text, code, at) in CASES {
        let error = Statement::parse(text).unwrap_err();
        assert_eq!((error.code.as_str(), error.at), (*code, *at), "{text}: {error}");
    }
}

#[test]
fn hostile_texts_are_errors() {
    let deep = |open: &str, n: usize| open.repeat(n);
    let cases = [
        (deep("(", 100_000), "too_deep"),
        (deep("((=a/#b)", 100_000), "too_deep"),
        (deep("(", MAX_NESTING + 1) + &deep(")", MAX_NESTING + 1), "too_deep"),
        (deep("=a", MAX_ARCS + 1), "too_many_arcs"),
        (deep("#(=a/#b)", MAX_ARCS), "too_many_arcs"),
        (format!("={}", deep("a", 2_000_000)), "too_long"),
        (deep("{", 100_000), "unclosed_bracket"),
        (deep("[", 100_000), "unclosed_bracket"),
        ("=a\u{1F600}".to_owned(), "unexpected_character"),
    ];
    for (text, code) in cases {
        let shown: String = text.chars().take(30).collect();
        assert_eq!(Address::parse(&text).map_err(|e| e.code.as_str()), Err(code), "{shown}…");
    }
    assert!(Address::parse(&deep("=a", MAX_ARCS)).is_ok());
    let nested = deep("(", MAX_NESTING) + "=a" + &deep(")", MAX_NESTING);
    assert!(Address::parse(&nested).is_ok());
    assert!(Literal::parse(&deep("[", 100_000)).is_err());
    assert!(Literal::parse(&deep("{\"a\":", 100_000)).is_err());
}

#[test]
fn numbers_keep_their_text_and_compare_by_value() {
    const EQUAL: &[(&str, &str)] =
        &[("1", "1.0"), ("100", "1e2"), ("0.10", "1E-1"), ("-0", "0"), ("0e9", "0.0"), ("12e-1", "1.2")];
    const DIFFERENT: &[(&str, &str)] =
        &[("1", "-1"), ("1", "10"), ("12345678901234567890", "12345678901234567891"), ("1e400", "1e401")];
    let number = |text: &str| Literal::parse(text).unwrap();
    for (a, b) in EQUAL {
        assert_eq!(number(a), number(b));
        assert_eq!(number(a).to_string(), *a);
    }
    for (a, b) in DIFFERENT {
        assert_ne!(number(a), number(b));
    }
    // As Java prints doubles.
    const PRINTED: &[(&str, &str)] = &[
        ("42", "42.0"),
        ("-0.001", "-0.001"),
        ("0.0009", "9.0E-4"),
        ("9999999", "9999999.0"),
        ("10000000", "1.0E7"),
        ("12345678", "1.2345678E7"),
        ("12345678901234567890", "1.2345678901234567E19"),
        ("0.1e1", "1.0"),
        ("1e999", "1e999"),
    ];
    for (text, printed) in PRINTED {
        let Literal::Number(n) = number(text) else { panic!("{text} is a number") };
        assert_eq!(n.as_double_text(), *printed);
    }
}

#[test]
fn literals_of_the_allowed_depth_become_json() {
    let text = "[".repeat(127) + &"]".repeat(127);
    assert_eq!(Literal::parse(&text).unwrap().to_json().to_string(), text);
    assert!(Literal::parse(&format!("[{text}]")).is_err());
}

/// Texts made of what matters to the syntax.
fn syntax_like() -> impl Strategy<Value = String> {
    "([=+*@$#&!~()<>\\[\\]{}|/:%.a1é\" ]|uuid|%C3%A9|\\(=a/#b\\)){0,24}"
}

proptest! {
    #[test]
    fn addresses_print_as_they_were_written(text in syntax_like()) {
        if let Ok(address) = Address::parse(&text) {
            prop_assert_eq!(address.as_str(), &text);
            let arcs: String = address.arcs().map(|arc| arc.text()).collect();
            prop_assert_eq!(&arcs, &text);
            // Taking it apart and putting it together again.
            let parts = address.arcs().try_fold(Address::root(), |whole, arc| {
                whole.join(&Address::parse(arc.text())?)
            });
            prop_assert_eq!(parts.as_ref(), Ok(&address));
            prop_assert!(address.parent().is_none_or(|parent| address.starts_with(&parent)));
            let normal = Address::parse(&address.normalised());
            prop_assert!(normal.is_ok_and(|n| n.normalised() == address.normalised()));
            let _ = address.validate();
        }
    }

    #[test]
    fn statements_print_as_they_were_written(text in syntax_like()) {
        if let Ok(statement) = Statement::parse(&text) {
            prop_assert_eq!(Statement::parse(&statement.to_string()), Ok(statement));
        }
    }

    #[test]
    fn errors_lie_in_the_text(text in "\\PC{0,20}") {
        if let Err(error) = Statement::parse(&text) {
            prop_assert!(error.at <= text.len() + 2, "{} in {:?}", error, text);
        }
    }

    #[test]
    fn any_text_makes_an_arc_and_comes_back(text in prop_oneof![any::<String>(), syntax_like()]) {
        const ROLES: [Role; 6] = [
            Role::Entity, Role::Collection, Role::Member, Role::Attribute, Role::AttributeCollection,
            Role::AttributeMember,
        ];
        for role in ROLES {
            let address = Address::root().child(role, &text).unwrap();
            prop_assert_eq!(address.len(), 1);
            let name = address.last().and_then(|arc| arc.name());
            prop_assert_eq!(name.as_deref(), Some(text.as_str()));
            prop_assert_eq!(address.validate(), Ok(()), "{}", address);
            prop_assert!(krl_xdi::Graph::new().set_node(&address).is_ok());
        }
    }

    #[test]
    fn different_texts_make_different_arcs(a in syntax_like(), b in syntax_like()) {
        prop_assert_eq!(a == b, escape(&a) == escape(&b));
    }

    #[test]
    fn literals_read_as_other_readers_do(text in "[\\[\\]{}:,\"a1.eE+\\-\\\\u0 tn]{0,12}") {
        let ours = Literal::parse(&text);
        // Floats beyond all doubles are numbers to us.
        let theirs = serde_json::from_str::<serde_json::Value>(&text);
        match (&ours, &theirs) {
            (Ok(ours), Ok(theirs)) => prop_assert_eq!(&ours.to_json(), theirs),
            (Ok(_), Err(e)) => prop_assert!(e.to_string().contains("out of range"), "{}: {}", text, e),
            (Err(e), Ok(_)) => prop_assert!(false, "{}: {}", text, e),
            (Err(_), Err(_)) => {}
        }
    }
}
