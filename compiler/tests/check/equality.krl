ruleset shop {
  meta { shares a, b, c, d, e }
  global {
    a = function(s) { s.as("String") == 3 }
    b = function(s) { s == s }
    c = function(s) { s{"a"} != s{ "a" } }
    d = function(s) { "a" == "b" || s == "a" }
    e = function(s) { s.length() == "3" => 1 | s.keys() == null => 2 | 3 }
  }
}
