//! A parser's failure → a diagnostic in the language's own words.
//!
//! The parser knows the offending token and the terminals it would have taken; those are sorted into what a person would
//! say is missing (krl-conformance.md F), never listed.

use crate::code::Code;
use crate::context::{OpenBracket, Terminals, is_half_reserved, reserved};
use crate::diagnostic::{Applicability, Diagnostic};
use crate::items::Tokens;
use crate::span::Span;
use crate::terminal::Terminal as T;
use crate::token::TokenKind as K;
use crate::view::View;

mod layout;

pub(crate) use layout::{order, property, stray};

/// Where and why the grammar stopped.
#[derive(Debug)]
pub(crate) struct Failure {
    /// Index of the offending terminal; `None` at the end of the item.
    pub(crate) at: Option<usize>,
    /// Its place; at the end of an item the token behind it.
    pub(crate) span: Span,
    /// Terminals that could stand there, as the grammar names them.
    pub(crate) expected: Vec<String>,
}

/// The diagnostic of a failure in the item `range`.
pub(crate) fn explain(
    view: View<'_>,
    terminals: &Terminals,
    failure: &Failure,
    range: &Tokens,
) -> Diagnostic {
    let position = (range.start..range.end).find(|&i| view.span(i).start == failure.span.start);
    if failure.at.is_some()
        && let Some(found) = position.and_then(|i| lexical(view, i))
    {
        return found;
    }
    let case = Case { view, terminals, failure };
    case.reserved_word().or_else(|| case.directed()).unwrap_or_else(|| case.missing())
}

/// What is wrong with the token itself.
pub(crate) fn lexical(view: View<'_>, at: usize) -> Option<Diagnostic> {
    let span = view.span(at);
    let head = Span::new(span.start, span.start + 2.min(span.len()));
    let (code, span, text, help) = match view.kind(at)? {
        K::Illegal => return Some(illegal(view.text(at), span)),
        K::UnterminatedString => (
            Code::UnterminatedString,
            span,
            "the string has no closing `\"`",
            "write `\\\"` for a quote inside it",
        ),
        K::UnterminatedRegExp => (
            Code::UnterminatedRegExp,
            span,
            "the regular expression has no closing `#`",
            "write `\\#` for a number sign inside it",
        ),
        K::UnterminatedChevron => {
            (Code::UnterminatedChevron, head, "`<<` has no closing `>>`", "write `>>` where the text ends")
        }
        K::UnterminatedComment => {
            (Code::UnterminatedComment, head, "`/*` has no closing `*/`", "comments do not nest")
        }
        _ => return None,
    };
    Some(Diagnostic::new(code, span, text).help(help))
}

fn illegal(text: &str, span: Span) -> Diagnostic {
    let shown = match text.chars().next() {
        Some(c) if c.is_control() => format!("U+{:04X}", c as u32),
        _ => format!("`{text}`"),
    };
    let found = Diagnostic::new(Code::IllegalCharacter, span, format!("{shown} is not a character of KRL"));
    match text {
        "!" => found.help("negation is `not`"),
        "'" => found.help("strings stand in double quotes"),
        "&" => found.help("the operator is `&&`"),
        "?" => found.help("a choice is `test => this | that`"),
        "#" => found.help("a regular expression is `re#…#`"),
        _ => found,
    }
}

struct Case<'a> {
    view: View<'a>,
    terminals: &'a Terminals,
    failure: &'a Failure,
}

