ruleset long {
  global {
    sum = first_summand_of_the_sum + second_summand_of_the_sum * factor_of_the_second_summand - third_summand_of_it
    test = is_this_a_long_condition_or_not && and_this_one_too_is_quite_long || some_other_thing > 3 && last_condition
    choice = some_condition(with, arguments) == "the expected value" => {"key": "value of it"} | {"key": "other value"}
    chain = kind == "first kind of thing" => "the first answer" | kind == "second kind" => "the second answer" | "none"
    short = a => b
               | c
    methods = ent:things.defaultsTo([]).filter(function(t) { t{"kind"} == kind }).map(function(t) { t{"name"} }).sort()
    mapped = ent:things.defaultsTo([]).map(function(t) {
      name = t{"name"}
      name + "!"
    })
    reduced = things.reduce(function(sum, thing) {
      sum + thing
    }, 0)
    two = things.filter(function(t) {
      t{"ok"}
    }).map(function(t) {
      t{"name"}
    })
    written = things
      .filter(ok)
      .join(",")
    call = some_function_with_a_long_name(first_argument_of_it, second_argument_of_it, third_argument_of_the_call)
    list = ["the first element of the list", "the second element of the list", "the third element of the list"]
    map = {"a": 1, "b": [1, 2],
      "c": {"d": "some text that is not short", "e": "some more text that is not short either", "f": null}}
    kept = {
      "a": 1, "b": {"c": 2} }
    one = [{"first": "some text that is not short", "second": "some more text that is not short either", "f": null}]
    html = render(<<<html>
  <body>#{ body }</body>
</html>
>>, true)
    many = function(first_parameter = "a default value", second_parameter = "another value", third_parameter = 3) { 1 }
    negate = not  a && - 1 < -  b
    nested = f(g(h(function(x) {
      x
    })))
    empty = [ ].append({ }) + f( )
    trailing = [1, 2, ]
    item = m:f (1) [ 2 ] {"k"} . g
    sumf = 1 + list.map(function(x) {
      x
    })
  }
  rule events {
    select when shopping item_wanted
      shop re#^(.+)$# item re#^(.+)$# setting(shop, item)
    noop()
  }
  rule more {
    select when shopping item_wanted shop re#^(.+)$# item re#^(.+)$# amount re#^(\d+)$# setting(shop, item, amount)
      within 3 days
    if shop != "the shop" && item != "the item that nobody wants" && amount > 1 then send_directive("bought", {"item": item})
  }
  rule patterns {
    select when order reserved id re#^(.+)$# setting(id)
      or order short id re#^(.+)$# setting(id)
    if c then
      noop()
    fired {
      raise wrangler event "new_child_request" attributes event:attrs.put("name", "a name").put("color", "#ff69b4") if ok
      raise wrangler event "subscription" attributes { "name": event:attr("name"), "Rx_role": "master", "Tx_role": "slave", "channel_type": "subscription" }
      raise wrangler event "subscription" attributes {
        "name": "short" }
      raise a event "b" for meta:rid attributes {"x": 1}
      schedule reminder event "due" at time:add(time:now(), {"minutes": minutes.as("Number")}) attributes {"text": text} setting(job)
      clear ent:list{[shop, item]}
      error warn "odd" if x
      x = 1
      ent:y := x => 1 | 2
    }
  }
  rule operators {
    select when any 2 (a b, c d x re#1#) and (e f before g:h) or count 3(i j)max(m) or and(k l, m n)
    every { noop() a:b(x = 1, y = 2) setting(z) }
    always { }
  }
  rule windows {
    select when first_domain first_type not between(second_domain second_type where a > 1, third_domain third_type)
    noop()
  }
  rule plain { select where event:name == "x" sample{ noop(); noop(); } }
}
