ruleset org.example.hello {
  meta {
    name "Hello"
    description <<Greets whoever knocks, and counts nothing>>
    shares greeting
  }

  global {
    greeting = function(name = "stranger") {
      <<Hello, #{name}!>>
    }
  }

  // Any event `door:knock` selects the rule; its attributes are a map.
  rule answer {
    select when door knock
    pre {
      name = event:attrs{"name"}
    }
    send_directive("say", {"text": greeting(name)})
  }
}
