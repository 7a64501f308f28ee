//! Declarations and expressions as a ruleset: what `eval` and `repl` run. The text is put together from pieces of what was typed, so
//! that findings and errors can be told at the place where the author wrote it.

use krl_lang::ast::{ExprKind, ProgramItem};
use krl_lang::{Diagnostic, LineIndex, Span, parse_program};
use krl_vm::data::Data;
use std::fmt::Write;

/// The id of the ruleset that snippets become.
pub const RID: &str = "snippet";
/// The query that answers the value of the last expression.
pub const ANSWER: &str = "krl_answer";
/// The query that answers what the snippet declares: type and value by name.
pub const DECLARED: &str = "krl_declared";

/// A module to use: ruleset id, and its name in the snippet.
pub struct Module {
    /// The ruleset.
    pub rid: String,
    /// Its name in the snippet.
    pub alias: String,
}

/// A declaration of a snippet.
#[derive(Clone, Debug, PartialEq)]
pub struct Declared {
    /// Its name.
    pub name: String,
    /// Its text: `name = …`.
    pub text: String,
    /// Is its value worked out when it is declared, rather than a function or the like?
    pub plain: bool,
}

/// A snippet made into a ruleset.
#[derive(Debug)]
pub struct Snippet {
    /// The ruleset's text.
    pub text: String,
    /// What was typed.
    pub typed: String,
    /// What it declares.
    pub declared: Vec<Declared>,
    /// Has it an expression?
    pub has_value: bool,
    /// The place of the last expression in `text`.
    pub last: Span,
    pieces: Vec<Piece>,
}

/// A part of the ruleset that is a copy of what was typed.
#[derive(Clone, Copy, Debug)]
struct Piece {
    made: u32,
    typed: Span,
}

impl Snippet {
    /// Makes a ruleset of `typed`; `earlier` declarations precede it. Syntax errors are told with places in `typed`.
    pub fn new(typed: &str, earlier: &[Declared], modules: &[Module]) -> Result<Self, Vec<Diagnostic>> {
        let parsed = parse_program(typed);
        if parsed.has_errors() {
            return Err(parsed.diagnostics);
        }
        let mut snippet = Self {
            text: String::new(),
            typed: typed.to_owned(),
            declared: Vec::new(),
            has_value: false,
            last: Span::default(),
            pieces: Vec::new(),
        };
        let mut expressions = Vec::new();
        let mut declarations = Vec::new();
        for item in &parsed.ast.program {
            match item {
                ProgramItem::Expr(id) => expressions.push(parsed.ast.expr(*id).span),
                ProgramItem::Declaration(d) => {
                    declarations.push(d.span);
                    let inside = |e: &krl_lang::ast::Expr| d.span.contains(e.span) && !is_data(&e.kind);
                    let plain = !parsed.ast.exprs.iter().any(inside);
                    let (name, text) = (d.name.span.text(typed).to_owned(), d.span.text(typed).to_owned());
                    snippet.declared.push(Declared { name, text, plain });
                }
            }
        }
        snippet.header(modules);
        let declared = snippet.declared.clone();
        for old in earlier.iter().filter(|old| !declared.iter().any(|new| new.name == old.name)) {
            let _ = writeln!(snippet.text, "{};", old.text);
        }
        for span in declarations {
            snippet.copy(span);
            snippet.text.push_str(";\n");
        }
        snippet.answer(&expressions);
        snippet.listing();
        Ok(snippet)
    }

    fn header(&mut self, modules: &[Module]) {
        let _ = write!(self.text, "ruleset {RID} {{ meta {{ ");
        for Module { rid, alias } in modules {
            let _ = write!(self.text, "use module {rid} alias {alias} ");
        }
        let _ = writeln!(self.text, "shares {ANSWER}, {DECLARED} }} global {{");
    }

    fn copy(&mut self, typed: Span) {
        self.pieces.push(Piece { made: self.text.len() as u32, typed });
        let text = typed.text(&self.typed).to_owned();
        self.text.push_str(&text);
    }

