ruleset shop {
  rule plan {
    select when shop opened
    always {
      schedule shop event "report" repeat "0 25 * * *";
      schedule shop event "report" repeat "@daily";
      schedule shop event "report" repeat "every day";
      schedule shop event "report" at "tomorrow";
      schedule shop event "report" at "2030-01-01T00:00:00Z";
      schedule shop event "report" at time:add(time:now(), {"minutes": 1});
      schedule shop event "report" at [1]
    }
  }
  rule report { select when shop report send_directive("report") }
}
