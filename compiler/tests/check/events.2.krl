ruleset stock {
  rule taken { select when stock item_taken item re#(.+)# setting(item) send_directive("taken", {"item": item}) }
  rule left { select when stock left send_directive("left") }
}
