//! Diagnostics of the compiler as data that can be kept, sent and shown without the source.

use super::address::Address;
use krl_lang::render::{Colors, FileDiagnostics, HumanOptions, human};
use krl_lang::{Diagnostic, LineIndex, Severity};
use krl_vm::data::{Data, DataMap};
use serde::{Deserialize, Serialize};

/// Width of the rendered excerpts, in columns.
const WIDTH: usize = 100;

/// What the compiler found in one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Its code: `KRL0100`.
    pub code: String,
    /// `error`, `warning` or `hint`.
    pub severity: String,
    /// One terse phrase.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// An excerpt of the source that points at the place, for people.
    pub rendered: String,
}

impl Finding {
    /// `{code, severity, message, help, line, column, rendered}`
    #[must_use]
    pub fn to_data(&self) -> Data {
        let text = |text: &String| Data::string(text.as_str());
        let entries = [
            ("code", text(&self.code)),
            ("severity", text(&self.severity)),
            ("message", text(&self.message)),
            ("help", self.help.as_ref().map_or(Data::Null, text)),
            ("line", Data::Number(self.line.into())),
            ("column", Data::Number(self.column.into())),
            ("rendered", text(&self.rendered)),
        ];
        Data::Map(entries.into_iter().map(|(name, value)| (name.into(), value)).collect::<DataMap>())
    }
}

/// The findings of one file. Places in other files are left out.
pub(super) fn findings(address: &Address, source: &str, diagnostics: &[Diagnostic]) -> Vec<Finding> {
    let lines = LineIndex::new(source);
    let path = address.to_string();
    let finding = |diagnostic: &Diagnostic| {
        let mut diagnostic = diagnostic.clone();
        diagnostic.labels.retain(|label| label.file.is_none());
        let at = lines.position(source, diagnostic.span.start);
        let file = FileDiagnostics { path: &path, source, diagnostics: std::slice::from_ref(&diagnostic) };
        let rendered = human(&[file], HumanOptions { colors: Colors::Off, width: WIDTH });
        let severity = match diagnostic.severity {
            Severity::Hint => "hint",
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        Finding {
            code: diagnostic.code.id().to_owned(),
            severity: severity.to_owned(),
            message: diagnostic.message,
            help: diagnostic.help,
            line: at.line,
            column: at.column,
            rendered,
        }
    };
    diagnostics.iter().map(finding).collect()
}
