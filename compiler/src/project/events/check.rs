//! Events that nobody selects, events that nobody raises, attributes that nobody gives.

use super::super::{Facts, RulesetFacts, system};
use super::index::Index;
use super::{Raised, Selected, Via};
use crate::resolve::suggest::nearest;
use krl_lang::{Code, Diagnostic, Severity};

pub(in super::super) fn check(
    facts: &Facts,
    index: &Index<'_>,
    ruleset: &RulesetFacts,
    found: &mut Vec<Diagnostic>,
) {
    for raised in &ruleset.raises {
        if let (Some(domain), Some(name)) = (&raised.domain, &raised.name) {
            found.extend(unselected(facts, index, raised, domain, name));
        }
    }
    for selected in &ruleset.selects {
        found.extend(unraised(index, selected));
        attributes(index, selected, found);
    }
}

/// An event raised that no rule given and no system ruleset selects.
fn unselected(
    facts: &Facts,
    index: &Index<'_>,
    raised: &Raised,
    domain: &str,
    name: &str,
) -> Option<Diagnostic> {
    if index.selects(domain, name) || system::knows_event(domain, name) {
        return None;
    }
    if let Some(new) = system::retired_event(domain, name) {
        return Some(retired(raised.span, name, new, "no rule of 1.x selects it"));
    }
    let is_system = system::DOMAINS.contains(&domain);
    let known = system::event_names(domain).iter().copied();
    // `opened` beside `open` is a pair of events, not a slip.
    let candidates = known.chain(index.candidates(domain));
    let near = nearest(name, candidates.filter(|c| !c.starts_with(name) && !name.starts_with(c)));
    let ours = index.has_domain(domain);
    // A single ruleset may well raise events for others: there only a near miss is evidence of a mistake. A sent event
    // goes to another cloud, whose rulesets need not be among those given.
    let severity = match raised.via {
        _ if near.is_some() || is_system => Severity::Warning,
        Via::Send => return None,
        _ if !ours => return None,
        _ if facts.rulesets.len() > 1 => Severity::Warning,
        _ => Severity::Hint,
    };
    let message = format!("no rule selects the event `{domain}:{name}`");
    let mut diagnostic = Diagnostic::new(Code::UnselectedEvent, raised.span, message);
    diagnostic.severity = severity;
    Some(match near {
        Some(near) => diagnostic.help(format!("did you mean `{domain}:{near}`?")),
        None => diagnostic,
    })
}

/// A rule that waits for an event of a system domain that does not exist.
fn unraised(index: &Index<'_>, selected: &Selected) -> Option<Diagnostic> {
    let (domain, name) = (&*selected.domain, &*selected.name);
    if !system::DOMAINS.contains(&domain)
        || system::knows_event(domain, name)
        || index.may_raise(domain, name)
    {
        return None;
    }
    if let Some(new) = system::retired_event(domain, name) {
        return Some(retired(selected.span, name, new, "1.x never raises it, so the rule never runs"));
    }
    let message = format!("nobody raises the event `{domain}:{name}`: the rule never runs");
    let diagnostic = Diagnostic::new(Code::UnraisedEvent, selected.span, message);
    Some(match nearest(name, system::event_names(domain).iter().copied()) {
        Some(near) => diagnostic.help(format!("did you mean `{domain}:{near}`?")),
        None => diagnostic.help(format!("`{domain}` is a domain of the engine; choose one of your own")),
    })
}

fn retired(span: krl_lang::Span, name: &str, new: &str, why: &str) -> Diagnostic {
    Diagnostic::new(Code::RetiredEvent, span, format!("`wrangler:{name}` is an event of engine 0.x: {why}"))
        .help(format!("1.x has `wrangler:{new}`"))
}

/// An attribute pattern that no raiser of the event satisfies, if all raisers are known.
fn attributes(index: &Index<'_>, selected: &Selected, found: &mut Vec<Diagnostic>) {
    if selected.attributes.is_empty() || system::DOMAINS.contains(&&*selected.domain) {
        return;
    }
    let Some(given) = index.attributes(&selected.domain, &selected.name) else { return };
    for (attribute, span) in selected.attributes.iter().filter(|(a, _)| !given.contains(&&**a)) {
        let event = format!("{}:{}", selected.domain, selected.name);
        let message = format!("`{event}` is never raised with the attribute `{attribute}`");
        let mut diagnostic = Diagnostic::new(Code::UnraisedAttribute, *span, message);
        if let Some(near) = nearest(attribute, given.iter().copied()) {
            diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
        }
        found.push(diagnostic);
    }
}
