//! Annotations of a GitHub workflow: one command a line.

use super::{FileDiagnostics, ends};
use crate::diagnostic::Severity;
use crate::span::LineIndex;
use std::fmt::Write;

/// `::error file=…,line=…,col=…,endLine=…,endColumn=…,title=…::message`, a line for each diagnostic.
#[must_use]
pub fn github(files: &[FileDiagnostics<'_>]) -> String {
    let mut out = String::new();
    for file in files {
        let lines = LineIndex::new(file.source);
        for found in file.diagnostics {
            let command = match found.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Hint => "notice",
            };
            let (start, end) = ends(&lines, file.source, found.span);
            let text = match &found.help {
                Some(help) => format!("{}\nhelp: {help}", found.message),
                None => found.message.clone(),
            };
            // Writing to a string cannot fail.
            let _ = writeln!(
                out,
                "::{command} file={},line={},col={},endLine={},endColumn={},title={}::{}",
                property(file.path),
                start.line,
                start.column,
                end.line,
                end.column,
                property(found.code.id()),
                data(&text)
            );
        }
    }
    out
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
