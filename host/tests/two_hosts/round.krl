ruleset round {
  meta {
    shares ask, endless
  }

  global {
    // Asks the first address, which asks the next, and so on: `way` is a JSON array.
    ask = function(way) {
      addresses = way.decode()
      addresses.length() == 0 => "end" | visit(addresses)
    }
    visit = function(addresses) {
      http:get(addresses.head(), {"way": addresses.tail().encode()}, parseJSON = true){["content"]}
    }
    endless = function(there, here) {
      http:get(there, {"there": here, "here": there}, parseJSON = true){["content"]}
    }
  }

  rule go {
    select when round go
    pre {
      addresses = event:attrs{"way"}.decode()
    }
    if addresses.length() > 0 then every {
      http:get(addresses.head(), {"way": addresses.tail().encode()}, parseJSON = true) setting(answer)
      send_directive("answered", {"status": answer{"status_code"}, "content": answer{"content"}})
    }
    fired {
      ent:gone := ent:gone.defaultsTo(0) + 1
    }
  }

  rule send {
    select when round send
    event:send({"eci": event:attrs{"eci"}, "domain": "round", "type": "arrived"}, host = event:attrs{"host"})
  }
}
