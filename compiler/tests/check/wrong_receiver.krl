ruleset shop {
  meta { shares a, b, c, d, e, f }
  global {
    a = function() { "abc".map(function(x) { x }) }
    b = function() { 5.reverse() }
    c = function() { {"k": 1}.reduce(function(x, y) { x + y }) }
    d = function(xs) { xs.typeof() == "Map" => xs.reverse() | xs.reverse() }
    e = function(xs) { xs.isnull() => xs.keys().reverse() | xs.reverse() }
    f = function() { "a b".split(" ").reverse().map(function(x) { x.uc() }).join("") }
  }
}
