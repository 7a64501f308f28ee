ruleset org.example.units {
  meta {
    name "Units"
    description <<Scales numbers; each user configures its own>>
    configure using
      scale = 1
      label = "units"
    provides format, announce, precision
  }

  global {
    precision = 2
    format = function(n) {
      rounded = math:round(n * scale, precision)
      <<#{rounded} #{label}>>
    }
    announce = defaction(n) {
      text = format(n)
      send_directive("announce", {"text": text}) setting(directive)
      return directive{["options", "text"]}
    }
  }
}
