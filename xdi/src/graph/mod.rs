//! The graph: nodes, relations and literals, interned and indexed (`xdi.md §12.4`).
//!
//! Arcs and predicates are numbers; a node is a small record in an arena; children, relations and their inverses lie in sorted
//! indexes, so that taking something away costs what it is connected to and not the size of the graph. Whether a statement is implied
//! follows from counters in the nodes.

mod change;
mod error;
mod labels;
mod node;
mod reference;
mod remove;
#[cfg(test)]
mod tests;
mod walk;

pub use error::GraphError;
pub use node::{Node, Relation};
pub(crate) use walk::{Line, Rest};

use crate::address::Address;
use crate::kind::{Form, NodeKind};
use crate::literal::Literal;
use crate::statement::Statement;
use labels::{LabelId, Labels};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The number of a node in the arena.
type NodeId = u32;

const ROOT: NodeId = 0;

/// In the index of inner roots: the inner root has no predicate.
const NO_PREDICATE: LabelId = LabelId::MAX;

/// The most references that are followed from one address.
pub const MAX_HOPS: usize = 64;

/// A record of the arena.
#[derive(Clone, Debug)]
struct Record {
    parent: NodeId,
    arc: LabelId,
    children: u32,
    outgoing: u32,
    incoming: u32,
    kind: NodeKind,
}

/// Which statements to tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Implied {
    /// Leave out what follows from other statements.
    #[default]
    Hide,
    /// Tell all statements.
    Show,
}

/// How many things a graph holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Context nodes without the common root.
    pub nodes: usize,
    /// Relations.
    pub relations: usize,
    /// Literals.
    pub literals: usize,
}

impl Counts {
    /// All statements, implied ones included.
    #[must_use]
    pub fn statements(self) -> usize {
        self.nodes + self.relations + self.literals
    }
}

/// An XDI graph.
///
/// Every change keeps the graph whole: ancestors are made, inner roots are tied to their relation, and what depends on a deleted node
/// goes with it. A change that is refused changes nothing.
///
/// ```
/// use krl_xdi::{Address, Graph, Statement};
///
/// let mut graph = Graph::new();
/// graph.set(&Statement::parse("(=ann/#says)=bob/#likes/(=ann/#says)=cy")?)?;
/// // `=ann`, `(=ann/#says)` and the relation between them came with it.
/// assert_eq!(graph.counts().nodes, 4);
/// assert_eq!(graph.counts().relations, 2);
///
/// graph.delete_node(&Address::parse("=ann")?);
/// assert!(graph.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Graph {
    labels: Labels,
    nodes: Vec<Record>,
    /// Places in the arena to use again.
    free: Vec<NodeId>,
    children: BTreeMap<(NodeId, LabelId), NodeId>,
    /// Subject, predicate, object.
    relations: BTreeSet<(NodeId, LabelId, NodeId)>,
    /// Object, predicate, subject.
    inverse: BTreeSet<(NodeId, LabelId, NodeId)>,
    literals: BTreeMap<NodeId, Literal>,
    /// Subject, predicate and node of each inner root.
    inner: BTreeSet<(NodeId, LabelId, NodeId)>,
    /// The subject and the predicate of an inner root.
    inner_of: BTreeMap<NodeId, (NodeId, LabelId)>,
    /// Nodes with a `$ref` or `$rep`.
    references: BTreeSet<NodeId>,
}

impl Default for Graph {
    fn default() -> Self {
        let root = Record {
            parent: ROOT,
            arc: LabelId::MAX,
            children: 0,
            outgoing: 0,
            incoming: 0,
            kind: NodeKind::COMMON_ROOT,
        };
        Self {
            labels: Labels::default(),
            nodes: vec![root],
            free: Vec::new(),
            children: BTreeMap::new(),
            relations: BTreeSet::new(),
            inverse: BTreeSet::new(),
            literals: BTreeMap::new(),
            inner: BTreeSet::new(),
            inner_of: BTreeMap::new(),
            references: BTreeSet::new(),
        }
    }
}

