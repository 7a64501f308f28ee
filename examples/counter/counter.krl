ruleset org.example.counter {
  meta {
    name "Counter"
    description <<Counts up to a limit and remembers the count>>
    shares value, log
  }

  global {
    limit = 3
    value = function() {
      ent:count.defaultsTo(0)
    }
    log = function() {
      ent:log.defaultsTo([])
    }
  }

  rule count_up {
    select when counter up
    pre {
      next = value() + 1
    }
    if next <= limit then send_directive("counted", {"count": next})
    fired {
      ent:count := next
    } else {
      raise counter event "full" attributes {"limit": limit}
    } finally {
      ent:log := log().append(time:now())
    }
  }

  rule tell_full {
    select when counter full limit re#^(\d+)$# setting(most)
    send_directive("full", {"limit": most.as("Number")})
  }

  rule reset {
    select when counter reset
    fired {
      clear ent:count
      clear ent:log
    }
  }
}
