ruleset stock {
  rule a { select when stock taken item re#(.+)# setting(item) send_directive(item) }
  rule b { select when stock taken price re#(.+)# setting(price) send_directive(price) }
  rule c { select when stock taken itm re#(.+)# setting(item) send_directive(item) }
  rule d { select when stock other itm re#(.+)# setting(item) send_directive(item) }
}
