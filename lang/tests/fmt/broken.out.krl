ruleset broken {
  meta {
    name "x"
    shares   a,b,
  }

  global {
    a = 1
    b   =   [1,
       2 3]
    c = 1
  }

  rule bad {   select when
     pre { x   = }
  }

  rule good {
    select when a b
  }
}
