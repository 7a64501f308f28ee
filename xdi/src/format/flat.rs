//! Flat JSON: one object with a key for each subject and predicate (`xdi.md §3.5`). Older signatures are made of it.

use super::error::Place;
use super::{ReadError, WriteOptions};
use crate::address::{self, Address, SyntaxCode, SyntaxError};
use crate::graph::{Graph, Line, Node, Rest};
use crate::json::{Reader, Writer};
use crate::literal::Literal;
use crate::statement::{Statement, parse_predicate};
use indexmap::IndexMap;

/// Reads a graph.
///
/// ```
/// use krl_xdi::format::{flat, text, WriteOptions};
///
/// let graph = flat::read(r#"{"=ann/#says":[{"=bob/#likes":["=cy"]}],"=ann<#age>/&":42}"#)?;
/// let lines = text::write(&graph, WriteOptions::ordered());
/// assert_eq!(lines, "(=ann/#says)=bob/#likes/=cy\n=ann<#age>/&/42\n");
/// # Ok::<(), krl_xdi::format::ReadError>(())
/// ```
pub fn read(text: &str) -> Result<Graph, ReadError> {
    let mut graph = Graph::new();
    read_into(&mut graph, text)?;
    Ok(graph)
}

/// A key whose array is open: the node it is about, its predicate, and the inner root that objects in the array tell of.
struct Key {
    subject: Address,
    predicate: Address,
    inner: String,
}

/// What is open: an object about an inner root, or the array of a key.
enum Open {
    Object(Address),
    Array(Address, Key),
}

/// Adds the statements of a text to a graph.
pub fn read_into(graph: &mut Graph, text: &str) -> Result<(), ReadError> {
    let mut reader = Reader::new(text);
    let mut place = Place { text, key: None };
    reader.expect(b'{', "a graph is an object").map_err(|e| place.json(e))?;
    let mut open = vec![Open::Object(Address::root())];
    let mut first = true;
    while let Some(innermost) = open.last() {
        let next = match innermost {
            Open::Object(base) => read_member(graph, &mut reader, &mut place, base, first)?,
            Open::Array(base, key) => read_item(graph, &mut reader, &place, base, key, first)?,
        };
        first = matches!(next, Step::Into(_));
        match next {
            Step::Into(inside) => open.push(inside),
            Step::Done => {
                open.pop();
            }
            Step::On => {}
        }
    }
    place.key = None;
    reader.end().map_err(|e| place.json(e))
}

/// What comes after a step of the reader.
enum Step {
    Into(Open),
    On,
    Done,
}

fn read_member(
    graph: &mut Graph,
    reader: &mut Reader<'_>,
    place: &mut Place<'_>,
    base: &Address,
    first: bool,
) -> Result<Step, ReadError> {
    let Some(text) = reader.key(first).map_err(|e| place.json(e))? else { return Ok(Step::Done) };
    place.key = Some(text.clone());
    let parts =
        split(&text).and_then(|(subject, predicate)| Ok((base.join(&Address::parse(subject)?)?, predicate)));
    let (subject, predicate) = parts.map_err(|e| place.error(reader, e))?;
    if predicate == "&" {
        let value = reader.value().map_err(|e| place.json(e))?;
        graph.set_literal(&subject, value).map_err(|e| place.error(reader, e))?;
        return Ok(Step::On);
    }
    let predicate = parse_predicate(predicate).map_err(|e| place.error(reader, e))?;
    reader.expect(b'[', "an array of addresses is needed here").map_err(|e| place.json(e))?;
    let key = Key { subject, predicate, inner: format!("({text})") };
    Ok(Step::Into(Open::Array(base.clone(), key)))
}

