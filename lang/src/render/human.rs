//! Diagnostics for people, drawn by ariadne over an excerpt of the source.
//!
//! The excerpt holds the lines that are pointed at, cut to the width around the places; so huge lines are never printed,
//! control characters can't reach the terminal, and line breaks of any kind look alike.

use super::{FileDiagnostics, ends};
use crate::diagnostic::{Diagnostic, Severity};
use crate::span::{LineIndex, Span};
use ariadne::{Cache, Color, Config, IndexType, Label, Report, ReportKind, Source};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::Range;

/// Are colours wanted?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colors {
    /// ANSI sequences.
    On,
    /// Plain text (`NO_COLOR`, a pipe).
    Off,
}

/// How to draw.
#[derive(Clone, Copy, Debug)]
pub struct HumanOptions {
    /// Colours or not.
    pub colors: Colors,
    /// Width of the terminal in columns.
    pub width: usize,
}

/// Columns that ariadne needs beside the text.
const MARGIN: usize = 12;

/// Stands around a file's number where ariadne writes its name and the place in the excerpt, for
/// [`Pages::headings`]: a code point that Unicode keeps for a program's own use.
const MARK: char = '\u{FDD0}';

/// Draws each diagnostic with the lines it points at.
#[must_use]
pub fn human(files: &[FileDiagnostics<'_>], options: HumanOptions) -> String {
    let lines: Vec<_> = files.iter().map(|f| LineIndex::new(f.source)).collect();
    let mut text = String::new();
    for (at, file) in files.iter().enumerate() {
        for found in file.diagnostics {
            let mut sheet =
                Sheet { files, lines: &lines, width: options.width.max(40) - MARGIN, marks: Vec::new() };
            sheet.mark(at, found);
            sheet.draw(at, found, options.colors, &mut text);
        }
    }
    match options.colors {
        Colors::On => text,
        Colors::Off => plain(&text),
    }
}

/// Without colour sequences: ariadne colours kinds of its users' own even where no colours are wanted. The source's own control
/// characters are replaced before.
fn plain(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(part.split_once('m').map_or("", |(_, rest)| rest));
    }
    out
}

/// A place in one line, in characters.
#[derive(Clone, Debug)]
struct Mark {
    file: usize,
    /// The line, from 1.
    line: u32,
    columns: Range<usize>,
    message: String,
}

/// The excerpts for one diagnostic.
struct Sheet<'a> {
    files: &'a [FileDiagnostics<'a>],
    lines: &'a [LineIndex],
    width: usize,
    /// The primary place first.
    marks: Vec<Mark>,
}