    /// All expressions are evaluated; the last one's value is the answer. Functions, which are no data, answer their String form.
    fn answer(&mut self, expressions: &[Span]) {
        let _ = writeln!(self.text, "{ANSWER} = function() {{");
        for (at, span) in expressions.iter().enumerate() {
            let _ = write!(self.text, "krl_{at} = (");
            let start = self.text.len() as u32;
            self.copy(*span);
            self.last = Span::new(start, self.text.len() as u32);
            self.text.push_str(");\n");
        }
        self.has_value = !expressions.is_empty();
        match expressions.len() {
            0 => self.text.push_str("null }\n"),
            n => {
                let last = format!("krl_{}", n - 1);
                let _ = writeln!(
                    self.text,
                    "[\"Function\", \"Action\", \"RegExp\"] >< {last}.typeof() => {last}.as(\"String\") | {last} }}"
                );
            }
        }
    }

    fn listing(&mut self) {
        let entry = |d: &Declared| {
            let name = &d.name;
            format!("\"{name}\": {{\"type\": {name}.typeof(), \"value\": {name}}}")
        };
        let entries: Vec<String> = self.declared.iter().map(entry).collect();
        let _ = writeln!(self.text, "{DECLARED} = function() {{ {{{}}} }}\n}} }}", entries.join(", "));
    }

    /// The place in what was typed of a place in the ruleset; the end of what was typed for what was not.
    pub fn typed_span(&self, made: Span) -> Span {
        let end = self.typed.len() as u32;
        let inside = |p: &&Piece| p.made <= made.start && made.start <= p.made + p.typed.len();
        match self.pieces.iter().find(inside) {
            Some(piece) => {
                let start = made.start - piece.made + piece.typed.start;
                Span::new(start, (start + made.len()).min(piece.typed.end))
            }
            None => Span::empty(end),
        }
    }

    /// A finding about the ruleset as one about what was typed; fixes and labels elsewhere are left out.
    pub fn typed_diagnostic(&self, mut found: Diagnostic) -> Diagnostic {
        found.span = self.typed_span(found.span);
        for label in &mut found.labels {
            label.span = self.typed_span(label.span);
        }
        found.fixes.clear();
        found
    }

    /// The line and column in what was typed of a line and column in the ruleset.
    pub fn typed_position(&self, line: u32, column: u32) -> (u32, u32) {
        let lines = LineIndex::new(&self.text);
        let start = lines.line_span(&self.text, line).start as usize;
        let rest = self.text.get(start..).unwrap_or_default();
        let offset: usize = rest.chars().take((column as usize).saturating_sub(1)).map(char::len_utf8).sum();
        let at = self.typed_span(Span::empty((start + offset) as u32));
        let position = LineIndex::new(&self.typed).position(&self.typed, at.start);
        (position.line, position.column)
    }
}

fn is_data(kind: &ExprKind) -> bool {
    !matches!(kind, ExprKind::Function(_) | ExprKind::RegExp)
}

/// A KRL expression of a value.
pub fn literal(value: &Data) -> String {
    match value {
        Data::Null => "null".into(),
        Data::Number(n) if *n < 0.0 => format!("({})", value.to_json()),
        Data::Number(n) if *n >= 1e21 || (*n != 0.0 && *n < 1e-6) => {
            format!("\"{}\".as(\"Number\")", value.to_json())
        }
        Data::Bool(_) | Data::Number(_) => value.to_json(),
        Data::String(text) => quoted(text),
        Data::Array(items) => format!("[{}]", items.iter().map(literal).collect::<Vec<_>>().join(", ")),
        Data::Map(entries) => {
            let entries: Vec<_> =
                entries.iter().map(|(k, v)| format!("{}: {}", quoted(k), literal(v))).collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(typed: &str, wanted: &[&str]) {
        let snippet = Snippet::new(typed, &[], &[]).unwrap();
        for part in wanted {
            assert!(snippet.text.contains(part), "{typed}\n  gives {}\n  without {part}", snippet.text);
            let at = snippet.text.find(part).unwrap() as u32;
            let place = snippet.typed_span(Span::new(at, at + part.len() as u32));
            assert_eq!(place.text(typed), *part);
        }
    }

    #[test]
    fn pieces_know_where_they_were_typed() {
        check("1 + 1", &["1 + 1"]);
        check("a = \"é\"; f = function(x) { x + a } // twice\n; f(1)", &["a = \"é\"", "x + a", "f(1)"]);
    }

    #[test]
    fn values_become_literals() {
        for json in [r#"{"a":[1,-2.5,true,null],"q\"\\":"x\ny"}"#, "1e+30", "0"] {
            let value = Data::parse(json).unwrap();
            let text = literal(&value);
            assert!(!parse_program(&text).has_errors(), "{text}");
        }
        assert_eq!(literal(&Data::Number(-2.5)), "(-2.5)");
    }
}
