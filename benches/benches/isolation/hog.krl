ruleset hog {
  meta {
    name "Hog"
    description <<A good neighbour, and every way not to be one>>
    shares total
  }

  global {
    many = 0.range(3000)
    total = function() { ent:count.defaultsTo(0) }
    words = function(n) {
      0.range(n).map(function(i) { ((i * 7919) % 104729).as("String") })
    }
    text = function(bytes) {
      grown = many.reduce(function(text, i) {
        text.length() < bytes => text + text | text
      }, "0123456789abcdef")
      grown
    }
  }

  rule simple {
    select when good simple
    send_directive("hit")
  }

  rule count {
    select when good count
    fired {
      ent:count := total() + 1
    }
  }

  rule endless {
    select when hog endless
    pre {
      sum = many.reduce(function(a, i) { many.reduce(function(b, j) { b + j }, a) }, 0)
    }
    fired {
      ent:sum := sum
    }
  }

  rule again {
    select when hog again
    fired {
      raise hog event "again"
    }
  }

  rule huge {
    select when hog huge
    pre {
      huge = many.reduce(function(text, i) { text + text }, "x")
    }
    fired {
      ent:huge := huge
    }
  }

  rule giant {
    select when hog giant
    pre {
      part = 0.range(21).reduce(function(text, i) { text + text }, "0123456789abcdef")
      giant = 0.range(14).map(function(i) { part }).join("")
    }
    fired {
      ent:giant := giant
    }
  }

  rule large {
    select when hog large
    pre {
      former = ent:large.defaultsTo("")
      latter = former == "" => text(8000000) | former.substr(1) + "x"
    }
    fired {
      ent:large := latter
    }
  }

  rule natives {
    select when hog natives
    pre {
      sorted = words(20000).sort().join(" ").replace(re#1+2#g, "-").length()
    }
    fired {
      ent:sorted := sorted
    }
  }

  rule queued {
    select when hog queued
    pre {
      sum = 0.range(200).reduce(function(a, i) { a + i }, 0)
    }
    fired {
      ent:queued := ent:queued.defaultsTo(0) + 1
    }
  }
}
