//! `meta`: the ruleset and the evaluation it is in (krl-runtime §5.3).

use crate::declare::signatures;
use krl_vm::fault::Fault;
use krl_vm::native::{Context, Property};
use krl_vm::value::Value;

signatures! {
    module meta;

    /// The id of this ruleset.
    property rid() -> STRING = Host(|c, _| tell(c, Property::MetaRid)) {}
    /// The URL this ruleset was installed from.
    property rid_url() -> STRING|NULL = Host(|c, _| tell(c, Property::MetaRidUrl)) {}
    /// The URL this ruleset was installed from.
    property rulesetURI() -> STRING|NULL = Host(|c, _| tell(c, Property::MetaRidUrl)) {}
    /// The configuration given when this ruleset was installed.
    property rulesetConfig() -> MAP|NULL = Host(|c, _| tell(c, Property::MetaRulesetConfig)) {}
    /// The id of this cloud.
    property picoId() -> STRING|NULL = Host(|c, _| tell(c, Property::MetaPicoId)) {}
    /// The channel of the current event or query.
    property eci() -> STRING|NULL = Host(|c, _| tell(c, Property::MetaEci)) {}
    /// The address of this host.
    property host() -> STRING|NULL = Host(|c, _| tell(c, Property::MetaHost)) {}
    /// Is this an event?
    property inEvent() -> BOOLEAN = Host(|c, _| tell(c, Property::MetaInEvent)) {}
    /// Is this a query?
    property inQuery() -> BOOLEAN = Host(|c, _| tell(c, Property::MetaInQuery)) {}
    /// The id of the current event or query.
    property txnId() -> STRING|NULL = Host(|c, _| tell(c, Property::MetaTxnId)) {}
    /// The name of the rule being evaluated.
    property ruleName() -> STRING|NULL = Host(|c, _| tell(c, Property::MetaRuleName)) {}
}

fn tell(context: &mut Context<'_>, property: Property) -> Result<Value, Fault> {
    context.host.property(context.heap, context.instance, property)
}
