//! Going through a graph: its statements in order, and copies of parts.

use super::node::Node;
use super::{Graph, Implied, LabelId, NodeId, ROOT};
use crate::address::Address;
use crate::literal::Literal;
use crate::statement::Statement;
use std::collections::HashSet;

/// A statement whose parts are still in the graph.
pub(crate) struct Line<'a> {
    /// The subject.
    pub(crate) node: Node<'a>,
    /// Its address.
    pub(crate) subject: &'a str,
    pub(crate) rest: Rest<'a>,
}

/// Predicate and object of a [`Line`].
pub(crate) enum Rest<'a> {
    Arc(&'a str),
    Relation { predicate: &'a str, object: &'a str },
    Literal(&'a Literal),
}

impl Line<'_> {
    pub(super) fn statement(&self) -> Option<Statement> {
        let subject = Address::parse(self.subject).ok()?;
        Some(match self.rest {
            Rest::Arc(arc) => Statement::Context { subject, arc: Address::parse(arc).ok()? },
            Rest::Relation { predicate, object } => {
                let (predicate, object) = (Address::parse(predicate).ok()?, Address::parse(object).ok()?);
                Statement::Relation { subject, predicate, object }
            }
            Rest::Literal(value) => Statement::Literal { subject, value: value.clone() },
        })
    }
}

impl Graph {
    /// Calls `each` for all statements, in the order of the text format if `ordered`, else in any.
    pub(crate) fn each_line(&self, implied: Implied, ordered: bool, mut each: impl FnMut(&Line<'_>)) {
        let all = implied == Implied::Show;
        let nodes = self.pre_order(ordered);
        for &id in nodes.iter().filter(|id| self.record(**id).children > 0) {
            let (node, subject) = (Node::new(self, id), self.path(id));
            for child in self.children_in(id, ordered) {
                if all || !self.is_implied_node(child) {
                    each(&Line { node, subject: &subject, rest: Rest::Arc(self.label_of(child)) });
                }
            }
        }
        for &id in nodes.iter().filter(|id| self.record(**id).outgoing > 0) {
            let (node, subject) = (Node::new(self, id), self.path(id));
            for (predicate, object, target) in self.sorted_relations(id) {
                let told = all || !self.is_implied_triple(id, predicate, target);
                if told {
                    each(&Line {
                        node,
                        subject: &subject,
                        rest: Rest::Relation { predicate, object: &object },
                    });
                }
            }
        }
        for &id in &nodes {
            if let Some(literal) = self.literals.get(&id) {
                let subject = self.path(id);
                each(&Line { node: Node::new(self, id), subject: &subject, rest: Rest::Literal(literal) });
            }
        }
    }

    fn is_implied_triple(&self, subject: NodeId, predicate: &str, object: NodeId) -> bool {
        let label = self.labels.find(predicate);
        label.is_some_and(|label| self.is_implied_relation((subject, label, object)))
    }

    /// All nodes, parents before children. Without recursion: inner roots can make graphs deep.
    fn pre_order(&self, ordered: bool) -> Vec<NodeId> {
        let mut order = Vec::with_capacity(self.children.len() + 1);
        let mut waiting = vec![ROOT];
        while let Some(id) = waiting.pop() {
            order.push(id);
            let start = waiting.len();
            waiting.extend(self.children_in(id, ordered));
            waiting[start..].reverse();
        }
        order
    }

    fn children_in(&self, id: NodeId, ordered: bool) -> Vec<NodeId> {
        if ordered { self.sorted_children(id) } else { self.children_of(id).collect() }
    }

    pub(super) fn sorted_children(&self, id: NodeId) -> Vec<NodeId> {
        let mut children: Vec<NodeId> = self.children_of(id).collect();
        children.sort_unstable_by_key(|child| self.label_of(*child));
        children
    }

    /// Predicate, object address and object of the relations from a node.
    pub(super) fn sorted_relations(&self, id: NodeId) -> Vec<(&str, String, NodeId)> {
        let relations = self.relations_of(id);
        let mut relations: Vec<_> =
            relations.map(|(_, p, o): (_, LabelId, _)| (self.labels.text(p), self.path(o), o)).collect();
        relations.sort_unstable();
        relations
    }

    /// The nodes with their addresses, sorted from the root downwards, and whether something has to be said of each.
    pub(crate) fn nodes(&self, implied: Implied) -> impl Iterator<Item = Node<'_>> {
        let order = self.pre_order(true).into_iter();
        let told = move |id: &NodeId| implied == Implied::Show || self.has_own(*id);
        order.filter(told).map(|id| Node::new(self, id))
    }

