ruleset shop {
  rule sell {
    select when shop sell item re#(.+)# setting(item)
    send_directive("sold", {"item": item})
    fired {
      raise stock event "item_takne" attributes {"item": item};
      raise stock event "counted" attributes {"item": item};
      raise billing event "due" attributes {"item": item};
      raise stock event event:attrs{"kind"}
    }
  }
}
