ruleset org.example.guard {
  meta {
    name "Guard"
    description <<Locks an account after repeated failures and unlocks it by ceremony>>
    shares locked, last_login
  }

  global {
    locked = function() {
      ent:locked.defaultsTo(false)
    }
    last_login = function() {
      ent:last_login
    }
  }

  // Every event of a locked account stops here: later rules of this ruleset never see it.
  rule refuse {
    select when account login where locked()
    send_directive("refused", {"user": event:attrs{"user"}})
    fired {
      last
    }
  }

  rule welcome {
    select when account login password re#^open sesame$#
    send_directive("welcome", {"user": event:attrs{"user"}})
    fired {
      raise account event "login_ok"
    }
  }

  rule wrong_password {
    select when account login where event:attrs{"password"} != "open sesame"
    fired {
      raise account event "login_failed" attributes {"user": event:attrs{"user"}}
    }
  }

  // Three failures, whatever lies between them; the users are collected.
  rule lock {
    select when count 3 (account login_failed user re#(.+)# setting(user)) push(users)
    send_directive("locked", {"after": users})
    fired {
      ent:locked := true
    }
  }

  rule note_success {
    select when account login_ok
    fired {
      ent:last_login := time:now()
    }
  }

  rule unlock {
    select when account badge_shown then account code_entered code re#^4711$#
    send_directive("unlocked")
    fired {
      clear ent:locked
    }
  }
}
