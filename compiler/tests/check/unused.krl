ruleset shop {
  meta { shares total provides ring configure using limit = 3 }
  global {
    total = function(xs, unasked) { xs.reduce(function(sum, x, i) { sum }, 0) }
    ring = defaction(times) { send_directive("ring") setting(answer) }
    spare = 5
    _meant = 6
    recursive = function(n) { recursive(n) }
  }
  rule r {
    select when shop entered name re#(.)# room re#(.)# setting(name, room)
    foreach [1] setting(v, k)
    pre { a = 1 b = a }
    send_directive("x", {"room": room, "k": k})
  }
}
