ruleset io.picolabs.wrangler {
  meta {
    name "Wrangler"
    description <<Looks after a cloud: its identity, rulesets, channels and children>>
    author "krl"
    version "1.0.0"
    provides channels, rulesetConfig, rulesetMeta, installedRIDs, children, parent_eci, name,
      myself, picoQuery, skyQuery, createChannel, deleteChannel
    shares channels, rulesetConfig, rulesetMeta, installedRIDs, children, parent_eci, name, id,
      myself, picoQuery, skyQuery
  }

  global {
    UI = "io.picolabs.pico-engine-ui"

    channels = function(tags) {
      wanted = tags.typeof() == "String" => tags.split(",") | tags
      tags
        => ctx:channelsTagged(wanted.map(function(tag) { tag.trim().lc() }))
        | ctx:channels
    }

    installed = function(rid) {
      ctx:rulesets.filter(function(ruleset) { ruleset{"rid"} == rid }).head()
    }
    rulesetConfig = function(rid) {
      installed(rid){"config"}
    }
    rulesetMeta = function(rid) {
      installed(rid){["meta", "krlMeta"]}
    }
    installedRIDs = function() {
      ctx:rulesets.map(function(ruleset) { ruleset{"rid"} })
    }

    children = function() {
      ctx:children.map(function(eci) {
        {
          "eci": eci,
          "name": ctx:query(eci, ctx:rid, "name"),
          "parent_eci": ctx:query(eci, ctx:rid, "parent_eci")
        }
      })
    }
    parent_eci = function() {
      ctx:parent
    }
    name = function() {
      ent:name
    }
    id = function() {
      ctx:picoId
    }
    myself = function() {
      {"name": name(), "id": id(), "eci": familyChannel() || id()}
    }
    // The channel that only the parent may use; a root has none.
    familyChannel = function() {
      channels(["system", "child"]).head(){"id"}
    }

    picoQuery = function(eci, mod, func, params, _host, _path, _root_url) {
      elsewhere = _root_url || (_host && _host != meta:host)
      elsewhere
        => skyQuery(eci, mod, func, params, _host, _path, _root_url)
        | ctx:query(eci, mod, func, params.defaultsTo({}))
    }
    skyQuery = function(eci, mod, func, params, _host, _path, _root_url) {
      base = _root_url || (_host || meta:host) + (_path || "/sky/cloud/")
      response = http:get(<<#{base}#{eci}/#{mod}/#{func}>>, qs = params.defaultsTo({}))
      value = response{"content"}.decode()
      // An engine that answers errors with status 200 still names them.
      message = value.typeof() == "Map" => value{"error"} | null
      response{"status_code"} == 200 && message.isnull()
        => value
        | {
          "error": "the query has no answer",
          "httpStatus": {"code": response{"status_code"}, "message": response{"status_line"}},
          "picoQueryError": message || response{"error"},
          "picoQueryErrorMsg": value.typeof() == "Map" => value{"message"} | null,
          "picoQueryReturnValue": value
        }
    }

    createChannel = defaction(tags, eventPolicy, queryPolicy) {
      ctx:newChannel(tags, eventPolicy, queryPolicy) setting(channel)
      return channel
    }
    deleteChannel = defaction(eci) {
      ctx:delChannel(eci)
    }

    // A ruleset that lies beside another one: in the same directory, named by its id, with `.krl` if the other has it.
    siblingURL = function(url, rid) {
      file = url.extract(re#([^/?\#]*)(?:[?\#].*)?$#).head()
      suffix = file == "" || file.endsWith(".krl") => ".krl" | ""
      url.replace(re#[^/?\#]*(?:[?\#].*)?$#, function() { rid + suffix })
    }
    // A ruleset for a child, from beside this one.
    sibling = function(rid) {
      {"rid": rid, "url": siblingURL(ctx:rid_url, rid)}
    }
  }

  rule install_sibling {
    select when wrangler install_ruleset_request
      absoluteURL re#(.+)#
      rid re#(.+)#
      setting(url, rid)
    fired {
      raise wrangler event "install_ruleset_request"
        attributes event:attrs.delete("absoluteURL").put("url", siblingURL(url, rid))
    }
  }

  rule install_ruleset {
    select when wrangler install_ruleset_request url re#(.+)# setting(url)
    every {
      ctx:flush(url)
      ctx:install(url, event:attrs{"config"}.defaultsTo({})) setting(rid)
    }
    fired {
      raise wrangler event "ruleset_installed" attributes event:attrs.put("rids", [rid])
    }
  }

  rule uninstall_ruleset {
    select when wrangler uninstall_ruleset_request rid re#(.+)# setting(rid)
    ctx:uninstall(rid)
    fired {
      raise wrangler event "ruleset_uninstalled" attributes event:attrs
    }
  }

  // Each ruleset is flushed by an event of its own, so that one whose address fails does not keep the others old.
  rule flush_rulesets {
    select when wrangler rulesets_need_flushing
    foreach ctx:rulesets.map(function(ruleset) { ruleset{"url"} }).filter() setting(url)
    fired {
      raise wrangler event "ruleset_needs_flushing" attributes {"url": url}
      raise wrangler event "rulesets_flushed" attributes event:attrs on final
    }
  }

  rule flush_ruleset {
    select when wrangler ruleset_needs_flushing url re#(.+)# setting(url)
    ctx:flush(url)
  }

  rule create_channel {
    select when wrangler new_channel_request
      where event:attrs{"tags"} && event:attrs{"eventPolicy"} && event:attrs{"queryPolicy"}
    createChannel(
      event:attrs{"tags"},
      event:attrs{"eventPolicy"},
      event:attrs{"queryPolicy"}
    ) setting(channel)
    fired {
      raise wrangler event "channel_created" attributes event:attrs.put("channel", channel)
    }
  }

  rule delete_channel {
    select when wrangler channel_deletion_request eci re#(.+)# setting(eci)
    deleteChannel(eci)
    fired {
      raise wrangler event "channel_deleted" attributes event:attrs
    }
  }

  rule create_child {
    select when wrangler new_child_request where event:attrs{"name"}
    pre {
      attrs = event:attrs.delete("_headers")
    }
    every {
      ctx:newPico([sibling(UI), {"url": ctx:rid_url}]) setting(eci)
      ctx:eventQuery(eci, "engine_ui", "setup", {}, UI, "uiECI") setting(uiEci)
      ctx:event(eci, "wrangler", "pico_created", attrs)
      ctx:event(uiEci, "engine_ui", "box", {
        "name": attrs{"name"},
        "backgroundColor": attrs{"backgroundColor"},
        "parentUiEci": channels(["engine", "ui"]).head(){"id"}
      })
    }
    fired {
      raise wrangler event "new_child_created" attributes attrs.put({"eci": eci, "uiEci": uiEci})
    }
  }

  // Only the parent names a child: its channel is the one this event must come in on.
  rule begin_life {
    select when wrangler pico_created where event:eci == familyChannel()
    fired {
      ent:name := event:attrs{"name"}
      raise wrangler event "install_ruleset_request" attributes sibling("io.picolabs.pds")
      raise wrangler event "install_ruleset_request" attributes sibling("io.picolabs.subscription")
      raise wrangler event "pico_initialized" attributes event:attrs.put("eci", event:eci)
    }
  }

  rule report_to_parent {
    select when wrangler pico_initialized
    if ctx:parent then
      ctx:event(ctx:parent, "wrangler", "child_initialized", event:attrs.delete("_headers"))
  }

  rule begin_life_as_root {
    select when engine_ui setup where ctx:parent.isnull() && ent:name.isnull()
    fired {
      ent:name := "Pico"
    }
  }

  rule rename {
    select when wrangler name_changed where event:attrs{"name"}
    fired {
      ent:name := event:attrs{"name"}
    }
  }

  rule delete_child {
    select when wrangler child_deletion_request eci re#(.+)# setting(eci)
    ctx:delPico(eci)
    fired {
      raise wrangler event "child_deleted" attributes event:attrs
    }
  }

  rule ask_for_deletion {
    select when wrangler ready_for_deletion
    if ctx:parent then ctx:event(ctx:parent, "wrangler", "child_deletion_request", {
      "eci": familyChannel()
    })
  }

  rule tell_children {
    select when system online
    foreach ctx:children setting(eci)
    ctx:event(eci, "system", "online", event:attrs.delete("_headers"))
  }
}
