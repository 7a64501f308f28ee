//! JSON lines: one object for each diagnostic.

use super::{FileDiagnostics, ends};
use crate::diagnostic::{Applicability, Diagnostic, Severity};
use crate::span::{LineIndex, Position, Span};
use serde::Serialize;

#[derive(Serialize)]
struct Object<'a> {
    code: &'a str,
    name: &'a str,
    severity: Severity,
    message: &'a str,
    file: &'a str,
    start: Position,
    end: Position,
    labels: Vec<LabelObject<'a>>,
    help: Option<&'a str>,
    fixes: Vec<FixObject<'a>>,
}

#[derive(Serialize)]
struct LabelObject<'a> {
    file: &'a str,
    start: Position,
    end: Position,
    message: &'a str,
}

#[derive(Serialize)]
struct FixObject<'a> {
    title: &'a str,
    applicability: Applicability,
    edits: Vec<EditObject<'a>>,
}

#[derive(Serialize)]
struct EditObject<'a> {
    start: Position,
    end: Position,
    text: &'a str,
}

/// One line of JSON for each diagnostic: `code`, `name`, `severity`, `message`, `file`, `start`, `end`, `labels`, `help`,
/// `fixes`; lines and columns from 1, columns in characters, ends exclusive.
#[must_use]
pub fn json(files: &[FileDiagnostics<'_>]) -> String {
    let indexes: Vec<_> = files.iter().map(|f| LineIndex::new(f.source)).collect();
    let mut out = String::new();
    for at in 0..files.len() {
        for found in files.get(at).map_or(&[][..], |f| f.diagnostics) {
            let Some(object) = object(files, &indexes, at, found) else { continue };
            if let Ok(line) = serde_json::to_string(&object) {
                out.push_str(&line);
                out.push('\n');
            }
        }
    }
    out
}

fn object<'a>(
    files: &[FileDiagnostics<'a>],
    indexes: &[LineIndex],
    at: usize,
    found: &'a Diagnostic,
) -> Option<Object<'a>> {
    let place = |at: usize, span: Span| {
        let (file, lines) = (files.get(at)?, indexes.get(at)?);
        let (start, end) = ends(lines, file.source, span);
        Some((file.path, start, end))
    };
    let (file, start, end) = place(at, found.span)?;
    let labels = found.labels.iter().filter_map(|label| {
        let (file, start, end) = place(label.file.map_or(at, |f| f as usize), label.span)?;
        Some(LabelObject { file, start, end, message: &label.message })
    });
    let fixes = found.fixes.iter().map(|fix| FixObject {
        title: &fix.title,
        applicability: fix.applicability,
        edits: fix
            .edits
            .iter()
            .filter_map(|edit| {
                let (_, start, end) = place(at, edit.span)?;
                Some(EditObject { start, end, text: &edit.text })
            })
            .collect(),
    });
    Some(Object {
        code: found.code.id(),
        name: found.code.info().name,
        severity: found.severity,
        message: &found.message,
        file,
        start,
        end,
        labels: labels.collect(),
        help: found.help.as_deref(),
        fixes: fixes.collect(),
    })
}
