ruleset org.sample.door {
  meta {
    name "Door keeper"   version "1.0.0"
    description <<
Counts visits
   and tells a neighbour   
    >>
    use module io.picolabs.wrangler alias wrangler
    use module org.sample.units with scale = 10 and label = "cm"
    use module org.sample.other alias other with scale = 10
    label = "cm"
    configure using limit = 3
    provides visits, ring
    shares visits, visits_of_a_kind, visits_of_another_kind, visits_of_all_kinds, visits_of_no_kind, visits_of_mine
  }
  global {
    visits = function(kind = "all"){ kind == "all" => ent:log | ent:log.filter(function(v){ v{"kind"} == kind }) }
    ring   = defaction(times){
      msg = <<ring x#{ times+1 }>>
      if times > 0 then every { send_directive("bell", {"msg": msg}) setting(d)  noop() }
      return d{"name"}
    }
    nothing = defaction(){ }
    add = function(a,b){ a+b };
    pair = function(a) { x = a;
      [x, a] };
    negative = function(a) { x = a; -x }
    mixed = function(a) { x = a; return [x] }
  }
  rule knock {
    select when door knock who re#^(\w+)$# setting(who) where who != "cat"
             or door bell
    foreach ["front", "back"] setting(side, i)
    pre { n = ent:seen{[who, side]}.defaultsTo(0) + 1 }
    if n <= limit then choose side {
      front => ring(2)
      back  => ring(n) setting(r)
    }
    fired {
      ent:seen{[who, side]} := n;
      raise door event "admitted" attributes {"who": who} on final
    } else {
      log info <<#{who} refused>>;
      last
    } finally {
      ent:log := ent:log.defaultsTo([]).append({"kind": side})
    }
  }
  rule nightly { select when door admitted before door closed within 8 hours
    fired { schedule door event "report" repeat "0 0 * * *" attributes {"a": 1} setting(job) }
  }
  rule off is inactive { }
}
