//! SARIF 2.1.0, for code scanning services.

use super::{FileDiagnostics, ends};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Fix, Severity};
use crate::span::{LineIndex, Span};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// One SARIF log with one run of `tool` at `version`; its rules are the codes that occur.
#[must_use]
pub fn sarif(files: &[FileDiagnostics<'_>], tool: &str, version: &str) -> String {
    let codes: BTreeSet<Code> = files.iter().flat_map(|f| f.diagnostics).map(|d| d.code).collect();
    let codes: Vec<Code> = codes.into_iter().collect();
    let log = Log { files, lines: files.iter().map(|f| LineIndex::new(f.source)).collect(), codes: &codes };
    let results: Vec<Value> = (0..files.len()).flat_map(|at| log.results(at)).collect();
    let rules: Vec<Value> = codes.iter().map(|&c| rule(c)).collect();
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": tool, "version": version, "rules": rules}},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{document:#}\n")
}

fn rule(code: Code) -> Value {
    let info = code.info();
    json!({
        "id": info.id,
        "name": info.name,
        "shortDescription": {"text": info.summary},
        "help": {"text": info.page, "markdown": info.page},
        "defaultConfiguration": {"level": level(info.severity)},
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "note",
    }
}

struct Log<'a> {
    files: &'a [FileDiagnostics<'a>],
    lines: Vec<LineIndex>,
    codes: &'a [Code],
}

impl Log<'_> {
    fn results(&self, at: usize) -> Vec<Value> {
        let found = self.files.get(at).map_or(&[][..], |f| f.diagnostics);
        found.iter().map(|d| self.result(at, d)).collect()
    }

    fn result(&self, at: usize, found: &Diagnostic) -> Value {
        let text = match &found.help {
            Some(help) => format!("{}; {help}", found.message),
            None => found.message.clone(),
        };
        let related: Vec<Value> = found
            .labels
            .iter()
            .map(|label| {
                let mut place = self.location(label.file.map_or(at, |f| f as usize), label.span);
                if let Some(object) = place.as_object_mut() {
                    object.insert("message".to_owned(), json!({"text": label.message}));
                }
                place
            })
            .collect();
        let fixes: Vec<Value> = found.fixes.iter().map(|fix| self.fix(at, fix)).collect();
        json!({
            "ruleId": found.code.id(),
            "ruleIndex": self.codes.iter().position(|&c| c == found.code),
            "level": level(found.severity),
            "message": {"text": text},
            "locations": [self.location(at, found.span)],
            "relatedLocations": related,
            "fixes": fixes,
        })
    }

    fn fix(&self, at: usize, fix: &Fix) -> Value {
        let replacements: Vec<Value> = fix
            .edits
            .iter()
            .map(|e| json!({"deletedRegion": self.region(at, e.span), "insertedContent": {"text": e.text}}))
            .collect();
        json!({
            "description": {"text": fix.title},
            "artifactChanges": [{"artifactLocation": {"uri": self.uri(at)}, "replacements": replacements}],
        })
    }

    fn location(&self, at: usize, span: Span) -> Value {
        json!({"physicalLocation": {"artifactLocation": {"uri": self.uri(at)}, "region": self.region(at, span)}})
    }

    fn region(&self, at: usize, span: Span) -> Value {
        let (Some(file), Some(lines)) = (self.files.get(at), self.lines.get(at)) else { return json!({}) };
        let (start, end) = ends(lines, file.source, span);
        json!({
            "startLine": start.line,
            "startColumn": start.column,
            "endLine": end.line,
            "endColumn": end.column,
        })
    }

    /// The path as a relative reference: spaces and the like are percent-encoded.
    fn uri(&self, at: usize) -> String {
        let path = self.files.get(at).map_or("", |f| f.path);
        let mut uri = String::with_capacity(path.len());
        for byte in path.bytes() {
            match byte {
                b'\\' => uri.push('/'),
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' | b':' => {
                    uri.push(char::from(byte));
                }
                _ => uri.push_str(&format!("%{byte:02X}")),
            }
        }
        uri
    }
}
