//! References: `$ref` and `$rep` (`xdi.md §2.4`). A reference that would lead back to itself is refused when it is made (decision X2),
//! and following is bounded all the same.

use super::{Graph, GraphError, MAX_HOPS, NodeId, ROOT};
use crate::address::{Address, MAX_ARCS};
use std::collections::HashSet;

/// The most ways to follow references that are looked at.
const MAX_PATHS: usize = 1024;

/// Arcs, from the root downwards.
type Path = Vec<String>;

/// Does the predicate lead to another place for the same thing?
pub(super) fn is_reference(predicate: &str) -> bool {
    matches!(predicate, "$ref" | "$rep")
}

impl Graph {
    /// Follows references: the longest part of the address that has one is replaced by where it leads, until none has. Of several
    /// references of a node, `$ref` comes before `$rep`, and then the first object in order.
    ///
    /// ```
    /// use krl_xdi::{Address, format::text};
    ///
    /// let graph = text::read("=ann<#email>/$ref/=ann[<#email>]<*work>\n")?;
    /// let work = graph.resolve(&Address::parse("=ann<#email><#host>")?)?;
    /// assert_eq!(work.as_str(), "=ann[<#email>]<*work><#host>");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn resolve(&self, address: &Address) -> Result<Address, GraphError> {
        let mut path = path_of(address);
        for _ in 0..MAX_HOPS {
            let Some((length, object)) = self.longest_reference(&path) else {
                return Ok(Address::parse(&path.concat())?);
            };
            path = self.arcs_below(ROOT, object).into_iter().chain(path.drain(length..)).collect();
        }
        Err(GraphError::ReferenceCycle { subject: address.to_string(), object: path.concat() })
    }

    /// Refuses a reference from `subject` to `object` that can make following endless: for the subject, or for a place below it that
    /// has a reference of its own where the object ends up. Any way to follow counts, not only that of [`Graph::resolve`], so that
    /// neither the order of changes nor a later deletion matters.
    pub(super) fn check_reference(&self, subject: &Address, object: &Address) -> Result<(), GraphError> {
        let rule = (path_of(subject), path_of(object));
        let cycle =
            || GraphError::ReferenceCycle { subject: subject.to_string(), object: object.to_string() };
        if object.starts_with(subject) {
            return Err(cycle());
        }
        for end in self.ends(rule.0.clone(), &rule).ok_or_else(cycle)? {
            let Some(end) = self.find_path(&end).filter(|id| self.record(*id).children > 0) else { continue };
            for &reference in self.references.iter().filter(|id| self.is_below(**id, end)) {
                let mut start = rule.0.clone();
                start.extend(self.arcs_below(end, reference));
                self.ends(start, &rule).ok_or_else(cycle)?;
            }
        }
        Ok(())
    }

    /// Where references lead in the end, those of the graph and a new one, whichever are followed; nothing if there is no end.
    fn ends(&self, start: Path, new: &(Path, Path)) -> Option<Vec<Path>> {
        let mut ends = Vec::new();
        let mut paths = HashSet::from([start]);
        for _ in 0..MAX_HOPS {
            let mut next = HashSet::new();
            for path in paths {
                let steps = self.steps(&path, new)?;
                if steps.is_empty() {
                    ends.push(path);
                }
                next.extend(steps);
            }
            if next.is_empty() {
                return Some(ends);
            }
            if next.len() > MAX_PATHS {
                return None;
            }
            paths = next;
        }
        None
    }

    /// The paths that following one reference can give; nothing if one is too long.
    fn steps(&self, path: &[String], new: &(Path, Path)) -> Option<Vec<Path>> {
        let mut steps = Vec::new();
        let mut step = |object: Path, rest: &[String]| {
            steps.push(object.into_iter().chain(rest.iter().cloned()).collect::<Path>());
        };
        let mut at = Some(ROOT);
        for length in 0..=path.len() {
            let (beginning, rest) = path.split_at(length);
            for object in at.into_iter().flat_map(|id| self.references_of(id)) {
                step(self.arcs_below(ROOT, object), rest);
            }
            if beginning == new.0 {
                step(new.1.clone(), rest);
            }
            at = rest.first().and_then(|arc| self.child_of(at?, arc));
        }
        steps.iter().all(|path| path.len() <= MAX_ARCS).then_some(steps)
    }

    /// The longest beginning of the path that has a reference: its length, and where the reference leads.
    fn longest_reference(&self, path: &[String]) -> Option<(usize, NodeId)> {
        let mut found = self.reference_of(ROOT).map(|object| (0, object));
        let mut at = ROOT;
        for (index, arc) in path.iter().enumerate() {
            let Some(child) = self.child_of(at, arc) else { break };
            at = child;
            found = self.reference_of(at).map(|object| (index + 1, object)).or(found);
        }
        found
    }

    fn reference_of(&self, id: NodeId) -> Option<NodeId> {
        let objects = |predicate| {
            let objects = self.objects(id, predicate);
            objects.min_by_key(|object| self.path(*object))
        };
        objects("$ref").or_else(|| objects("$rep"))
    }

    /// Where the node's references lead.
    pub(super) fn references_of(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        self.objects(id, "$ref").chain(self.objects(id, "$rep"))
    }

    fn objects(&self, id: NodeId, predicate: &str) -> impl Iterator<Item = NodeId> + use<'_> {
        let label = self.labels.find(predicate);
        let range = label.map(|label| self.relations.range((id, label, 0)..=(id, label, NodeId::MAX)));
        range.into_iter().flatten().map(|(_, _, object)| *object)
    }

    fn find_path(&self, path: &[String]) -> Option<NodeId> {
        path.iter().try_fold(ROOT, |id, arc| self.child_of(id, arc))
    }

    fn is_below(&self, id: NodeId, above: NodeId) -> bool {
        let mut at = id;
        while at != ROOT {
            at = self.record(at).parent;
            if at == above {
                return true;
            }
        }
        false
    }

    fn arcs_below(&self, above: NodeId, id: NodeId) -> Path {
        let mut arcs = Vec::new();
        let mut at = id;
        while at != above && at != ROOT {
            arcs.push(self.label_of(at).to_owned());
            at = self.record(at).parent;
        }
        arcs.reverse();
        arcs
    }
}

fn path_of(address: &Address) -> Path {
    address.arcs().map(|arc| arc.text().to_owned()).collect()
}
