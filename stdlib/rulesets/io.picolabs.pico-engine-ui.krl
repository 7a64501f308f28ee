ruleset io.picolabs.pico-engine-ui {
  meta {
    name "Developer user interface"
    description <<What the developer user interface shows of a cloud and does to it>>
    author "krl"
    version "1.0.0"
    shares uiECI, box, pico, logs, testingECI, name
  }

  global {
    BLUE = "#87cefa"
    SIDE = 100

    policy = function(kind, allowed) {
      pairs = allowed.map(function(names, group) {
        names.map(function(name) { {"name": name}.put(kind, group) })
      })
      return {
        "allow": pairs.values().reduce(function(all, some) { all.append(some) }, []),
        "deny": []
      }
    }
    eventPolicy = policy("domain", {
      "engine_ui": [
        "setup",
        "box",
        "new",
        "del",
        "install",
        "uninstall",
        "flush",
        "new_channel",
        "del_channel",
        "testing_eci"
      ],
      "wrangler": [
        "subscription",
        "pending_subscription_approval",
        "inbound_rejection",
        "outbound_cancellation",
        "subscription_cancellation"
      ],
      "engine": ["started"]
    })
    queryPolicy = policy("rid", {
      "*": ["__testing"],
      "io.picolabs.pico-engine-ui": ["box", "pico", "logs", "testingECI"],
      "io.picolabs.subscription": ["wellKnown_Rx", "established", "inbound", "outbound"]
    })

    uiECI = function() {
      ctx:channelsTagged(["engine", "ui"]).head(){"id"}
    }
    name = function() {
      ent:name.defaultsTo("Pico")
    }
    testingECI = function() {
      ent:testingECI
    }
    // The children's channels for the user interface, in the order of the children.
    children = function() {
      ctx:children.map(function(eci) { ent:children{eci} }).filter()
    }
    box = function() {
      {
        "eci": uiECI(),
        "parent": ent:parent,
        "children": children(),
        "name": name(),
        "backgroundColor": ent:backgroundColor.defaultsTo(BLUE),
        "x": ent:x.defaultsTo(SIDE),
        "y": ent:y.defaultsTo(SIDE),
        "width": ent:width.defaultsTo(SIDE),
        "height": ent:height.defaultsTo(SIDE)
      }
    }
    pico = function() {
      {
        "eci": uiECI(),
        "parent": ent:parent,
        "children": children(),
        "channels": ctx:channels,
        "rulesets": ctx:rulesets
      }
    }

    // The log by event and query, the newest first, without what the user interface itself asks.
    logs = function() {
      inside = ctx:logs().filter(function(entry) { entry{"txnId"} })
      inside
        .collect(function(entry) { entry{"txnId"} })
        .values()
        .filter(function(entries) { not isPoll(queuedIn(entries){"query"}) })
        .map(transaction)
        .reverse()
    }
    queuedIn = function(entries) {
      entries.filter(function(entry) { entry{"msg"} == "txnQueued" }).head(){"txn"}.defaultsTo({})
    }
    isPoll = function(query) {
      rid = query{"rid"}
      rid == ctx:rid || (rid == "io.picolabs.subscription" && query{"name"} == "established")
    }
    transaction = function(entries) {
      first = entries.head()
      return {
        "txnId": first{"txnId"},
        "time": first{"time"},
        "header": header(queuedIn(entries), first),
        "entries": entries
          .filter(function(entry, i) {
            not (
              isScheduling(entry)
                && i > 0
                && isScheduling(entries[i - 1])
                && entry{"event"} == entries[i - 1]{"event"}
            )
          })
          .map(line)
      }
    }
    isScheduling = function(entry) {
      entry{"msg"} == "event added to schedule"
    }
    header = function(txn, first) {
      event = txn{"event"}
      query = txn{"query"}
      attrs = event{["data", "attrs"]}.defaultsTo({}).delete("_headers")
      event => <<EVENT #{event{"eci"}} #{event{"domain"}}:#{event{"name"}} #{attrs.encode()}>>
        | query
          => <<QUERY #{query{"eci"}} #{query{"rid"}}/#{query{"name"}} #{query{"args"}.defaultsTo({}).delete("_headers").encode()}>>
        | text(first{"msg"})
    }
    line = function(entry) {
      known = ["level", "time", "txnId", "msg"]
      details = entry.filter(function(value, key) { not (known >< key) })
      start = <<#{entry{"time"}.substr(11)} [#{entry{"level"}.uc()}] #{text(entry{"msg"})}>>
      details.isEmpty() => start | start + " " + details.encode()
    }
    text = function(message) {
      message.typeof() == "String" => message | message.encode()
    }

    number = function(key) {
      value = event:attrs{key}
      value.isnull() => null | value.as("Number")
    }
  }

  rule set_up {
    select when engine_ui setup
    ctx:upsertChannel(["engine", "ui"], eventPolicy, queryPolicy)
  }

  rule change_box {
    select when engine_ui box
    pre {
      x = number("x")
      y = number("y")
      width = number("width")
      height = number("height")
      name = event:attrs{"name"}
      color = event:attrs{"backgroundColor"}
      parent = event:attrs{"parentUiEci"}
      renamed = name && name != ent:name
    }
    fired {
      ent:x := x if not x.isnull()
      ent:y := y if not y.isnull()
      ent:width := width if not width.isnull()
      ent:height := height if not height.isnull()
      ent:backgroundColor := color if color.match(re#^\#[0-9a-f]{6}$#i)
      ent:parent := parent if parent
      raise wrangler event "name_changed" attributes {"name": name} if renamed
    }
  }

  rule rename {
    select when wrangler name_changed where event:attrs{"name"}
    fired {
      ent:name := event:attrs{"name"}
    }
  }

  rule create_child {
    select when engine_ui new
    fired {
      raise wrangler event "new_child_request" attributes event:attrs.put({
        "name": event:attrs{"name"} || "Pico",
        "backgroundColor": event:attrs{"backgroundColor"} || BLUE
      })
    }
  }

  rule remember_child {
    select when wrangler new_child_created eci re#(.+)# uiEci re#(.+)# setting(eci, uiEci)
    fired {
      ent:children{eci} := uiEci
    }
  }

  rule forget_child {
    select when wrangler child_deleted eci re#(.+)# setting(eci)
    fired {
      clear ent:children{eci}
    }
  }

  rule delete_child {
    select when engine_ui del eci re#(.+)# setting(uiEci)
    pre {
      eci = ent:children.defaultsTo({}).filter(function(shown) { shown == uiEci }).keys().head()
    }
    if eci then ctx:delPico(eci)
    fired {
      clear ent:children{eci}
    }
  }

  rule install_ruleset {
    select when engine_ui install
    fired {
      raise wrangler event "install_ruleset_request" attributes event:attrs
    }
  }

  rule uninstall_ruleset {
    select when engine_ui uninstall rid re#(.+)# setting(rid)
    ctx:uninstall(rid)
  }

  rule flush_ruleset {
    select when engine_ui flush url re#(.+)# setting(url)
    ctx:flush(url)
  }

  rule create_channel {
    select when engine_ui new_channel
    ctx:newChannel(event:attrs{"tags"}, event:attrs{"eventPolicy"}, event:attrs{"queryPolicy"})
  }

  rule delete_channel {
    select when engine_ui del_channel eci re#(.+)# setting(eci)
    ctx:delChannel(eci)
  }

  rule set_testing_channel {
    select when engine_ui testing_eci
    fired {
      ent:testingECI := event:attrs{"eci"}
    }
  }

  // Clouds made before this ruleset was installed, or by others, are asked once.
  rule find_children {
    select when engine started
    foreach ctx:children.filter(function(eci) { ent:children{eci}.isnull() }) setting(eci)
    fired {
      ent:children{eci} := ctx:query(eci, ctx:rid, "uiECI")
    }
  }

  rule find_parent {
    select when engine started where ctx:parent && ent:parent.isnull()
    fired {
      ent:parent := ctx:query(ctx:parent, ctx:rid, "uiECI")
    }
  }
}
