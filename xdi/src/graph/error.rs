//! Why a graph refuses a change.

use crate::address::SyntaxError;
use crate::kind::NodeKind;
use std::fmt;

/// A change that a graph refuses. The graph is as it was before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GraphError {
    /// The address ends in `&`: it names a literal, not a node.
    LiteralAddress {
        /// The address.
        address: String,
    },
    /// An arc that is legal in addresses, but names no node.
    NotANode {
        /// The arc.
        arc: String,
    },
    /// A node of this kind can't be where it should be.
    NotBelow {
        /// The arc.
        arc: String,
        /// Its kind.
        kind: NodeKind,
        /// The kind of the node above.
        parent: NodeKind,
    },
    /// Only attributes have literals.
    NotAnAttribute {
        /// The address.
        address: String,
    },
    /// A relation's predicate is empty or ends in `&`.
    BadPredicate {
        /// The predicate.
        predicate: String,
    },
    /// A `$ref` or `$rep` that would lead back to itself.
    ReferenceCycle {
        /// Where it begins.
        subject: String,
        /// Where it ends.
        object: String,
    },
    /// An inner root as object of `$ref` or `$rep`.
    InnerReference {
        /// The inner root.
        arc: String,
    },
    /// A text that is no address.
    Syntax(SyntaxError),
}

impl GraphError {
    /// A stable name for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::LiteralAddress { .. } => "literal_address",
            Self::NotANode { .. } => "not_a_node",
            Self::NotBelow { .. } => "not_below",
            Self::NotAnAttribute { .. } => "not_an_attribute",
            Self::BadPredicate { .. } => "bad_predicate",
            Self::ReferenceCycle { .. } => "reference_cycle",
            Self::InnerReference { .. } => "inner_reference",
            Self::Syntax(error) => error.code.as_str(),
        }
    }
}

impl fmt::Display for GraphError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LiteralAddress { address } => write!(f, "`{address}` names a literal, not a node"),
            Self::NotANode { arc } => write!(f, "`{arc}` names no node"),
            Self::NotBelow { arc, kind, parent } => {
                write!(f, "`{arc}` ({kind}) can't be below a node of kind {parent}")
            }
            Self::NotAnAttribute { address } => {
                write!(f, "only attributes have literals, and `{address}` is none")
            }
            Self::BadPredicate { predicate } => {
                write!(f, "`{predicate}` is no predicate of a relation")
            }
            Self::ReferenceCycle { subject, object } => {
                write!(f, "the reference from `{subject}` to `{object}` would lead back to itself")
            }
            Self::InnerReference { arc } => {
                write!(f, "`{arc}`: `$ref` and `$rep` lead to a node, not to a graph of their own")
            }
            Self::Syntax(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for GraphError {}

impl From<SyntaxError> for GraphError {
    fn from(error: SyntaxError) -> Self {
        Self::Syntax(error)
    }
}
