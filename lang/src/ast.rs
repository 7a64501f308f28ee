//! The syntax tree: one arena a file, nodes by index, text by span.
//!
//! A node holds spans, never text: names, numbers and literals are read from the source (`literal` decodes them).
//! An item with a syntax error is not in the tree: its place is in [`Ruleset::broken`], and all other items are there.

use crate::span::Span;

/// Index of an expression in [`Ast`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExprId(pub u32);

/// Index of an event expression in [`Ast`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventId(pub u32);

/// A word of the source used as a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ident {
    /// Where it stands; its text is the name.
    pub span: Span,
}

impl Ident {
    /// The name.
    #[must_use]
    pub fn text(self, source: &str) -> &str {
        self.span.text(source)
    }
}

/// A ruleset id: words joined by `.` or `-`, without gaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rid {
    /// The whole id.
    pub span: Span,
}

/// One parsed file.
#[derive(Clone, Debug, Default)]
pub struct Ast {
    /// Expressions, addressed by [`ExprId`].
    pub exprs: Vec<Expr>,
    /// Event expressions, addressed by [`EventId`].
    pub events: Vec<Event>,
    /// The ruleset, if the file is one. `None`: a bare list of declarations and expressions in `program`.
    pub ruleset: Option<Ruleset>,
    /// What a file without `ruleset` holds (snippets of tools: `krl eval`, the prompt).
    pub program: Vec<ProgramItem>,
}

impl Ast {
    /// The expression of `id`.
    #[must_use]
    pub fn expr(&self, id: ExprId) -> &Expr {
        #[expect(clippy::indexing_slicing, reason = "ids are made by this arena alone")]
        &self.exprs[id.0 as usize]
    }

    /// The event expression of `id`.
    #[must_use]
    pub fn event(&self, id: EventId) -> &Event {
        #[expect(clippy::indexing_slicing, reason = "ids are made by this arena alone")]
        &self.events[id.0 as usize]
    }

    /// Adds an expression.
    pub fn add_expr(&mut self, span: Span, kind: ExprKind) -> ExprId {
        self.exprs.push(Expr { span, kind });
        ExprId(self.exprs.len() as u32 - 1)
    }

    /// Adds an event expression.
    pub fn add_event(&mut self, span: Span, kind: EventKind) -> EventId {
        self.events.push(Event { span, kind });
        EventId(self.events.len() as u32 - 1)
    }
}

/// An item of a file without `ruleset`.
#[derive(Clone, Debug)]
pub enum ProgramItem {
    /// `name = expr`
    Declaration(Declaration),
    /// A bare expression.
    Expr(ExprId),
}

/// `ruleset RID { … }`
#[derive(Clone, Debug)]
pub struct Ruleset {
    /// From `ruleset` to its `}`.
    pub span: Span,
    /// Its id.
    pub rid: Rid,
    /// Deprecated `version "…"` before `meta`.
    pub version: Option<ExprId>,
    /// `meta { … }`
    pub meta: Option<Meta>,
    /// `global { … }`
    pub global: Option<Block>,
    /// The rules, in order.
    pub rules: Vec<Rule>,
    /// Items whose syntax is broken: copied verbatim by the formatter, skipped by the checker.
    pub broken: Vec<Span>,
    /// Names of `global` whose values are broken: they exist, whatever they are.
    pub broken_names: Vec<Ident>,
    /// Is there broken text that may declare names nobody knows of?
    pub names_lost: bool,
}

/// `meta { … }`
#[derive(Clone, Debug)]
pub struct Meta {
    /// From `meta` to its `}`.
    pub span: Span,
    /// Its properties, in order.
    pub properties: Vec<MetaProperty>,
}

/// One property of `meta`.
#[derive(Clone, Debug)]
pub struct MetaProperty {
    /// The whole property.
    pub span: Span,
    /// Its first word, as written (`share`, `shares`).
    pub keyword: Ident,
    /// What it says.
    pub kind: MetaKind,
}

