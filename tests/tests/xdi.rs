//! The vectors of the XDI reference (`vectors/xdi.json`): addresses, statements, node kinds, graphs, formats, signature texts.
//!
//! Where this graph differs on purpose, `xdi-deviations.json` names the decision; a deviation that is gone is an error too.

#![expect(clippy::unwrap_used, reason = "a failing helper fails the test")]

use krl_xdi::address::{Arc, Body, Xref};
use krl_xdi::format::{self, Numbers, WriteOptions, flat, quad, text};
use krl_xdi::graph::{Implied, Node};
use krl_xdi::kind::Form;
use krl_xdi::signature::{Purpose, normalise};
use krl_xdi::{Address, Graph, GraphError, Statement};
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

#[test]
fn the_graph_is_as_in_the_reference() {
    let listed = deviations();
    let vectors = vectors();
    let mut failures: BTreeMap<String, String> = BTreeMap::new();
    for vector in &vectors {
        if let Err(why) = check(vector) {
            failures.insert(word(vector, "id").to_owned(), format!("{vector}\n    {why}"));
        }
    }
    println!("{} of {} vectors as in the reference", vectors.len() - failures.len(), vectors.len());
    let unlisted: Vec<String> = failures
        .iter()
        .filter(|(id, _)| !listed.contains_key(*id))
        .map(|(id, why)| format!("{id}: {why}"))
        .collect();
    let gone: Vec<_> = listed.keys().filter(|id| !failures.contains_key(*id)).collect();
    assert!(unlisted.is_empty(), "{} unlisted deviations:\n{}", unlisted.len(), unlisted.join("\n"));
    assert!(gone.is_empty(), "listed, but as in the reference: {gone:?}");
}

fn check(vector: &Json) -> Result<(), String> {
    match word(vector, "group") {
        "address" => address(vector),
        "statement" => statement(vector),
        "node_kind" => node_kind(vector),
        "graph" => graph(vector),
        "read" => read_vector(vector),
        "normalization" => normalization(vector),
        group => Err(format!("no such group: {group}")),
    }
}

fn agree(expected: &Json, got: &Json) -> Result<(), String> {
    if plain(expected) == plain(got) { Ok(()) } else { Err(format!("expected {expected}\n    got {got}")) }
}

/// Numbers as doubles, so that `1` and `1.0` are equal.
fn plain(value: &Json) -> Json {
    match value {
        Json::Number(n) => json!(n.as_f64().unwrap()),
        Json::Array(items) => items.iter().map(plain).collect(),
        Json::Object(entries) => entries.iter().map(|(k, v)| (k.clone(), plain(v))).collect(),
        other => other.clone(),
    }
}

fn address(vector: &Json) -> Result<(), String> {
    let input = word(vector, "input");
    let parsed = Address::parse(input);
    let mut got = json!({ "valid": parsed.is_ok() });
    if let Ok(address) = parsed {
        got["arcs"] = address.arcs().map(components).collect();
        if address.as_str() != input {
            return Err(format!("prints as {address}"));
        }
        if let Some(recomposed) = vector.get("recomposed_from_components") {
            agree(recomposed, &json!(address.normalised()))?;
        }
    }
    agree(&part(vector, &["valid", "arcs"]), &got)
}

fn components(arc: Arc<'_>) -> Json {
    let flags = [
        ("variable", arc.is_variable()),
        ("definition", arc.is_definition()),
        ("collection", arc.is_collection()),
        ("attribute", arc.is_attribute()),
        ("immutable", arc.is_immutable()),
        ("relative", arc.is_relative()),
    ];
    let mut shown = Map::new();
    shown.insert("text".into(), arc.text().into());
    shown.extend(arc.symbol().map(|s| ("symbol".into(), s.as_char().to_string().into())));
    shown.extend(flags.iter().filter(|(_, set)| *set).map(|(name, _)| ((*name).into(), true.into())));
    match arc.body() {
        Body::None => {}
        Body::Name(_) => shown.extend([("literal".into(), arc.name().unwrap().into())]),
        Body::Xref(xref) => shown.extend([("xref".into(), cross_reference(xref))]),
    }
    shown.into()
}

fn cross_reference(xref: Xref<'_>) -> Json {
    match xref {
        Xref::Empty => json!({"kind": "empty"}),
        Xref::Arc(value) => json!({"kind": "arc", "value": value}),
        Xref::Iri(value) => json!({"kind": "iri", "value": value}),
        Xref::Text(value) => json!({"kind": "literal", "value": value}),
        Xref::Inner { subject, predicate } => {
            json!({"kind": "inner", "subject": subject, "predicate": predicate})
        }
    }
}

fn statement(vector: &Json) -> Result<(), String> {
    let got = match Statement::parse(word(vector, "input")) {
        Err(_) => json!({"valid": false}),
        Ok(Statement::Context { subject, arc }) => {
            json!({"valid": true, "type": "contextual", "subject": subject.as_str(), "predicate": "", "object": arc.as_str()})
        }
        Ok(Statement::Relation { subject, predicate, object }) => {
            json!({"valid": true, "type": "relational", "subject": subject.as_str(), "predicate": predicate.as_str(), "object": object.as_str()})
        }
        Ok(Statement::Literal { subject, value }) => {
            let value = value.to_json();
            let kind = match &value {
                Json::Null => "null",
                Json::Bool(_) => "boolean",
                Json::Number(_) => "number",
                Json::String(_) => "string",
                Json::Array(_) => "array",
                Json::Object(_) => "object",
            };
            json!({"valid": true, "type": "literal", "subject": subject.as_str(), "predicate": "&", "object": value, "json_type": kind})
        }
    };
    agree(&part(vector, &["valid", "type", "subject", "predicate", "object", "json_type"]), &got)
}

