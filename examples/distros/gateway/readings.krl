ruleset org.example.readings {
  meta {
    name "Readings"
    description <<The last value of each device>>
    shares last, since
  }

  global {
    last = function(device) {
      readings = ent:last.defaultsTo({})
      device => readings{device} | readings
    }
    since = function() {
      ent:since
    }
  }

  // The host sends this to the root cloud of a new owner.
  rule begin {
    select when engine_ui setup
    fired {
      ent:since := time:now()
    }
  }

  rule keep {
    select when sensor reading device re#^(\w+)$# value re#^(.+)$# setting(device, value)
    fired {
      ent:last{device} := {"value": value, "time": time:now()}
    }
  }
}
