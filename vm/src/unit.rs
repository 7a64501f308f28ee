//! A compiled ruleset: what the compiler makes, a `.krlc` file holds, and the loader verifies. Plain data, no handles.

mod flat;

use crate::op::Insn;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Index into [`Unit::functions`].
pub type FunctionId = u32;

/// One compiled ruleset (or a snippet: a unit whose `global` function returns the value of its last expression).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Unit {
    /// The ruleset id.
    pub rid: Arc<str>,
    /// Literal texts of `meta`.
    pub meta: Meta,
    /// The source it was compiled from.
    pub source: Arc<str>,
    /// BLAKE3 of the source.
    pub source_hash: [u8; 32],
    /// Constants.
    #[serde(with = "flat")]
    pub constants: Vec<Constant>,
    /// Names of standard library functions (`map`, `math:abs`), resolved to ids when the unit is loaded.
    pub natives: Vec<Arc<str>>,
    /// Call shapes of calls with named arguments.
    pub shapes: Vec<CallShape>,
    /// All code.
    pub functions: Vec<Function>,
    /// Names of the globals: `configure` names first, then `global` declarations.
    pub globals: Vec<Arc<str>>,
    /// `use` and `configure`, in textual order, run when the ruleset starts.
    pub prologue: Vec<Prologue>,
    /// `use module` clauses.
    pub uses: Vec<Use>,
    /// Evaluates the `global` block.
    pub global: Option<FunctionId>,
    /// What queries may ask for.
    pub shares: Vec<Shared>,
    /// What modules' users may name: index into `globals`.
    pub provides: Vec<(Arc<str>, u16)>,
    /// The rules that are active, in textual order.
    pub rules: Vec<Rule>,
    /// What `__testing` answers.
    pub testing: Testing,
}

/// Literal texts of `meta`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Meta {
    /// `name`
    pub name: Option<Arc<str>>,
    /// `description`
    pub description: Option<Arc<str>>,
    /// `author`
    pub author: Option<Arc<str>>,
    /// `version`
    pub version: Option<Arc<str>>,
    /// `logging on|off`
    pub logging: Option<bool>,
    /// `errors to RID`
    pub errors_to: Option<Arc<str>>,
}

/// How deep constant arrays and maps may nest.
pub const MAX_CONSTANT_DEPTH: usize = 64;

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub enum Constant {
    /// A number.
    Number(f64),
    /// Text.
    String(Arc<str>),
    /// A regular expression.
    RegExp {
        /// Pattern.
        source: Arc<str>,
        /// Flags out of `gim`.
        flags: Arc<str>,
    },
    /// A standard library function as a value: index into [`Unit::natives`].
    Native(u16),
    /// `null`, `true`, `false` inside constant collections.
    Null,
    /// A boolean inside constant collections.
    Bool(bool),
    /// An array of constants.
    Array(Vec<Constant>),
    /// A map of constants; keys are distinct.
    Map(Vec<(Arc<str>, Constant)>),
}

/// Names of the arguments of one call site: the first `positional` have none.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CallShape {
    /// How many arguments come without a name, first.
    pub positional: u16,
    /// The names of the others, in order.
    pub names: Vec<Arc<str>>,
}

/// What a function is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum FunctionKind {
    /// `function`
    #[default]
    Function,
    /// `defaction`
    Action,
    /// A rule's body; parameters are its select variables.
    Rule,
    /// A `where`, `select where`, `within`, `configure`, `with` or `global` expression or block.
    Fragment,
}

/// One function.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Function {
    /// Its name, or the name of what it belongs to.
    pub name: Arc<str>,
    /// What it is.
    pub kind: FunctionKind,
    /// Names of the parameters; they arrive in the first registers, `null` where missing. Defaults are code.
    pub params: Vec<Arc<str>>,
    /// Number of registers, parameters included.
    pub registers: u16,
    /// Number of captured values.
    pub captures: u16,
    /// The instructions.
    pub code: Vec<Insn>,
    /// Instruction index and source span of what starts there; ascending. An entry holds until the next one.
    pub spans: Vec<(u32, u32, u32)>,
}

/// A `use` or `configure` step of starting a ruleset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Prologue {
    /// Start the module of this clause.
    Use(u16),
    /// Set global `global` to the configured value, or else to the result of `default`.
    Configure {
        /// Index into [`Unit::globals`].
        global: u16,
        /// The default.
        default: FunctionId,
    },
}