impl Graph {
    /// An empty graph.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The node at an address.
    #[must_use]
    pub fn node(&self, address: &Address) -> Option<Node<'_>> {
        let id = self.find(address)?;
        Some(Node::new(self, id))
    }

    /// The common root.
    #[must_use]
    pub fn root(&self) -> Node<'_> {
        Node::new(self, ROOT)
    }

    /// The literal of the attribute at an address.
    #[must_use]
    pub fn literal(&self, address: &Address) -> Option<&Literal> {
        self.literals.get(&self.find(address)?)
    }

    /// Does the graph hold the statement, said or implied?
    #[must_use]
    pub fn contains(&self, statement: &Statement) -> bool {
        match statement {
            Statement::Context { subject, arc } => self
                .find(subject)
                .is_some_and(|id| arc.arcs().len() == 1 && self.child_of(id, arc.as_str()).is_some()),
            Statement::Relation { subject, predicate, object } => {
                self.find_relation(subject, predicate, object).is_some()
            }
            Statement::Literal { subject, value } => self.literal(subject) == Some(value),
        }
    }

    /// How many nodes, relations and literals there are.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts { nodes: self.children.len(), relations: self.relations.len(), literals: self.literals.len() }
    }

    /// The number of statements, implied ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.counts().statements()
    }

    /// Is nothing there but the common root?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes everything away.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// The statements in the order of the text format: contexts, relations, literals, each sorted from the root downwards.
    pub fn statements(&self, implied: Implied) -> impl Iterator<Item = Statement> + use<> {
        let mut statements = Vec::new();
        // A graph is built from addresses and literals, so that what it says parses.
        self.each_line(implied, true, |line| statements.extend(line.statement()));
        statements.into_iter()
    }

    fn find(&self, address: &Address) -> Option<NodeId> {
        address.arcs().try_fold(ROOT, |id, arc| self.child_of(id, arc.text()))
    }

    fn child_of(&self, parent: NodeId, arc: &str) -> Option<NodeId> {
        self.children.get(&(parent, self.labels.find(arc)?)).copied()
    }

    fn find_relation(
        &self,
        subject: &Address,
        predicate: &Address,
        object: &Address,
    ) -> Option<(NodeId, LabelId, NodeId)> {
        let triple = (self.find(subject)?, self.labels.find(predicate.as_str())?, self.find(object)?);
        self.relations.contains(&triple).then_some(triple)
    }

    fn record(&self, id: NodeId) -> &Record {
        &self.nodes[id as usize]
    }

    fn record_mut(&mut self, id: NodeId) -> &mut Record {
        &mut self.nodes[id as usize]
    }

    fn label_of(&self, id: NodeId) -> &str {
        if id == ROOT { "" } else { self.labels.text(self.record(id).arc) }
    }

    /// The arcs from `above` down to a node, as one text.
    fn path_from(&self, above: NodeId, id: NodeId) -> String {
        let mut arcs = Vec::new();
        let mut at = id;
        while at != above && at != ROOT {
            arcs.push(self.label_of(at));
            at = self.record(at).parent;
        }
        arcs.into_iter().rev().collect()
    }

    fn path(&self, id: NodeId) -> String {
        self.path_from(ROOT, id)
    }

    /// Has the node children, relations or a literal?
    fn says_something(&self, id: NodeId) -> bool {
        let record = self.record(id);
        record.children > 0 || record.outgoing > 0 || self.literals.contains_key(&id)
    }

    /// Does the statement that the node is there follow from others (`xdi.md §1.6`)?
    fn is_implied_node(&self, id: NodeId) -> bool {
        self.says_something(id) || self.record(id).incoming > 0
    }

    /// Does the relation follow from the inner root it establishes?
    fn is_implied_relation(&self, triple: (NodeId, LabelId, NodeId)) -> bool {
        self.inner.contains(&triple) && self.says_something(triple.2)
    }

    /// Is this an inner root that a relation of its subject leads to?
    fn is_inner_root(&self, id: NodeId) -> bool {
        self.record(id).kind.form == Form::InnerRoot && self.inner_of.contains_key(&id)
    }
}

/// Equal graphs say the same.
impl PartialEq for Graph {
    fn eq(&self, other: &Self) -> bool {
        self.counts() == other.counts() && self.statements(Implied::Hide).eq(other.statements(Implied::Hide))
    }
}

impl Eq for Graph {}

impl fmt::Debug for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let statements = self.statements(Implied::Hide).map(|s| s.to_string());
        f.debug_list().entries(statements).finish()
    }
}
