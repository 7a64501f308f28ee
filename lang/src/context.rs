//! The context filter: tokens → terminals of the grammar.
//!
//! KRL's words are keywords only in their place, and its brackets mean different things behind an operand and in front
//! of one. A stack of enclosing brackets and the role of the next token (`Position`) decide both, so that the grammar is
//! LR(1) (krl-language.md §1.5, §2). Slips that have one obvious meaning (`=` for `==`) are read as that and reported.

use crate::code::Code;
use crate::diagnostic::{Applicability, Diagnostic};
use crate::rid::{check_rid, rid_end};
use crate::span::Span;
use crate::terminal::Terminal as T;
use crate::token::{TokenBuf, TokenKind as K};
mod words;

pub(crate) use words::{is_half_reserved, property, reserved};

/// Deepest nesting of brackets; what lies deeper is refused before anything recurses over it.
pub(crate) const MAX_DEPTH: usize = 256;

/// What an item is, so how its first token is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// `rule NAME { … }`
    Rule,
    /// One property of `meta`.
    Property,
    /// `name = expr` of `global`.
    Declaration,
    /// Declarations and expressions of a file without `ruleset`.
    Program,
}

/// What encloses the current token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    /// Before the `{` of a rule.
    RuleHead,
    /// Directly in a rule.
    Rule,
    /// `global`, `pre`, the prompt: declarations only.
    Declarations,
    /// The body of a function.
    Function,
    /// The body of a defaction.
    Defaction,
    /// `every { … }` and the like.
    Actions,
    /// `fired { … }` and the like.
    Postlude,
    /// A property of `meta`.
    Meta,
    /// The parameters of a function.
    FunctionParams,
    /// The parameters of a defaction.
    DefactionParams,
    /// Parentheses of an event expression.
    Events,
    /// `setting (…)` and the variables of an aggregator.
    Names,
    /// Brackets of an expression.
    Plain,
}

/// What the next token is expected to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Position {
    /// A declaration, statement, section or action may begin.
    Start,
    /// An operand must follow.
    Operand,
    /// An operand has ended.
    After,
    /// A member name must follow (`.`, `domain:`).
    Member,
    /// A ruleset id must follow.
    Rid,
    /// An event expression must follow.
    Domain,
    /// The type word of an event must follow.
    Type,
    /// An event's type or attribute pattern has ended.
    Event,
}

/// One open bracket.
#[derive(Clone, Copy, Debug)]
struct Frame {
    scope: Scope,
    position: Position,
    /// Where the bracket is.
    open: Span,
    /// What opened it, for messages: `pre`, `function`, …
    owner: Option<Span>,
}

/// A bracket that is open at some place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OpenBracket {
    /// The bracket.
    pub(crate) span: Span,
    /// The word that owns the block.
    pub(crate) owner: Option<Span>,
}

/// The terminals of one item.
#[derive(Debug, Default)]
pub(crate) struct Terminals {
    /// Start, terminal, end.
    pub(crate) list: Vec<(u32, T, u32)>,
    /// Slips that were read as what they mean.
    pub(crate) slips: Vec<Diagnostic>,
    /// Brackets still open at the end, outermost first.
    pub(crate) open: Vec<OpenBracket>,
    /// The bracket that exceeds [`MAX_DEPTH`].
    pub(crate) too_deep: Option<Span>,
}

/// Reads `tokens` (positions `range` of the significant ones) as an item of kind `entry`.
pub(crate) fn filter(
    source: &str,
    tokens: &TokenBuf,
    range: std::ops::Range<usize>,
    entry: Entry,
    out: &mut Terminals,
) {
    out.list.clear();
    out.slips.clear();
    out.open.clear();
    out.too_deep = None;
    let indexes = tokens.significant().get(range).unwrap_or_default();
    let start = indexes.first().map_or(0, |&t| tokens.start(t as usize));
    let (scope, position, marker) = match entry {
        Entry::Rule => (Scope::RuleHead, Position::Start, T::StartRule),
        Entry::Property => (Scope::Meta, Position::Start, T::StartProperty),
        Entry::Declaration => (Scope::Declarations, Position::Start, T::StartDeclaration),
        Entry::Program => (Scope::Function, Position::Start, T::StartProgram),
    };
    let frame = Frame { scope, position, open: Span::empty(start), owner: None };
    let mut filter = Filter {
        source,
        tokens,
        indexes,
        at: 0,
        out,
        outer: Vec::new(),
        frame,
        last: marker,
        before_last: marker,
        block: None,
        owner: None,
        selecting: false,
        choosing: false,
        closed: Scope::Plain,
    };
    filter.emit(marker, Span::empty(start));
    filter.run();
    let Filter { outer, frame, .. } = filter;
    let frames = outer.iter().skip(1).chain((!outer.is_empty()).then_some(&frame));
    let open: Vec<_> = frames.map(|f| OpenBracket { span: f.open, owner: f.owner }).collect();
    out.open = open;
}