fn node_kind(vector: &Json) -> Result<(), String> {
    let mut graph = Graph::new();
    let address = match Address::parse(word(vector, "address")) {
        Ok(address) => address,
        Err(_) => return agree(&vector["error"], &json!("parse")),
    };
    match graph.set_node(&address) {
        Ok(()) => {
            let nodes = std::iter::successors(graph.node(&address), |node| node.parent());
            let kinds = nodes.filter(|n| n.kind().form != Form::CommonRoot).map(|n| n.kind().to_string());
            let kinds: Vec<String> = kinds.collect();
            agree(&vector["node_kinds"], &kinds.into_iter().rev().collect())
        }
        Err(error) => {
            let name = match error {
                GraphError::LiteralAddress { .. } => "literal-node-address",
                GraphError::NotANode { .. } | GraphError::NotBelow { .. } => "invalid-subgraph",
                _ => error.code(),
            };
            agree(&vector["error"], &json!(name))
        }
    }
}

fn graph(vector: &Json) -> Result<(), String> {
    let mut graph = Graph::new();
    for line in strings(&vector["statements_in"]) {
        graph.set(&Statement::parse(line).unwrap()).unwrap();
    }
    let counts = graph.counts();
    let counts = json!({
        "context_nodes": counts.nodes, "relations": counts.relations, "literals": counts.literals,
        "statements": counts.statements(),
    });
    agree(&vector["counts"], &counts)?;
    for (implied, suffix) in [(Implied::Hide, ""), (Implied::Show, "_implied")] {
        let options = options(implied);
        let member = |name: &str| &vector[format!("{name}{suffix}")];
        agree(member("display"), &text::write(&graph, options).lines().collect())?;
        for (name, written) in
            [("quad", quad::write(&graph, options)), ("flat", flat::write(&graph, options))]
        {
            agree(member(name), &serde_json::from_str(&written).unwrap())?;
        }
        same_after_reading(&graph, options)?;
    }
    every_node_is_reached(&graph)
}

/// Every format gives the graph back, also when it is written for people.
fn same_after_reading(graph: &Graph, options: WriteOptions) -> Result<(), String> {
    for pretty in [false, true] {
        let options = WriteOptions { pretty, numbers: Numbers::AsWritten, ..options };
        let written = [text::write(graph, options), quad::write(graph, options), flat::write(graph, options)];
        for text in written {
            match format::read_any(&text) {
                Ok((read, _)) if read == *graph => {}
                other => return Err(format!("{text}\n    reads as {other:?}")),
            }
        }
    }
    Ok(())
}

fn every_node_is_reached(graph: &Graph) -> Result<(), String> {
    fn count(node: Node<'_>) -> usize {
        node.children().map(|child| 1 + count(child)).sum()
    }
    agree(&json!(graph.counts().nodes), &json!(count(graph.root())))
}

fn read_vector(vector: &Json) -> Result<(), String> {
    let input = word(vector, "input");
    let graph = match word(vector, "format") {
        "quad" => quad::read(input).map_err(|e| e.to_string()),
        "flat" => flat::read(input).map_err(|e| e.to_string()),
        "display" => text::read(input).map_err(|e| e.to_string()),
        "auto" => format::read_any(input).map(|(graph, _)| graph).map_err(|e| e.to_string()),
        other => Err(format!("no such format: {other}")),
    };
    match (vector.get("display"), graph) {
        (Some(display), Ok(graph)) => {
            agree(display, &text::write(&graph, options(Implied::Hide)).lines().collect())
        }
        (None, Err(_)) => Ok(()),
        (_, other) => Err(format!("{other:?}")),
    }
}

fn normalization(vector: &Json) -> Result<(), String> {
    let graph = text::read(&strings(&vector["statements"]).collect::<Vec<_>>().join("\n")).unwrap();
    let base = Address::parse(word(vector, "context")).unwrap();
    agree(&vector["normalized"], &json!(normalise(&graph, &base, Purpose::Signature)))
}

/// As the reference writes: sorted, numbers as doubles.
fn options(implied: Implied) -> WriteOptions {
    WriteOptions { implied, numbers: Numbers::Doubles, ..WriteOptions::ordered() }
}

fn word<'a>(vector: &'a Json, name: &str) -> &'a str {
    vector[name].as_str().unwrap()
}

fn strings(list: &Json) -> impl Iterator<Item = &str> {
    list.as_array().unwrap().iter().map(|item| item.as_str().unwrap())
}

/// Those of the members that the vector has.
fn part(vector: &Json, names: &[&str]) -> Json {
    let members = names.iter().filter_map(|name| Some(((*name).to_owned(), vector.get(*name)?.clone())));
    Json::Object(members.collect())
}

fn vectors() -> Vec<Json> {
    serde_json::from_str(&read("xdi.json")).unwrap()
}

fn deviations() -> HashMap<String, Json> {
    let list: Vec<Json> = serde_json::from_str(&read("xdi-deviations.json")).unwrap();
    list.into_iter().map(|d| (word(&d, "id").to_owned(), d)).collect()
}

fn read(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors").join(name)).unwrap()
}
