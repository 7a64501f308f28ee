ruleset crash.member {
  meta {
    name "Member"
    description <<Counts each event by its id, in several variables, and what follows from it>>
    shares channel, state, seen
  }

  global {
    channel = function() { ent:channel }
    seen = function(id) { ent:seen{id}.defaultsTo(0) }
    state = function() {
      {
        "seen": ent:seen.defaultsTo({}),
        "count": ent:count.defaultsTo(0),
        "order": ent:order.defaultsTo([]),
        "arrived": ent:arrived.defaultsTo({}),
        "rung": ent:rung.defaultsTo({}),
        "jobs": schedule:list().length()
      }
    }
  }

  rule begin {
    select when crash begin
    ctx:newChannel(["crash"], {"allow": [{"domain": "crash", "name": "*"}], "deny": []}, {
      "allow": [{"rid": "*", "name": "*"}],
      "deny": []
    }) setting(channel)
    fired {
      ent:channel := channel{"id"}
    }
  }

  rule clear {
    select when crash clear
    fired {
      ent:seen := {}
      ent:count := 0
      ent:order := []
      ent:arrived := {}
      ent:rung := {}
    }
  }

  rule note {
    select when crash add or crash pass or crash later or crash split
    pre {
      id = event:attrs{"id"}
    }
    fired {
      ent:seen{id} := ent:seen{id}.defaultsTo(0) + 1
      ent:count := ent:count.defaultsTo(0) + 1
      ent:order := ent:order.append(id)
    }
  }

  rule pass_on {
    select when crash pass
    event:send({
      "eci": event:attrs{"to"},
      "domain": "crash",
      "type": "arrive",
      "attrs": {"id": event:attrs{"id"}}
    })
  }

  rule arrive {
    select when crash arrive
    pre {
      id = event:attrs{"id"}
    }
    fired {
      ent:arrived{id} := ent:arrived{id}.defaultsTo(0) + 1
    }
  }

  rule set_alarm {
    select when crash later
    fired {
      schedule crash event "ring"
        at time:add(time:now(), {"milliseconds": event:attrs{"delay"}.as("Number")})
        attributes {"id": event:attrs{"id"}}
    }
  }

  rule ring {
    select when crash ring
    pre {
      id = event:attrs{"id"}
    }
    fired {
      ent:rung{id} := ent:rung{id}.defaultsTo(0) + 1
    }
  }
}