/// What a property of `meta` says.
#[derive(Clone, Debug)]
pub enum MetaKind {
    /// `version`, `name`, `description` or `author` and its value.
    Text(ExprId),
    /// `logging on|off`
    Logging(bool),
    /// `key|keys NAME EXPR` (0.x, unsupported)
    Keys(Ident, ExprId),
    /// `use module RID [alias A] [with …]`
    Use(UseModule),
    /// `errors to RID`
    ErrorsTo(Rid),
    /// `configure using …`
    Configure(Vec<Declaration>),
    /// `provides a, b`
    Provides(Vec<Ident>),
    /// `provides keys a, b to r, s` (0.x, unsupported)
    ProvidesKeys(Vec<Ident>, Vec<Rid>),
    /// `shares a, b`
    Shares(Vec<Ident>),
}

/// `use module RID [alias A] [with n = e and …]`
#[derive(Clone, Debug)]
pub struct UseModule {
    /// The module.
    pub rid: Rid,
    /// Its name here.
    pub alias: Option<Ident>,
    /// Configuration.
    pub with: Vec<Declaration>,
}

/// `{ declarations }` of `global` and `pre`, with the keyword.
#[derive(Clone, Debug)]
pub struct Block {
    /// From the keyword to `}`.
    pub span: Span,
    /// The declarations, in order.
    pub declarations: Vec<Declaration>,
}

/// `name = expr`
#[derive(Clone, Copy, Debug)]
pub struct Declaration {
    /// From the name to the end of the expression.
    pub span: Span,
    /// The name.
    pub name: Ident,
    /// Its value.
    pub value: ExprId,
}

/// `rule NAME [is active|inactive] { … }`
#[derive(Clone, Debug)]
pub struct Rule {
    /// From `rule` to its `}`.
    pub span: Span,
    /// Its name.
    pub name: Ident,
    /// `false`: `is inactive`.
    pub active: bool,
    /// `select …`
    pub select: Option<Select>,
    /// `foreach …`, outermost first.
    pub foreach: Vec<ForEach>,
    /// `pre { … }`
    pub pre: Option<Block>,
    /// The action block.
    pub actions: Option<ActionBlock>,
    /// `fired`, `notfired` or `always`.
    pub postlude: Option<Postlude>,
}

/// `select when … [within …]` or `select where …`
#[derive(Clone, Debug)]
pub struct Select {
    /// From `select` to its end.
    pub span: Span,
    /// Which of the two.
    pub kind: SelectKind,
}

/// What selects a rule.
#[derive(Clone, Debug)]
pub enum SelectKind {
    /// An event pattern.
    When {
        /// The pattern.
        event: EventId,
        /// `within EXPR PERIOD`
        within: Option<Within>,
    },
    /// `select where EXPR`
    Where(ExprId),
}

/// `within EXPR PERIOD`
#[derive(Clone, Copy, Debug)]
pub struct Within {
    /// The count.
    pub amount: ExprId,
    /// The unit, as written; `None` span text is impossible: a bad unit is a syntax error.
    pub period: Ident,
}

/// `foreach EXPR setting (v, k)`
#[derive(Clone, Debug)]
pub struct ForEach {
    /// From `foreach` to `)`.
    pub span: Span,
    /// What is iterated.
    pub source: ExprId,
    /// Value, key, and surplus names.
    pub setting: Vec<Ident>,
}

/// An event expression.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its place.
    pub span: Span,
    /// What it is.
    pub kind: EventKind,
}

/// Kinds of event expressions.
#[derive(Clone, Debug)]
pub enum EventKind {
    /// `domain type …`
    Base(Box<BaseEvent>),
    /// `( E )`
    Paren(EventId),
    /// `A or B`, `A before B`, …, one operator at a time, left-associative.
    Infix {
        /// The operator.
        op: EventOp,
        /// Left operand.
        left: EventId,
        /// Right operand.
        right: EventId,
    },
    /// `and(A, B, …)` and so on.
    Prefix {
        /// The operator.
        op: EventOp,
        /// The operands.
        operands: Vec<EventId>,
    },
    /// `A [not] between (B, C)`
    Between {
        /// The middle event.
        event: EventId,
        /// `not between`
        negated: bool,
        /// Opens the window.
        open: EventId,
        /// Closes it.
        close: EventId,
    },
    /// `any N (A, B, …)`
    Any {
        /// The integer literal.
        count: Ident,
        /// The operands.
        operands: Vec<EventId>,
    },
    /// `count N (A) [agg(…)]`, `repeat N (A) [agg(…)]`
    Group {
        /// `count` or `repeat`.
        op: GroupOp,
        /// The integer literal.
        count: Ident,
        /// The counted base event.
        event: EventId,
        /// What to do with the captures.
        aggregator: Option<Aggregator>,
    },
}

