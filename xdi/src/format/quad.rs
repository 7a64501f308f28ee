//! `application/xdi+json`: a JSON object for each root, entity and attribute (`xdi.md §3.4`).

use super::error::{Place, ReadErrorKind};
use super::{ReadError, WriteOptions};
use crate::address::Address;
use crate::graph::{Graph, Implied, Node};
use crate::json::{Reader, Writer};
use crate::statement::parse_predicate;
use std::collections::BTreeMap;

/// Reads a graph.
///
/// ```
/// use krl_xdi::format::quad;
///
/// assert!(quad::read(r##"{"=ann":{"#home":{"<#city>":{"&":"Linz"}},"/#friend":["=bob"]}}"##).is_ok());
/// let error = quad::read(r#"{"=ann":5}"#).unwrap_err();
/// assert_eq!(error.to_string(), "line 1, key `=ann`: the value of an address is an object");
/// ```
pub fn read(text: &str) -> Result<Graph, ReadError> {
    let mut graph = Graph::new();
    read_into(&mut graph, text)?;
    Ok(graph)
}

/// Adds the statements of a text to a graph.
pub fn read_into(graph: &mut Graph, text: &str) -> Result<(), ReadError> {
    let mut reader = Reader::new(text);
    let mut place = Place { text, key: None };
    reader.expect(b'{', "a graph is an object").map_err(|e| place.json(e))?;
    // The addresses of the objects that are open: an object may hold others, as deep as an address is long.
    let mut open = vec![Address::root()];
    let mut first = true;
    while let Some(node) = open.last() {
        let Some(key) = reader.key(first).map_err(|e| place.json(e))? else {
            open.pop();
            first = false;
            continue;
        };
        place.key = Some(key.clone());
        first = match key.strip_prefix('/') {
            Some("/") => {
                read_arcs(graph, &mut reader, &place, node)?;
                false
            }
            Some(predicate) => {
                read_relations(graph, &mut reader, &place, node, predicate)?;
                false
            }
            None if key == "&" => {
                let value = reader.value().map_err(|e| place.json(e))?;
                graph.set_literal(node, value).map_err(|e| place.error(&reader, e))?;
                false
            }
            None => {
                let below = Address::parse(&key).and_then(|rest| node.join(&rest));
                let below = below.map_err(|e| place.error(&reader, e))?;
                reader.expect(b'{', "the value of an address is an object").map_err(|e| place.json(e))?;
                graph.set_node(&below).map_err(|e| place.error(&reader, e))?;
                open.push(below);
                true
            }
        };
    }
    place.key = None;
    reader.end().map_err(|e| place.json(e))
}

fn read_arcs(
    graph: &mut Graph,
    reader: &mut Reader<'_>,
    place: &Place<'_>,
    node: &Address,
) -> Result<(), ReadError> {
    read_strings(reader, place, |text| {
        let arc = Address::parse(text)?;
        Ok(graph.set(&crate::Statement::Context { subject: node.clone(), arc })?)
    })
}

fn read_relations(
    graph: &mut Graph,
    reader: &mut Reader<'_>,
    place: &Place<'_>,
    node: &Address,
    predicate: &str,
) -> Result<(), ReadError> {
    let predicate = parse_predicate(predicate).map_err(|e| place.error(reader, e))?;
    read_strings(reader, place, |text| {
        let object = Address::parse(text)?;
        Ok(graph.set_relation(node, &predicate, &object)?)
    })
}

/// An array of strings.
fn read_strings(
    reader: &mut Reader<'_>,
    place: &Place<'_>,
    mut each: impl FnMut(&str) -> Result<(), ReadErrorKind>,
) -> Result<(), ReadError> {
    let json = |e| place.json(e);
    reader.expect(b'[', "an array of addresses is needed here").map_err(json)?;
    let mut first = true;
    while reader.has_item(first, b']').map_err(json)? {
        first = false;
        let text = reader.string().map_err(json)?;
        each(&text).map_err(|kind| place.error(reader, kind))?;
    }
    Ok(())
}

/// A JSON object that is to be written: the node it tells of, and the objects inside by their keys.
#[derive(Default)]
struct Object<'g> {
    node: Option<Node<'g>>,
    members: BTreeMap<String, Object<'g>>,
}

/// Writes a graph. Keys are always sorted: children's arcs, nodes, literal, relations.
#[must_use]
pub fn write(graph: &Graph, options: WriteOptions) -> String {
    let mut top = Object::default();
    for node in graph.nodes(options.implied) {
        place_of(graph, &mut top, node).node = Some(node);
    }
    let mut writer = Writer::new(options.pretty);
    write_object(graph, &mut writer, &top, options);
    writer.finish()
}

/// The object of a node: in the top object if it is a root, in its root's if an entity, in its entity's or root's if an attribute.
fn place_of<'o, 'g>(graph: &Graph, top: &'o mut Object<'g>, node: Node<'g>) -> &'o mut Object<'g> {
    let above = || std::iter::successors(Some(node), |n| n.parent());
    let root = above().find(|n| n.kind().form.is_root()).unwrap_or(node);
    let entity = above().find(|n| !in_attribute(*n)).unwrap_or(node);
    let mut object = top;
    for (from, to) in [(graph.root(), root), (root, entity), (entity, node)] {
        if from != to {
            object = object.members.entry(graph.path_below(from, to)).or_default();
        }
    }
    object
}

/// Is the node an attribute, or a variable or definition somewhere below one?
fn in_attribute(node: Node<'_>) -> bool {
    let mut above = std::iter::successors(Some(node), |n| n.parent());
    above.any(|n| n.kind().form.is_attribute())
}

fn write_object(graph: &Graph, writer: &mut Writer, object: &Object<'_>, options: WriteOptions) {
    writer.open('{');
    let node = object.node;
    if let Some(node) = node.filter(|_| options.implied == Implied::Show) {
        let arcs: Vec<&str> = node.children().map(Node::arc).collect();
        if !arcs.is_empty() {
            writer.strings("//", arcs);
        }
    }
    for (key, member) in &object.members {
        writer.key(key);
        write_object(graph, writer, member, options);
    }
    if let Some(node) = node {
        if let Some(literal) = node.literal() {
            writer.key("&");
            writer.raw(|out| options.write_literal(literal, out));
        }
        let relations = graph.told_relations(node, options.implied);
        for group in relations.chunk_by(|a, b| a.0 == b.0) {
            let predicate = group.first().map_or("", |(predicate, _)| predicate);
            writer.strings(&format!("/{predicate}"), group.iter().map(|(_, object)| object.as_str()));
        }
    }
    writer.close('}');
}
