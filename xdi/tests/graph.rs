//! What a change of a graph brings about, and what is refused.

#![expect(clippy::unwrap_used, reason = "a failing helper fails the test")]

use krl_xdi::format::{WriteOptions, text};
use krl_xdi::graph::Implied;
use krl_xdi::{Address, Graph, Statement};

fn graph(lines: &[&str]) -> Graph {
    text::read(&lines.join("\n")).unwrap()
}

fn lines(graph: &Graph) -> Vec<String> {
    text::write(graph, WriteOptions::ordered()).lines().map(str::to_owned).collect()
}

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

/// What of `before` is left when `deleted` was.
fn check_delete(before: &[&str], deleted: &str, after: &[&str]) {
    let mut graph = graph(before);
    let done = match Statement::parse(deleted) {
        Ok(statement) => graph.delete(&statement),
        Err(_) => graph.delete_node(&address(deleted)),
    };
    assert!(done, "{deleted} was there");
    assert_eq!(lines(&graph), after, "{before:?} without {deleted}");
}

#[test]
fn what_depends_on_a_deleted_thing_goes_with_it() {
    check_delete(&["=a#b<#c>/&/1", "=a/#d/=e"], "=a", &["//=e"]);
    check_delete(&["=a#b<#c>/&/1"], "=a#b<#c>/&/1", &["=a#b//<#c>"]);
    check_delete(&["=a/#b/=c", "=c/#d/=e"], "=c", &["//=a", "//=e"]);
    check_delete(&["=a/#b/=a"], "=a/#b/=a", &["//=a"]);
    check_delete(&["=a/#b/=a"], "=a", &[]);
    check_delete(&["(=a/#b)=c/#d/(=a/#b)=e"], "=a", &[]);
    check_delete(&["(=a/#b)=c/#d/=e"], "=a/#b/(=a/#b)", &["//=a", "//=e"]);
    check_delete(&["(=a/#b)(=c/#d)=e/#f/=g"], "(=a/#b)=c", &["//=g", "=a/#b/(=a/#b)"]);
    check_delete(&["(=a/)=b/#c/=d"], "=a", &["//=d"]);
    check_delete(&["(/#a)=b/#c/=d"], "/#a/(/#a)", &["//=d"]);
    check_delete(&["=a//#b", "=c/#d/=e"], "", &[]);
}

#[test]
fn what_is_not_there_cannot_be_deleted() {
    let mut graph = graph(&["=a<#b>/&/1", "=a/#c/=d"]);
    for text in ["=a//=d", "=a/#d/=c", "=a<#b>/&/2", "//=x"] {
        assert!(!graph.delete(&Statement::parse(text).unwrap()), "{text}");
    }
    assert!(!graph.delete_node(&address("=a#x")) && !graph.delete_literal(&address("=a")));
    assert_eq!(lines(&graph), ["=a/#c/=d", "=a<#b>/&/1"]);
}

#[test]
fn changes_that_no_graph_can_hold_are_refused_and_leave_no_trace() {
    const CASES: &[(&str, &str)] = &[
        ("=x/&/1", "not_an_attribute"),
        ("=x<#a>/#b/=", "not_a_node"),
        ("=x/#b/<#a>#b", "not_below"),
        ("=x//(=y)", "not_below"),
        ("=x/#b/<#a>&", "literal_address"),
        ("=x/#a/(=/#b)", "not_a_node"),
        ("=x/#a/(=y<#z>#b/#c)", "not_below"),
        ("(=a/#b&)//=c", "literal_arc"),
        ("=x/#a/(=y&/#b)", "literal_address"),
        ("//(=a/$ref)", "inner_reference"),
        ("=a/$ref/=a", "reference_cycle"),
    ];
    for (text, code) in CASES {
        let mut graph = graph(&["=a/#b/=c"]);
        let error = graph.set(&Statement::parse(text).unwrap()).unwrap_err();
        assert_eq!(error.code(), *code, "{text}: {error}");
        assert_eq!(lines(&graph), ["=a/#b/=c"], "{text}");
    }
}

