ruleset shop {
  meta { shares a, b }
  global {
    length = function() { 5 }
    filter = function(xs, f) { xs }
    a = function(xs) { xs.length() }
    b = function(xs) { xs.filter(function(x) { x }) }
  }
}
