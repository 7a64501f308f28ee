//! A cloud's state as an XDI graph (decision X4): what it holds as statements, so that messages can ask for any part of it and link
//! contracts can grant any part. `docs/graph.md` has the table of addresses.
//!
//! ```
//! use krl_kernel::cloud::{Cloud, Configuration, Environment};
//! use krl_xdi::Address;
//!
//! let source = r#"ruleset shop { rule sale { select when shop sale fired { ent:sold := {"tea": 1} } } }"#;
//! let unit = krl_compiler::compile(source).unit.unwrap();
//! let mut cloud = Cloud::new(Environment::default());
//! cloud.install(krl_vm::verify::verify(unit).unwrap(), Configuration::default()).unwrap();
//! cloud.signal("shop", "sale", Default::default()).unwrap();
//!
//! let graph = krl_kernel::graph::project(&cloud).unwrap();
//! let sold = Address::parse("[#ruleset]*shop<#sold><#tea>").unwrap();
//! assert_eq!(graph.literal(&sold).unwrap().to_string(), "1");
//! ```

use crate::channel::Channel;
use crate::cloud::program::Installed;
use crate::cloud::{Cloud, Family, JobState, RulesetState};
use crate::machine::MatchState;
use krl_stdlib::datetime::format_iso;
use krl_vm::data::Data;
use krl_xdi::address::{Role, escape};
use krl_xdi::{Address, Graph, GraphError, Literal};
use std::sync::Arc;

/// The state of a cloud.
///
/// # Errors
/// The graph refuses a statement, which no state of a cloud makes it do.
pub fn project(cloud: &Cloud) -> Result<Graph, GraphError> {
    let state = cloud.state();
    let mut graph = Graph::new();
    let itself = Address::root().child(Role::Entity, "cloud")?;
    set(&mut graph, &itself, "id", &Data::String(cloud.id().clone()))?;
    set(&mut graph, &itself, "time", &time(state.now))?;
    for channel in cloud.channels() {
        add_channel(&mut graph, channel)?;
    }
    add_family(&mut graph, &state.family)?;
    for ruleset in &state.rulesets {
        add_ruleset(&mut graph, ruleset)?;
    }
    for installed in cloud.installed() {
        add_install(&mut graph, installed)?;
    }
    for job in &state.jobs {
        add_job(&mut graph, job, cloud)?;
    }
    Ok(graph)
}

/// The node of a ruleset, below which all that belongs to it is.
///
/// # Errors
/// None: every id makes an address.
pub fn ruleset(rid: &str) -> Result<Address, GraphError> {
    member(&Address::root(), "ruleset", rid)
}

/// The node of a channel.
///
/// # Errors
/// None: every id makes an address.
pub fn channel(eci: &str) -> Result<Address, GraphError> {
    member(&Address::root(), "channel", eci)
}

/// The graph of another cloud, named by the channel that leads to it.
fn peer(eci: &str) -> Result<Address, GraphError> {
    Ok(Address::parse(&format!("(*{})", escape(eci)))?)
}

fn member(above: &Address, class: &str, name: &str) -> Result<Address, GraphError> {
    Ok(above.child(Role::Collection, class)?.child(Role::Member, name)?)
}

fn time(ms: i64) -> Data {
    Data::string(format_iso(ms))
}

fn add_channel(graph: &mut Graph, channel: &Channel) -> Result<(), GraphError> {
    let node = self::channel(&channel.id)?;
    let tags = channel.tags.iter().cloned().map(Data::String);
    set(graph, &node, "tags", &Data::Array(tags.collect()))?;
    set(graph, &node, "eventPolicy", &channel.policies.event.to_data())?;
    set(graph, &node, "queryPolicy", &channel.policies.query.to_data())?;
    match &channel.family {
        Some(cloud) => set(graph, &node, "family", &Data::String((&**cloud).into())),
        None => Ok(()),
    }
}

fn add_family(graph: &mut Graph, family: &Family) -> Result<(), GraphError> {
    let relation = |name: &str| Address::root().child(Role::Entity, name);
    let root = Address::root();
    if let Some(eci) = &family.parent {
        graph.set_relation(&root, &relation("parent")?, &peer(eci)?)?;
    }
    for child in &family.children {
        let its = peer(&child.eci)?;
        graph.set_relation(&root, &relation("child")?, &its)?;
        graph.set_relation(&channel(&child.parent)?, &relation("for")?, &its)?;
    }
    Ok(())
}

fn add_install(graph: &mut Graph, installed: &Installed) -> Result<(), GraphError> {
    let node = ruleset(&installed.rid)?.child(Role::Entity, "install")?;
    let text = |text: &Arc<str>| Data::String(text.clone());
    set(graph, &node, "hash", &text(installed.code.hash()))?;
    set(graph, &node, "config", &installed.config)?;
    for (name, value) in [("url", &installed.url), ("error", &installed.broken)] {
        if let Some(value) = value {
            set(graph, &node, name, &text(value))?;
        }
    }
    Ok(())
}

fn add_ruleset(graph: &mut Graph, state: &RulesetState) -> Result<(), GraphError> {
    let node = ruleset(&state.rid)?;
    graph.set_node(&node)?;
    for (name, value) in &state.variables {
        set(graph, &node, name, value)?;
    }
    for (rule, progress) in &state.matches {
        set(graph, &member(&node, "rule", rule)?, "match", &match_data(progress))?;
    }
    Ok(())
}

fn match_data(state: &MatchState) -> Data {
    serde_json::to_value(state).and_then(serde_json::from_value).unwrap_or_default()
}

fn add_job(graph: &mut Graph, job: &JobState, cloud: &Cloud) -> Result<(), GraphError> {
    let node = member(&ruleset(&job.rid)?, "job", &job.id)?;
    set(graph, &node, "domain", &Data::String(job.domain.clone()))?;
    set(graph, &node, "name", &Data::String(job.name.clone()))?;
    set(graph, &node, "attrs", &Data::Map(job.attrs.clone()))?;
    set(graph, &node, "due", &time(job.due))?;
    if let Some(timespec) = &job.timespec {
        set(graph, &node, "repeat", timespec)?;
    }
    // The channel may be gone: jobs do not belong to channels (decision R10).
    if cloud.channels().any(|channel| channel.id == *job.eci) {
        graph.set_relation(&node, &Address::root().child(Role::Entity, "on")?, &channel(&job.eci)?)?;
    }
    Ok(())
}

/// Sets the attribute `name` of a node.
fn set(graph: &mut Graph, node: &Address, name: &str, value: &Data) -> Result<(), GraphError> {
    set_value(graph, &node.child(Role::Attribute, name)?, value)
}

/// Sets an attribute: entries of maps and items of arrays are attributes below it. Empty ones are literals, since nothing is below them.
fn set_value(graph: &mut Graph, at: &Address, value: &Data) -> Result<(), GraphError> {
    match value {
        Data::Map(entries) if !entries.is_empty() => {
            entries.iter().try_for_each(|(key, value)| set(graph, at, key, value))
        }
        Data::Array(items) if !items.is_empty() => {
            (0..).zip(items).try_for_each(|(n, item)| set_value(graph, &at.nth_attribute(n)?, item))
        }
        value => graph.set_literal(at, literal(value)?),
    }
}

fn literal(value: &Data) -> Result<Literal, GraphError> {
    Ok(Literal::parse(&value.to_json())?)
}
