// first line

/* licence
   of several lines */
ruleset a.b-c { // behind the brace

  // own line, above meta

  // own line too
  meta {
    /* inside */ name "x" // behind a property
    // last in meta
  }

  /**
   * Documentation
   * of the global block
   */
  global {
    a = 1 // behind a semicolon
    b = /* before a value */ 2
    c = // behind =
    3
    d = [
      1, // one
      2, // two
      3 // three
      // before the bracket
    ]
    e = {
      // only a comment
    }
    f = function(x /* param */, y) { // body
      // leading
      x /* between */ + y // trailing

      // before the brace
    }
    g = a
      .put("b", 1) // not the last
      .put("c", 2)
    h = a
      => // yes
      b
      | c // no

    // above k

    k = foo(/* none */)
    l = foo(
      a, // first
      b
    )
  }

  rule r { // rule
    select when a b // event
      or c d
    // above the action
    send_directive("x") // behind it
    fired {
      // nothing happens
    }
    // between
    else {
      last /* stop */
    }
  }
} // behind everything
// the end
