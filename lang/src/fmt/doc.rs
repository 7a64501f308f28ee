//! The document: a flat list of layout operations over spans of the source.
//!
//! The algebra is Wadler's (text, line, group, indent), kept as one array instead of a tree: building, measuring and
//! printing are loops, so neither a deep nor a long program can exhaust the stack, and each group is measured in constant
//! time from running totals. Texts are spans of the source: nothing can be printed that was not read.

use super::width;
use crate::span::Span;

/// Columns of one level of indentation.
pub(super) const STEP: u32 = 2;

/// One layout operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    /// Text without line breaks.
    Text(Span),
    /// Text that may hold line breaks, copied byte by byte; the index leads to its [`Multi`].
    Verbatim(u32),
    /// A block comment of several lines, moved to the current indentation.
    Block(Span),
    /// A comment printed where the current line ends.
    Suffix(Span),
    /// One space.
    Space,
    /// A space, or a line break where its group is broken.
    Line,
    /// Nothing, or a line break where its group is broken.
    Soft,
    /// A line break.
    Hard,
    /// A line break and an empty line.
    Blank,
    /// Starts the group of this index.
    Open(u32),
    /// Ends the innermost group.
    Close,
    /// One level deeper.
    Indent,
    /// One level back.
    Dedent,
}

/// A part of a group, as positions of operations, that may take several lines while the lines around it stay joined:
/// the body of a function in an argument list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hug {
    /// First operation inside the opening bracket.
    pub(super) start: u32,
    /// The operation behind it.
    pub(super) end: u32,
    /// What is inside.
    pub(super) content: HugContent,
    /// Break the group rather than hug when the text from this operation to the group's end fits in a line of its own.
    pub(super) unless_fits_from: Option<u32>,
}

/// What a hugged part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HugContent {
    /// The body of a function.
    Body,
    /// Elements of an array or a map.
    Elements,
}

/// Text of several lines.
#[derive(Clone, Copy, Debug)]
pub(super) struct Multi {
    pub(super) span: Span,
    at: u32,
    first: u32,
    last: u32,
}

#[derive(Clone, Copy, Debug)]
struct Group {
    open: u32,
    close: u32,
    hug: Option<Hug>,
}

/// A document under construction or ready to be printed.
#[derive(Debug)]
pub(super) struct Doc<'s> {
    source: &'s str,
    pub(super) ops: Vec<Op>,
    /// Width of everything before each operation, printed on one line.
    offsets: Vec<u32>,
    /// Number of forced line breaks before each operation.
    forced: Vec<u32>,
    groups: Vec<Group>,
    open: Vec<u32>,
    pub(super) multis: Vec<Multi>,
    offset: u32,
    breaks: u32,
}

/// A place to return to: see [`Doc::rewind`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    ops: usize,
    groups: usize,
    open: usize,
    multis: usize,
    offset: u32,
    breaks: u32,
}

impl<'s> Doc<'s> {
    pub(super) fn new(source: &'s str, tokens: usize) -> Self {
        Self {
            source,
            ops: Vec::with_capacity(tokens * 3),
            offsets: Vec::with_capacity(tokens * 3),
            forced: Vec::with_capacity(tokens * 3),
            groups: Vec::with_capacity(tokens / 3),
            open: Vec::new(),
            multis: Vec::new(),
            offset: 0,
            breaks: 0,
        }
    }

    /// Position of the next operation.
    pub(super) fn at(&self) -> u32 {
        self.ops.len() as u32
    }

    pub(super) fn push(&mut self, op: Op) {
        self.ops.push(op);
        self.offsets.push(self.offset);
        self.forced.push(self.breaks);
        match op {
            Op::Text(span) => self.offset += width(span.text(self.source)),
            Op::Verbatim(index) => {
                self.offset += self.multis.get(index as usize).map_or(0, |m| m.first);
            }
            Op::Space | Op::Line => self.offset += 1,
            Op::Hard | Op::Blank | Op::Block(_) => self.breaks += 1,
            Op::Suffix(_) | Op::Soft | Op::Open(_) | Op::Close | Op::Indent | Op::Dedent => {}
        }
    }

    /// Text that may hold line breaks.
    pub(super) fn verbatim(&mut self, span: Span) {
        let text = span.text(self.source);
        let Some(line) = text.find(['\n', '\r']) else {
            return self.push(Op::Text(span));
        };
        let first = width(text.get(..line).unwrap_or_default());
        let last = width(text.rsplit(['\n', '\r']).next().unwrap_or_default());
        self.multis.push(Multi { span, at: self.at(), first, last });
        self.push(Op::Verbatim(self.multis.len() as u32 - 1));
    }

    pub(super) fn open(&mut self) {
        let index = self.groups.len() as u32;
        self.groups.push(Group { open: self.at(), close: u32::MAX, hug: None });
        self.open.push(index);
        self.push(Op::Open(index));
    }

    pub(super) fn close(&mut self, hug: Option<Hug>) {
        let at = self.at();
        if let Some(group) = self.open.pop().and_then(|g| self.groups.get_mut(g as usize)) {
            group.close = at;
            group.hug = hug;
        }
        self.push(Op::Close);
    }

