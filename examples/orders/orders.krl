ruleset org.example.orders {
  meta {
    name "Orders"
    description <<Takes orders; the inventory decides, by events, whether they can be kept>>
    use module org.example.inventory alias inventory
    shares orders, affordable
  }

  global {
    orders = function(state) {
      ent:orders.defaultsTo({}).filter(function(order) {
        state.isnull() || order{"state"} == state
      })
    }
    affordable = function(item, amount) {
      inventory:in_stock(item) >= amount.as("Number")
    }
  }

  rule place {
    select when customer wants
      item re#^(.+)$#
      amount re#^([1-9]\d*)$#
      setting(item, amount)
    pre {
      id = "order-" + (orders().length() + 1)
    }
    send_directive("placed", {"id": id})
    fired {
      ent:orders{id} := {"item": item, "amount": amount.as("Number"), "state": "placed"}
      raise order event "placed" attributes {"id": id, "item": item, "amount": amount}
    }
  }

  rule decide {
    select when order reserved id re#^(.+)$# setting(id)
      or order short id re#^(.+)$# setting(id)
    pre {
      state = event:name == "reserved" => "confirmed" | "waiting"
    }
    send_directive(state, {"id": id})
    fired {
      ent:orders{[id, "state"]} := state
    }
  }
}
