ruleset org.example.thermostat {
  meta {
    name "Thermostat"
    description <<Reacts to patterns of readings rather than to single ones>>
    shares mode
  }

  global {
    mode = function() {
      ent:mode.defaultsTo("idle")
    }
  }

  // Three hot readings within ten minutes; the highest is kept.
  rule too_hot {
    select when count 3 (
      room reading celsius re#^(2[5-9]|[3-9]\d)# setting(celsius)
    ) max(hottest) within 10 minutes
    send_directive("cool", {"because": hottest})
    fired {
      ent:mode := "cooling"
    }
  }

  // A window that is opened and not closed again for five minutes would need a timer; opened before closed is a pattern.
  rule aired {
    select when room window_opened before room window_closed within 5 minutes
    send_directive("aired")
    fired {
      ent:mode := "idle"
    }
  }

  rule left_open {
    select when room reading before room left
      or room window_opened then room left
    if mode() != "idle" then send_directive("switch_off")
    fired {
      clear ent:mode
    }
  }
}
