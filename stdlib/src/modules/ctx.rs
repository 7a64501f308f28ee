//! `ctx`: the cloud itself (krl-runtime §5.1). Its host answers.

use crate::declare::signatures;

signatures! {
    module ctx;

    /// The id of this cloud.
    property picoId() -> STRING = Request {}
    /// The id of this ruleset; in code of a module, as all of these, that of the module.
    property rid() -> STRING = Request {}
    /// The URL this ruleset was installed from, in its canonical form; null if it has none.
    property rid_url() -> STRING|NULL = Request {}
    /// The configuration given when this ruleset was installed; an empty map if none was.
    property rid_config() -> MAP = Request {}
    /// The `version` of this ruleset's `meta` block.
    property rid_version() -> STRING|NULL = Request {}
    /// The `name` of this ruleset's `meta` block.
    property rid_name() -> STRING|NULL = Request {}
    /// The `description` of this ruleset's `meta` block.
    property rid_description() -> STRING|NULL = Request {}
    /// The `author` of this ruleset's `meta` block.
    property rid_author() -> STRING|NULL = Request {}
    /// The channel by which this cloud reaches its parent; null in a root cloud.
    property parent() -> STRING|NULL = Request {}
    /// The channels by which this cloud reaches its children, oldest child first.
    property children() -> ARRAY = Request {}
    /// This cloud's channels in the order of their ids, with those to itself and to its family.
    /// Each is a map with `id`, `tags`, `eventPolicy`, `queryPolicy`, `familyChannelPicoID`.
    property channels() -> ARRAY = Request {}
    /// The channels that have just these tags, in whatever order; for clouds of many channels cheaper than `ctx:channels`.
    fn channelsTagged(tags: ARRAY) -> ARRAY = Request {}
    /// The rulesets in the order they were installed: maps with `rid`, `url`, `config`, `meta`.
    /// `meta` has `krl` (the source), `krlMeta`, `hash`, `flushed` and `compiler`.
    property rulesets() -> ARRAY = Request {}
    /// Creates a child cloud with these rulesets, maps with `url` and perhaps `config`; answers the channel to it.
    /// If one of them cannot be installed there is no child.
    /// Where a map has the `rid` of a ruleset of this cloud, the child gets it from the same address and with the same configuration.
    action newPico(rulesets: ARRAY) -> STRING = Request {}
    /// Deletes a child cloud, one of `ctx:children`, and all below it, when this event is done.
    action delPico(eci: STRING) -> NULL = Request {}
    /// Creates a channel; answers it as `ctx:channels` does.
    /// Without policies it allows everything.
    action newChannel(tags: ARRAY|NULL; eventPolicy: MAP|NULL, queryPolicy: MAP|NULL) -> MAP = Request {}
    /// Changes a channel of this cloud; what is left out stays.
    action putChannel(eci: STRING; tags: ARRAY|NULL, eventPolicy: MAP|NULL, queryPolicy: MAP|NULL) -> NULL = Request {}
    /// Changes the channel with just these tags, in whatever order, or creates it.
    action upsertChannel(tags: ARRAY; eventPolicy: MAP|NULL, queryPolicy: MAP|NULL) -> NULL = Request {}
    /// Deletes a channel of this cloud, but not those to itself and to its family.
    action delChannel(eci: STRING) -> NULL = Request {}
    /// Installs a ruleset, or what its URL has now in its place; answers its id. Entity variables stay.
    action install(url: STRING; config: MAP|NULL) -> STRING = Request {}
    /// Removes a ruleset that no other one of this cloud uses as a module, with its entity variables and scheduled events.
    action uninstall(rid: STRING) -> NULL = Request {}
    /// Fetches a ruleset anew, for all clouds of this host that installed it from this URL.
    /// If the new version cannot be used, the old one stays.
    action flush(url: STRING) -> NULL = Request {}
    /// Sends an event to a channel when this one is done; answers the event's id.
    /// A channel of this host that is not there, or does not let the event through, is an error.
    action event(eci: STRING, domain: STRING, name: STRING; attrs: MAP|NULL, host: STRING|NULL) -> STRING|NULL = Request {}
    /// Sends an event to a channel of this host, waits for it, then asks a query on the same channel; answers the query's result.
    action eventQuery(
        eci: STRING, domain: STRING, name: STRING, attrs: MAP|NULL, rid: STRING, queryName: STRING; args: MAP|ARRAY|NULL
    ) -> ANY = Request {}
    /// The answer of a query to a channel of this host, from what is committed.
    fn query(eci: STRING, rid: STRING, name: STRING; args: MAP|ARRAY|NULL) -> ANY = Request {}
    /// The log entries of this cloud of the last 12 hours, oldest first.
    fn logs() -> ARRAY = Request {}
}
