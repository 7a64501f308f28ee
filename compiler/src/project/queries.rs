//! Queries asked of rulesets by name: do they answer them?

use super::calls::calls;
use super::{Facts, RulesetFacts, Unit};
use crate::resolve::suggest::nearest;
use krl_lang::{Code, Diagnostic, Span};

/// A query asked of another ruleset.
#[derive(Clone, Debug)]
pub struct Query {
    /// The ruleset.
    pub rid: String,
    /// The query.
    pub name: String,
    /// The place of the name.
    pub span: Span,
}

/// An argument: its position and its name.
type Argument = (usize, &'static str);

/// Functions that ask queries: qualified name, and which arguments name the ruleset and the query.
const ASKERS: [(&str, Argument, Argument); 4] = [
    ("ctx:query", (1, "rid"), (2, "name")),
    ("ctx:eventQuery", (4, "rid"), (5, "queryName")),
    ("io.picolabs.wrangler:picoQuery", (1, "mod"), (2, "func")),
    ("io.picolabs.wrangler:skyQuery", (1, "mod"), (2, "func")),
];

pub(super) fn gather(unit: &Unit<'_>) -> Vec<Query> {
    let mut queries = Vec::new();
    for call in calls(unit) {
        let Some((_, rid, name)) = ASKERS.iter().find(|(asker, ..)| *asker == call.name) else { continue };
        if let (Some((rid, _)), Some((name, span))) = (call.text(rid.0, rid.1), call.text(name.0, name.1)) {
            queries.push(Query { rid: rid.to_owned(), name: name.to_owned(), span });
        }
    }
    queries
}

pub(super) fn check(facts: &Facts, ruleset: &RulesetFacts, found: &mut Vec<Diagnostic>) {
    for query in &ruleset.queries {
        let Some(interface) = facts.interface(&query.rid) else { continue };
        if interface.answers(&query.name) {
            continue;
        }
        let message = format!("`{}` shares no query `{}`", query.rid, query.name);
        let mut diagnostic = Diagnostic::new(Code::UnknownQuery, query.span, message);
        if let Some(near) = nearest(&query.name, interface.shares.iter().map(|s| &**s)) {
            diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
        }
        found.push(diagnostic);
    }
}
