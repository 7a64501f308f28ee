ruleset shop {
  meta { shares a, b, c, d, e, f, g, h, i }
  global {
    found = function(key) { key == "tea" => ["green"] | null }
    a = function(key) { found(key).map(function(x) { x }) }
    b = function(key) { xs = found(key) xs.isnull() => [] | xs.map(function(x) { x }) }
    c = function(key) { xs = found(key) not xs.isnull() && xs.map(function(x) { x }) }
    d = function(key) { xs = found(key) xs => xs.map(function(x) { x }) | [] }
    e = function(key) { found(key).defaultsTo([]).map(function(x) { x }) }
    f = function(key) { (found(key) || []).map(function(x) { x }) }
    g = function(key) { xs = found(key) xs == null => xs.map(function(x) { x }) | xs.map(function(x) { x }) }
    h = function(key) { xs = found(key) xs.typeof() == "Array" => xs.map(function(x) { x }) | xs.map(function(x) { x }) }
    i = function(x) { x.isnull() || x.typeof() != "Array" => 0 | x.reverse().length() }
  }
}
