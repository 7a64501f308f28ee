//! `text/xdi`: one statement a line (`xdi.md §3.3`).

use super::{ReadError, WriteOptions};
use crate::graph::{Graph, Line, Rest};
use crate::statement::Statement;

/// Between the parts of a statement when the text is for people.
const PRETTY: &str = "\t/\t";

/// Reads a graph.
///
/// ```
/// use krl_xdi::format::text;
///
/// let error = text::read("=ann/#friend/=bob\n=ann/#friend/bob\n").unwrap_err();
/// assert!(error.to_string().starts_with("line 2: a name needs a symbol"));
/// ```
pub fn read(text: &str) -> Result<Graph, ReadError> {
    let mut graph = Graph::new();
    read_into(&mut graph, text)?;
    Ok(graph)
}

/// Adds the statements of a text to a graph.
pub fn read_into(graph: &mut Graph, text: &str) -> Result<(), ReadError> {
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.is_empty()) {
        let statement = read_line(line);
        let statement = statement.map_err(|e| ReadError { line: index + 1, key: None, kind: e.into() })?;
        let set = graph.set(&statement);
        set.map_err(|e| ReadError { line: index + 1, key: None, kind: e.into() })?;
    }
    Ok(())
}

/// A plain line, or one with the white space that [`write()`] adds for people: neither addresses nor JSON hold tabs of their own.
fn read_line(line: &str) -> Result<Statement, crate::address::SyntaxError> {
    let parts: Vec<&str> = line.split(PRETTY).map(|part| part.trim_matches([' ', '\t'])).collect();
    match parts.as_slice() {
        [subject, predicate, object] => Statement::parse(&format!("{subject}/{predicate}/{object}")),
        _ => Statement::parse(line),
    }
}

/// Writes a graph.
#[must_use]
pub fn write(graph: &Graph, options: WriteOptions) -> String {
    let mut out = String::new();
    graph.each_line(options.implied, options.ordered, |line| write_line(&mut out, line, options));
    out
}

fn write_line(out: &mut String, line: &Line<'_>, options: WriteOptions) {
    let slash = if options.pretty { PRETTY } else { "/" };
    out.push_str(line.subject);
    out.push_str(slash);
    match line.rest {
        Rest::Arc(arc) => {
            out.push_str(slash);
            out.push_str(arc);
        }
        Rest::Relation { predicate, object } => {
            out.push_str(predicate);
            out.push_str(slash);
            out.push_str(object);
        }
        Rest::Literal(value) => {
            out.push('&');
            out.push_str(slash);
            options.write_literal(value, out);
        }
    }
    out.push('\n');
}
