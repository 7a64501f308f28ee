ruleset shop {
  rule sell {
    select when shop sell
    pre { attrs = {"item": "tea", "price": 3} }
    event:send({"eci": event:eci, "domain": "stock", "type": "taken", "attrs": attrs})
    fired { raise stock event "taken" attributes {"item": "milk"} }
  }
}