/// Operators over two or more events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventOp {
    /// `or`
    Or,
    /// `and`
    And,
    /// `before`
    Before,
    /// `then`
    Then,
    /// `after`
    After,
}

/// `count` or `repeat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GroupOp {
    /// `count`
    Count,
    /// `repeat`
    Repeat,
}

/// `max(a, b)` behind `count` or `repeat`.
#[derive(Clone, Debug)]
pub struct Aggregator {
    /// The whole of it.
    pub span: Span,
    /// `max min sum avg push`
    pub op: AggregateOp,
    /// The variables.
    pub names: Vec<Ident>,
}

/// Aggregating functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AggregateOp {
    /// Largest number.
    Max,
    /// Smallest number.
    Min,
    /// Sum.
    Sum,
    /// Arithmetic mean.
    Avg,
    /// List of the texts.
    Push,
}

/// `domain type attr re#…# … setting(…) where …`
#[derive(Clone, Debug)]
pub struct BaseEvent {
    /// The domain word.
    pub domain: Ident,
    /// The type word.
    pub name: Ident,
    /// Attribute patterns.
    pub matches: Vec<AttributeMatch>,
    /// Names for the captures.
    pub setting: Vec<Ident>,
    /// `where …`
    pub condition: Option<ExprId>,
    /// `where` was written before `setting` (deprecated).
    pub where_first: bool,
}

/// `attr re#…#`
#[derive(Clone, Copy, Debug)]
pub struct AttributeMatch {
    /// The attribute's name.
    pub name: Ident,
    /// The regular expression literal.
    pub pattern: Span,
}

/// `[if C then] …`
#[derive(Clone, Debug)]
pub struct ActionBlock {
    /// The whole block.
    pub span: Span,
    /// The guard.
    pub condition: Option<ExprId>,
    /// How the actions are run.
    pub kind: ActionBlockKind,
    /// The actions.
    pub actions: Vec<Action>,
}

/// How an action block runs its actions.
#[derive(Clone, Debug)]
pub enum ActionBlockKind {
    /// One action without braces.
    Single,
    /// `every { … }`
    Every,
    /// `sample { … }`
    Sample,
    /// `choose EXPR { … }`
    Choose(ExprId),
}

/// `[label =>] [domain:]name(args) [setting(x)]`
#[derive(Clone, Debug)]
pub struct Action {
    /// The whole action.
    pub span: Span,
    /// Its label in `choose`.
    pub label: Option<Ident>,
    /// The module.
    pub domain: Option<Ident>,
    /// The action's name.
    pub name: Ident,
    /// Arguments.
    pub args: Vec<Arg>,
    /// Names for the result: one, more are an error.
    pub setting: Vec<Ident>,
}

/// `always { … }`, `fired { … } else { … } finally { … }`, `notfired …`
#[derive(Clone, Debug)]
pub struct Postlude {
    /// The whole postlude.
    pub span: Span,
    /// Its parts in textual order; the first tells which form it is.
    pub parts: Vec<PostludePart>,
}

/// One branch of a postlude.
#[derive(Clone, Debug)]
pub struct PostludePart {
    /// From the keyword to `}`.
    pub span: Span,
    /// The keyword.
    pub kind: PostludeKind,
    /// The statements.
    pub statements: Vec<Statement>,
}

/// The keyword of a postlude branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PostludeKind {
    /// `fired`
    Fired,
    /// `notfired`
    NotFired,
    /// `always`
    Always,
    /// `else`
    Else,
    /// `finally`
    Finally,
}

/// A postlude statement with its guard.
#[derive(Clone, Debug)]
pub struct Statement {
    /// With the guard, without `;`.
    pub span: Span,
    /// What it does.
    pub kind: StatementKind,
    /// `on final` or `if EXPR`.
    pub guard: Option<Guard>,
}

