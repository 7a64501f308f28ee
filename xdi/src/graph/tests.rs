//! After any changes the indexes agree, refused changes leave no trace, every format gives the graph back, and nothing is left when
//! everything is deleted.

use super::reference::is_reference;
use super::{Graph, NO_PREDICATE, ROOT};
use crate::address::Address;
use crate::format::{WriteOptions, flat, quad, text};
use crate::graph::Implied;
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::HashMap;

#[derive(Clone, Debug)]
enum Edit {
    Node(Address),
    Relation(Address, Address, Address),
    Literal(Address, i32),
    DeleteNode(Address),
    DeleteRelation(Address, Address, Address),
    DeleteLiteral(Address),
}

const ARCS: &[&str] = &[
    "=a",
    "=b",
    "#c",
    "[#c]",
    "*!:uuid:1",
    "@~0",
    "<#e>",
    "[<#e>]",
    "<@~1>",
    "(=a)",
    "(=a/#p)",
    "(/#p)",
    "(=b/)",
    "(/)",
    "((=a/#p)=b/#q)",
    "(=a<#e>/#p)",
    "{#x}",
    "{}",
    "||",
    "|<#x>|",
    "{(=a/#p)}",
    "&",
    "=",
];

fn address() -> impl Strategy<Value = Address> {
    let arcs = prop::collection::vec(select(ARCS), 0..4);
    arcs.prop_map(|arcs| Address::parse(&arcs.concat()).unwrap())
}

const PREDICATES: &[&str] = &["#p", "#q", "$is#", "=a", "$ref", "$rep"];

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let predicate = || select(PREDICATES).prop_map(|text| Address::parse(text).unwrap());
    let triple = || (address(), predicate(), address());
    let edit = prop_oneof![
        2 => address().prop_map(Edit::Node),
        4 => triple().prop_map(|(s, p, o)| Edit::Relation(s, p, o)),
        3 => (address(), 0..9).prop_map(|(a, n)| Edit::Literal(a, n)),
        1 => address().prop_map(Edit::DeleteNode),
        1 => triple().prop_map(|(s, p, o)| Edit::DeleteRelation(s, p, o)),
        1 => address().prop_map(Edit::DeleteLiteral),
    ];
    prop::collection::vec(edit, 0..30)
}

fn apply(graph: &mut Graph, edit: &Edit) {
    let before = graph.clone();
    let done = match edit {
        Edit::Node(address) => graph.set_node(address).is_ok(),
        Edit::Relation(s, p, o) => graph.set_relation(s, p, o).is_ok(),
        Edit::Literal(address, value) => graph.set_literal(address, *value).is_ok(),
        Edit::DeleteNode(address) => graph.delete_node(address),
        Edit::DeleteRelation(s, p, o) => graph.delete_relation(s, p, o),
        Edit::DeleteLiteral(address) => graph.delete_literal(address),
    };
    assert!(done || *graph == before, "{edit:?} was refused and changed the graph");
    check(graph);
}

/// What the indexes and counters promise each other.
fn check(graph: &Graph) {
    let mut incoming: HashMap<u32, u32> = HashMap::new();
    let mut outgoing: HashMap<u32, u32> = HashMap::new();
    let mut children: HashMap<u32, u32> = HashMap::new();
    for (&(parent, arc), &id) in &graph.children {
        let record = graph.record(id);
        assert_eq!((record.parent, record.arc), (parent, arc));
        assert!(!graph.free.contains(&id) && !graph.free.contains(&parent));
        *children.entry(parent).or_default() += 1;
    }
    for &(subject, predicate, object) in &graph.relations {
        assert!(graph.inverse.contains(&(object, predicate, subject)));
        *outgoing.entry(subject).or_default() += 1;
        *incoming.entry(object).or_default() += 1;
        let reference = is_reference(graph.labels.text(predicate));
        assert!(!reference || graph.references.contains(&subject));
    }
    let live = || graph.children.values().copied().chain([ROOT]);
    for id in live() {
        let record = graph.record(id);
        assert_eq!(record.children, children.remove(&id).unwrap_or_default());
        assert_eq!(record.outgoing, outgoing.remove(&id).unwrap_or_default());
        assert_eq!(record.incoming, incoming.remove(&id).unwrap_or_default());
    }
    assert!(children.is_empty() && outgoing.is_empty() && incoming.is_empty(), "something hangs in the air");
    assert_eq!(graph.relations.len(), graph.inverse.len());
    assert_eq!(graph.nodes.len(), live().count() + graph.free.len());
    assert!(graph.literals.keys().all(|id| graph.record(*id).kind.form.is_attribute()));
    assert!(graph.references.iter().all(|id| graph.references_of(*id).next().is_some()));
    assert_eq!(graph.inner.len(), graph.inner_of.len());
    for &(subject, predicate, root) in &graph.inner {
        assert_eq!(graph.inner_of.get(&root), Some(&(subject, predicate)));
        assert!(predicate == NO_PREDICATE || graph.relations.contains(&(subject, predicate, root)));
        assert!(live().any(|id| id == subject) && live().any(|id| id == root));
    }
    assert_eq!(graph.labels.usage().1, graph.children.len() + graph.relations.len());
}

/// Every format, with and without implied statements, order and white space.
fn check_formats(graph: &Graph) {
    for bits in 0..8 {
        let options = WriteOptions {
            implied: if bits & 1 == 0 { Implied::Hide } else { Implied::Show },
            ordered: bits & 2 == 0,
            pretty: bits & 4 == 0,
            ..WriteOptions::default()
        };
        let text = text::write(graph, options);
        assert_eq!(text::read(&text).as_ref(), Ok(graph), "{text}");
        let quad = quad::write(graph, options);
        assert_eq!(quad::read(&quad).as_ref(), Ok(graph), "{quad}");
        let flat = flat::write(graph, options);
        assert_eq!(flat::read(&flat).as_ref(), Ok(graph), "{flat}");
    }
}

proptest! {
    #[test]
    fn changes_keep_the_graph_whole(edits in edits()) {
        let mut graph = Graph::new();
        for edit in &edits {
            apply(&mut graph, edit);
        }
        // Whatever can be asked for, following references comes to an end.
        for node in graph.nodes(Implied::Show) {
            let address = Address::parse(&node.path()).unwrap();
            prop_assert!(graph.resolve(&address).is_ok(), "{:?} in {:?}", address, graph);
        }
    }

    #[test]
    fn formats_give_the_graph_back(edits in edits()) {
        let mut graph = Graph::new();
        for edit in &edits {
            apply(&mut graph, edit);
        }
        check_formats(&graph);
        let copy = graph.subtree(&Address::root());
        prop_assert_eq!(&copy, &graph);
    }

    #[test]
    fn deleting_leaves_nothing(edits in edits()) {
        let mut graph = Graph::new();
        for edit in &edits {
            apply(&mut graph, edit);
        }
        let children: Vec<_> = graph.root().children().map(|child| child.path()).collect();
        for path in children {
            graph.delete_node(&Address::parse(&path).unwrap());
            check(&graph);
        }
        for statement in graph.statements(Implied::Show) {
            prop_assert!(graph.delete(&statement), "{}", statement);
        }
        prop_assert!(graph.is_empty(), "{:?}", graph);
        prop_assert_eq!(graph.labels.usage(), (0, 0));
    }
}