    /// Has the node something to say that nothing else implies?
    fn has_own(&self, id: NodeId) -> bool {
        !self.is_implied_node(id)
            || self.literals.contains_key(&id)
            || self.relations_of(id).any(|triple| !self.is_implied_relation(triple))
    }

    /// The relations of a node that have to be said, sorted.
    pub(crate) fn told_relations(&self, node: Node<'_>, implied: Implied) -> Vec<(&str, String)> {
        let relations = self.sorted_relations(node.id()).into_iter();
        let all = implied == Implied::Show;
        let told = relations.filter(|(p, _, o)| all || !self.is_implied_triple(node.id(), p, *o));
        told.map(|(predicate, object, _)| (predicate, object)).collect()
    }

    /// The inner roots around a node that follow one another from the common root on.
    pub(crate) fn inner_roots_around<'g>(&'g self, node: Node<'g>) -> Vec<Node<'g>> {
        let mut above: Vec<Node<'g>> = std::iter::successors(Some(node), |n| n.parent()).collect();
        above.pop();
        above.reverse();
        let length = above.iter().take_while(|n| self.is_inner_root(n.id())).count();
        above.truncate(length);
        above
    }

    /// The address of a node as seen from another above it.
    pub(crate) fn path_below(&self, above: Node<'_>, node: Node<'_>) -> String {
        self.path_from(above.id(), node.id())
    }

    /// A graph with a node, everything below it, the relations of all that and the inner roots they establish, at the same addresses.
    ///
    /// ```
    /// use krl_xdi::{Address, format::text};
    ///
    /// let graph = text::read("=ann#home<#city>/&/\"Linz\"\n=ann/#friend/=bob\n=bob<#age>/&/7\n")?;
    /// let part = graph.subtree(&Address::parse("=ann#home")?);
    /// assert_eq!(part, text::read("=ann#home<#city>/&/\"Linz\"\n")?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn subtree(&self, address: &Address) -> Self {
        self.subtree_without(address, &[])
    }

    /// The same without the nodes with these arcs, and what is below them.
    pub(crate) fn subtree_without(&self, address: &Address, without: &[&str]) -> Self {
        let mut copy = Self::new();
        let mut seen = HashSet::new();
        let mut waiting: Vec<NodeId> = self.find(address).into_iter().collect();
        while let Some(id) = waiting.pop() {
            if !seen.insert(id) {
                continue;
            }
            let path = self.path(id);
            let lines = self.relations_of(id).map(|(_, p, o)| {
                if self.inner.contains(&(id, p, o)) {
                    waiting.push(o);
                }
                (self.labels.text(p), self.path(o))
            });
            let lines: Vec<_> = lines.collect();
            copy.add(&path, &lines, self.literals.get(&id));
            waiting.extend(self.children_of(id).filter(|child| !without.contains(&self.label_of(*child))));
        }
        copy
    }

    /// Adds a node of another graph. Whatever that one held, this one takes.
    fn add(&mut self, path: &str, relations: &[(&str, String)], literal: Option<&Literal>) {
        let Ok(subject) = Address::parse(path) else { return };
        let mut taken = self.set_node(&subject);
        for (predicate, object) in relations {
            if let (Ok(predicate), Ok(object)) = (Address::parse(predicate), Address::parse(object)) {
                taken = taken.and(self.set_relation(&subject, &predicate, &object));
            }
        }
        if let Some(value) = literal {
            taken = taken.and(self.set_literal(&subject, value.clone()));
        }
        debug_assert_eq!(taken, Ok(()), "{path}");
    }
}
