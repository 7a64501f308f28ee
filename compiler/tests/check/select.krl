ruleset shop {
  rule a { select when shop a name re#(.)# where name != "x" setting(name) send_directive(name) }
  rule b { select when shop b setting(name) send_directive(name) }
  rule c is inactive { select when shop c send_directive("c") }
  rule d { select when shop d foreach 5 setting(x) send_directive("d", {"x": x}) }
}