struct Filter<'a> {
    source: &'a str,
    tokens: &'a TokenBuf,
    indexes: &'a [u32],
    /// Position in `indexes` of the token being read.
    at: usize,
    out: &'a mut Terminals,
    outer: Vec<Frame>,
    frame: Frame,
    last: T,
    before_last: T,
    /// The next `{` opens a block of this kind.
    block: Option<Scope>,
    /// The word that owns the block to come.
    owner: Option<Span>,
    /// Between `select` and the next section.
    selecting: bool,
    /// Between `choose` and its block.
    choosing: bool,
    /// The scope that the last bracket closed.
    closed: Scope,
}

impl Filter<'_> {
    fn run(&mut self) {
        while let Some(&index) = self.indexes.get(self.at) {
            let index = index as usize;
            let span = self.tokens.span(index);
            match self.tokens.kind(index) {
                K::Word if self.frame.position == Position::Rid => self.rid(span),
                K::Number | K::Dot if self.frame.position == Position::Rid => self.rid(span),
                K::Word => self.word(span),
                kind => self.token(kind, span),
            }
            self.at += 1;
            if self.outer.len() > MAX_DEPTH {
                self.out.too_deep = Some(span);
                return;
            }
        }
    }

    /// The kind of the token `ahead` places on.
    fn peek(&self, ahead: usize) -> Option<K> {
        self.indexes.get(self.at + ahead).map(|&t| self.tokens.kind(t as usize))
    }

    fn emit(&mut self, terminal: T, span: Span) {
        self.before_last = self.last;
        self.last = terminal;
        self.out.list.push((span.start, terminal, span.end));
    }

    /// Emits `terminal`; `position` follows it.
    fn put(&mut self, terminal: T, span: Span, position: Position) {
        self.emit(terminal, span);
        self.frame.position = position;
    }

    fn open(&mut self, terminal: T, span: Span, scope: Scope, position: Position) {
        self.emit(terminal, span);
        let owner = if terminal == T::BlockBrace { self.owner.take() } else { None };
        self.outer.push(self.frame);
        self.frame = Frame { scope, position, open: span, owner };
    }

    fn close(&mut self, terminal: T, span: Span) {
        self.emit(terminal, span);
        let inner = self.frame.scope;
        self.closed = inner;
        let Some(frame) = self.outer.pop() else { return };
        self.frame = frame;
        let section = matches!(inner, Scope::Declarations | Scope::Actions | Scope::Postlude);
        self.frame.position = if section { Position::Start } else { Position::After };
        match inner {
            Scope::FunctionParams => self.block = Some(Scope::Function),
            Scope::DefactionParams => self.block = Some(Scope::Defaction),
            _ => {}
        }
    }

    /// Any token but a word.
    fn token(&mut self, kind: K, span: Span) {
        let block = self.block.take();
        match kind {
            K::Number if self.frame.position == Position::Domain => self.emit(T::Number, span),
            K::Number => self.put(T::Number, span, Position::After),
            K::String => self.put(T::String, span, Position::After),
            K::RegExp if self.last == T::Attribute => self.put(T::RegExp, span, Position::Event),
            K::RegExp => self.put(T::RegExp, span, Position::After),
            K::ChevronOpen => self.emit(T::ChevronOpen, span),
            K::ChevronText => self.emit(T::ChevronText, span),
            K::ChevronClose => self.put(T::ChevronClose, span, Position::After),
            K::BeestingOpen => self.open(T::BeestingOpen, span, Scope::Plain, Position::Operand),
            K::BeestingClose => self.close(T::BeestingClose, span),
            K::LParen => self.paren(span),
            K::LBrace => self.brace(span, block),
            K::LBracket if self.after_operand() => {
                self.open(T::IndexBracket, span, Scope::Plain, Position::Operand);
            }
            K::LBracket => self.open(T::LBracket, span, Scope::Plain, Position::Operand),
            K::RParen => self.close(T::RParen, span),
            K::RBrace => self.close(T::RBrace, span),
            K::RBracket => self.close(T::RBracket, span),
            K::Comma if self.frame.scope == Scope::Events => self.put(T::Comma, span, Position::Domain),
            K::Comma if self.last == T::Rid => self.put(T::Comma, span, Position::Rid),
            K::Semi => self.put(T::Semi, span, Position::Start),
            K::Colon => self.colon(span),
            K::Dot => self.put(T::Dot, span, Position::Member),
            K::Eq => self.equals(span),
            K::EqEq => self.double_equals(span),
            K::Plus | K::Minus if self.after_operand() => self.put(T::InfixSign, span, Position::Operand),
            kind => {
                let terminal = operator(kind);
                let position = if terminal == T::Bad { Position::After } else { Position::Operand };
                self.put(terminal, span, position);
            }
        }
    }

    /// Would a bracket or sign here belong to the operand before it?
    fn after_operand(&self) -> bool {
        matches!(self.frame.position, Position::After | Position::Event)
    }

    fn paren(&mut self, span: Span) {
        match (self.last, self.frame.position) {
            (T::Function, _) => self.open(T::LParen, span, Scope::FunctionParams, Position::Start),
            (T::Defaction, _) => self.open(T::LParen, span, Scope::DefactionParams, Position::Start),
            (_, Position::Domain) => self.open(T::LParen, span, Scope::Events, Position::Domain),
            (T::Setting | T::Aggregate, _) => self.open(T::LParen, span, Scope::Names, Position::Operand),
            (_, Position::After) => self.open(T::CallParen, span, Scope::Plain, Position::Operand),
            _ => self.open(T::LParen, span, Scope::Plain, Position::Operand),
        }
    }

    fn brace(&mut self, span: Span, block: Option<Scope>) {
        if let Some(scope) = block {
            self.open(T::BlockBrace, span, scope, Position::Start);
        } else if self.frame.scope == Scope::RuleHead {
            self.frame.scope = Scope::Rule;
            self.open(T::BlockBrace, span, Scope::Rule, Position::Start);
        } else if self.choosing && self.actions_here() && self.frame.position == Position::After {
            self.choosing = false;
            self.open(T::BlockBrace, span, Scope::Actions, Position::Start);
        } else if self.frame.position == Position::After {
            self.open(T::PathBrace, span, Scope::Plain, Position::Operand);
        } else if self.last == T::Then {
            self.open(T::MapBrace, span, Scope::Actions, Position::Start);
        } else {
            self.open(T::MapBrace, span, Scope::Plain, Position::Operand);
        }
    }

    /// May an action block stand here?
    fn actions_here(&self) -> bool {
        matches!(self.frame.scope, Scope::Rule | Scope::Defaction)
    }

    fn colon(&mut self, span: Span) {
        match self.frame.position {
            Position::Type => self.emit(T::Colon, span),
            _ if self.last == T::Name => self.put(T::Colon, span, Position::Member),
            _ => self.put(T::Colon, span, Position::Operand),
        }
    }

    /// `=` declares, or was meant as `:=` or `==`.
    fn equals(&mut self, span: Span) {
        if self.last == T::DeclName {
            return self.put(T::Eq, span, Position::Operand);
        }
        if !self.after_operand() {
            return self.put(T::Eq, span, Position::Operand);
        }
        if self.frame.scope == Scope::Postlude && self.starts_with_variable() {
            let text = "a persistent variable is set by `:=`, not by `=`";
            self.slip(Diagnostic::new(Code::Assignment, span, text).fix(
                "write `:=`",
                span,
                ":=",
                Applicability::Safe,
            ));
            return self.put(T::ColonEq, span, Position::Operand);
        }
        let text = "values are compared by `==`; `=` declares a name";
        self.slip(Diagnostic::new(Code::SingleEquals, span, text).fix(
            "write `==`",
            span,
            "==",
            Applicability::Maybe,
        ));
        self.put(T::CompareOp, span, Position::Operand);
    }

    /// Does the statement consist of `domain:name`, or `domain:name{…}`, so far?
    fn starts_with_variable(&self) -> bool {
        let before = |n: usize| self.out.list.iter().rev().nth(n).map_or(T::Bad, |t| t.1);
        if self.last == T::RBrace {
            return true;
        }
        before(0) == T::Name
            && before(1) == T::Colon
            && before(2) == T::Name
            && matches!(
                before(3),
                T::BlockBrace | T::Semi | T::Last | T::Final | T::Name | T::Number | T::String
            )
    }

    /// `==` compares, or was meant as `=` behind a name that a block of declarations would declare.
    fn double_equals(&mut self, span: Span) {
        let names = self.frame.scope == Scope::Declarations && self.last == T::DeclName;
        if names {
            let text = "a name is declared by `=`; `==` compares";
            self.slip(Diagnostic::new(Code::DoubleEquals, span, text).fix(
                "write `=`",
                span,
                "=",
                Applicability::Safe,
            ));
            return self.put(T::Eq, span, Position::Operand);
        }
        self.put(T::CompareOp, span, Position::Operand);
    }

    fn slip(&mut self, diagnostic: Diagnostic) {
        self.out.slips.push(diagnostic);
    }

    /// Reads touching words, dots and minus signs as one ruleset id.
    fn rid(&mut self, first: Span) {
        let end = rid_end(self.tokens, self.indexes, &mut self.at);
        let span = Span::new(first.start, end);
        if let Some(found) = check_rid(self.source, span) {
            self.slip(found);
        }
        self.put(T::Rid, span, Position::After);
    }
}

fn operator(kind: K) -> T {
    match kind {
        K::Comma => T::Comma,
        K::ColonEq => T::ColonEq,
        K::Arrow => T::Arrow,
        K::Bar => T::Bar,
        K::OrOr => T::OrOr,
        K::AndAnd => T::AndAnd,
        K::NotEq | K::Less | K::LessEq | K::Greater | K::GreaterEq | K::Member | K::Compare => T::CompareOp,
        K::Plus | K::Minus => T::PrefixSign,
        K::Star | K::Slash | K::Percent => T::MulOp,
        _ => T::Bad,
    }
}