#[test]
fn references_that_lead_back_are_refused() {
    const CASES: &[(&[&str], &str)] = &[
        (&[], "=a/$ref/=a#b"),
        (&["=a/$ref/=b"], "=b/$rep/=a"),
        (&["=a/$ref/=b", "=b/$ref/=c", "=c/$ref/=d"], "=d/$ref/=a"),
        (&["=a/$ref/=b"], "=b/$ref/=a#x"),
        (&["=a/$ref/=b"], "=b#c/$ref/=a#c"),
        (&["=b#c/$ref/=a#c"], "=a/$ref/=b"),
        (&["(=o)/$ref/"], "=x/$ref/(=o)=x"),
        (&["=a#x/$ref/=z", "=b/$ref/=a#x"], "=a/$ref/=b"),
    ];
    for (before, refused) in CASES {
        let mut graph = graph(before);
        let error = graph.set(&Statement::parse(refused).unwrap()).map_err(|e| e.code());
        assert_eq!(error, Err("reference_cycle"), "{before:?} and {refused}");
    }
}

#[test]
fn references_are_followed() {
    let graph = graph(&[
        "(=!:uuid:1)/$ref/",
        "/$is$ref/(=!:uuid:1)",
        "(=ann)/$ref/(=!:uuid:1)",
        "=ann<#email>/$ref/=ann[<#email>]<*work>",
        "=home/$rep/=ann#home",
        "=home#garden/$ref/=park",
    ]);
    const CASES: &[(&str, &str)] = &[
        ("=ann", "=ann"),
        ("(=ann)=x", "=x"),
        ("=ann<#email><#host>", "=ann[<#email>]<*work><#host>"),
        ("=home#roof", "=ann#home#roof"),
        ("=home#garden#tree", "=park#tree"),
        ("(=ann)=home#roof", "=ann#home#roof"),
    ];
    for (from, to) in CASES {
        assert_eq!(graph.resolve(&address(from)), Ok(address(to)), "{from}");
    }
}

#[test]
fn nodes_tell_what_is_around_them() {
    let graph = graph(&["=a/#b/=c", "=d/#b/=c", "=a/#b/=b", "=a<#n>/&/1", "=a#home<#n>/&/2"]);
    let a = graph.node(&address("=a")).unwrap();
    let paths = |nodes: Vec<krl_xdi::graph::Node<'_>>| nodes.iter().map(|n| n.path()).collect::<Vec<_>>();
    assert_eq!(paths(a.children().collect()), ["=a#home", "=a<#n>"]);
    assert_eq!(paths(a.objects("#b").collect()), ["=b", "=c"]);
    let c = graph.node(&address("=c")).unwrap();
    let mut subjects = paths(c.incoming().map(|r| r.subject).collect());
    subjects.sort();
    assert_eq!(subjects, ["=a", "=d"]);
    assert_eq!(a.child("<#n>").and_then(|n| n.literal()).map(ToString::to_string).as_deref(), Some("1"));
    assert!(graph.contains(&Statement::parse("//=a").unwrap()));
    assert!(graph.contains(&Statement::parse("=a<#n>/&/1.0").unwrap()));
}

#[test]
fn a_subtree_takes_the_inner_roots_of_its_relations_along() {
    let graph = graph(&[
        "(=a#b/#says)=c/#likes/=d",
        "(=x/#says)=c/#likes/=d",
        "=a#b<#n>/&/1",
        "=a<#n>/&/2",
        "=d<#n>/&/3",
    ]);
    let part = graph.subtree(&address("=a#b"));
    assert_eq!(lines(&part), ["(=a#b/#says)=c/#likes/=d", "=a#b<#n>/&/1"]);
    assert!(graph.subtree(&address("=nobody")).is_empty());
    assert_eq!(graph.subtree(&Address::root()), graph);
}

#[test]
fn statements_that_follow_from_others_are_told_when_asked_for() {
    let graph = graph(&["=web=m/#friend/=ann"]);
    let told = |implied| graph.statements(implied).map(|s| s.to_string()).collect::<Vec<_>>();
    assert_eq!(told(Implied::Hide), ["=web=m/#friend/=ann"]);
    assert_eq!(told(Implied::Show), ["//=ann", "//=web", "=web//=m", "=web=m/#friend/=ann"]);
    assert_eq!(graph.len(), 4);
}
