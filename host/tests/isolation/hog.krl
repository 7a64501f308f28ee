ruleset hog {
  meta {
    name "Hog"
    description <<Takes all it can get>>
    shares total, letters
  }

  global {
    many = 0.range(3000)
    total = function() { ent:count.defaultsTo(0) }
    letters = function() { ent:text.length() }
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

  rule big {
    select when hog big
    pre {
      text = many.reduce(function(text, i) { text + text }, "x")
    }
    fired {
      ent:text := text
    }
  }

  rule words {
    select when hog words
    fired {
      ent:words := 0.range(100000).map(function(i) { ((i * 7919) % 104729).as("String") })
    }
  }

  rule sort {
    select when hog sort
    pre {
      sorted = ent:words.sort()
    }
    send_directive("sorted", {"length": sorted.length()})
  }

  rule text {
    select when hog text
    pre {
      text = 0.range(21).reduce(function(text, i) { text + text }, "x")
    }
    fired {
      ent:text := text
    }
  }

  rule count_up {
    select when hog count
    fired {
      ent:count := total() + 1
    }
  }
}
