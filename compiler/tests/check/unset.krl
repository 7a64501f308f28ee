ruleset shop {
  meta { shares a, b, c, d, e }
  global {
    a = function() { ent:names.map(function(n) { n.uc() }) }
    b = function() { ent:names.isnull() => [] | ent:names.map(function(n) { n.uc() }) }
    c = function() { ent:names.defaultsTo([]).reverse() }
    d = function() { ent:fresh.reverse() }
    e = function() { ent:parts.keys() || ent:parts.filter(function(p) { p }) }
  }
  rule start { select when wrangler ruleset_installed where event:attrs{"rids"} >< meta:rid always { ent:fresh := [] } }
  rule add {
    select when shop add name re#(.+)# setting(name)
    always { ent:names := ent:names.append(name); ent:fresh := ent:fresh.append(name); ent:parts{name} := 1 }
  }
}
