ruleset bank.account {
  meta {
    name "Account"
    description <<The balance of a customer, in cents>>
    shares balance, region
  }

  global {
    balance = function() {
      ent:balance.defaultsTo(0)
    }
    region = function() {
      ctx:rid_config{"region"}
    }
  }

  rule deposit {
    select when account deposit cents re#^(\d+)$# setting(cents)
    fired {
      ent:balance := balance() + cents.as("Number")
    }
  }

  rule pay {
    select when account payment cents re#^(\d+)$# setting(cents)
    pre {
      left = balance() - cents.as("Number")
    }
    if left >= 0 then send_directive("paid", {"left": left})
    fired {
      ent:balance := left
    } else {
      raise account event "refused" attributes {"balance": balance()}
    }
  }

  rule refuse {
    select when account refused
    send_directive("refused", {"balance": event:attrs{"balance"}})
  }

  rule close {
    select when account closed
    fired {
      clear ent:balance
    }
  }
}
