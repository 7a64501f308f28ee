ruleset shop {
  meta { shares a, b }
  global {
    spare = 5 // krl:allow(unused-name)
    // krl:allow(KRL0603, KRL0310)
    other = 6
    // krl:allow(nosuch, syntax)
    a = function(x) { x.name } // krl:allow(dot-access)
    b = function(x) { x.name }
  }
}
