//! Text → tree. Never fails: what is wrong becomes diagnostics, and every item that is right is in the tree.

use crate::ast::{Ast, Block, ExprId, Ident, Meta, ProgramItem, Ruleset};
use crate::code::Code;
use crate::context::{self, Entry, Terminals};
use crate::diagnostic::Diagnostic;
use crate::dialect::{self, Dialect};
use crate::explain::{self, Failure};
use crate::grammar::StartParser;
use crate::items::{self, Layout, Part, Section, Tokens};
use crate::lexer::{Lexing, lex_with};
use crate::span::{LineIndex, Span};
use crate::token::{TokenBuf, TokenKind};
use crate::tree::{Item, Tree};
use crate::view::{View, end_of};
use lalrpop_util::ParseError;

/// Most diagnostics the parser gives for one file.
pub const MAX_DIAGNOSTICS: usize = 20;

/// A parsed file.
#[derive(Clone, Debug, Default)]
pub struct Parsed {
    /// Every token, comments and white space included.
    pub tokens: TokenBuf,
    /// The tree of all items without syntax errors.
    pub ast: Ast,
    /// Findings, by place.
    pub diagnostics: Vec<Diagnostic>,
    incomplete: bool,
}

impl Parsed {
    /// Is there a syntax error?
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// Could more text make a program of it? Then a prompt asks for another line.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        self.incomplete
    }
}

/// Parses a ruleset, or the declarations and expressions of a file without one.
#[must_use]
pub fn parse(source: &str) -> Parsed {
    parse_as(source, Form::File)
}

/// Parses declarations and expressions: the input of `krl eval` and of the prompt.
#[must_use]
pub fn parse_program(source: &str) -> Parsed {
    parse_as(source, Form::Program)
}