impl Case<'_> {
    fn expects(&self, name: &str) -> bool {
        self.failure.expected.iter().any(|e| e.trim_matches('"') == name)
    }

    fn terminal(&self) -> Option<T> {
        self.failure.at.and_then(|i| self.terminals.list.get(i)).map(|t| t.1)
    }

    /// The terminal `n` places before the offending one.
    fn before(&self, n: usize) -> T {
        let at = self.failure.at.unwrap_or(self.terminals.list.len());
        at.checked_sub(n).and_then(|i| self.terminals.list.get(i)).map_or(T::Bad, |t| t.1)
    }

    fn before_span(&self, n: usize) -> Span {
        let at = self.failure.at.unwrap_or(self.terminals.list.len());
        let found = at.checked_sub(n).and_then(|i| self.terminals.list.get(i));
        found.map_or(self.failure.span, |t| Span::new(t.0, t.2))
    }

    /// Does a statement of the postlude begin with the terminal before the offending one?
    fn starts_statement(&self) -> bool {
        self.before(2) != T::Clear && self.terminal() != Some(T::Eq)
    }

    fn text(&self) -> &str {
        if self.failure.at.is_some() { self.failure.span.text(self.view.source) } else { "" }
    }

    fn found(&self, code: Code, text: impl Into<String>) -> Diagnostic {
        Diagnostic::new(code, self.failure.span, text)
    }

    fn wants_operand(&self) -> bool {
        self.expects("[")
    }

    /// A reserved word where a name must stand.
    fn reserved_word(&self) -> Option<Diagnostic> {
        let text = self.text();
        if self.terminal() == Some(T::Bad) && is_half_reserved(text) && self.wants_operand() {
            let message = format!("`{text}` cannot start an expression");
            return Some(
                self.found(Code::ExpectedExpression, message).help("it is an operator; rename the variable"),
            );
        }
        let wants_name = self.expects("name") || self.expects("name=");
        if reserved(text).is_some() && wants_name && !self.expects("}") && !self.expects(")") {
            let message = format!("`{text}` is reserved: it cannot be a name");
            return Some(self.found(Code::ReservedWord, message));
        }
        None
    }

    /// Mistakes with a message of their own.
    fn directed(&self) -> Option<Diagnostic> {
        let text = self.text();
        match (self.terminal(), self.before(1)) {
            (Some(T::MapBrace), T::Then) => {
                let found =
                    self.found(Code::ExpectedBlock, "expected `every`, `sample` or `choose` before `{`");
                let at = Span::empty(self.failure.span.start);
                Some(found.fix("write `every {`", at, "every ", Applicability::Safe))
            }
            (_, T::Then) if self.expects("every") => {
                Some(self.found(Code::ExpectedAction, "expected an action after `if … then`"))
            }
            (Some(T::Semi), T::Semi) => {
                let found = self.found(Code::ExtraSemicolon, "one `;` is enough");
                Some(found.fix("remove it", self.failure.span, "", Applicability::Safe))
            }
            (Some(T::Comma), _) if self.expects("}") && self.follows_return() => {
                let found = self.found(Code::OneResult, "a defaction can only return one value");
                Some(found.help("return an array or a map of them"))
            }
            (Some(T::Name), T::RParen | T::RBrace | T::Semi)
                if text == "returns" && self.expects("return") =>
            {
                let found =
                    self.found(Code::OneResult, "a defaction can only return one value, with `return`");
                Some(found.fix("write `return`", self.failure.span, "return", Applicability::Maybe))
            }
            (
                Some(T::InfixSign | T::MulOp | T::CompareOp | T::PathBrace | T::IndexBracket | T::CallParen),
                T::String,
            ) if self.expects(":") => Some(
                self.found(Code::MapKey, "the keys of a map are string literals")
                    .help("use `put` for a computed key"),
            ),
            (Some(T::Name), T::MapBrace | T::Comma) if self.expects("string") && !self.wants_operand() => {
                let message = format!("the keys of a map are string literals: write `\"{text}\"`");
                let fix = format!("\"{text}\"");
                Some(self.found(Code::MapKey, message).fix(
                    "quote it",
                    self.failure.span,
                    fix,
                    Applicability::Maybe,
                ))
            }
            (Some(T::Name), _) if text == "with" && self.expects("attributes") => {
                let found = self.found(Code::ExpectedStatement, "`with` belongs to older dialects");
                Some(found.help("write `attributes {\"name\": value}`"))
            }
            (Some(T::Name), T::RParen | T::Semi) if self.expects("fired") && !self.expects("event or") => {
                let found = self.found(Code::ExpectedBlock, "a rule has one action block");
                Some(found.help("group several actions by `every { … }`"))
            }
            (Some(T::String), _) if self.expects("attribute") => {
                let found = self.found(Code::EventFilter, "a filter names an attribute: `attr re#…#`");
                Some(found.help("string filters belong to an older dialect"))
            }
            (Some(terminal), _) if is_section(terminal) && self.expects("}") && !self.wants_operand() => {
                let message = format!("`{text}` stands too late");
                let help = "the order is `select`, `foreach`, `pre`, action, `fired`";
                Some(self.found(Code::SectionOrder, message).help(help))
            }
            _ => None,
        }
    }

    /// Is the offending token in the expression of a `return`?
    fn follows_return(&self) -> bool {
        let at = self.failure.at.unwrap_or(0);
        let list = self.terminals.list.get(..at).unwrap_or_default();
        let mut tail = list.iter().rev().map(|t| t.1);
        tail.find(|t| matches!(t, T::Return | T::BlockBrace)) == Some(T::Return)
    }

    /// What is missing.
    fn missing(&self) -> Diagnostic {
        if self.expects("return") && self.wants_operand() {
            let found =
                self.found(Code::FunctionResult, "expected the result of the function: an expression");
            return self.with_bracket(found);
        }
        if self.expects("rule") || self.expects("any") {
            return self.found(Code::ExpectedEvent, "expected an event expression: `domain type`");
        }
        if let Some((code, text)) = self.only_in_place() {
            return self.found(code, text);
        }
        if self.wants_operand() {
            let text = if self.before(1) == T::StartProgram || self.ends_program() {
                "expected an expression or a declaration"
            } else {
                "expected an expression"
            };
            return self.found(Code::ExpectedExpression, text);
        }
        if self.expects("raise") {
            let found = self.found(Code::ExpectedStatement, "expected a statement");
            let help = "`raise`, `schedule`, `clear`, `log`, `error`, `last`, `ent:name := …` or `name = …`";
            return self.with_bracket(found.help(help));
        }
        self.closer().unwrap_or_else(|| self.other())
    }

    fn ends_program(&self) -> bool {
        self.terminals.list.first().is_some_and(|t| t.1 == T::StartProgram) && self.terminals.open.is_empty()
    }

    /// Terminals that are told by themselves, whatever else could stand there.
    fn only_in_place(&self) -> Option<(Code, &'static str)> {
        let told: &[(&str, Code, &str)] = &[
            ("|", Code::MissingOtherwise, "expected `|` and the other value: `test => this | that`"),
            ("=>", Code::Syntax, "expected `=>` or `(`"),
            ("then", Code::Syntax, "expected `then`"),
            (":=", Code::Assignment, "expected `:=`"),
            ("at", Code::Syntax, "expected `at` or `repeat`"),
            ("level", Code::Level, "expected a level: `error`, `warn`, `info` or `debug`"),
            (
                "period",
                Code::Period,
                "expected a unit of time: `seconds`, `minutes`, `hours`, `days`, `weeks`, `months` or `years`",
            ),
            ("when", Code::Syntax, "expected `when` or `where`"),
            ("module", Code::Syntax, "expected `module`"),
            ("using", Code::Syntax, "expected `using`"),
            ("to", Code::Syntax, "expected `to`"),
            ("switch", Code::Syntax, "expected `on` or `off`"),
            ("active", Code::Syntax, "expected `active` or `inactive`"),
            ("final", Code::Syntax, "expected `final`"),
            ("between", Code::Syntax, "expected `between`"),
            ("rid", Code::RulesetId, "expected the id of a ruleset"),
            ("number", Code::ExpectedInteger, "expected a positive integer"),
        ];
        let wants = |name: &str| match name {
            "=>" => self.expects("=>") && !self.expects("||") && self.expects("call("),
            "number" => self.expects(name) && !self.wants_operand(),
            "between" => self.expects(name) && self.before(1) == T::Not,
            _ => self.expects(name) && !self.wants_operand(),
        };
        told.iter().find(|t| wants(t.0)).map(|t| (t.1, t.2))
    }

    /// The bracket that is missing.
    fn closer(&self) -> Option<Diagnostic> {
        if self.expects(")") || self.expects("]") || self.expects("#}") {
            let close = if self.expects(")") { ")" } else { self.bracket_or_brace() };
            return Some(self.with_bracket(self.found(Code::Unclosed, format!("expected `{close}`"))));
        }
        if self.expects("name=") && self.expects("}") && !self.expects("||") {
            let found = self.found(Code::ExpectedDeclaration, "expected a declaration: `name = …`");
            return Some(self.with_bracket(found));
        }
        None
    }

    fn bracket_or_brace(&self) -> &'static str {
        if self.expects("]") { "]" } else { "}" }
    }

    fn other(&self) -> Diagnostic {
        let text = self.text();
        if self.expects("block{") {
            return self.found(Code::ExpectedOpen, "expected `{`");
        }
        if self.expects("(") || self.expects("call(") && !self.expects("||") {
            return self.found(Code::ExpectedOpen, "expected `(`");
        }
        if self.expects("event") {
            return self.found(Code::ExpectedEvent, "expected `event`: `raise domain event \"type\"`");
        }
        if self.expects("name=") && self.before(1) == T::With {
            return self.found(Code::ExpectedDeclaration, "expected declarations after `with`: `name = …`");
        }
        if self.expects("name=") && !self.expects("}") && !self.expects("||") {
            return self.found(Code::ExpectedDeclaration, "expected a declaration: `name = …`");
        }
        if self.expects("}") {
            let found = self.found(Code::Unclosed, self.expected_brace(text));
            return self.with_bracket(found);
        }
        if self.expects("name") {
            return self.found(Code::ExpectedName, self.expected_name());
        }
        if self.expects("string") {
            return self.found(Code::ExpectedString, "expected a string");
        }
        if self.expects("=") {
            return self.found(Code::Syntax, "expected `=`");
        }
        if self.expects(":") {
            if self.before(1) != T::Name || !self.starts_statement() {
                return self.found(Code::Syntax, "expected `:`");
            }
            let span = self.before_span(1);
            return self.with_bracket(Diagnostic::new(Code::ExpectedStatement, span, "expected a statement"));
        }
        self.at_end_of_item(text)
    }

    fn expected_brace(&self, text: &str) -> String {
        if text.is_empty() || text == "}" || text == ")" || text == "]" {
            return "expected `}`".to_owned();
        }
        format!("expected `}}`, found `{}`", shortened(text))
    }

    fn expected_name(&self) -> String {
        let what = match self.before(1) {
            T::Rule => "the name of the rule",
            T::Alias => "a name for the module",
            T::Dot => "a member name behind `.`",
            T::Raise | T::Schedule => "the domain of the event",
            T::Colon => "a name behind `:`",
            T::Name if self.expects(":") => "the type of the event",
            _ => "a name",
        };
        format!("expected {what}")
    }

    /// The item is complete, but something follows.
    fn at_end_of_item(&self, text: &str) -> Diagnostic {
        let first = self.terminals.list.first().map(|t| t.1);
        match first {
            Some(T::StartDeclaration) => {
                self.found(Code::ExpectedDeclaration, "expected a declaration: `name = …`")
            }
            Some(T::StartRule) => self.found(Code::Unclosed, "the rule has ended: expected a rule or `}`"),
            Some(T::StartProperty) => {
                let message = format!("`{}` is not a property of `meta`", shortened(text));
                self.found(Code::UnknownMetaKey, message)
            }
            _ => self.found(Code::Syntax, format!("`{}` cannot stand here", shortened(text))),
        }
    }

    /// Points at the innermost bracket that is open at the offending token.
    fn with_bracket(&self, found: Diagnostic) -> Diagnostic {
        let Some(open) = self.open_bracket() else { return found };
        let text = match open.owner {
            Some(owner) => format!("`{}` opened here", owner.text(self.view.source)),
            None => "opened here".to_owned(),
        };
        found.label(open.span, text)
    }

    fn open_bracket(&self) -> Option<OpenBracket> {
        let Some(at) = self.failure.at else { return self.terminals.open.last().copied() };
        let mut depth = 0usize;
        for &(start, terminal, end) in self.terminals.list.get(..at)?.iter().rev() {
            match terminal {
                T::RParen | T::RBrace | T::RBracket | T::BeestingClose => depth += 1,
                T::LParen
                | T::CallParen
                | T::MapBrace
                | T::PathBrace
                | T::BlockBrace
                | T::LBracket
                | T::IndexBracket
                | T::BeestingOpen => match depth.checked_sub(1) {
                    Some(less) => depth = less,
                    None => return Some(OpenBracket { span: Span::new(start, end), owner: None }),
                },
                _ => {}
            }
        }
        None
    }
}

fn is_section(terminal: T) -> bool {
    matches!(
        terminal,
        T::Select
            | T::Foreach
            | T::Pre
            | T::If
            | T::Every
            | T::Sample
            | T::Choose
            | T::Fired
            | T::NotFired
            | T::Always
            | T::Else
            | T::Finally
    )
}

fn shortened(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    if line.chars().count() <= 24 { line.to_owned() } else { line.chars().take(23).chain(['…']).collect() }
}
