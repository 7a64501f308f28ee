// Keeps a room warm and tells its owner.
ruleset org.house.thermostat {
  meta {
    name "Thermostat"
    description <<
Holds the temperature of a room between #{"two"} limits.
    >>
    author "The house"
    version "1.2"
    use module org.house.clock alias clock
    use module io.picolabs.subscription alias subs with retries = 3 and pause = 10
    configure using low = 18
      high = 22
    shares state, history, __testing
    provides state, adjust
  }
  global {
    __testing = {"queries": [{"name": "state"}], "events": []}
    state = function() {
      {"target": ent:target.defaultsTo(low), "now": ent:now}
    }
    history = function(limit, from = 0) {
      all = ent:log.defaultsTo([])
      newest = all.reverse().filter(function(entry) {
        entry{"time"} >= from && not entry{["flags", "hidden"]}
      });
      return newest.length() > limit => newest.slice(0, limit - 1) | newest
    }
    adjust = defaction(by) {
      target = (ent:target || low) + by
      if target >= low && target <= high then every {
        send_directive("adjusted", {"target": target})
        http:post("https://example.com/log", json = {"target": target}) setting(answer)
      }
      return answer{"status_code"}
    }
    banner = <<
      <h1 class="room">#{meta:rid} is #{state(){"now"} > high => "hot" | <<#{"fine"}>>}</h1>
    >>
  }
  rule measured {
    select when sensor temperature degrees re#^(-?[0-9.]+)$# setting(text)
      where text.as("Number") != ent:now
    pre {
      now = text.as("Number")
      cold = now < low => true | false
    }
    if cold then
      adjust(1) setting(status)
    fired {
      ent:now := now;
      ent:log{[time:now(), "degrees"]} := now if ent:log
      raise house event "too_cold" attributes {
        "degrees": now,
        "status": status,
      }
    } else {
      ent:now := now
      log info <<#{now} is warm enough>>
    } finally {
      clear ent:pending{"degrees"} on final
    }
  }
  rule alarm is active {
    select when any 2 (house too_cold, house door_open, sensor silent)
      or count 3 (house too_cold room re#(.*)#) max(room) before house night within 5 minutes
    foreach subs:established("Tx_role", "owner") setting(sub, i)
    pre { eci = sub{"Tx"} }
    choose (i % 2 == 0 => "even" | "odd") {
      even => event:send({"eci": eci, "domain": "alarm", "type": "cold"})
      odd => noop();
    }
    always {
      schedule house event "check" at time:add(time:now(), {"minutes": 5}) attributes {} setting(job)
      ent:job := job
      error warn "cold" if i > 10;
      last
    }
  }
  rule old is inactive {
    select where event:domain == "house"
    every { noop(); noop() }
    notfired { raise event "house:quiet" for meta:rid }
  }
}
