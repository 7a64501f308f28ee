ruleset counter {
  meta {
    shares count_of
  }

  global {
    count_of = function(name) {
      ent:counts{name} || 0
    }
    limits = {
      "low": 1,
      "high": [10, 20, 30],
    }
    double = function(x) { x * 2 }
    report = defaction(name) {
      send_directive("count", {"name": name, "value": count_of(name)})
    }
  }

  rule increment {
    select when counter increment
    pre {
      name = event:attrs{"name"}
      next = count_of(name) + 1
    }
    if next <= limits{["high", 0]} then report(name)
    fired {
      ent:counts{name} := next
    }
    else {
      raise counter event "overflow" attributes {"name": name}
    }
  }

  rule reset {
    select when counter reset or counter overflow
    always {
      clear ent:counts
    }
  }

  rule describe {
    select when counter describe
    send_directive("page", {"html": <<
      <p>There are #{count_of("a")} of "a",
      don't forget #{count_of("b").as("String")}</p>
    >>})
  }
}
