ruleset io.picolabs.pds {
  meta {
    name "Personal data store"
    description <<Keeps the profile of a cloud, the settings of its rulesets, and data by namespace>>
    author "krl"
    version "1.0.0"
    use module io.picolabs.wrangler alias wrangler
    provides items, get_keys, profile, settings, settings_names, get_config_value, config_value,
      get_setting_data_value, getChannelEci
    shares items, get_keys, profile, settings, settings_names, get_config_value, config_value,
      get_setting_data_value, getChannelEci
  }

  global {
    BLANK = {"name": "", "description": "", "photo": "", "email": "", "phone": ""}

    // The part of a store at the keys given; none stands for all of it.
    part = function(store, keys) {
      path = keys.filter(function(key) { not key.isnull() })
      path.isEmpty() => store.defaultsTo({}) | store.defaultsTo({}){path}
    }

    items = function(namespace, key) {
      {"status": "success", "general": part(ent:general, [namespace, key])}
    }
    get_keys = function(namespace) {
      part(ent:general, [namespace]).keys()
    }
    profile = function(key) {
      {"status": "success", "profile": part(ent:profile, [key])}
    }
    settings = function(Rid, Key, detail) {
      {"status": "success", "settings": part(ent:settings, [Rid, Key, detail])}
    }
    settings_names = function() {
      ent:settings
        .defaultsTo({})
        .values()
        .map(function(record) {
          {"name": record{"name"}, "rid": record{"rid"}}
        })
    }
    get_setting_data_value = function(rid, key) {
      ent:settings{[rid, "data", key]}
    }
    // A module cannot know who calls it: the caller says whose settings it wants.
    get_config_value = function(key, rid) {
      get_setting_data_value(rid, key)
    }
    config_value = function(key, rid) {
      get_config_value(key, rid)
    }
    getChannelEci = function() {
      wrangler:channels(["pds"]).head(){"id"}
    }

    stamp = function() {
      time:strftime(time:now(), "%Y%m%dT%H%M%S%z")
    }
  }

  rule make_channel {
    select when wrangler ruleset_installed
      where event:attrs{"rids"} >< ctx:rid && getChannelEci().isnull()
    wrangler:createChannel(["pds"], {"allow": [{"domain": "pds", "name": "*"}], "deny": []}, {
      "allow": [{"rid": ctx:rid, "name": "*"}],
      "deny": []
    })
  }

  rule begin_profile {
    select when wrangler ruleset_installed
      where event:attrs{"rids"} >< ctx:rid && ent:profile.isnull()
    fired {
      raise pds event "updated_profile" attributes {"name": wrangler:name()}
    }
  }

  rule put_item {
    select when pds new_data_available namespace re#(.+)# key re#(.+)# setting(namespace, key)
    fired {
      // `put` makes maps where a path with a number in it would make arrays.
      ent:general := ent:general.defaultsTo({}).put([namespace, key], event:attrs{"value"})
      raise pds event "data_added" attributes {"namespace": namespace, "keyvalue": key}
    }
  }

  rule merge_item {
    select when pds updated_data_available namespace re#(.+)# key re#(.+)# setting(namespace, key)
    foreach event:attrs{"value"} setting(value, entry)
    fired {
      ent:general := ent:general.defaultsTo({}).put([namespace, key, entry], value)
      raise pds event "data_updated" attributes {"namespace": namespace, "keyvalue": key}
    }
  }

  rule remove_item {
    select when pds remove_old_data namespace re#(.+)# key re#(.+)# setting(namespace, key)
    fired {
      clear ent:general{[namespace, key]}
      raise pds event "data_deleted" attributes {"namespace": namespace, "keyvalue": key}
    }
  }

  rule remove_namespace {
    select when pds remove_namespace namespace re#(.+)# setting(namespace)
    fired {
      clear ent:general{namespace}
      raise pds event "namespace_deleted" attributes {"namespace": namespace}
    }
  }

  rule map_item {
    select when pds map_item
      namespace re#(.+)#
      setting(namespace)
      where event:attrs{"mapvalues"}.decode().typeof() == "Map"
    pre {
      values = event:attrs{"mapvalues"}.decode()
    }
    fired {
      ent:general := ent:general.defaultsTo({}).put([namespace], values)
      raise pds event "new_map_added" attributes {"namespace": namespace, "mapvalues": values}
    }
  }

  rule update_profile {
    select when pds updated_profile
    pre {
      given = event:attrs.delete("_headers")
      now = stamp()
      created = ent:profile{"_created"}.defaultsTo(now)
    }
    if not given.isEmpty() then noop()
    fired {
      ent:profile := BLANK.put(ent:profile.defaultsTo({})).put(given).put({
        "_created": created,
        "_modified": now
      })
      raise pds event "profile_updated" attributes given.put("_status", "success")
    } else {
      raise pds event "profile_updated" attributes {"_status": "failure"}
    }
  }

  rule add_settings {
    select when pds add_settings keyed_rid re#(.+)# setting(rid)
    pre {
      former = ent:settings{rid}.defaultsTo({})
      key = event:attrs{"data_key"}
      data = former{"data"}.defaultsTo({})
    }
    fired {
      ent:settings := ent:settings.defaultsTo({}).put([rid], {
        "name": event:attrs{"name"}.defaultsTo(former{"name"}),
        "rid": rid,
        "schema": event:attrs{"schema"}.defaultsTo(former{"schema"}),
        "data": key.isnull() => data | data.put([key], event:attrs{"value"})
      })
      raise pds event "settings_added" attributes event:attrs
    }
  }

  rule clear_all {
    select when pds clear_all_data
    fired {
      clear ent:general
      clear ent:profile
      clear ent:settings
    }
  }
}
