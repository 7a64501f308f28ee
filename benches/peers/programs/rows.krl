ruleset bench {
  meta {
    shares fib, loop_sum, chain, sorting, text, mapping, regexp, json
  }

  global {
    fib_of = function(n) {
      n < 2 => n | fib_of(n - 1) + fib_of(n - 2)
    }
    fib = function() {
      fib_of(30)
    }

    loop_sum = function() {
      1.range(10000000).reduce(function(sum, i) { sum + i }, 0)
    }

    chain = function() {
      1
        .range(100000)
        .map(function(x) { x * 2 })
        .filter(function(x) { x % 3 == 0 })
        .reduce(function(a, b) { a + b }, 0)
    }

    sorting = function() {
      sorted = 1
        .range(100000)
        .map(function(i) { i * 7919 % 100003 })
        .sort(function(a, b) { a <=> b })
      places = [sorted[0], sorted[50000], sorted[99999]]
      places
    }

    text = function() {
      whole = 1.range(100000).map(function(i) { "item " + i + ";" }).join("")
      facts = [whole.length(), whole.substr(500000, 12)]
      facts
    }

    mapping = function() {
      map = 1.range(10000).reduce(function(map, i) { map.put("key" + i, i) }, {})
      facts = [map.keys().length(), map{"key777"}]
      facts
    }

    regexp = function(log) {
      log.split(chr(10)).reduce(function(micros, line) {
        found = line.extract(re#^\S+ shard-(\d+) GET /c/(\w+)/\S* 200 (\d+)us$#)
        found.length() == 3 => micros + found[2].as("Number") | micros
      }, 0)
    }

    worth = function(order) {
      order{"lines"}.reduce(function(sum, line) { sum + line{"count"} * line{"cents"} }, 0)
    }
    json = function(document) {
      orders = document.decode(){"orders"}
      open = orders
        .filter(function(order) { not order{"paid"} })
        .map(function(order) {
          {"id": order{"id"}, "name": order{["customer", "name"]}.uc(), "cents": worth(order)}
        })
      cities = orders.reduce(
        function(sums, order) {
          city = order{["customer", "city"]}
          sums.put(city, sums{city}.defaultsTo(0) + worth(order))
        },
        {}
      )
      answer = {"open": open, "cities": cities}
      answer.encode()
    }
  }

  rule order {
    select when shop order email re#^([\w.+-]+)@([\w-]+(?:\.\w+)+)$# setting(user, host)
    pre {
      country = event:attrs{"country"}.defaultsTo("us").uc()
      coupon = event:attrs{"coupon"}.defaultsTo("").trim().uc()
      items = event:attrs{"items"}
        .filter(function(item) { item{"quantity"} > 0 })
        .map(function(item) {
          category = item{"sku"}.split("-")[0]
          item.put("category", category).put("cents", item{"price"} * item{"quantity"})
        })
      pieces = items.reduce(function(sum, item) { sum + item{"quantity"} }, 0)
      subtotal = items.reduce(function(sum, item) { sum + item{"cents"} }, 0)
      categories = items.reduce(
        function(sums, item) {
          category = item{"category"}
          sums.put(category, sums{category}.defaultsTo(0) + item{"cents"})
        },
        {}
      )
      best = categories.keys().sort(function(a, b) { categories{b} <=> categories{a} })[0]
      code = coupon.extract(re#^SAVE(\d\d)$#)
      percent = code.length() == 1 => code[0].as("Number") | 0
      known = ent:customers{user}.defaultsTo({"orders": 0, "cents": 0})
      regular = known{"orders"} > 2
      rebate = subtotal * (regular => percent + 5 | percent)
      discount = (rebate - rebate % 100) / 100
      shipping = country == "US" && subtotal - discount >= 5000 => 0
        | country == "US" => 495
        | 1295
      total = subtotal - discount + shipping
      label = <<#{user.capitalize()} from #{country}: #{pieces} pieces, most of it #{best}>>
      receipt = {
        "to": user + "@" + host.lc(),
        "label": label,
        "lines": items.map(function(item) {
          item{"quantity"} + " x " + item{"name"} + " = " + item{"cents"}
        }),
        "categories": categories,
        "discount": discount,
        "shipping": shipping,
        "total": total,
        "greeting": regular => "Welcome back" | "Thank you"
      }
      risky = total > 100000 || host.match(re#\.(invalid|test)$#) || items.length() == 0
    }
    if not risky then
      send_directive("receipt", receipt)
    fired {
      ent:customers{user} := {
        "orders": known{"orders"} + 1,
        "cents": known{"cents"} + total
      }
      ent:revenue := ent:revenue.defaultsTo(0) + total
    } else {
      ent:refused := ent:refused.defaultsTo(0) + 1
    }
  }
}
