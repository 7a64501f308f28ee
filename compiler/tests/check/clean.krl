ruleset org.sample.door {
  meta {
    name "Door keeper"
    use module io.picolabs.wrangler alias wrangler
    use module io.picolabs.subscription alias subs
    provides visits
    shares visits, neighbours
  }
  global {
    visits = function(kind = "all") {
      kind == "all" => ent:log | ent:log.filter(function(v) { v{"kind"} == kind })
    }
    neighbours = function() {
      subs:established("Tx_role", "neighbour").map(function(s) { wrangler:picoQuery(s{"Tx"}, "org.sample.door", "visits", {"kind": "front"}) })
    }
  }
  rule start {
    select when wrangler ruleset_installed where event:attrs{"rids"} >< meta:rid
    every {
      wrangler:createChannel(["door"], {"allow": [{"domain": "door", "name": "*"}], "deny": []}, {"allow": [{"rid": meta:rid, "name": "*"}], "deny": []}) setting(channel)
      send_directive("ready", {"eci": channel{"id"}})
    }
    fired {
      ent:log := []
    }
  }
  rule knock {
    select when door knock who re#^(\w+)$# setting(who) where who != "cat"
             or door bell
    foreach ["front", "back"] setting(side, i)
    pre {
      n = ent:seen{[who, side]}.defaultsTo(0) + 1
    }
    if n <= 3 then choose side {
      front => send_directive("ring", {"times": i})
      back => send_directive("buzz", {"times": n})
    }
    fired {
      ent:seen{[who, side]} := n;
      raise door event "admitted" attributes {"who": who} on final
    } else {
      log info <<#{who} refused>>;
      last
    } finally {
      ent:log := ent:log.defaultsTo([]).append({"kind": side})
    }
  }
  rule nightly {
    select when door admitted before door closed within 8 hours
    fired {
      schedule door event "report" repeat "0 0 * * *" attributes {"a": 1} setting(job);
      log info job{"id"}
    }
  }
  rule report {
    select when door report
    foreach subs:established() setting(s)
    event:send({"eci": s{"Tx"}, "domain": "door", "type": "visited", "attrs": {"count": ent:log.length()}})
  }
}