    pub(super) fn mark(&self) -> Mark {
        Mark {
            ops: self.ops.len(),
            groups: self.groups.len(),
            open: self.open.len(),
            multis: self.multis.len(),
            offset: self.offset,
            breaks: self.breaks,
        }
    }

    /// Forgets everything pushed since `mark`.
    pub(super) fn rewind(&mut self, mark: Mark) {
        self.ops.truncate(mark.ops);
        self.offsets.truncate(mark.ops);
        self.forced.truncate(mark.ops);
        self.groups.truncate(mark.groups);
        self.open.truncate(mark.open);
        self.multis.truncate(mark.multis);
        self.offset = mark.offset;
        self.breaks = mark.breaks;
    }

    /// The operations since `mark`.
    pub(super) fn since(&self, mark: Mark) -> &[Op] {
        self.ops.get(mark.ops..).unwrap_or_default()
    }

    /// Closes the document: finds where each line may end.
    pub(super) fn measure(self) -> Measured<'s> {
        let mut ends = vec![self.at(); self.ops.len() + 1];
        let mut next = self.at();
        for (i, op) in self.ops.iter().enumerate().rev() {
            if matches!(op, Op::Line | Op::Soft | Op::Hard | Op::Blank | Op::Block(_) | Op::Verbatim(_)) {
                next = i as u32;
            }
            if let Some(slot) = ends.get_mut(i) {
                *slot = next;
            }
        }
        Measured { doc: self, ends }
    }
}

/// How the lines of a group are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Joined, with all groups inside.
    Flat,
    /// Joined, but groups inside decide for themselves.
    Hugging,
    /// Broken.
    Broken,
}

/// A document whose groups can be measured.
#[derive(Debug)]
pub(super) struct Measured<'s> {
    pub(super) doc: Doc<'s>,
    /// For each operation, the first one at or behind it where a line may end.
    ends: Vec<u32>,
}

impl Measured<'_> {
    fn offset(&self, op: u32) -> u32 {
        self.doc.offsets.get(op as usize).copied().unwrap_or(self.doc.offset)
    }

    fn forced_in(&self, from: u32, to: u32) -> bool {
        let at = |op: u32| self.doc.forced.get(op as usize).copied().unwrap_or(self.doc.breaks);
        at(from) != at(to)
    }

    fn end_of_line(&self, op: u32) -> u32 {
        self.ends.get(op as usize).copied().unwrap_or(self.doc.at())
    }

    /// The text of several lines at `op`, if it is one.
    fn multi(&self, op: u32) -> Option<&Multi> {
        match self.doc.ops.get(op as usize) {
            Some(Op::Verbatim(index)) => self.doc.multis.get(*index as usize),
            _ => None,
        }
    }

    /// Width from `from` to where the first line from `to` on may end.
    fn width_to_end(&self, from: u32, to: u32) -> u32 {
        let end = self.end_of_line(to);
        let more = self.multi(end).map_or(0, |m| m.first);
        self.offset(end) + more - self.offset(from)
    }

    /// How group `index` is printed when its first text starts at `column` under indentation `indent`.
    pub(super) fn decide(&self, index: u32, column: u32, indent: u32, limit: u32) -> Mode {
        let Some(group) = self.doc.groups.get(index as usize) else { return Mode::Broken };
        let room = limit.saturating_sub(column);
        if !self.forced_in(group.open, group.close) && self.fits_flat(group, room, limit) {
            return Mode::Flat;
        }
        match group.hug {
            Some(hug) if self.hugs(group, hug, room, limit.saturating_sub(indent + STEP)) => Mode::Hugging,
            _ => Mode::Broken,
        }
    }

    /// Does the group fit on one line, with what must follow it? Texts of several lines count by their first and last lines.
    fn fits_flat(&self, group: &Group, room: u32, limit: u32) -> bool {
        let mut from = group.open;
        let mut room = room;
        loop {
            let multi = self.next_multi(from, group.close);
            let Some(at) = multi else { return self.width_to_end(from, group.close) <= room };
            let Some(text) = self.multi(at) else { return false };
            if self.offset(at) - self.offset(from) + text.first > room {
                return false;
            }
            room = limit.saturating_sub(text.last);
            from = at + 1;
        }
    }

    /// The first text of several lines in `from..to`.
    fn next_multi(&self, from: u32, to: u32) -> Option<u32> {
        let next = self.doc.multis.partition_point(|m| m.at < from);
        self.doc.multis.get(next).map(|m| m.at).filter(|&at| at < to)
    }

    fn hugs(&self, group: &Group, hug: Hug, room: u32, own_room: u32) -> bool {
        if self.forced_in(group.open, hug.start) || self.forced_in(hug.end, group.close) {
            return false;
        }
        if let Some(from) = hug.unless_fits_from
            && !self.forced_in(from, group.close)
            && self.next_multi(from, group.close).is_none()
            && self.offset(group.close) - self.offset(from) <= own_room
        {
            return false;
        }
        self.width_to_end(group.open, hug.start) <= room
    }
}
