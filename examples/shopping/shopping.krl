ruleset org.example.shopping {
  meta {
    name "Shopping list"
    description <<Shops hold items, items hold amounts: one map, addressed by path>>
    shares items, total, shops
  }

  global {
    shops = function() {
      ent:list.defaultsTo({}).keys().sort()
    }
    items = function(shop) {
      ent:list{shop}.defaultsTo({})
    }
    total = function(shop) {
      items(shop)
        .values()
        .reduce(function(sum, amount) {
          sum + amount
        }, 0)
    }
  }

  rule add_item {
    select when shopping item_wanted
      shop re#^(.+)$#
      item re#^(.+)$#
      setting(shop, item)
    pre {
      amount = event:attrs{"amount"}.defaultsTo(1).as("Number")
      had = ent:list{[shop, item]}.defaultsTo(0)
    }
    send_directive("listed", {"shop": shop, "item": item, "amount": had + amount})
    fired {
      ent:list{[shop, item]} := had + amount
    }
  }

  rule add_many {
    select when shopping list_read
    foreach event:attrs{"items"} setting(amount, item)
    fired {
      raise shopping event "item_wanted"
        attributes {"shop": event:attrs{"shop"}, "item": item, "amount": amount}
    }
  }

  rule buy {
    select when shopping item_bought
      shop re#^(.+)$#
      item re#^(.+)$#
      setting(shop, item)
    if items(shop) >< item then
      send_directive("bought", {"item": item})
    fired {
      clear ent:list{[shop, item]}
    } else {
      log warn <<#{item} was not on the list of #{shop}>>
    }
  }
}
