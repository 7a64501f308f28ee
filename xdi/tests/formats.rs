//! The formats: how they are written, which errors readers tell of, and that no input does harm.

use krl_xdi::format::{self, Format, WriteOptions, flat, quad, text};
use krl_xdi::graph::Implied;
use krl_xdi::{Address, Graph};
use proptest::prelude::*;

/// The running example of the specification.
const EXAMPLE: &str = "(=ann/#says)=bob/#likes/(=ann/#says)=cy\n=ann/#friend/=bob\n=ann#home<#city>/&/\"Linz\"\n\
    =ann<#age>/&/42\n=ann[<#tel>]<@~0>/&/\"+43-1\"\n";

#[test]
fn keys_and_members_come_in_order() {
    let graph = text::read(EXAMPLE).unwrap();
    let options = WriteOptions::ordered();
    assert_eq!(text::write(&graph, options), EXAMPLE);
    assert_eq!(
        quad::write(&graph, options),
        r##"{"(=ann/#says)":{"=bob":{"/#likes":["(=ann/#says)=cy"]}},"=ann":{"<#age>":{"&":42},"[<#tel>]<@~0>":{"&":"+43-1"},"/#friend":["=bob"]},"=ann#home":{"<#city>":{"&":"Linz"}}}"##
    );
    assert_eq!(
        flat::write(&graph, options),
        r##"{"=ann/#says":[{"=bob/#likes":["(=ann/#says)=cy"]}],"=ann/#friend":["=bob"],"=ann#home<#city>/&":"Linz","=ann<#age>/&":42,"=ann[<#tel>]<@~0>/&":"+43-1"}"##
    );
    let implied = WriteOptions { implied: Implied::Show, ..options };
    let written = quad::write(&text::read("=a/#b/=c\n=a<#d>/&/1").unwrap(), implied);
    assert_eq!(written, r##"{"//":["=a","=c"],"=a":{"//":["<#d>"],"<#d>":{"&":1},"/#b":["=c"]},"=c":{}}"##);
}

#[test]
fn text_for_people_has_white_space() {
    let graph = text::read("=a/#b/=c\n=a<#d>/&/[1,\"x\"]\n//=e\n").unwrap();
    let options = WriteOptions { pretty: true, ..WriteOptions::ordered() };
    assert_eq!(text::write(&graph, options), "\t/\t\t/\t=e\n=a\t/\t#b\t/\t=c\n=a<#d>\t/\t&\t/\t[1,\"x\"]\n");
    assert_eq!(
        quad::write(&graph, options),
        "{\n  \"=a\": {\n    \"<#d>\": {\n      \"&\": [1,\"x\"]\n    },\n    \"/#b\": [\n      \"=c\"\n    ]\n  },\n  \"=e\": {}\n}\n"
    );
}

#[test]
fn readers_tell_the_place_of_an_error() {
    fn check<E: std::fmt::Display>(read: fn(&str) -> Result<Graph, E>, input: &str, message: &str) {
        let error = read(input).map(|_| ()).map_err(|e| e.to_string());
        assert_eq!(error, Err(message.to_owned()), "{input}");
    }
    check(
        text::read,
        "=a//#b\n\n=a//b",
        "line 3: a name needs a symbol before it, one of `= + * @ $ #`, at byte 4",
    );
    check(text::read, "=a/&/1", "line 1: only attributes have literals, and `=a` is none");
    check(text::read, " =a//#b", "line 1: ` ` can't stand here, at byte 0");
    check(quad::read, "[]", "line 1: a graph is an object");
    check(
        quad::read,
        "{\"=a\":\n{\"#f\":[\"=b\"]}}",
        "line 2, key `#f`: the value of an address is an object",
    );
    check(quad::read, "{\"=a\":{\"/#f\":[5]}}", "line 1, key `/#f`: a string is needed here");
    check(
        quad::read,
        "{\"=a\":{\"&\":1}}",
        "line 1, key `&`: only attributes have literals, and `=a` is none",
    );
    check(quad::read, "{\"=a\":{}} x", "line 1: nothing may follow the value");
    check(quad::read, "{\"=a\":{}", "line 1, key `=a`: items are separated by `,`");
    check(
        flat::read,
        "{\"=a\":[\"=b\"]}",
        "line 1, key `=a`: a statement has a subject, a predicate and an object, with `/` between, at byte 2",
    );
    check(
        flat::read,
        "{\"=a/#f\":[\"=b\",\n{\"=a/()\":[]}]}",
        "line 2, key `=a/()`: this is the syntax of generation G1 (2012, `()` and `!` as predicates, `$!(…)`, `data:` literals); only that of XDI Core 1.0 is read, at byte 0",
    );
    let error = format::read_any("hello").unwrap_err();
    assert!(error.to_string().starts_with("no XDI format fits; as text: line 1: "), "{error}");
}

#[test]
fn the_format_is_found() {
    let cases = [
        ("{}", Format::Flat),
        (r##"{"=a/#f":["=b"]}"##, Format::Flat),
        (r##"{"=a":{"/#f":["=b"]}}"##, Format::Quad),
        ("{$from}/#f/=b", Format::Text),
        ("", Format::Text),
    ];
    for (input, expected) in cases {
        assert_eq!(format::read_any(input).map(|(_, format)| format), Ok(expected), "{input}");
    }
}

#[test]
fn inner_roots_without_subject_or_predicate_survive() {
    let lines = "(/)=a/#b/=c\n(/#p)=a/#b/=c\n(=x/)=a/#b/=c\n(=p)(=x/#q)=a/#b/=c\n((=x/#y)=z/#q)=a/#b/=c\n\
        (=x/#y)(=z/#q)=a/#b/=d\n{(=x/#y)}=a/#b/=c\n";
    let graph = text::read(lines).unwrap();
    for implied in [Implied::Hide, Implied::Show] {
        let options = WriteOptions { implied, ..WriteOptions::ordered() };
        assert_eq!(flat::read(&flat::write(&graph, options)).as_ref(), Ok(&graph));
        assert_eq!(quad::read(&quad::write(&graph, options)).as_ref(), Ok(&graph));
        assert_eq!(text::read(&text::write(&graph, options)).as_ref(), Ok(&graph));
    }
}

#[test]
fn deep_and_long_inputs_do_no_harm() {
    let deep = |part: &str| part.repeat(100_000);
    let refused = [
        deep("{\"=a\":"),
        deep("{\"=a/#b\":["),
        deep("["),
        format!("{{\"<#a>\":{{\"&\":{}", deep("[")),
        format!("{{\"<#a>/&\":{}", deep("{\"a\":")),
        deep("("),
        deep("(=a/#b)") + "/#c/=d",
        format!("<#a>/&/{}", deep("[")),
    ];
    for input in refused {
        let shown: String = input.chars().take(30).collect();
        assert!(format::read_any(&input).is_err(), "{shown}…");
    }
    let long = format!("<#a>/&/\"{}\"", "x".repeat(50_000_000));
    let graph = text::read(&long).unwrap();
    let value = graph.literal(&Address::parse("<#a>").unwrap());
    assert_eq!(value.and_then(|v| v.as_str()).map(str::len), Some(50_000_000));
}

/// Texts made of what the formats are made of, most of them wrong somewhere.
fn document() -> impl Strategy<Value = String> {
    let part = r##"[{}\[\],:"/& \n]|"=a"|"#b"|"<#c>"|"/#p"|"//"|"&"|"=a/#p"|"=a/"|"<#c>/&"|"\(=a/#p\)"|=a|<#c>|\(=a/#p\)|/#p/|/&/|1|null"##;
    prop_oneof![
        prop::collection::vec(part, 0..16).prop_map(|parts| parts.concat()),
        object(3).prop_map(|members| format!("{{{members}}}")),
    ]
}

/// Members of quad and flat JSON, in any mixture.
fn object(depth: u32) -> BoxedStrategy<String> {
    let key = prop::sample::select(vec![
        "=a", "#b", "<#c>", "/#p", "//", "&", "=a/#p", "=a/", "<#c>/&", "(=a/#p)", "(=a)", "/#p/x", "/",
    ]);
    let leaf = prop::sample::select(vec!["[]", "[\"=a\"]", "[\"(=a/#p)=b\",\"\"]", "1.50", "{}", "\"x\""]);
    let value = if depth == 0 {
        leaf.prop_map(str::to_owned).boxed()
    } else {
        prop_oneof![
            leaf.prop_map(str::to_owned),
            object(depth - 1).prop_map(|members| format!("{{{members}}}")),
            object(depth - 1).prop_map(|members| format!("[{{{members}}}]")),
        ]
        .boxed()
    };
    let member = (key, value).prop_map(|(key, value)| format!("\"{key}\":{value}"));
    prop::collection::vec(member, 0..4).prop_map(|members| members.join(",")).boxed()
}

proptest! {
    #[test]
    fn what_can_be_read_can_be_written_and_read_again(input in document()) {
        let read = [quad::read(&input), flat::read(&input), text::read(&input)];
        for graph in read.into_iter().flatten() {
            let options = WriteOptions::ordered();
            prop_assert_eq!(text::read(&text::write(&graph, options)), Ok(graph.clone()));
            prop_assert_eq!(quad::read(&quad::write(&graph, options)), Ok(graph.clone()));
            prop_assert_eq!(flat::read(&flat::write(&graph, options)), Ok(graph.clone()));
        }
    }
}
