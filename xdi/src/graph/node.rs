//! Looking at a node of a graph.

use super::{Graph, NO_PREDICATE, NodeId, ROOT};
use crate::kind::NodeKind;
use crate::literal::Literal;
use std::fmt;

/// A node, seen in its graph.
///
/// ```
/// use krl_xdi::{Address, Graph, Statement};
///
/// let mut graph = Graph::new();
/// graph.set(&Statement::parse("=ann#home<#city>/&/\"Linz\"")?)?;
/// let home = graph.node(&Address::parse("=ann#home")?).unwrap();
/// let cities: Vec<_> = home.children().map(|node| node.arc()).collect();
/// assert_eq!(cities, ["<#city>"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy)]
pub struct Node<'g> {
    graph: &'g Graph,
    id: NodeId,
}

/// A relation, seen in its graph.
#[derive(Clone, Copy, Debug)]
pub struct Relation<'g> {
    /// Where it begins.
    pub subject: Node<'g>,
    /// Its label.
    pub predicate: &'g str,
    /// Where it ends.
    pub object: Node<'g>,
}

impl<'g> Node<'g> {
    pub(super) fn new(graph: &'g Graph, id: NodeId) -> Self {
        Self { graph, id }
    }

    pub(super) fn id(self) -> NodeId {
        self.id
    }

    /// The address, as text.
    #[must_use]
    pub fn path(self) -> String {
        self.graph.path(self.id)
    }

    /// The last arc of the address; empty for the common root.
    #[must_use]
    pub fn arc(self) -> &'g str {
        self.graph.label_of(self.id)
    }

    /// What kind of node it is.
    #[must_use]
    pub fn kind(self) -> NodeKind {
        self.graph.record(self.id).kind
    }

    /// The node above.
    #[must_use]
    pub fn parent(self) -> Option<Self> {
        (self.id != ROOT).then(|| Self::new(self.graph, self.graph.record(self.id).parent))
    }

    /// The child with this arc.
    #[must_use]
    pub fn child(self, arc: &str) -> Option<Self> {
        Some(Self::new(self.graph, self.graph.child_of(self.id, arc)?))
    }

    /// The children, sorted by arc.
    pub fn children(self) -> impl Iterator<Item = Self> {
        self.graph.sorted_children(self.id).into_iter().map(move |id| Self::new(self.graph, id))
    }

    /// The literal, if there is one.
    #[must_use]
    pub fn literal(self) -> Option<&'g Literal> {
        self.graph.literals.get(&self.id)
    }

    /// The relations from here, sorted by predicate and object.
    pub fn relations(self) -> impl Iterator<Item = Relation<'g>> {
        let relations = self.graph.sorted_relations(self.id).into_iter();
        relations.map(move |(predicate, _, object)| Relation {
            subject: self,
            predicate,
            object: Self::new(self.graph, object),
        })
    }

    /// The nodes that relations with this predicate lead to, sorted.
    pub fn objects(self, predicate: &str) -> impl Iterator<Item = Self> {
        self.relations().filter(move |r| r.predicate == predicate).map(|r| r.object)
    }

    /// The relations that lead here, in no order.
    pub fn incoming(self) -> impl Iterator<Item = Relation<'g>> {
        self.graph.relations_to(self.id).map(move |(subject, predicate, _)| Relation {
            subject: Self::new(self.graph, subject),
            predicate: self.graph.labels.text(predicate),
            object: self,
        })
    }

    /// The inner root that this node's relation with the predicate establishes; the first in order if there are several.
    ///
    /// ```
    /// use krl_xdi::{Address, format::text};
    ///
    /// let graph = text::read("(=ann/#says)=bob/#likes/=cy\n")?;
    /// let ann = graph.node(&Address::parse("=ann")?).unwrap();
    /// let says = ann.inner_root("#says").unwrap();
    /// assert_eq!(says.path(), "(=ann/#says)");
    /// assert_eq!(says.established_by(), Some((ann, "#says")));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn inner_root(self, predicate: &str) -> Option<Self> {
        self.objects(predicate).find(|root| root.established_by() == Some((self, predicate)))
    }

    /// The subject and the predicate that establish this inner root. Without a predicate, the latter is empty.
    #[must_use]
    pub fn established_by(self) -> Option<(Self, &'g str)> {
        let (subject, predicate) = *self.graph.inner_of.get(&self.id)?;
        let predicate = if predicate == NO_PREDICATE { "" } else { self.graph.labels.text(predicate) };
        Some((Self::new(self.graph, subject), predicate))
    }
}

/// Nodes are equal if they are the same node of the same graph.
impl PartialEq for Node<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.graph, other.graph) && self.id == other.id
    }
}

impl Eq for Node<'_> {}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.path())
    }
}
