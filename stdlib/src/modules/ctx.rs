//! `ctx`: the cloud itself (krl-runtime §5.1). Its host answers.

use crate::declare::signatures;

signatures! {
    module ctx;

    /// The id of this cloud.
    property picoId() -> STRING = Request {}
    /// The id of this ruleset.
    property rid() -> STRING = Request {}
    /// The URL this ruleset was installed from.
    property rid_url() -> STRING = Request {}
    /// The configuration given when this ruleset was installed.
    property rid_config() -> MAP = Request {}
    /// The `version` of this ruleset's `meta` block.
    property rid_version() -> STRING|NULL = Request {}
    /// The `name` of this ruleset's `meta` block.
    property rid_name() -> STRING|NULL = Request {}
    /// The `description` of this ruleset's `meta` block.
    property rid_description() -> STRING|NULL = Request {}
    /// The `author` of this ruleset's `meta` block.
    property rid_author() -> STRING|NULL = Request {}
    /// The channel to the parent cloud, if there is a parent.
    property parent() -> STRING|NULL = Request {}
    /// The channels to the child clouds.
    property children() -> ARRAY = Request {}
    /// This cloud's channels: maps with `id`, `tags`, `eventPolicy`, `queryPolicy`, `familyChannelPicoID`.
    property channels() -> ARRAY = Request {}
    /// The channels that have just these tags, in whatever order; for clouds of many channels cheaper than `ctx:channels`.
    fn channelsTagged(tags: ARRAY) -> ARRAY = Request {}
    /// The installed rulesets: maps with `rid`, `url`, `config`, `meta`.
    property rulesets() -> ARRAY = Request {}
    /// Creates a child cloud with these rulesets, maps with `url` and perhaps `config`; answers the channel to it.
    action newPico(; rulesets: ARRAY|NULL) -> STRING = Request {}
    /// Deletes a child cloud.
    action delPico(eci: STRING) -> NULL = Request {}
    /// Creates a channel.
    /// Without policies it allows everything.
    action newChannel(tags: ARRAY|NULL; eventPolicy: MAP|NULL, queryPolicy: MAP|NULL) -> MAP = Request {}
    /// Changes a channel of this cloud; what is left out stays.
    action putChannel(eci: STRING; tags: ARRAY|NULL, eventPolicy: MAP|NULL, queryPolicy: MAP|NULL) -> NULL = Request {}
    /// Changes the channel with just these tags, or creates it.
    action upsertChannel(tags: ARRAY; eventPolicy: MAP|NULL, queryPolicy: MAP|NULL) -> NULL = Request {}
    /// Deletes a channel of this cloud.
    action delChannel(eci: STRING) -> NULL = Request {}
    /// Installs a ruleset; answers its id.
    action install(url: STRING; config: MAP|NULL) -> STRING = Request {}
    /// Removes a ruleset that no other one of this cloud uses as a module.
    action uninstall(rid: STRING) -> NULL = Request {}
    /// Fetches a ruleset anew.
    action flush(url: STRING) -> NULL = Request {}
    /// Sends an event to a channel without waiting for it; answers the event's id.
    action event(eci: STRING, domain: STRING, name: STRING; attrs: MAP|NULL, host: STRING|NULL) -> STRING|NULL = Request {}
    /// Sends an event to a channel, waits for it, then asks a query; answers the query's result.
    action eventQuery(
        eci: STRING, domain: STRING, name: STRING, attrs: MAP|NULL, rid: STRING, queryName: STRING; args: MAP|ARRAY|NULL
    ) -> ANY = Request {}
    /// The answer of a query to a channel.
    fn query(eci: STRING, rid: STRING, name: STRING; args: MAP|ARRAY|NULL) -> ANY = Request {}
    /// The log entries of this cloud of the last 12 hours.
    fn logs() -> ARRAY = Request {}
}
