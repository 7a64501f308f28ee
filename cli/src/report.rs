//! Printing findings: which renderer, which channel, colours and width.

use crate::args::{Colour, Format};
use crate::exit;
use crate::files::SourceFile;
use krl_lang::render::{self, Colors, FileDiagnostics, HumanOptions};
use krl_lang::{Code, Diagnostic, decode};
use std::io::IsTerminal;

/// Columns where there is no terminal to ask.
const DEFAULT_WIDTH: usize = 100;

/// A ruleset file as text.
#[derive(Debug)]
pub struct Source {
    /// Its path as people know it.
    pub path: String,
    /// Its text; bytes that are no UTF-8 are U+FFFD.
    pub text: String,
    /// What is wrong with its bytes.
    pub encoding: Option<Diagnostic>,
}

impl Source {
    /// Puts what decoding the file found before what the checker found in its text.
    pub fn add_encoding(&self, found: &mut Vec<Diagnostic>) {
        if let Some(encoding) = &self.encoding {
            // Characters that replace bad bytes are no findings of their own.
            found.retain(|d| d.code != Code::IllegalCharacter);
            found.insert(0, encoding.clone());
        }
    }

    /// A text with a name.
    pub fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned(), encoding: None }
    }

    /// The text of a file.
    pub fn read(file: &SourceFile) -> Self {
        let (text, encoding) = decode(&file.bytes);
        Self { path: file.path.display().to_string(), text, encoding }
    }
}

/// How findings are printed.
#[derive(Clone, Copy, Debug)]
pub struct Printer {
    colour: Colour,
}

impl Printer {
    /// A printer that obeys `--color`.
    pub const fn new(colour: Colour) -> Self {
        Self { colour }
    }

    /// Prints findings on standard output; `found` holds those of each source.
    pub fn print(self, format: Format, sources: &[Source], found: &[Vec<Diagnostic>]) {
        let files: Vec<FileDiagnostics<'_>> = sources
            .iter()
            .zip(found)
            .map(|(s, diagnostics)| FileDiagnostics { path: &s.path, source: &s.text, diagnostics })
            .collect();
        let text = match format {
            Format::Human => render::human(&files, self.human(std::io::stdout().is_terminal())),
            Format::Json => render::json(&files),
            Format::Sarif => render::sarif(&files, "krl", env!("CARGO_PKG_VERSION")),
            Format::Github => render::github(&files),
        };
        if !text.is_empty() {
            exit::print(&text);
        }
    }

    /// Prints findings of one source on standard error.
    pub fn complain(self, source: &Source, diagnostics: &[Diagnostic]) {
        let file = FileDiagnostics { path: &source.path, source: &source.text, diagnostics };
        exit::say_raw(&render::human(&[file], self.human(std::io::stderr().is_terminal())));
    }

    /// Are colours wanted there?
    pub fn colours(self, terminal: bool) -> bool {
        match self.colour {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()),
        }
    }

    fn human(self, terminal: bool) -> HumanOptions {
        let colors = if self.colours(terminal) { Colors::On } else { Colors::Off };
        HumanOptions { colors, width: width() }
    }
}

/// Columns of the terminal.
pub fn width() -> usize {
    let asked = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let found = asked.or_else(|| terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)));
    found.filter(|&columns| columns > 0).unwrap_or(DEFAULT_WIDTH)
}
