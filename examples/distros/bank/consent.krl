ruleset bank.consent {
  meta {
    name "Consent"
    description <<Who may see the account, and since when>>
    shares given
  }

  global {
    given = function() {
      ent:given.defaultsTo({})
    }
  }

  rule give {
    select when consent given to re#^(.+)$# setting(who)
    fired {
      ent:given{who} := time:now()
    }
  }

  rule withdraw {
    select when consent withdrawn to re#^(.+)$# setting(who)
    fired {
      clear ent:given{who}
    }
  }
}
