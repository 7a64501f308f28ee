// krl:allow(unused-name)
ruleset shop {
  global { a = 1 b = 2 }
}