/// When a statement runs.
#[derive(Clone, Copy, Debug)]
pub enum Guard {
    /// `on final`
    Final,
    /// `if EXPR`
    If(ExprId),
}

/// `ent:name`
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    /// `ent`, or a word that is an error.
    pub domain: Ident,
    /// The variable.
    pub name: Ident,
}

/// The event of `raise` and `schedule`.
#[derive(Clone, Copy, Debug)]
pub struct RaisedEvent {
    /// `None`: the dynamic form `event EXPR` with `domain:type` text.
    pub domain: Option<Ident>,
    /// Type, or `domain:type`.
    pub event: ExprId,
}

/// Kinds of postlude statements.
#[derive(Clone, Debug)]
pub enum StatementKind {
    /// `ent:v{path} := value`
    Assign {
        /// The variable.
        variable: Variable,
        /// `{path}`
        path: Option<ExprId>,
        /// The value.
        value: ExprId,
    },
    /// `clear ent:v{path}`
    Clear {
        /// The variable.
        variable: Variable,
        /// `{path}`
        path: Option<ExprId>,
    },
    /// `raise …`
    Raise {
        /// Which event.
        event: RaisedEvent,
        /// `for RID`
        for_rid: Option<ExprId>,
        /// `attributes MAP`
        attributes: Option<ExprId>,
    },
    /// `schedule …`
    Schedule {
        /// Which event.
        event: RaisedEvent,
        /// `at` or `repeat`.
        timing: Timing,
        /// When.
        time: ExprId,
        /// `attributes MAP`
        attributes: Option<ExprId>,
        /// `setting(id)`
        setting: Option<Ident>,
    },
    /// `log LEVEL EXPR`
    Log {
        /// `error warn info debug`
        level: Ident,
        /// The message.
        value: ExprId,
    },
    /// `error LEVEL EXPR`
    RaiseError {
        /// `error warn info debug`
        level: Ident,
        /// The data.
        value: ExprId,
    },
    /// `last`
    Last,
    /// `name = expr`
    Declaration(Declaration),
}

/// `at` or `repeat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Timing {
    /// Once.
    At,
    /// By cron.
    Repeat,
}

/// An expression.
#[derive(Clone, Debug)]
pub struct Expr {
    /// Its place.
    pub span: Span,
    /// What it is.
    pub kind: ExprKind,
}

/// Kinds of expressions.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A number literal.
    Number,
    /// `"…"`
    String,
    /// `re#…#flags`
    RegExp,
    /// `<<…>>`
    Chevron(Vec<ChevronPart>),
    /// A name in scope.
    Name,
    /// `domain:name`
    Domain {
        /// Module, alias or `ent`.
        domain: Ident,
        /// Member.
        name: Ident,
    },
    /// `( e )`
    Paren(ExprId),
    /// `[ … ]`
    Array(Vec<ExprId>),
    /// `{ "k": v, … }`
    Map(Vec<MapEntry>),
    /// `-a`, `+a`, `not a`
    Unary {
        /// The operator.
        op: UnaryOp,
        /// The operand.
        operand: ExprId,
    },
    /// `a + b` and so on.
    Binary {
        /// The operator.
        op: BinaryOp,
        /// Place of the operator.
        op_span: Span,
        /// Left operand.
        left: ExprId,
        /// Right operand.
        right: ExprId,
    },
    /// `test => then | otherwise`
    Conditional {
        /// The test.
        test: ExprId,
        /// If truthy.
        then: ExprId,
        /// If not.
        otherwise: ExprId,
    },
    /// `callee(args)`; `x.f(args)` is a call whose callee is a [`ExprKind::Member`].
    Call {
        /// What is called.
        callee: ExprId,
        /// Arguments.
        args: Vec<Arg>,
    },
    /// `object.name` or `object.domain:name`
    Member {
        /// The receiver.
        object: ExprId,
        /// The module of `x.mod:name(…)`.
        domain: Option<Ident>,
        /// The member.
        name: Ident,
    },
    /// `object[index]`
    Index {
        /// The collection.
        object: ExprId,
        /// One key.
        index: ExprId,
    },
    /// `object{path}`
    Path {
        /// The collection.
        object: ExprId,
        /// A key or an array of keys.
        path: ExprId,
    },
    /// `function(…){…}`
    Function(Box<Function>),
    /// `defaction(…){…}`
    Defaction(Box<Defaction>),
}

