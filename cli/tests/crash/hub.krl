ruleset crash.hub {
  meta {
    name "Hub"
    description <<Makes the clouds of the crash test>>
    shares channels
  }

  global {
    channels = function() { ent:channels.defaultsTo([]) }
  }

  rule grow {
    select when crash grow
    foreach 1.range(event:attrs{"clouds"}.as("Number")) setting(n)
    every {
      ctx:newPico([{"url": event:attrs{"member"}}, {"url": event:attrs{"witness"}}]) setting(eci)
      ctx:eventQuery(eci, "crash", "begin", {}, "crash.member", "channel") setting(channel)
    }
    fired {
      ent:channels := channels().append(channel)
    }
  }
}
