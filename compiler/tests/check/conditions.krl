ruleset shop {
  rule a { select when shop a if [] then send_directive("x") }
  rule b { select when shop b if "" then send_directive("x") }
  rule c { select when shop c if event:attrs{"x"} then send_directive("x") fired { log info "y" if {} } }
  rule d { select when shop d where false send_directive("x") }
  rule e { select where 1 send_directive("x") }
  rule f { select when shop f where event:attrs{"n"} > 1 send_directive("x") }
  rule g { select when shop g kind re#^tea$# kind re#^milk$# send_directive("x") }
  rule h { select when shop h where false or shop i send_directive("x") }
  rule i { select when shop h where false before shop i send_directive("x") }
}
