//! Adding to a graph. Everything is checked before anything is made, so that a refusal leaves no trace.

use super::reference::is_reference;
use super::{Graph, GraphError, LabelId, NO_PREDICATE, NodeId, ROOT, Record};
use crate::address::{Address, Arc, Body, Xref};
use crate::kind::{Form, NodeKind};
use crate::literal::Literal;
use crate::statement::{Statement, parse_predicate};

impl Graph {
    /// Makes a statement true.
    pub fn set(&mut self, statement: &Statement) -> Result<(), GraphError> {
        match statement {
            Statement::Context { subject, arc } => self.set_node(&subject.join(arc)?),
            Statement::Relation { subject, predicate, object } => {
                self.set_relation(subject, predicate, object)
            }
            Statement::Literal { subject, value } => self.set_literal(subject, value.clone()),
        }
    }

    /// Makes a node and its ancestors. What is there already stays as it is.
    pub fn set_node(&mut self, address: &Address) -> Result<(), GraphError> {
        self.check(address)?;
        self.make(ROOT, address)?;
        Ok(())
    }

    /// Makes a relation and the nodes it connects.
    pub fn set_relation(
        &mut self,
        subject: &Address,
        predicate: &Address,
        object: &Address,
    ) -> Result<(), GraphError> {
        if predicate.is_root() || predicate.names_literal() {
            return Err(GraphError::BadPredicate { predicate: predicate.to_string() });
        }
        self.check(subject)?;
        self.check(object)?;
        if is_reference(predicate.as_str()) {
            self.check_reference(subject, object)?;
        }
        let subject = self.make(ROOT, subject)?;
        let object = self.make(ROOT, object)?;
        self.connect(subject, predicate.as_str(), object);
        Ok(())
    }

    /// Makes an attribute and gives it a value, in place of the one it has.
    ///
    /// ```
    /// use krl_xdi::{Address, Graph};
    ///
    /// let mut graph = Graph::new();
    /// let name = Address::parse("=ann<#name>")?;
    /// graph.set_literal(&name, "Ann")?;
    /// assert!(graph.set_literal(&Address::parse("=ann")?, "Ann").is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_literal(&mut self, address: &Address, value: impl Into<Literal>) -> Result<(), GraphError> {
        if !self.check(address)?.form.is_attribute() {
            return Err(GraphError::NotAnAttribute { address: address.to_string() });
        }
        let id = self.make(ROOT, address)?;
        self.literals.insert(id, value.into());
        Ok(())
    }

    /// The kind of the node at an address, if it is there or can be made.
    fn check(&self, address: &Address) -> Result<NodeKind, GraphError> {
        if address.names_literal() {
            return Err(GraphError::LiteralAddress { address: address.to_string() });
        }
        let mut known = Some(ROOT);
        let mut kind = NodeKind::COMMON_ROOT;
        for arc in address.arcs() {
            known = known.and_then(|id| self.child_of(id, arc.text()));
            kind = match known {
                Some(id) => self.record(id).kind,
                None => check_arc(kind, arc)?,
            };
        }
        Ok(kind)
    }

    /// The node at an address below `above`, made if it isn't there. Calls itself for the subjects of inner roots, as deep as
    /// parentheses nest.
    fn make(&mut self, above: NodeId, address: &Address) -> Result<NodeId, GraphError> {
        let mut at = above;
        for arc in address.arcs() {
            at = match self.child_of(at, arc.text()) {
                Some(child) => child,
                None => self.make_child(at, arc)?,
            };
        }
        Ok(at)
    }

    fn make_child(&mut self, parent: NodeId, arc: Arc<'_>) -> Result<NodeId, GraphError> {
        let Some(kind) = NodeKind::of(arc) else {
            return Err(GraphError::NotANode { arc: arc.text().to_owned() });
        };
        let label = self.labels.acquire(arc.text());
        let record = Record { parent, arc: label, children: 0, outgoing: 0, incoming: 0, kind };
        let id = match self.free.pop() {
            Some(id) => {
                self.nodes[id as usize] = record;
                id
            }
            None => {
                self.nodes.push(record);
                (self.nodes.len() - 1) as NodeId
            }
        };
        self.children.insert((parent, label), id);
        self.record_mut(parent).children += 1;
        if let Some((subject, predicate)) = inner_parts(arc, kind) {
            self.establish(parent, subject, predicate, id)?;
        }
        Ok(id)
    }

    /// Ties an inner root to its subject and relation.
    fn establish(
        &mut self,
        parent: NodeId,
        subject: &str,
        predicate: &str,
        root: NodeId,
    ) -> Result<(), GraphError> {
        let subject = self.make(parent, &Address::parse(subject)?)?;
        let label = if predicate.is_empty() { NO_PREDICATE } else { self.connect(subject, predicate, root) };
        self.inner.insert((subject, label, root));
        self.inner_of.insert(root, (subject, label));
        Ok(())
    }

    /// Makes a relation between two nodes.
    fn connect(&mut self, subject: NodeId, predicate: &str, object: NodeId) -> LabelId {
        if let Some(label) = self.labels.find(predicate)
            && self.relations.contains(&(subject, label, object))
        {
            return label;
        }
        let label = self.labels.acquire(predicate);
        self.relations.insert((subject, label, object));
        self.inverse.insert((object, label, subject));
        self.record_mut(subject).outgoing += 1;
        self.record_mut(object).incoming += 1;
        if is_reference(predicate) {
            self.references.insert(subject);
        }
        label
    }
}

/// The kind of node that an arc makes below one of kind `parent`.
fn check_arc(parent: NodeKind, arc: Arc<'_>) -> Result<NodeKind, GraphError> {
    let text = || arc.text().to_owned();
    let kind = NodeKind::of(arc).ok_or_else(|| GraphError::NotANode { arc: text() })?;
    if !kind.may_be_below(parent) {
        return Err(GraphError::NotBelow { arc: text(), kind, parent });
    }
    if let Some((subject, predicate)) = inner_parts(arc, kind) {
        parse_predicate(predicate)?;
        if is_reference(predicate) {
            return Err(GraphError::InnerReference { arc: text() });
        }
        let subject = Address::parse(subject)?;
        if subject.names_literal() {
            return Err(GraphError::LiteralAddress { address: subject.to_string() });
        }
        subject.arcs().try_fold(parent, check_arc)?;
    }
    Ok(kind)
}

/// Subject and predicate of an inner root. Variables and definitions of inner roots stand for them, and are not tied to any.
fn inner_parts(arc: Arc<'_>, kind: NodeKind) -> Option<(&str, &str)> {
    match arc.body() {
        Body::Xref(Xref::Inner { subject, predicate })
            if kind.form == Form::InnerRoot && !kind.variable && !kind.definition =>
        {
            Some((subject, predicate))
        }
        _ => None,
    }
}
