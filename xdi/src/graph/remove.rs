//! Taking away from a graph, and what goes along (`xdi.md §1.6`).

use super::reference::is_reference;
use super::{Graph, LabelId, NodeId, ROOT};
use crate::address::Address;
use crate::statement::Statement;

impl Graph {
    /// Makes a statement untrue. Was it true?
    pub fn delete(&mut self, statement: &Statement) -> bool {
        if !self.contains(statement) {
            return false;
        }
        match statement {
            Statement::Context { subject, arc } => {
                subject.join(arc).is_ok_and(|address| self.delete_node(&address))
            }
            Statement::Relation { subject, predicate, object } => {
                self.delete_relation(subject, predicate, object)
            }
            Statement::Literal { subject, .. } => self.delete_literal(subject),
        }
    }

    /// Deletes a node with everything below it, the relations from and to all that, and the inner roots of those relations.
    /// Deleting the common root empties the graph. Was there such a node?
    pub fn delete_node(&mut self, address: &Address) -> bool {
        match self.find(address) {
            Some(ROOT) => self.clear(),
            Some(id) => self.remove(id),
            None => return false,
        }
        true
    }

    /// Deletes a relation, and the inner root with its content if the relation establishes one. Other nodes stay. Was there such a
    /// relation?
    pub fn delete_relation(&mut self, subject: &Address, predicate: &Address, object: &Address) -> bool {
        let Some(triple) = self.find_relation(subject, predicate, object) else { return false };
        if self.inner.contains(&triple) {
            self.remove(triple.2);
        } else {
            self.disconnect(triple);
        }
        true
    }

    /// Deletes the literal of an attribute, which stays. Was there one?
    pub fn delete_literal(&mut self, address: &Address) -> bool {
        self.find(address).is_some_and(|id| self.literals.remove(&id).is_some())
    }

    /// Removes a node and what depends on it. An inner root without predicate goes with its subject too: it could not be made anew
    /// without it.
    fn remove(&mut self, id: NodeId) {
        let mut doomed = vec![id];
        while let Some(id) = doomed.pop() {
            let (parent, arc) = (self.record(id).parent, self.record(id).arc);
            // It may have been found twice: as a child and as an inner root.
            if self.children.get(&(parent, arc)) != Some(&id) {
                continue;
            }
            doomed.extend(self.children_of(id));
            doomed.extend(range(&self.inner, id).map(|(_, _, root)| root));
            let from: Vec<_> = range(&self.relations, id).collect();
            let to: Vec<_> = range(&self.inverse, id).map(|(o, p, s)| (s, p, o)).collect();
            for triple in from.into_iter().chain(to) {
                self.disconnect(triple);
            }
            if let Some((subject, predicate)) = self.inner_of.remove(&id) {
                self.inner.remove(&(subject, predicate, id));
            }
            self.literals.remove(&id);
            self.children.remove(&(parent, arc));
            self.record_mut(parent).children -= 1;
            self.labels.release(arc);
            self.free.push(id);
        }
    }

    fn disconnect(&mut self, triple: (NodeId, LabelId, NodeId)) {
        let (subject, predicate, object) = triple;
        // A relation of a node to itself is found from both ends.
        if !self.relations.remove(&triple) {
            return;
        }
        self.inverse.remove(&(object, predicate, subject));
        self.record_mut(subject).outgoing -= 1;
        self.record_mut(object).incoming -= 1;
        if is_reference(self.labels.text(predicate)) && self.references_of(subject).next().is_none() {
            self.references.remove(&subject);
        }
        self.labels.release(predicate);
    }

    /// The children of a node, in no order.
    pub(super) fn children_of(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        self.children.range((id, 0)..=(id, LabelId::MAX)).map(|(_, child)| *child)
    }

    /// The relations from a node, in no order.
    pub(super) fn relations_of(&self, id: NodeId) -> impl Iterator<Item = (NodeId, LabelId, NodeId)> {
        range(&self.relations, id)
    }

    /// The relations to a node, in no order.
    pub(super) fn relations_to(&self, id: NodeId) -> impl Iterator<Item = (NodeId, LabelId, NodeId)> {
        range(&self.inverse, id).map(|(object, predicate, subject)| (subject, predicate, object))
    }
}

/// The triples of an index that begin with a node.
fn range(
    index: &std::collections::BTreeSet<(NodeId, LabelId, NodeId)>,
    id: NodeId,
) -> impl Iterator<Item = (NodeId, LabelId, NodeId)> {
    index.range((id, 0, 0)..=(id, LabelId::MAX, NodeId::MAX)).copied()
}
