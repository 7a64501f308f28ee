//! The system rulesets that every cloud has (krl-runtime.md §9): what they provide, and the events they select and raise.

use super::interface::{Interface, Member};
use crate::types::{Callable, Parameter, Shape, Type};
use krl_lang::Span;
use krl_stdlib::types::Types;
use std::sync::{Arc, LazyLock};

/// Domains whose events only the system rulesets and the engine define.
pub const DOMAINS: [&str; 6] = ["wrangler", "engine_ui", "engine", "pds", "dido", "system"];

/// Events of [`DOMAINS`] that exist, by domain: selected or raised by the system rulesets, or raised by the engine.
const EVENTS: [(&str, &[&str]); 6] = [
    (
        "wrangler",
        &[
            "install_ruleset_request",
            "ruleset_installed",
            "uninstall_ruleset_request",
            "ruleset_uninstalled",
            "rulesets_need_flushing",
            "ruleset_needs_flushing",
            "rulesets_flushed",
            "new_channel_request",
            "channel_created",
            "channel_deletion_request",
            "channel_deleted",
            "new_child_request",
            "new_child_created",
            "pico_created",
            "pico_initialized",
            "child_initialized",
            "name_changed",
            "child_deletion_request",
            "child_deleted",
            "ready_for_deletion",
            "need_wellKnown_Rx",
            "wellKnown_Rx_created",
            "subscription",
            "subscription_request_needed",
            "outbound_pending_subscription_added",
            "wellKnown_Tx_format_failure",
            "new_subscription_request",
            "inbound_pending_subscription_added",
            "no_Tx_failure",
            "pending_subscription_approval",
            "auto_accepted_subscription_request",
            "outbound_pending_subscription_approved",
            "inbound_pending_subscription_approved",
            "subscription_added",
            "subscription_cancellation",
            "established_removal",
            "subscription_removed",
            "inbound_rejection",
            "inbound_removal",
            "inbound_subscription_cancelled",
            "outbound_removal",
            "outbound_subscription_cancelled",
            "outbound_cancellation",
            "cancel_subscriptions",
            "cancel_relationships",
            "rulesets_need_to_cleanup",
            "send_event_on_subs",
            "send_event_to_subs",
            "failed_to_send_event_to_sub",
            "autoAcceptConfigUpdate",
            "auto_accept_config_updated",
            "autoAcceptConfigUpdate_failure",
            "intent_to_delete",
        ],
    ),
    (
        "engine_ui",
        &[
            "setup",
            "box",
            "new",
            "del",
            "install",
            "uninstall",
            "flush",
            "new_channel",
            "del_channel",
            "testing_eci",
        ],
    ),
    ("engine", &["started"]),
    (
        "pds",
        &[
            "new_data_available",
            "data_added",
            "updated_data_available",
            "data_updated",
            "remove_old_data",
            "data_deleted",
            "remove_namespace",
            "namespace_deleted",
            "map_item",
            "new_map_added",
            "updated_profile",
            "profile_updated",
            "add_settings",
            "settings_added",
            "clear_all_data",
        ],
    ),
    (
        "dido",
        &[
            "didcommv2_message",
            "receive_invite",
            "send_trust_ping",
            "receive_trust_ping",
            "dido_send_response",
        ],
    ),
    ("system", &["error", "online", "send_failed"]),
];

/// Events of pico-engine 0.x that 1.x never raises nor selects, and what 1.x has instead.
const RETIRED_EVENTS: [(&str, &str); 18] = [
    ("ruleset_added", "ruleset_installed"),
    ("rulesets_added", "ruleset_installed"),
    ("ruleset_removed", "ruleset_uninstalled"),
    ("install_rulesets_requested", "install_ruleset_request"),
    ("install_ruleset_requested", "install_ruleset_request"),
    ("uninstall_rulesets_requested", "uninstall_ruleset_request"),
    ("channel_creation_requested", "new_channel_request"),
    ("channel_deletion_requested", "channel_deletion_request"),
    ("child_creation", "new_child_request"),
    ("new_child_creation", "new_child_request"),
    ("child_created", "new_child_created"),
    ("child_deletion", "child_deletion_request"),
    ("child_to_delete", "child_deletion_request"),
    ("delete_children", "child_deletion_request"),
    ("init_events", "pico_initialized"),
    ("pending_subscription", "inbound_pending_subscription_added"),
    ("ruleset_needs_cleanup_period", "rulesets_need_to_cleanup"),
    ("cleanup_finished", "ready_for_deletion"),
];