/// Decodes the bytes of a file; bad UTF-8 becomes U+FFFD and a diagnostic at the first bad byte.
#[must_use]
pub fn decode(bytes: &[u8]) -> (String, Option<Diagnostic>) {
    match std::str::from_utf8(bytes) {
        Ok(text) => (text.to_owned(), None),
        Err(error) => {
            let at = error.valid_up_to() as u32;
            let byte = bytes.get(error.valid_up_to()).copied().unwrap_or_default();
            let text = format!("the file is not UTF-8: byte {byte:#04x} begins no character");
            let found = Diagnostic::new(Code::InvalidUtf8, Span::new(at, at + 3), text)
                .help("save the file as UTF-8");
            (String::from_utf8_lossy(bytes).into_owned(), Some(found))
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    File,
    Program,
}

fn parse_as(source: &str, form: Form) -> Parsed {
    if source.len() > u32::MAX as usize / 2 {
        let text = "the file is larger than 2 GiB";
        return Parsed {
            diagnostics: vec![Diagnostic::new(Code::TooLarge, Span::empty(0), text)],
            ..Parsed::default()
        };
    }
    let mut parsed = parse_tokens(source, lex_with(source, Lexing::Strict), form);
    if parsed.has_errors() {
        // A quote or `>>` that is missing puts all later ones out of step: look again with that in mind.
        let tokens = lex_with(source, Lexing::Recovering);
        if tokens != parsed.tokens {
            parsed = parse_tokens(source, tokens, form);
        }
        if form == Form::File {
            parsed.report_dialect(source);
        }
    }
    parsed.tidy(source);
    parsed
}

fn parse_tokens(source: &str, tokens: TokenBuf, form: Form) -> Parsed {
    let mut parser = Parser {
        view: View { source, tokens: &tokens },
        tree: Tree::new(source),
        grammar: StartParser::new(),
        terminals: Terminals::default(),
        broken: Vec::new(),
        broken_names: Vec::new(),
        names_lost: false,
        incomplete: false,
    };
    match ruleset_start(parser.view, form) {
        Some(Start::Ruleset) => parser.ruleset(1),
        Some(Start::Headless(id)) => {
            let span = parser.view.span(0);
            let found = Diagnostic::new(Code::Syntax, span, "expected `ruleset`");
            parser.tree.diagnostics.push(found.help("a file begins with `ruleset ID {`"));
            parser.ruleset(id);
        }
        None => parser.program(),
    }
    let Tree { ast, diagnostics, .. } = parser.tree;
    let incomplete = parser.incomplete;
    Parsed { tokens, ast, diagnostics, incomplete }
}

enum Start {
    Ruleset,
    /// The keyword is missing; the position of the id.
    Headless(usize),
}

/// Is the file a ruleset?
fn ruleset_start(view: View<'_>, form: Form) -> Option<Start> {
    if form == Form::Program || view.len() == 0 {
        return None;
    }
    if view.is_word(0, "ruleset") && !matches!(view.kind(1), Some(TokenKind::Eq)) {
        return Some(Start::Ruleset);
    }
    let section = |at: usize| {
        let block = ["meta", "global"].iter().any(|w| view.is_word(at, w))
            && view.kind(at + 1) == Some(TokenKind::LBrace);
        block
            || view.is_word(at, "rule")
                && view.kind(at + 1) == Some(TokenKind::Word)
                && view.kind(at + 2) == Some(TokenKind::LBrace)
    };
    let brace = (0..view.len().min(32)).find(|&i| view.kind(i) == Some(TokenKind::LBrace))?;
    if section(brace + 1) {
        return Some(Start::Headless(0));
    }
    section(0).then_some(Start::Headless(0))
}

struct Parser<'a> {
    view: View<'a>,
    tree: Tree<'a>,
    grammar: StartParser,
    terminals: Terminals,
    broken: Vec<Span>,
    broken_names: Vec<Ident>,
    names_lost: bool,
    incomplete: bool,
}

impl Parser<'_> {
    fn report(&mut self, found: Diagnostic) {
        self.tree.diagnostics.push(found);
    }

    /// Parses one item; reports its first error.
    fn item(&mut self, range: &Tokens, entry: Entry) -> Option<Item> {
        let v = self.view;
        context::filter(v.source, v.tokens, range.clone(), entry, &mut self.terminals);
        if let Some(span) = self.terminals.too_deep {
            let text = format!("brackets are nested deeper than {} levels", context::MAX_DEPTH);
            self.report(
                Diagnostic::new(Code::TooDeep, span, text).help("name a part of it and refer to the name"),
            );
            self.broken_item(range, entry);
            return None;
        }
        let found_before = self.tree.diagnostics.len();
        let list = self.terminals.list.iter().copied().map(Ok::<_, ()>);
        let result = self.grammar.parse(&mut self.tree, list);
        if let Some(span) = self.tree.too_deep.take() {
            let text = format!("the expression is deeper than {} levels", crate::tree::MAX_TREE_DEPTH);
            self.report(
                Diagnostic::new(Code::TooDeep, span, text).help("name a part of it and refer to the name"),
            );
            self.broken_item(range, entry);
            return None;
        }
        let failure = match result {
            Ok(item) => {
                // A name behind a slip may have been meant as a declaration.
                let declares = matches!(entry, Entry::Declaration | Entry::Property);
                self.names_lost |= declares && !self.terminals.slips.is_empty();
                self.tree.diagnostics.append(&mut self.terminals.slips);
                return Some(item);
            }
            Err(error) => self.failure(error, range),
        };
        self.tree.diagnostics.truncate(found_before);
        self.incomplete |= failure.at.is_none() && range.end == v.len();
        let found = explain::explain(v, &self.terminals, &failure, range);
        // A slip before the error is the likelier cause; behind it, it may be nothing.
        let slips = self.terminals.slips.drain(..).filter(|s| s.span.start < found.span.start);
        self.tree.diagnostics.extend(slips);
        self.report(found);
        self.broken_item(range, entry);
        None
    }

    /// Notes an item that could not be parsed, and what it may have declared.
    fn broken_item(&mut self, range: &Tokens, entry: Entry) {
        let v = self.view;
        self.broken.push(v.cover(range));
        match entry {
            Entry::Declaration if v.kind(range.start) == Some(TokenKind::Word) => {
                self.broken_names.push(Ident { span: v.span(range.start) });
            }
            Entry::Declaration | Entry::Property => self.names_lost = true,
            _ => {}
        }
    }

    fn failure(&self, error: ParseError<u32, crate::terminal::Terminal, ()>, range: &Tokens) -> Failure {
        let position = |start: u32, end: u32| {
            self.terminals.list.iter().skip(1).position(|t| t.0 == start && t.2 == end).map(|i| i + 1)
        };
        match error {
            ParseError::UnrecognizedToken { token: (start, _, end), expected } => {
                Failure { at: position(start, end), span: Span::new(start, end), expected }
            }
            ParseError::ExtraToken { token: (start, _, end) } => {
                Failure { at: position(start, end), span: Span::new(start, end), expected: Vec::new() }
            }
            ParseError::UnrecognizedEof { expected, .. } => {
                Failure { at: None, span: self.view.span(range.end), expected }
            }
            ParseError::InvalidToken { .. } | ParseError::User { .. } => {
                Failure { at: None, span: self.view.span(range.end), expected: Vec::new() }
            }
        }
    }

    fn program(&mut self) {
        let all = 0..self.view.len();
        match self.item(&all, Entry::Program) {
            Some(Item::Program(list)) => self.tree.ast.program = list,
            _ => self.incomplete |= self.unterminated(),
        }
    }

    /// Does the text end within a literal or comment?
    fn unterminated(&self) -> bool {
        let tokens = self.view.tokens;
        (0..tokens.len()).any(|i| tokens.kind(i).is_error() && tokens.kind(i) != TokenKind::Illegal)
    }

    fn ruleset(&mut self, first: usize) {
        let v = self.view;
        let layout = items::split(v.source, v.tokens, first);
        self.header(&layout);
        let mut ruleset = Ruleset {
            span: v.span(0).to(v.span(layout.close.unwrap_or(v.len().saturating_sub(1)))),
            rid: layout.rid,
            version: None,
            meta: None,
            global: None,
            rules: Vec::new(),
            broken: Vec::new(),
            broken_names: Vec::new(),
            names_lost: false,
        };
        if let Some(found) = explain::order(v, &layout.parts) {
            self.report(found);
        }
        for part in layout.parts {
            self.part(part, &mut ruleset);
        }
        if layout.close.is_none() && layout.missing_open.is_none() {
            self.incomplete = true;
            self.unclosed_ruleset(layout.open);
        }
        ruleset.broken = std::mem::take(&mut self.broken);
        ruleset.broken_names = std::mem::take(&mut self.broken_names);
        ruleset.names_lost = self.names_lost;
        self.tree.ast.ruleset = Some(ruleset);
    }

    fn header(&mut self, layout: &Layout) {
        if let Some(found) = layout.rid_error.clone() {
            return self.report(found);
        }
        if let Some(at) = layout.missing_open {
            let text = "expected `{` behind the id of the ruleset";
            self.report(Diagnostic::new(Code::ExpectedOpen, self.view.span(at), text));
            self.incomplete |= at >= self.view.len();
        }
    }

    fn unclosed_ruleset(&mut self, open: Option<usize>) {
        let mut found =
            Diagnostic::new(Code::Unclosed, end_of(self.view.source), "expected `}` to close the ruleset");
        if let Some(open) = open {
            found = found.label(self.view.span(open), "opened here");
        }
        self.report(found);
    }

    fn part(&mut self, part: Part, ruleset: &mut Ruleset) {
        match part {
            Part::Version(range) => ruleset.version = self.version(&range),
            Part::Meta(section) => {
                let meta = self.meta(section);
                ruleset.meta.get_or_insert(meta);
            }
            Part::Global(section) => {
                let block = self.global(section);
                ruleset.global.get_or_insert(block);
            }
            Part::Rule(range) => {
                if let Some(Item::Rule(rule)) = self.item(&range, Entry::Rule) {
                    ruleset.rules.push(*rule);
                }
            }
            // Brackets out of step were reported where they are.
            Part::Stray(range) if !self.broken.is_empty() && self.only_braces(&range) => {}
            Part::Stray(range) => {
                let found = explain::stray(self.view, &range);
                self.report(found);
                self.broken.push(self.view.cover(&range));
                self.names_lost = true;
            }
        }
    }

    fn only_braces(&self, range: &Tokens) -> bool {
        range.clone().all(|i| self.view.kind(i) == Some(TokenKind::RBrace))
    }

    fn version(&mut self, range: &Tokens) -> Option<ExprId> {
        let first = range.start + 1;
        if matches!(self.view.kind(first), Some(TokenKind::String | TokenKind::ChevronOpen))
            && let Some(Item::Program(list)) = self.item(&(first..range.end), Entry::Program)
            && let [ProgramItem::Expr(id)] = *list.as_slice()
        {
            return Some(id);
        }
        self.report(Diagnostic::new(Code::ExpectedString, self.view.span(first), "expected a string"));
        None
    }

    fn meta(&mut self, section: Section) -> Meta {
        let span = self.view.cover(&section.tokens);
        self.section_head(&section, "meta");
        self.stray_in(&section, "expected a property of `meta`", Code::UnknownMetaKey);
        let mut properties = Vec::new();
        for range in &section.items {
            if let Some(found) = explain::property(self.view, range) {
                self.report(found);
                self.broken_item(range, Entry::Property);
                continue;
            }
            if let Some(Item::Property(property)) = self.item(range, Entry::Property) {
                properties.push(property);
            }
        }
        self.unclosed_section(&section, "meta");
        Meta { span, properties }
    }

    fn global(&mut self, section: Section) -> Block {
        let span = self.view.cover(&section.tokens);
        self.section_head(&section, "global");
        self.stray_in(&section, "expected a declaration: `name = …`", Code::ExpectedDeclaration);
        let mut declarations = Vec::new();
        for range in &section.items {
            if let Some(Item::Declaration(declaration)) = self.item(range, Entry::Declaration) {
                declarations.push(declaration);
            }
        }
        self.unclosed_section(&section, "global");
        Block { span, declarations }
    }

    /// The keyword and the `{` of a section.
    fn section_head(&mut self, section: &Section, keyword: &str) {
        let at = section.tokens.start;
        if !self.view.is_word(at, keyword) {
            let text = format!("expected `{keyword}` before `{{`");
            self.report(Diagnostic::new(Code::Syntax, self.view.span(at), text));
            self.names_lost = true;
        } else if self.view.kind(at + 1) != Some(TokenKind::LBrace) {
            let text = format!("expected `{{` behind `{keyword}`");
            self.report(Diagnostic::new(Code::ExpectedOpen, self.view.span(at + 1), text));
        }
    }

    fn stray_in(&mut self, section: &Section, text: &str, code: Code) {
        if let Some(stray) = &section.stray {
            let found = match explain::lexical(self.view, stray.start) {
                Some(found) => found,
                None => Diagnostic::new(code, self.view.span(stray.start), text),
            };
            self.report(found);
            self.broken.push(self.view.cover(stray));
            self.names_lost = true;
        }
    }

    fn unclosed_section(&mut self, section: &Section, keyword: &str) {
        if !section.closed {
            self.names_lost = true;
            // A literal without its end was reported, and has swallowed the brace.
            let swallowed = |i| self.view.kind(i).is_some_and(TokenKind::is_error);
            if !self.broken.is_empty() && section.tokens.clone().any(swallowed) {
                return;
            }
            let open = self.view.span(section.tokens.start + 1);
            let at = self.view.span(section.tokens.end);
            let text = format!("expected `}}` to close `{keyword}`");
            self.report(Diagnostic::new(Code::Unclosed, at, text).label(open, "opened here"));
        }
    }
}

impl Parsed {
    /// A file of an older dialect gets one message, not a flood.
    fn report_dialect(&mut self, source: &str) {
        let found = dialect::of_tokens(source, &self.tokens);
        if found.dialect == Dialect::Classic
            && let Some(one) = found.diagnostic()
        {
            self.diagnostics = vec![one];
        }
    }

    /// Sorts by place, keeps one syntax error a line and [`MAX_DIAGNOSTICS`] in all.
    fn tidy(&mut self, source: &str) {
        if self.diagnostics.is_empty() {
            return;
        }
        self.diagnostics.sort_by_key(|d| (d.span.start, d.span.end));
        let lines = LineIndex::new(source);
        let line_of = |d: &Diagnostic| lines.line(d.span.start);
        self.diagnostics.dedup_by(|b, a| line_of(a) == line_of(b));
        self.diagnostics.truncate(MAX_DIAGNOSTICS);
    }
}
