ruleset shop {
  meta { shares a, b, c, d, e, f }
  global {
    a = function(n) { n * "two" }
    b = function(n) { n * "2" - null }
    c = function(n) { -re#a# + n }
    d = function(n) { n.as("Integer") + n.as("Number") }
    e = function() { "x".band(1) + time:new("yesterday") }
    f = function(s) { s.match("[") || s.extract(re#(a)#)[0].isnull() }
  }
}
