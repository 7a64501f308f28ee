//! Document → text: one loop over the operations.
//!
//! Spaces and line breaks are held back until the next text, so no line ends in a space and breaks never pile up.

use super::doc::{Measured, Mode, Op, STEP};
use super::width;

/// Indentation is copied from here.
const BLANKS: &str = "                                                                ";

/// What stands between the last text and the next.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    None,
    Space,
    Line,
    Blank,
}

struct Printer<'m, 's> {
    doc: &'m Measured<'s>,
    source: &'s str,
    newline: &'m str,
    limit: u32,
    out: String,
    modes: Vec<Mode>,
    indent: u32,
    /// The columns that each open `Indent` added.
    steps: Vec<u32>,
    column: u32,
    gap: Gap,
    /// Indentation of the line that `gap` begins.
    start: u32,
    /// Comments waiting for the end of the line.
    suffixes: Vec<&'s str>,
}

/// Prints `doc` within `limit` columns; lines end with `newline`.
pub(super) fn print<'s>(doc: &Measured<'s>, source: &'s str, limit: u32, newline: &str) -> String {
    let mut printer = Printer {
        doc,
        source,
        newline,
        limit,
        out: String::with_capacity(source.len() + source.len() / 8),
        modes: Vec::new(),
        indent: 0,
        steps: Vec::new(),
        column: 0,
        gap: Gap::None,
        start: 0,
        suffixes: Vec::new(),
    };
    for &op in &doc.doc.ops {
        printer.op(op);
    }
    printer.suffixes();
    if !printer.out.is_empty() {
        printer.out.push_str(newline);
    }
    printer.out
}

impl<'s> Printer<'_, 's> {
    fn op(&mut self, op: Op) {
        match op {
            Op::Text(span) => self.text(span.text(self.source)),
            Op::Verbatim(index) => {
                let span = self.doc.doc.multis.get(index as usize).map(|m| m.span).unwrap_or_default();
                self.verbatim(span.text(self.source));
            }
            Op::Block(span) => self.block(span.text(self.source)),
            Op::Suffix(span) => self.suffixes.push(span.text(self.source).trim_end()),
            Op::Space => self.leave(Gap::Space),
            Op::Line => self.leave(if self.broken() { Gap::Line } else { Gap::Space }),
            Op::Soft => self.leave(if self.broken() { Gap::Line } else { Gap::None }),
            Op::Hard => self.leave(Gap::Line),
            Op::Blank => self.leave(Gap::Blank),
            Op::Open(group) => self.modes.push(self.decide(group)),
            Op::Close => {
                self.modes.pop();
            }
            Op::Indent => {
                // Joined lines have nothing to indent: what they hug starts from the indentation around them.
                let step = if matches!(self.modes.last(), None | Some(Mode::Broken)) { STEP } else { 0 };
                self.steps.push(step);
                self.indent += step;
            }
            Op::Dedent => self.indent -= self.steps.pop().unwrap_or_default(),
        }
    }

    fn broken(&self) -> bool {
        self.modes.last() == Some(&Mode::Broken)
    }

    fn decide(&self, group: u32) -> Mode {
        if self.modes.last() == Some(&Mode::Flat) {
            return Mode::Flat;
        }
        let column = match self.gap {
            Gap::None => self.column,
            Gap::Space => self.column + 1,
            Gap::Line | Gap::Blank => self.start,
        };
        self.doc.decide(group, column, self.indent, self.limit)
    }

    fn leave(&mut self, gap: Gap) {
        if gap >= Gap::Line {
            self.start = self.indent;
        }
        self.gap = self.gap.max(gap);
    }

    /// Writes what was held back.
    fn flush(&mut self) {
        match std::mem::replace(&mut self.gap, Gap::None) {
            Gap::None => {}
            Gap::Space if self.out.is_empty() => {}
            Gap::Space => {
                self.out.push(' ');
                self.column += 1;
            }
            Gap::Line => self.line_break(1),
            Gap::Blank => self.line_break(2),
        }
    }

    fn line_break(&mut self, count: usize) {
        self.suffixes();
        if self.out.is_empty() {
            return;
        }
        for _ in 0..count {
            self.out.push_str(self.newline);
        }
        self.pad(self.start);
    }

    fn pad(&mut self, columns: u32) {
        let mut left = columns as usize;
        while left > 0 {
            let part = left.min(BLANKS.len());
            self.out.push_str(BLANKS.get(..part).unwrap_or_default());
            left -= part;
        }
        self.column = columns;
    }

    fn suffixes(&mut self) {
        for comment in std::mem::take(&mut self.suffixes) {
            if !self.out.is_empty() {
                self.out.push(' ');
            }
            self.out.push_str(comment);
        }
    }

    fn text(&mut self, text: &str) {
        self.flush();
        self.out.push_str(text);
        self.column += width(text);
    }

    fn verbatim(&mut self, text: &str) {
        self.flush();
        self.out.push_str(text);
        self.column = width(text.rsplit(['\n', '\r']).next().unwrap_or_default());
    }

    /// A block comment: a star that starts a line is put below the first one; other lines keep their own indentation.
    fn block(&mut self, text: &str) {
        self.leave(Gap::Line);
        self.flush();
        let stars = text.lines().skip(1).all(|line| line.trim_start().starts_with('*'));
        for (i, line) in text.lines().enumerate() {
            if i > 0 {
                self.out.push_str(self.newline);
            }
            match line.trim_end() {
                line if i > 0 && stars => {
                    self.pad(self.indent + 1);
                    self.out.push_str(line.trim_start());
                }
                line => self.out.push_str(line),
            }
        }
        self.leave(Gap::Line);
    }
}
