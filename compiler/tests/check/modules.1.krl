ruleset org.units {
  meta {
    provides metres, mark
    shares metres
    configure using scale = 1
  }
  global {
    metres = function(n) { n * scale }
    feet = function(n) { n * 3.28 }
    mark = defaction(n) { send_directive("mark", {"n": feet(n)}) }
  }
}