impl Sheet<'_> {
    fn mark(&mut self, at: usize, found: &Diagnostic) {
        self.add(at, found.span, &found.message);
        for label in &found.labels {
            self.add(label.file.map_or(at, |f| f as usize), label.span, &label.message);
        }
    }

    /// Marks the part of `span` in its first line.
    fn add(&mut self, at: usize, span: Span, message: &str) {
        let (Some(file), Some(lines)) = (self.files.get(at), self.lines.get(at)) else { return };
        let (start, end) = ends(lines, file.source, span);
        let length = lines.line_span(file.source, start.line).text(file.source).chars().count();
        let from = (start.column as usize - 1).min(length);
        let to = if end.line > start.line { length } else { (end.column as usize - 1).min(length) };
        self.marks.push(Mark {
            file: at,
            line: start.line,
            columns: from..to.max(from + 1),
            message: message.to_owned(),
        });
    }

    fn draw(self, at: usize, found: &Diagnostic, colors: Colors, out: &mut String) {
        let mut pages = Pages { names: self.files.iter().map(|f| f.path).collect(), ..Pages::default() };
        let mut places = vec![0..0; self.marks.len()];
        for file in self.marks.iter().map(|m| m.file).collect::<std::collections::BTreeSet<_>>() {
            let source = self.excerpt(file, &mut places, &mut pages.hidden);
            pages.sources.insert(file, source);
        }
        let config = Config::default()
            .with_color(colors == Colors::On)
            .with_index_type(IndexType::Char)
            .with_tab_width(4);
        let (kind, color) = match found.severity {
            Severity::Error => (ReportKind::Error, Color::Red),
            Severity::Warning => (ReportKind::Warning, Color::Yellow),
            Severity::Hint => (ReportKind::Custom("Hint", Color::Blue), Color::Blue),
        };
        let primary = places.first().cloned().unwrap_or(0..0);
        let mut report = Report::build(kind, (at, primary))
            .with_config(config)
            .with_code(found.code)
            .with_message(unmarked(&found.message));
        // Ariadne draws labels in the order given, a new box wherever the line decreases.
        let mut order: Vec<usize> = (0..self.marks.len()).collect();
        order.sort_by_key(|&i| self.marks.get(i).map(|m| (m.file != at, m.file, m.line, m.columns.start)));
        for i in order {
            let (Some(mark), Some(place)) = (self.marks.get(i), places.get(i)) else { continue };
            let color = if i == 0 { color } else { Color::Cyan };
            let label = Label::new((mark.file, place.clone())).with_color(color);
            // The heading says what is here; without a text ariadne would not underline it.
            report.add_label(label.with_message(if i == 0 {
                "here".to_owned()
            } else {
                unmarked(&mark.message)
            }));
        }
        if let Some(help) = &found.help {
            report.add_help(unmarked(help));
        }
        for fix in &found.fixes {
            report.add_help(unmarked(&format!("fix: {}", fix.title)));
        }
        let mut drawn = Vec::new();
        // A vector takes everything.
        let _ = report.finish().write(&mut pages, &mut drawn);
        pages.headings(&String::from_utf8_lossy(&drawn), out);
    }

    /// The marked lines of a file, with empty lines between them so that line numbers hold; `places` gets the marks'
    /// character ranges in it, `hidden` what was cut from the lines.
    fn excerpt(&self, file: usize, places: &mut [Range<usize>], hidden: &mut Hidden) -> Source<String> {
        let marked: BTreeMap<u32, Vec<usize>> =
            self.marks.iter().enumerate().filter(|(_, m)| m.file == file).fold(
                BTreeMap::new(),
                |mut lines: BTreeMap<u32, Vec<usize>>, (i, m)| {
                    lines.entry(m.line).or_default().push(i);
                    lines
                },
            );
        let (mut text, mut length, mut line) = (String::new(), 0, 1);
        for (&number, marks) in &marked {
            while line < number {
                text.push('\n');
                length += 1;
                line += 1;
            }
            let (shown, shift, cut) = self.line(file, number, marks);
            hidden.insert((file, number as usize), shift - cut);
            for &i in marks {
                let (Some(place), Some(mark)) = (places.get_mut(i), self.marks.get(i)) else { continue };
                let last = shown.chars().count();
                let inside = |column: usize| (column + cut).saturating_sub(shift).min(last);
                let start = inside(mark.columns.start);
                *place = length + start..length + inside(mark.columns.end).max(start + 1);
            }
            length += shown.chars().count();
            text.push_str(&shown);
        }
        text.push_str("  \n");
        Source::from(text)
    }

    /// A line cut to the width, how many characters were cut from its start, and the length of the `…` put there.
    fn line(&self, file: usize, number: u32, marks: &[usize]) -> (String, usize, usize) {
        let (Some(entry), Some(lines)) = (self.files.get(file), self.lines.get(file)) else {
            return (String::new(), 0, 0);
        };
        let text = lines.line_span(entry.source, number).text(entry.source);
        let place = marks.first().and_then(|&i| self.marks.get(i)).map_or(0..0, |m| m.columns.clone());
        // Characters before the place that still fit with it.
        let lead = self.width.saturating_sub(place.len().min(self.width)).min(self.width / 2);
        let fits = text.chars().take(self.width + 1).count() <= self.width;
        let shift = if fits || place.end <= self.width { 0 } else { place.start.saturating_sub(lead) };
        let mut shown: String = text.chars().skip(shift).take(self.width).map(printable).collect();
        let more = text.chars().nth(shift + self.width).is_some();
        if shift > 0 {
            shown.insert(0, '…');
        }
        if more {
            shown.push('…');
        }
        (shown, shift, usize::from(shift > 0))
    }
}

/// Without the mark, which is only ours.
fn unmarked(text: &str) -> String {
    text.replace(MARK, "\u{FFFD}")
}

/// Control characters could steer the terminal, the mark the headings.
fn printable(c: char) -> char {
    if (c.is_control() && c != '\t') || c == MARK { char::REPLACEMENT_CHARACTER } else { c }
}

/// How many more columns a line of a file has before a place than its excerpt; by file and line.
type Hidden = BTreeMap<(usize, usize), usize>;

/// The excerpts by file, for ariadne.
#[derive(Default)]
struct Pages<'a> {
    names: Vec<&'a str>,
    sources: BTreeMap<usize, Source<String>>,
    hidden: Hidden,
}

impl Pages<'_> {
    /// Appends what was drawn, with names and places in the files where ariadne wrote those in the excerpts.
    fn headings(&self, drawn: &str, out: &mut String) {
        let mut parts = drawn.split(MARK);
        out.push_str(parts.next().unwrap_or_default());
        while let (Some(file), Some(rest)) = (parts.next(), parts.next()) {
            let place = rest.strip_prefix(':').and_then(|r| r.split_once(' '));
            let (place, rest) = place.unwrap_or(("", rest));
            let file: usize = file.parse().unwrap_or(usize::MAX);
            out.push_str(self.names.get(file).copied().unwrap_or_default());
            let numbers = place.split_once(':').map(|(line, column)| (line.parse(), column.parse::<usize>()));
            if let Some((Ok(line), Ok(column))) = numbers {
                let hidden = self.hidden.get(&(file, line)).copied().unwrap_or(0);
                let _ = write!(out, ":{line}:{} ", column + hidden);
            }
            out.push_str(rest);
        }
    }
}

impl Cache<usize> for &mut Pages<'_> {
    type Storage = String;

    fn fetch(&mut self, id: &usize) -> Result<&Source<String>, impl std::fmt::Debug> {
        self.sources.get(id).ok_or("a file without marks")
    }

    fn display<'a>(&self, id: &'a usize) -> Option<impl std::fmt::Display + 'a> {
        Some(format!("{MARK}{id}{MARK}"))
    }
}
