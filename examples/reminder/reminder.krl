ruleset org.example.reminder {
  meta {
    name "Reminder"
    description <<Asks the scheduler for events in the future>>
    shares pending, reminders
  }

  global {
    pending = function() {
      schedule:list().map(function(job) {
        job{"type"}
      })
    }
    reminders = function() {
      ent:reminders.defaultsTo([])
    }
  }

  rule remind_later {
    select when reminder wanted
      text re#^(.+)$#
      minutes re#^(\d+)$#
      setting(text, minutes)
    fired {
      schedule reminder event "due"
        at time:add(time:now(), {"minutes": minutes.as("Number")})
        attributes {"text": text}
    }
  }

  rule remind_daily {
    select when reminder wanted_daily
    fired {
      schedule reminder event "due"
        repeat "0 9 * * *"
        attributes {"text": event:attrs{"text"}}
        setting(job)
      ent:daily := job{"id"}
    }
  }

  rule stop_daily {
    select when reminder unwanted_daily
    if ent:daily then schedule:remove(ent:daily)
    fired {
      clear ent:daily
    }
  }

  rule due {
    select when reminder due
    send_directive("remember", {"text": event:attrs{"text"}})
    fired {
      ent:reminders := reminders().append(event:attrs{"text"})
    }
  }
}
