//! `meta`: the ruleset and the evaluation it is in (krl-runtime §5.3).

use crate::declare::signatures;
use krl_vm::fault::Fault;
use krl_vm::native::{Context, Property};
use krl_vm::value::Value;

signatures! {
    module meta;

    /// The id of this ruleset; in code of a module that of the module.
    property rid() -> STRING = Host(|c, _| tell(c, Property::MetaRid)) {}
    /// The URL this ruleset, or the module, was installed from; null if it has none.
    property rid_url() -> STRING|NULL = Host(|c, _| tell(c, Property::MetaRidUrl)) {}
    /// The same as `meta:rid_url`.
    property rulesetURI() -> STRING|NULL = Host(|c, _| tell(c, Property::MetaRidUrl)) {}
    /// The configuration given when this ruleset, or the module, was installed.
    property rulesetConfig() -> MAP|NULL = Host(|c, _| tell(c, Property::MetaRulesetConfig)) {}
    /// The id of this cloud; null in code of a module.
    property picoId() -> STRING|NULL = Host(|c, _| tell(c, Property::MetaPicoId)) {}
    /// The channel of the current event or query; null in code of a module.
    property eci() -> STRING|NULL = Host(|c, _| tell(c, Property::MetaEci)) {}
    /// The address of this host, in code of modules too; null in `krl run`.
    property host() -> STRING|NULL = Host(|c, _| tell(c, Property::MetaHost)) {}
    /// Is this an event? False in code of a module.
    property inEvent() -> BOOLEAN = Host(|c, _| tell(c, Property::MetaInEvent)) {}
    /// Is this a query? False in code of a module.
    property inQuery() -> BOOLEAN = Host(|c, _| tell(c, Property::MetaInQuery)) {}
    /// The id of the current event or query; null in code of a module.
    property txnId() -> STRING|NULL = Host(|c, _| tell(c, Property::MetaTxnId)) {}
    /// The name of the rule being evaluated; null outside of rules, and in code of a module.
    property ruleName() -> STRING|NULL = Host(|c, _| tell(c, Property::MetaRuleName)) {}
}

fn tell(context: &mut Context<'_>, property: Property) -> Result<Value, Fault> {
    context.host.property(context.heap, context.instance, property)
}
