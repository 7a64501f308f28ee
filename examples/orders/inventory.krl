ruleset org.example.inventory {
  meta {
    name "Inventory"
    description <<Keeps stock and answers reservations by events>>
    provides in_stock
    shares in_stock
  }

  global {
    in_stock = function(item) {
      ent:stock{item}.defaultsTo(0)
    }
  }

  rule receive {
    select when inventory received
      item re#^(.+)$#
      amount re#^(\d+)$#
      setting(item, amount)
    fired {
      ent:stock{item} := in_stock(item) + amount.as("Number")
    }
  }

  rule reserve {
    select when order placed
    pre {
      item = event:attrs{"item"}
      amount = event:attrs{"amount"}.as("Number")
      enough = in_stock(item) >= amount
    }
    if enough then send_directive("reserved", {"item": item, "amount": amount})
    fired {
      ent:stock{item} := in_stock(item) - amount
      raise order event "reserved" attributes event:attrs
    } else {
      raise order event "short" attributes event:attrs
    }
  }
}