/// A `use module` clause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Use {
    /// The module's ruleset id.
    pub rid: Arc<str>,
    /// Its name here.
    pub alias: Arc<str>,
    /// `with` names.
    pub with: Vec<Arc<str>>,
    /// A fragment that returns an array of the `with` values; none without `with`.
    pub values: Option<FunctionId>,
    /// Where it is written.
    pub span: (u32, u32),
}

/// A shared name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shared {
    /// The query's name.
    pub name: Arc<str>,
    /// Index into [`Unit::globals`].
    pub global: u16,
    /// Its parameters, where it is known to be a function.
    pub params: Option<Vec<Arc<str>>>,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// Its name.
    pub name: Arc<str>,
    /// What selects it.
    pub select: Select,
    /// Its body: parameters are [`Rule::settings`].
    pub body: FunctionId,
    /// Select variables, in the order of the body's parameters.
    pub settings: Vec<Arc<str>>,
    /// Where it is written.
    pub span: (u32, u32),
}

/// What selects a rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Select {
    /// An event pattern.
    When {
        /// The automaton.
        automaton: Automaton,
        /// Milliseconds from the first event of a match: a fragment that returns a number.
        within: Option<FunctionId>,
    },
    /// `select where`: a fragment that must be exactly `true`.
    Where(FunctionId),
}

/// An event pattern as an automaton (krl-runtime §4). Node 0 is the start, node 1 the end.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Automaton {
    /// Number of nodes, at least 2.
    pub nodes: u32,
    /// Edges, grouped by `from`, each group in the order they are tried.
    pub edges: Vec<Edge>,
    /// Tests of base events that edges refer to.
    pub tests: Vec<Test>,
    /// Aggregated groups.
    pub aggregates: Vec<Aggregate>,
}

/// A transition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Edge {
    /// Node it leaves.
    pub from: u32,
    /// Node it reaches.
    pub to: u32,
    /// When it is taken.
    pub when: When,
    /// The captures of the event go to this aggregate.
    pub aggregate: Option<Feed>,
}

/// When an edge is taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum When {
    /// The event passes this test (index into [`Automaton::tests`]).
    Test(u32),
    /// The event passes none of these tests (`then`).
    NoneOf(Vec<u32>),
    /// The event has the domain and type of this test and fails its patterns or condition (`repeat`).
    Rejects(u32),
}

/// How an edge feeds an aggregate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feed {
    /// Index into [`Automaton::aggregates`].
    pub aggregate: u32,
    /// What happens to the list of captures before this event's are added.
    pub window: Window,
}

/// How a list of captures moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Window {
    /// Starts afresh (the aggregated part is entered anew, E3).
    Restart,
    /// Grows.
    Grow,
    /// Drops its first (a `repeat` that has fired).
    Slide,
}

/// The test of one base event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Test {
    /// Event domain.
    pub domain: Arc<str>,
    /// Event type.
    pub name: Arc<str>,
    /// Attribute name and pattern: index of a `RegExp` constant.
    pub patterns: Vec<(Arc<str>, u32)>,
    /// `setting` names: for each the index into [`Rule::settings`], in order of captures.
    pub settings: Vec<u16>,
    /// `where`: a fragment whose parameters are all of [`Rule::settings`]; those of this event are already set.
    pub condition: Option<FunctionId>,
}

/// `max(a, b)` behind `count` or `repeat`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aggregate {
    /// The function.
    pub op: AggregateOp,
    /// Indexes into [`Rule::settings`]: the i-th receives the i-th capture of each event.
    pub settings: Vec<u16>,
}

/// Aggregating functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AggregateOp {
    /// Largest number.
    Max,
    /// Smallest number.
    Min,
    /// Sum.
    Sum,
    /// Mean.
    Avg,
    /// The list of texts.
    Push,
}

/// What `__testing` answers (krl-language §3.5).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Testing {
    /// Shared functions and their parameters.
    pub queries: Vec<(Arc<str>, Vec<Arc<str>>)>,
    /// Selected events.
    pub events: Vec<TestingEvent>,
}

/// One event a rule selects.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestingEvent {
    /// Event domain.
    pub domain: Arc<str>,
    /// Event type.
    pub name: Arc<str>,
    /// The attributes its rule names.
    pub attrs: Vec<Arc<str>>,
}
