ruleset crash.witness {
  meta {
    name "Witness"
    description <<Sees what the member sees, and fails at `crash:split`: nothing of that may stay>>
    shares state
  }

  global {
    state = function() { {"seen": ent:seen.defaultsTo({}), "count": ent:count.defaultsTo(0)} }
  }

  rule clear {
    select when crash clear
    fired {
      ent:seen := {}
      ent:count := 0
    }
  }

  rule note {
    select when crash add or crash pass or crash later
    pre {
      id = event:attrs{"id"}
    }
    fired {
      ent:seen{id} := ent:seen{id}.defaultsTo(0) + 1
      ent:count := ent:count.defaultsTo(0) + 1
    }
  }

  rule fail {
    select when crash split
    pre {
      id = event:attrs{"id"}
    }
    event:send({
      "eci": event:attrs{"to"},
      "domain": "crash",
      "type": "arrive",
      "attrs": {"id": id + " of a failed rule"}
    })
    fired {
      ent:seen{id} := 1
      ent:count := ent:seen.map(id)
    }
  }
}