fn read_item(
    graph: &mut Graph,
    reader: &mut Reader<'_>,
    place: &Place<'_>,
    base: &Address,
    key: &Key,
    first: bool,
) -> Result<Step, ReadError> {
    if !reader.has_item(first, b']').map_err(|e| place.json(e))? {
        return Ok(Step::Done);
    }
    if reader.eat(b'{') {
        let inner = Address::parse(&key.inner).and_then(|inner| base.join(&inner));
        let inner = inner.map_err(|e| place.error(reader, e))?;
        graph.set_node(&inner).map_err(|e| place.error(reader, e))?;
        return Ok(Step::Into(Open::Object(inner)));
    }
    let text = reader.string().map_err(|e| place.json(e))?;
    let object = Address::parse(&text).map_err(|e| place.error(reader, e))?;
    let (subject, predicate) = (key.subject.clone(), key.predicate.clone());
    let statement = if predicate.is_root() {
        Statement::Context { subject, arc: object }
    } else {
        Statement::Relation { subject, predicate, object }
    };
    graph.set(&statement).map_err(|e| place.error(reader, e))?;
    Ok(Step::On)
}

/// Subject and predicate of a key.
fn split(key: &str) -> Result<(&str, &str), SyntaxError> {
    let slash = address::top_level_slash(key, 0)?;
    let parts = slash.and_then(|at| Some((key.get(..at)?, key.get(at + 1..)?)));
    parts.ok_or_else(|| SyntaxError::new(SyntaxCode::NotThreeParts, key.len()))
}

/// The objects that are to be written; the first is the common root's, the others are about inner roots.
struct Objects<'g> {
    graph: &'g Graph,
    members: Vec<IndexMap<String, Member>>,
    /// The inner roots that have an object, by their address.
    of: IndexMap<String, usize>,
}

enum Member {
    Value(Literal),
    Array(Vec<Item>),
}

enum Item {
    Text(String),
    Object(usize),
}

/// Writes a graph. Members come in the order of the text format.
#[must_use]
pub fn write(graph: &Graph, options: WriteOptions) -> String {
    let mut objects = Objects { graph, members: vec![IndexMap::new()], of: IndexMap::new() };
    graph.each_line(options.implied, options.ordered, |line| objects.add(line));
    let mut writer = Writer::new(options.pretty);
    objects.write(&mut writer, 0, options);
    writer.finish()
}

impl Objects<'_> {
    fn add(&mut self, line: &Line<'_>) {
        let roots = self.graph.inner_roots_around(line.node);
        let object = self.object(&roots);
        let above = roots.last().map_or_else(|| self.graph.root(), |root| *root);
        let subject = self.graph.path_below(above, line.node);
        match line.rest {
            Rest::Literal(value) => {
                self.members[object].insert(format!("{subject}/&"), Member::Value(value.clone()));
            }
            Rest::Arc(arc) => self.push(object, format!("{subject}/"), Item::Text(arc.to_owned())),
            Rest::Relation { predicate, object: target } => {
                self.push(object, format!("{subject}/{predicate}"), Item::Text(target.to_owned()));
            }
        }
    }

    /// The object for inner roots that follow one another, each in the array of its subject and predicate in the one before.
    fn object(&mut self, roots: &[Node<'_>]) -> usize {
        let mut object = 0;
        let mut path = String::new();
        for root in roots {
            path.push_str(root.arc());
            if let Some(found) = self.of.get(&path) {
                object = *found;
                continue;
            }
            let inside = self.members.len();
            self.members.push(IndexMap::new());
            let key = root.arc().strip_prefix('(').and_then(|arc| arc.strip_suffix(')'));
            self.push(object, key.unwrap_or_default().to_owned(), Item::Object(inside));
            self.of.insert(path.clone(), inside);
            object = inside;
        }
        object
    }

    fn push(&mut self, object: usize, key: String, item: Item) {
        if let Member::Array(items) =
            self.members[object].entry(key).or_insert_with(|| Member::Array(Vec::new()))
        {
            items.push(item);
        }
    }

    /// Calls itself for the objects of inner roots, as deep as those follow one another.
    fn write(&self, writer: &mut Writer, object: usize, options: WriteOptions) {
        writer.open('{');
        for (key, member) in &self.members[object] {
            writer.key(key);
            match member {
                Member::Value(value) => writer.raw(|out| options.write_literal(value, out)),
                Member::Array(items) => {
                    writer.open('[');
                    for item in items {
                        writer.item();
                        match item {
                            Item::Text(text) => writer.string(text),
                            Item::Object(inside) => self.write(writer, *inside, options),
                        }
                    }
                    writer.close(']');
                }
            }
        }
        writer.close('}');
    }
}
