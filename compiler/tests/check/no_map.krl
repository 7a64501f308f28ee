ruleset shop {
  rule a { select when shop a fired { raise shop event "b" attributes ["x"] } }
  rule b { select when shop b fired { raise shop event "c" attributes "x"; raise shop event "c" attributes null } }
  rule c { select when shop c fired { raise shop event "a" attributes event:attrs.put("x", 1) } }
}
