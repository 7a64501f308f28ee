ruleset shop {
  rule a {
    select when shop a
    always { last; log info "never"; log info "ever" }
  }
  rule b {
    select when shop b
    if event:attrs{"x"} then noop()
    fired { error error "bad"; log info "never" }
    else { error warn "bad"; log info "runs"; last if event:attrs{"y"}; log info "runs" }
  }
  rule c {
    select when shop c
    send_directive("x")
    notfired { log info "never" }
  }
  rule d {
    select when shop d
    send_directive("x")
    fired { log info "runs" } else { log info "never" } finally { log info "runs" }
  }
}
