ruleset shop {
  meta {
    use module io.picolabs.wrangler alias wrangler
    shares a, b
  }
  global {
    a = function() { engine:listChannels() }
    b = function() { wrangler:installedRulesets() + keys:google("key") + wrangler:chidlren() }
  }
  rule start {
    select when wrangler ruleset_added where event:attrs{"rids"} >< meta:rid
    engine:newChannel(meta:picoId, "shop", "secret")
    always {
      raise wrangler event "channel_creation_requested" attributes {"name": "x"};
      raise wrangler event "install_ruleset_request" attributes {"url": "x"};
      raise wrangler event "nosuch";
      raise wrangler event "new_chanel_request"
    }
  }
  rule ui { select when visual update send_directive("x") }
  rule typo { select when wrangler ruleset_instaled send_directive("x") }
}
