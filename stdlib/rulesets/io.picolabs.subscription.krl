ruleset io.picolabs.subscription {
  meta {
    name "Subscription"
    description <<
      Relationships between clouds. Each side has a bus: Rx, its own channel, Tx, the other's, and the role of both. A request goes to
      the other's well-known channel; it is outbound here and inbound there until the other side approves it.
    >>
    author "krl"
    version "1.0.0"
    use module io.picolabs.wrangler alias wrangler
    provides established, outbound, inbound, wellKnown_Rx, autoAcceptConfig
    shares established, outbound, inbound, wellKnown_Rx, autoAcceptConfig
  }

  global {
    WELL_KNOWN = ["wellKnown_Rx", "Tx_Rx"]

    established = function(key, value) {
      matching(ent:established, key, value)
    }
    outbound = function(key, value) {
      matching(ent:outbound, key, value)
    }
    inbound = function(key, value) {
      matching(ent:inbound, key, value)
    }
    matching = function(buses, key, value) {
      all = buses.defaultsTo([])
      key && value => all.filter(function(bus) { bus{key} == value }) | all
    }
    wellKnown_Rx = function() {
      wrangler:channels(WELL_KNOWN).head()
    }
    // By name what each entry accepts: regular expressions by attribute. Passwords stay here.
    autoAcceptConfig = function() {
      ent:autoAcceptConfig.defaultsTo({}).map(function(entry) { entry{"regexMap"} })
    }

    // The bus that the event is about.
    findBus = function(buses) {
      given = ["Id", "Rx", "Tx"].filter(function(key) { event:attrs{key} }).head()
      given
        => matching(buses, given, event:attrs{given}).head()
        | matching(buses, "Rx", event:eci).head()
    }
    without = function(buses, bus) {
      buses.filter(function(other) { other{"Rx"} != bus{"Rx"} })
    }
    isText = function(value) {
      value.typeof() == "String" && value.trim() != ""
    }

    // The partner of another relationship may not remove this one; `ent:leaving` has what this ruleset itself is removing.
    mayRemove = function(bus) {
      others = established().append(outbound(), inbound()).without(bus)
      bus && (ent:leaving{bus{"Id"}} || others.none(function(other) { other{"Rx"} == event:eci }))
    }
    seenFromThere = function(bus) {
      {
        "Id": bus{"Id"},
        "Tx": bus{"Rx"},
        "Rx": bus{"Tx"},
        "Tx_role": bus{"Rx_role"},
        "Rx_role": bus{"Tx_role"}
      }
    }

    // What is passed on with an event; the rest is about one side only.
    passedOn = function() {
      oneSided = ["_headers", "password", "bus", "Tx_host", "Rx_host", "wellKnown_Tx"]
      event:attrs.filter(function(value, key) { not (oneSided >< key) })
    }
    withBus = function(bus) {
      passedOn().put(bus).put("bus", bus)
    }

    accepts = function(entry, attrs) {
      password = entry{"password"}
      matches = entry{"regexMap"}.any(function(patterns, key) {
        value = attrs{key}
        not value.isnull() && patterns.any(function(pattern) { value.match(anchored(pattern)) })
      })
      matches && (password.isnull() || password == attrs{"password"})
    }
    // The entries of a configuration by name: one described by `configName`, `password` and `regexMap`, or a map of several.
    entries = function(attrs) {
      config = attrs{"config"}.decode().defaultsTo(attrs)
      several = attrs{"config"} && not config{"configName"}
      one = {}.put([config{"configName"}], {
        "password": config{"password"},
        "regexMap": config{"regexMap"}.decode()
      })
      several => config.map(function(entry) { entry{"regexMap"} => entry | {"regexMap": entry} })
        | isText(config{"configName"}) => one
        | {}
    }
    isEntry = function(entry) {
      map = entry{"regexMap"}
      map.typeof() == "Map" && map.all(function(patterns) {
        // The match is for its error: a pattern that is none must not be stored.
        patterns.typeof() == "Array" && patterns.all(function(pattern) {
          "".match(anchored(pattern)) || true
        })
      })
    }
    anchored = function(pattern) {
      <<^(?:#{pattern})$>>
    }

    ALL_EVENTS = {"allow": [{"domain": "*", "name": "*"}], "deny": []}
    ALL_QUERIES = {"allow": [{"rid": "*", "name": "*"}], "deny": []}
    // The partners of a relationship trust each other: what they send and ask is up to the rulesets on both sides.
    makeRx = defaction() {
      tags = [event:attrs{"name"} || random:word(), event:attrs{"channel_type"} || "Tx_Rx"]
      wrangler:createChannel(tags, ALL_EVENTS, ALL_QUERIES) setting(channel)
      return channel{"id"}
    }
    // The channel may have been deleted by hand.
    dropRx = defaction(bus) {
      if ctx:channels.any(function(channel) { channel{"id"} == bus{"Rx"} }) then
        wrangler:deleteChannel(bus{"Rx"})
    }
    tell = defaction(eci, host, name, attrs) {
      event:send({"eci": eci, "domain": "wrangler", "name": name, "attrs": attrs}, host)
    }
  }

  rule need_well_known_channel {
    select when wrangler ruleset_installed where event:attrs{"rids"} >< ctx:rid
      or engine started
    if wellKnown_Rx().isnull() then noop()
    fired {
      raise wrangler event "need_wellKnown_Rx" attributes event:attrs
    }
  }

  rule make_well_known_channel {
    select when wrangler need_wellKnown_Rx
    pre {
      events = ["subscription", "new_subscription_request", "inbound_removal"]
    }
    if wellKnown_Rx().isnull() then
      wrangler:createChannel(
        WELL_KNOWN,
        {"allow": events.map(function(name) { {"domain": "wrangler", "name": name} }), "deny": []},
        {"allow": [{"rid": ctx:rid, "name": "wellKnown_Rx"}], "deny": []}
      )
    fired {
      raise wrangler event "wellKnown_Rx_created" attributes event:attrs
    }
  }

  // Requests: this side asks, the other side is asked.

  rule request {
    select when wrangler subscription where isText(event:attrs{"wellKnown_Tx"})
    makeRx() setting(Rx)
    fired {
      bus = {
        "Id": random:uuid(),
        "Rx": Rx,
        "Rx_role": event:attrs{"Rx_role"},
        "Tx_role": event:attrs{"Tx_role"},
        "Tx_host": event:attrs{"Tx_host"},
        "wellKnown_Tx": event:attrs{"wellKnown_Tx"}
      }
      ent:outbound := outbound().append(bus)
      raise wrangler event "subscription_request_needed" attributes event:attrs.put(bus)
      raise wrangler event "outbound_pending_subscription_added" attributes event:attrs.put(bus)
    }
  }

  rule refuse_to_request {
    select when wrangler subscription where not isText(event:attrs{"wellKnown_Tx"})
    fired {
      raise wrangler event "wellKnown_Tx_format_failure" attributes event:attrs
    }
  }

  rule send_request {
    select when wrangler subscription_request_needed
    pre {
      attrs = event:attrs
      host = attrs{"Rx_host"} || meta:host
    }
    tell(
      attrs{"wellKnown_Tx"},
      attrs{"Tx_host"},
      "new_subscription_request",
      attrs
        .put({
          "Rx_role": attrs{"Tx_role"},
          "Tx_role": attrs{"Rx_role"},
          "Tx": attrs{"Rx"},
          "Tx_host": host == "localhost" => null | host
        })
        .delete("Rx")
        .delete("Rx_host")
        .delete("_headers")
    )
  }

  rule take_request {
    select when wrangler new_subscription_request where isText(event:attrs{"Tx"})
    pre {
      Id = event:attrs{"Id"} || random:uuid()
      host = event:attrs{"Tx_host"}
    }
    // A request that comes twice is one request.
    if inbound("Id", Id).isEmpty() then makeRx() setting(Rx)
    fired {
      bus = {
        "Id": Id,
        "Tx": event:attrs{"Tx"},
        "Rx": Rx,
        "Tx_role": event:attrs{"Tx_role"},
        "Rx_role": event:attrs{"Rx_role"},
        "Tx_host": host == meta:host => null | host
      }
      ent:inbound := inbound().append(bus)
      raise wrangler event "inbound_pending_subscription_added" attributes event:attrs.put(bus)
    }
  }

  rule refuse_request {
    select when wrangler new_subscription_request where not isText(event:attrs{"Tx"})
    fired {
      raise wrangler event "no_Tx_failure" attributes event:attrs
    }
  }

  rule accept_at_once {
    select when wrangler inbound_pending_subscription_added
      where ent:autoAcceptConfig.defaultsTo({}).any(function(entry) { accepts(entry, event:attrs) })
    fired {
      raise wrangler event "pending_subscription_approval" attributes event:attrs
      raise wrangler event "auto_accepted_subscription_request" attributes event:attrs
    }
  }

  // Approval: the asked side says so, both move the bus to the established ones.

  rule approve {
    select when wrangler pending_subscription_approval
    pre {
      bus = findBus(ent:inbound)
    }
    if bus then
      tell(
        bus{"Tx"},
        bus{"Tx_host"},
        "outbound_pending_subscription_approved",
        passedOn().put(seenFromThere(bus))
      )
    fired {
      raise wrangler event "inbound_pending_subscription_approved" attributes withBus(bus)
    }
  }

  rule establish_inbound {
    select when wrangler inbound_pending_subscription_approved
    pre {
      bus = findBus(ent:inbound)
    }
    if bus then noop()
    fired {
      ent:inbound := inbound().without(bus)
      ent:established := established().append(bus)
      raise wrangler event "subscription_added" attributes withBus(bus)
    }
  }

  // Only the cloud that was asked knows the channel this must come in on.
  rule establish_outbound {
    select when wrangler outbound_pending_subscription_approved where isText(event:attrs{"Tx"})
    pre {
      request = matching(ent:outbound, "Rx", event:eci).head()
      bus = request.defaultsTo({}).put("Tx", event:attrs{"Tx"}).delete("wellKnown_Tx")
    }
    if request then noop()
    fired {
      ent:outbound := outbound().without(request)
      ent:established := established().append(bus)
      raise wrangler event "subscription_added" attributes withBus(bus)
    }
  }

  // Ends: each side tells the other, and removes its own channel and bus.

  rule cancel_established {
    select when wrangler subscription_cancellation
    pre {
      bus = findBus(ent:established)
    }
    if bus then tell(bus{"Tx"}, bus{"Tx_host"}, "established_removal", seenFromThere(bus))
    fired {
      ent:leaving{bus{"Id"}} := true
      raise wrangler event "established_removal" attributes event:attrs.put("Id", bus{"Id"})
    }
  }

  rule remove_established {
    select when wrangler established_removal
    pre {
      bus = findBus(ent:established)
    }
    if mayRemove(bus) then dropRx(bus)
    fired {
      ent:established := established().without(bus)
      raise wrangler event "subscription_removed" attributes event:attrs.put("bus", bus)
    } finally {
      clear ent:leaving{event:attrs{"Id"}}
    }
  }

  rule reject_inbound {
    select when wrangler inbound_rejection
    pre {
      bus = findBus(ent:inbound)
    }
    if bus then tell(bus{"Tx"}, bus{"Tx_host"}, "outbound_removal", seenFromThere(bus))
    fired {
      ent:leaving{bus{"Id"}} := true
      raise wrangler event "inbound_removal" attributes event:attrs.put("Id", bus{"Id"})
    }
  }

  rule remove_inbound {
    select when wrangler inbound_removal
    pre {
      bus = findBus(ent:inbound)
    }
    if mayRemove(bus) then dropRx(bus)
    fired {
      ent:inbound := inbound().without(bus)
      raise wrangler event "inbound_subscription_cancelled" attributes event:attrs.put("bus", bus)
    } finally {
      clear ent:leaving{event:attrs{"Id"}}
    }
  }

  // The other side took its request back before it knew that it was approved.
  rule remove_just_approved {
    select when wrangler inbound_removal
      where findBus(ent:inbound).isnull() && findBus(ent:established)
    fired {
      raise wrangler event "established_removal" attributes event:attrs
    }
  }

  rule cancel_outbound {
    select when wrangler outbound_cancellation
    pre {
      bus = findBus(ent:outbound)
    }
    if bus then tell(bus{"wellKnown_Tx"}, bus{"Tx_host"}, "inbound_removal", {
      "Id": bus{"Id"},
      "Tx": bus{"Rx"}
    })
    fired {
      ent:leaving{bus{"Id"}} := true
      raise wrangler event "outbound_removal" attributes event:attrs.put("Id", bus{"Id"})
    }
  }

  rule remove_outbound {
    select when wrangler outbound_removal
    pre {
      bus = findBus(ent:outbound)
    }
    if mayRemove(bus) then dropRx(bus)
    fired {
      ent:outbound := outbound().without(bus)
      raise wrangler event "outbound_subscription_cancelled" attributes event:attrs.put("bus", bus)
    } finally {
      clear ent:leaving{event:attrs{"Id"}}
    }
  }

  rule cancel_all {
    select when wrangler cancel_subscriptions or wrangler rulesets_need_to_cleanup
    fired {
      raise wrangler event "cancel_relationships" attributes event:attrs
    }
  }

  rule cancel_all_established {
    select when wrangler cancel_relationships
    foreach established() setting(bus)
    fired {
      raise wrangler event "subscription_cancellation" attributes event:attrs.put("Id", bus{"Id"})
    }
  }

  rule cancel_all_inbound {
    select when wrangler cancel_relationships
    foreach inbound() setting(bus)
    fired {
      raise wrangler event "inbound_rejection" attributes event:attrs.put("Id", bus{"Id"})
    }
  }

  rule cancel_all_outbound {
    select when wrangler cancel_relationships
    foreach outbound() setting(bus)
    fired {
      raise wrangler event "outbound_cancellation" attributes event:attrs.put("Id", bus{"Id"})
    }
  }

  rule cancel_and_leave {
    select when wrangler intent_to_delete
    fired {
      raise wrangler event "subscription_cancellation" attributes event:attrs
      raise wrangler event "ready_for_deletion" attributes event:attrs
    }
  }

  // Events to those at the other end.

  rule choose_receivers {
    select when wrangler send_event_on_subs
    pre {
      attrs = event:attrs
      wanted = {
        "Id": attrs{"subID"},
        "Tx_role": attrs{"Tx_role"},
        "Rx_role": attrs{"Rx_role"}
      }.filter()
      subs = established().filter(function(bus) {
        wanted.any(function(value, key) { bus{key} == value })
      })
    }
    if not subs.isEmpty() && isText(attrs{"domain"}) && isText(attrs{"type"}) then noop()
    fired {
      raise wrangler event "send_event_to_subs" attributes attrs.put("subs", subs)
    } else {
      raise wrangler event "failed_to_send_event_to_sub" attributes attrs
    }
  }

  rule send_to_receivers {
    select when wrangler send_event_to_subs
    foreach event:attrs{"subs"} setting(bus)
    event:send(
      {
        "eci": bus{"Tx"},
        "domain": event:attrs{"domain"},
        "name": event:attrs{"type"},
        "attrs": event:attrs{"attrs"}.defaultsTo({})
      },
      bus{"Tx_host"}
    )
  }

  // What is accepted without asking.

  rule configure_auto_accept {
    select when wrangler autoAcceptConfigUpdate
    pre {
      attrs = event:attrs
      given = entries(attrs)
      removes = attrs{"delete"} && attrs{"delete"} != "false"
      former = ent:autoAcceptConfig.defaultsTo({})
    }
    if not given.isEmpty() && (removes || given.all(isEntry)) then noop()
    fired {
      ent:autoAcceptConfig := removes
          => former.filter(function(entry, name) { not (given >< name) })
          | former.put(given)
      raise wrangler event "auto_accept_config_updated" attributes attrs
    } else {
      raise wrangler event "autoAcceptConfigUpdate_failure" attributes attrs
    }
  }
}
