ruleset shop {
  meta { shares visits, jobs }
  global {
    visits = function() { ent:visit.defaultsTo(0) + ent:counts.length() }
    jobs = function() { ent:_schedule }
  }
  rule count {
    select when shop entered name re#(.+)# setting(name)
    always {
      ent:visits := 1;
      ent:counts{name} := 1;
      clear ent:forgotten;
      ent:counts := ent:counts.put([name], 2);
      ent:counts := ent:counts.put({"a": 1})
    }
  }
}
