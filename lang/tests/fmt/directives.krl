ruleset directives {
  meta { name   "x" }
  // krl:fmt off
  global {
    matrix = [1,0,
              0,1]
  }
  // krl:fmt on
  rule a {
    select when a   b
    pre {
      // krl:fmt skip
      table = [1,0,
               0,1]
      x   =   1; // krl:fmt skip
      y   =   1
      // krl:fmt off
      z   =   1
      zz  =   1
      // krl:fmt on
      v   =   1

      // krl:fmt off
      w   =   1
    }
    fired { ent:x   :=   1; // krl:fmt skip
      ent:y   :=   1 }
  }
  // krl:fmt skip
  rule b { select when a   b }
  rule c { select when a   b }
}