/// Modules of pico-engine 0.x that 1.x does not have: its name, what 1.x has instead, and for members the nearest one.
type RetiredModule = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const RETIRED_MODULES: [RetiredModule; 5] = [
    (
        "engine",
        "`ctx`",
        &[
            ("newPico", "ctx:newPico"),
            ("removePico", "ctx:delPico"),
            ("newChannel", "ctx:newChannel"),
            ("removeChannel", "ctx:delChannel"),
            ("listChannels", "ctx:channels"),
            ("newPolicy", "the policies of `ctx:newChannel`"),
            ("listPolicies", "the policies in `ctx:channels`"),
            ("installRuleset", "ctx:install"),
            ("uninstallRuleset", "ctx:uninstall"),
            ("registerRuleset", "ctx:flush"),
            ("registerRulesetFromSrc", "ctx:flush"),
            ("unregisterRuleset", "ctx:uninstall"),
            ("listInstalledRIDs", "ctx:rulesets"),
            ("listAllEnabledRIDs", "ctx:rulesets"),
            ("describeRuleset", "ctx:rulesets"),
            ("listChildren", "ctx:children"),
            ("getParent", "ctx:parent"),
            ("getPicoIDByECI", "ctx:picoId"),
            ("signChannelMessage", "ursa:crypto_sign"),
            ("verifySignedMessage", "ursa:verify_signed_field"),
            ("encryptChannelMessage", "ursa:pack"),
            ("decryptChannelMessage", "ursa:unpack"),
        ],
    ),
    ("keys", "the ruleset's configuration, `ctx:rid_config`", &[]),
    ("app", "entity variables (`ent:`)", &[]),
    ("indy", "`ursa`", &[]),
    ("email", "a mail service reached by `http:post`", &[]),
];

/// Does the engine or a system ruleset select or raise this event?
#[must_use]
pub fn knows_event(domain: &str, name: &str) -> bool {
    event_names(domain).contains(&name)
}

/// The events of a system domain.
#[must_use]
pub fn event_names(domain: &str) -> &'static [&'static str] {
    EVENTS.iter().find(|(d, _)| *d == domain).map_or(&[], |(_, names)| *names)
}

/// What 1.x has instead of this event of 0.x.
#[must_use]
pub fn retired_event(domain: &str, name: &str) -> Option<&'static str> {
    let found = RETIRED_EVENTS.iter().find(|(old, _)| domain == "wrangler" && *old == name);
    found.map(|(_, new)| *new)
}

/// What 1.x has instead of this module of 0.x, and of its member if that is known.
#[must_use]
pub fn retired_module(module: &str, member: &str) -> Option<(&'static str, Option<&'static str>)> {
    let (_, replacement, members) = RETIRED_MODULES.iter().find(|(name, ..)| *name == module)?;
    Some((replacement, members.iter().find(|(old, _)| *old == member).map(|(_, new)| *new)))
}

/// The interfaces of the system rulesets.
#[must_use]
pub fn interfaces() -> &'static [Interface] {
    static INTERFACES: LazyLock<Vec<Interface>> =
        LazyLock::new(|| vec![wrangler(), subscription(), pds(), ui(), did()]);
    &INTERFACES
}

const QUERY: [&str; 7] = ["eci", "mod", "func", "params?", "_host?", "_path?", "_root_url?"];

fn wrangler() -> Interface {
    let function = |name, params: &[&str], result| member(name, Types::FUNCTION, params, result);
    let action = |name, params: &[&str], result| member(name, Types::ACTION, params, result);
    let provides = vec![
        function("channels", &["tags?"], Types::ARRAY),
        function("rulesetConfig", &["rid"], Types::ANY),
        function("rulesetMeta", &["rid"], Types::ANY),
        function("installedRIDs", &[], Types::ARRAY),
        function("children", &[], Types::ARRAY),
        function("parent_eci", &[], Types::ANY),
        function("name", &[], Types::ANY),
        function("myself", &[], Types::MAP),
        function("picoQuery", &QUERY, Types::ANY),
        function("skyQuery", &QUERY, Types::ANY),
        action("createChannel", &["tags", "eventPolicy?", "queryPolicy?"], Types::MAP),
        action("deleteChannel", &["eci"], Types::ANY),
    ];
    interface("io.picolabs.wrangler", provides, &["id"])
}

