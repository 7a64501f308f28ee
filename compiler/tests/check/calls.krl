ruleset shop {
  meta { shares a, b, c, d, e, f, g }
  global {
    price = {"tea": 3}
    twice = function(n) { n * 2 }
    greet = defaction(name) { send_directive(name) }
    a = function() { 5(3) }
    b = function() { price("tea") }
    c = function() { greet("you") }
    d = function() { twice(1, 2) + twice() }
    e = function() { twice(m = 1) + [1].join(srt = "-") }
    f = function() { [1, 2].filter() + [1].slice(0, 1, 2) }
    g = function() { noop() }
  }
  rule r {
    select when shop opened
    every {
      twice(4)
      math:abs(4)
      price("tea")
      greet("a", "b")
      send_directive(nmae = "x")
    }
  }
}
