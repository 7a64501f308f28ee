ruleset shop {
  meta {
    use module org.units alias u with scales = 10
    use module org.elsewhere alias e
    shares a, b
  }
  global {
    a = function(n) { u:metres(n, 1) + u:metre(n) + u:feet(n) + e:any(n) + u:mark(1) }
    b = function(eci) { ctx:query(eci, "org.units", "metre", {}) + ctx:query(eci, "org.units", "metres", {"n": 1}) }
  }
  rule r { select when shop r u:metres(3) }
}
