ruleset org.example.traffic {
  meta {
    name "Traffic"
    description <<One event becomes many: raised events run after the current one, in order>>
    shares journal
  }

  global {
    journal = function() {
      ent:journal.defaultsTo([])
    }
    total = function(weights) {
      weights.reduce(function(a, b) {
        a + b
      }, 0)
    }
  }

  rule convoy {
    select when road convoy_seen
    foreach event:attrs{"vehicles"} setting(vehicle, i)
    pre {
      position = i + 1
    }
    always {
      raise road event "vehicle_seen" attributes vehicle.put("position", position)
      raise road event "convoy_passed" attributes {
        "vehicles": position,
        "tons": total(event:attrs{"vehicles"}.map(function(v) {
          v{"tons"}
        }))
      } on final
    }
  }

  rule vehicle {
    select when road vehicle_seen kind re#^(car|truck)$# setting(kind)
    choose kind {
      car => send_directive("wave", {"to": event:attrs{"position"}})
      truck => send_directive("weigh", {"tons": event:attrs{"tons"}})
    }
    always {
      ent:journal := journal().append(kind)
    }
  }

  rule heavy {
    select when road vehicle_seen where event:attrs{"tons"} > 20
    send_directive("reroute", {"position": event:attrs{"position"}})
  }

  rule passed {
    select when road convoy_passed
    send_directive("passed", event:attrs)
    fired {
      ent:journal := journal().append("passed")
    }
  }
}