fn subscription() -> Interface {
    let list = |name| member(name, Types::FUNCTION, &["key?", "value?"], Types::ANY);
    let provides = vec![
        list("established"),
        list("outbound"),
        list("inbound"),
        member("wellKnown_Rx", Types::FUNCTION, &[], Types::ANY),
        member("autoAcceptConfig", Types::FUNCTION, &[], Types::ANY),
    ];
    interface("io.picolabs.subscription", provides, &[])
}

fn pds() -> Interface {
    let function = |name, params: &[&str]| member(name, Types::FUNCTION, params, Types::ANY);
    let provides = vec![
        function("items", &["namespace?", "key?"]),
        function("get_keys", &["namespace?"]),
        function("profile", &["key?"]),
        function("settings", &["Rid?", "Key?", "detail?"]),
        function("settings_names", &[]),
        function("get_config_value", &["key?", "rid?"]),
        function("config_value", &["key?", "rid?"]),
        function("get_setting_data_value", &["rid?", "key?"]),
        function("getChannelEci", &[]),
    ];
    interface("io.picolabs.pds", provides, &[])
}

fn ui() -> Interface {
    let queries = ["uiECI", "box", "pico", "logs", "testingECI", "name"];
    interface("io.picolabs.pico-engine-ui", Vec::new(), &queries)
}

/// The list of §9.5 is abridged: what it does not name may be there.
fn did() -> Interface {
    Interface { open: true, ..interface("io.picolabs.did-o", Vec::new(), &[]) }
}

/// `more`: shared but not provided.
fn interface(rid: &str, provides: Vec<Member>, more: &[&str]) -> Interface {
    let functions = provides.iter().filter(|m| m.ty.kinds == Types::FUNCTION).map(|m| m.name.clone());
    Interface {
        rid: rid.into(),
        file: None,
        shares: functions.chain(more.iter().map(|n| Arc::from(*n))).collect(),
        provides,
        configure: Vec::new(),
        hidden: Vec::new(),
        open: false,
    }
}

/// A member; a parameter marked by `?` may be left out.
fn member(name: &str, kinds: Types, params: &[&str], result: Types) -> Member {
    let params = params
        .iter()
        .map(|p| Parameter { name: p.trim_end_matches('?').into(), optional: p.ends_with('?') })
        .collect();
    let callable = Callable { params, result: Type::of(result) };
    Member {
        name: name.into(),
        ty: Type { kinds, shape: Shape::Callable(Arc::new(callable)) },
        span: Span::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replacements_of_retired_events_exist_and_the_retired_do_not() {
        for (old, new) in RETIRED_EVENTS {
            assert!(!knows_event("wrangler", old), "{old}");
            assert!(knows_event("wrangler", new), "{new}");
        }
    }

    /// The interfaces here are those of the rulesets that come with the engine.
    #[test]
    fn interfaces_are_those_of_the_bundled_rulesets() {
        let sorted = |mut names: Vec<Arc<str>>| {
            names.sort();
            names
        };
        for bundled in krl_stdlib::rulesets::BUNDLED {
            let unit = crate::compile(bundled.source).unit.expect(bundled.rid);
            let interface = interfaces().iter().find(|i| &*i.rid == bundled.rid).expect(bundled.rid);
            let provides = interface.provides.iter().map(|member| member.name.clone()).collect();
            assert_eq!(
                sorted(provides),
                sorted(unit.provides.iter().map(|(n, _)| n.clone()).collect()),
                "{}",
                bundled.rid
            );
            let shares = unit.shares.iter().map(|shared| shared.name.clone()).collect();
            assert_eq!(sorted(interface.shares.clone()), sorted(shares), "{}", bundled.rid);
        }
    }

    #[test]
    fn every_system_domain_has_events() {
        for domain in DOMAINS {
            assert!(!event_names(domain).is_empty(), "{domain}");
        }
    }
}
