//! `// krl:allow(CODE, CODE)`: silences findings of the line it stands on, of the next line of code if it has a line of its own, or of
//! the whole file if it stands before the first token.

use super::levels::is_fixed;
use krl_lang::token::TokenBuf;
use krl_lang::{Code, Diagnostic, LineIndex, Span};

/// What a comment applies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    File,
    Line(u32),
}

/// One code of one comment.
#[derive(Debug)]
struct Allowance {
    code: Code,
    /// The code in the comment.
    span: Span,
    scope: Scope,
    used: bool,
}

/// The comments of one file.
#[derive(Debug, Default)]
pub(super) struct Allowances {
    list: Vec<Allowance>,
}

impl Allowances {
    /// Reads the comments; wrong ones are reported.
    pub(super) fn read(
        tokens: &TokenBuf,
        source: &str,
        lines: &LineIndex,
        found: &mut Vec<Diagnostic>,
    ) -> Self {
        let mut allowances = Self::default();
        if !source.contains("krl:allow") {
            return allowances;
        }
        for index in (0..tokens.len()).filter(|&i| tokens.kind(i).is_comment()) {
            let Some(codes) = codes(tokens.span(index), source) else { continue };
            let scope = scope(tokens, index, source, lines);
            for span in codes {
                match Code::find(span.text(source)) {
                    Some(code) if is_fixed(code) => {
                        let message = format!("{code} is always an error: it cannot be allowed");
                        found.push(Diagnostic::new(Code::UnknownAllow, span, message));
                    }
                    Some(code) => allowances.list.push(Allowance { code, span, scope, used: false }),
                    None => {
                        let message = format!("no diagnostic is called `{}`", span.text(source));
                        found.push(Diagnostic::new(Code::UnknownAllow, span, message));
                    }
                }
            }
        }
        allowances
    }

    /// Is `diagnostic` silenced? Remembers that the comment was of use.
    pub(super) fn silences(&mut self, diagnostic: &Diagnostic, source: &str, lines: &LineIndex) -> bool {
        let mut silenced = false;
        for allowance in self.list.iter_mut().filter(|a| a.code == diagnostic.code) {
            let here = match allowance.scope {
                Scope::File => true,
                Scope::Line(line) => lines.position(source, diagnostic.span.start).line == line,
            };
            allowance.used |= here;
            silenced |= here;
        }
        silenced
    }

    /// The codes that silenced nothing.
    pub(super) fn unused(&self) -> impl Iterator<Item = Diagnostic> {
        self.list.iter().filter(|a| !a.used).map(|a| {
            Diagnostic::new(Code::UnusedAllow, a.span, format!("{} is not reported here", a.code))
                .help("remove it from the comment")
        })
    }
}

/// The places of the codes in a comment, `None` if it is not of this kind.
fn codes(comment: Span, source: &str) -> Option<Vec<Span>> {
    let text = comment.text(source);
    let open = text.find("krl:allow(")? + "krl:allow(".len();
    let inner = text.get(open..)?;
    let inner = inner.get(..inner.find(')')?)?;
    let mut at = comment.start + open as u32;
    let mut spans = Vec::new();
    for part in inner.split(',') {
        let start = at + (part.len() - part.trim_start().len()) as u32;
        spans.push(Span::new(start, start + part.trim().len() as u32));
        at += part.len() as u32 + 1;
    }
    Some(spans)
}

fn scope(tokens: &TokenBuf, comment: usize, source: &str, lines: &LineIndex) -> Scope {
    let line_of = |offset| lines.position(source, offset).line;
    let line = line_of(tokens.start(comment));
    match tokens.previous_significant(comment) {
        None => Scope::File,
        Some(before) if line_of(tokens.span(before).end.saturating_sub(1)) == line => Scope::Line(line),
        Some(_) => tokens
            .next_significant(comment)
            .map_or(Scope::Line(line), |next| Scope::Line(line_of(tokens.start(next)))),
    }
}
