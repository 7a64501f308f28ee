ruleset shop {
  meta { shares a, b, c, d, e }
  global {
    price = {"tea": 3, "milk": {"whole": 1}}
    a = function() { {"x": 1, "y": 2, "x": 3} }
    b = function() { price{"mlik"} }
    c = function() { price{["milk", "whole"]} + price{["milk", "skim"]} }
    d = function() { "tea"{"x"} }
    e = function(key) { price{key} || price{["tea", key]} }
  }
}
