ruleset bench {
  meta {
    shares result
  }

  global {
    result = function() {
      ent:n.defaultsTo(0)
    }
  }

  rule simple {
    select when bench simple
    send_directive("hit")
  }

  rule count {
    select when bench count
    send_directive("hit")
    fired {
      ent:n := ent:n.defaultsTo(0) + 1
    }
  }
}
