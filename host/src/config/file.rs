//! Reads a TOML file as settings, each with its line.

use std::path::Path;
use toml::de::{DeTable, DeValue};

/// A key with its section, its value as text, and its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// `limits.body`
    pub key: String,
    /// As an environment variable would have it.
    pub value: Result<String, &'static str>,
    /// From 1.
    pub line: usize,
}

/// The entries of a file's text; those of one section only, if it is named.
///
/// # Errors
/// Text that is not TOML: the line and what is wrong.
pub fn entries(text: &str, section: Option<&str>) -> Result<Vec<Entry>, (usize, String)> {
    let table = DeTable::parse(text)
        .map_err(|e| (line(text, e.span().map_or(0, |span| span.start)), e.message().to_owned()))?;
    let mut found = Vec::new();
    let Some(section) = section else {
        walk(text, "", table.get_ref(), &mut found);
        return Ok(found);
    };
    for (key, value) in table.get_ref() {
        if let (true, DeValue::Table(inner)) = (key.get_ref() == section, value.get_ref()) {
            walk(text, "", inner, &mut found);
        }
    }
    Ok(found)
}

fn walk(text: &str, section: &str, table: &DeTable<'_>, found: &mut Vec<Entry>) {
    for (key, value) in table {
        let name = match section {
            "" => key.get_ref().to_string(),
            section => format!("{section}.{}", key.get_ref()),
        };
        let value = match value.get_ref() {
            DeValue::Table(inner) => {
                walk(text, &name, inner, found);
                continue;
            }
            DeValue::String(value) => Ok(value.to_string()),
            DeValue::Integer(value) => Ok(value.as_str().to_owned()),
            DeValue::Boolean(value) => Ok(value.to_string()),
            _ => Err("must be text, a whole number, `true` or `false`"),
        };
        found.push(Entry { key: name, value, line: line(text, key.span().start) });
    }
}

/// The line of a place in text, from 1.
#[must_use]
pub fn line(text: &str, at: usize) -> usize {
    text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1
}

/// A file's text.
///
/// # Errors
/// What the system says, in a few words.
pub fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => "no such file".into(),
        _ => e.to_string(),
    })
}
