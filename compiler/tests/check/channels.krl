ruleset shop {
  meta { use module io.picolabs.wrangler alias wrangler }
  rule a { select when shop a ctx:newChannel(["a"]) }
  rule b { select when shop b ctx:newChannel(tags = ["b"], eventPolicy = {"allow": [{"domain": "*", "name": "*"}], "deny": []}) }
  rule c { select when shop c wrangler:createChannel(["c"]) }
  rule d { select when shop d wrangler:createChannel(["d"], event:attrs{"e"}, event:attrs{"q"}) }
}
