ruleset shop {
  meta { shares clock }
  global {
    clock = function(at) {
      time:strftime(at, "%H", {"tz": "Europe/Vienna"}) + time:strftime(at, "%H", {"tz": "Vienna"})
    }
  }
  rule plan {
    select when shop opened
    always {
      schedule shop event "report" repeat {"hour": 9, "minute": "*/5", "timezone": "europe/vienna"};
      schedule shop event "report" repeat {"hour": 9, "timezone": "Mars/Olympus"};
      schedule shop event "report" repeat {"hours": 9};
      schedule shop event "report" repeat {"month": 12};
      schedule shop event "report" repeat {"hour": "9am"};
      schedule shop event "report" repeat {"cron": "0 9 * * *", "tz": "UTC"};
      schedule shop event "report" repeat {"cron": "0 9 * *"};
      schedule shop event "report" repeat {"hour": event:attrs{"hour"}, "date": [1, 15]};
      schedule shop event "report" repeat "2030-01-01T00:00:00Z";
      schedule shop event "report" repeat 5
    }
  }
  rule report { select when shop report send_directive("report") }
}