/// A piece of `<<…>>`.
#[derive(Clone, Copy, Debug)]
pub enum ChevronPart {
    /// Plain text, still escaped.
    Text(Span),
    /// `#{expr}`
    Expr(ExprId),
}

/// `"key": value`
#[derive(Clone, Copy, Debug)]
pub struct MapEntry {
    /// The string literal.
    pub key: Span,
    /// The value.
    pub value: ExprId,
}

/// An argument.
#[derive(Clone, Copy, Debug)]
pub struct Arg {
    /// `name =` of a named argument.
    pub name: Option<Ident>,
    /// The value.
    pub value: ExprId,
}

/// A parameter.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    /// Its name.
    pub name: Ident,
    /// Its default.
    pub default: Option<ExprId>,
}

/// `function(params){ declarations return result }`
#[derive(Clone, Debug)]
pub struct Function {
    /// Parameters.
    pub params: Vec<Param>,
    /// Local declarations.
    pub declarations: Vec<Declaration>,
    /// Was `return` written?
    pub has_return: bool,
    /// The value.
    pub result: ExprId,
}

/// `defaction(params){ declarations actions return result }`
#[derive(Clone, Debug)]
pub struct Defaction {
    /// Parameters.
    pub params: Vec<Param>,
    /// Local declarations.
    pub declarations: Vec<Declaration>,
    /// The action block.
    pub actions: Option<ActionBlock>,
    /// `return expr`
    pub result: Option<ExprId>,
}

/// Prefix operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `not`
    Not,
}

/// Infix operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `||`
    Or,
    /// `&&`
    And,
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// `like`
    Like,
    /// `><`
    Member,
    /// `<=>`
    Compare,
    /// `cmp`
    Cmp,
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `%`
    Rem,
}

impl ExprKind {
    /// Calls `visit` for each direct subexpression, in source order.
    pub fn for_each_child(&self, mut visit: impl FnMut(ExprId)) {
        match self {
            Self::Null | Self::Bool(_) | Self::Number | Self::String | Self::RegExp | Self::Name => {}
            Self::Domain { .. } => {}
            Self::Chevron(parts) => {
                for part in parts {
                    if let ChevronPart::Expr(id) = part {
                        visit(*id);
                    }
                }
            }
            Self::Paren(id) | Self::Unary { operand: id, .. } | Self::Member { object: id, .. } => visit(*id),
            Self::Array(list) => list.iter().copied().for_each(visit),
            Self::Map(entries) => entries.iter().for_each(|e| visit(e.value)),
            Self::Binary { left, right, .. } => [*left, *right].into_iter().for_each(visit),
            Self::Conditional { test, then, otherwise } => {
                [*test, *then, *otherwise].into_iter().for_each(visit);
            }
            Self::Call { callee, args } => {
                visit(*callee);
                args.iter().for_each(|a| visit(a.value));
            }
            Self::Index { object, index: inner } | Self::Path { object, path: inner } => {
                [*object, *inner].into_iter().for_each(visit);
            }
            Self::Function(f) => {
                f.params.iter().filter_map(|p| p.default).for_each(&mut visit);
                f.declarations.iter().for_each(|d| visit(d.value));
                visit(f.result);
            }
            Self::Defaction(d) => {
                d.params.iter().filter_map(|p| p.default).for_each(&mut visit);
                d.declarations.iter().for_each(|d| visit(d.value));
                if let Some(block) = &d.actions {
                    block.for_each_expr(&mut visit);
                }
                d.result.into_iter().for_each(visit);
            }
        }
    }
}

impl ActionBlock {
    /// Calls `visit` for each expression directly in the block, in source order.
    pub fn for_each_expr(&self, mut visit: impl FnMut(ExprId)) {
        self.condition.into_iter().for_each(&mut visit);
        if let ActionBlockKind::Choose(id) = &self.kind {
            visit(*id);
        }
        self.actions.iter().flat_map(|a| &a.args).for_each(|a| visit(a.value));
    }
}
