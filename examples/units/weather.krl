ruleset org.example.weather {
  meta {
    name "Weather"
    description <<Uses one module twice, configured differently>>
    use module org.example.units alias metric with
      scale = 1
      label = "km/h"
    use module org.example.units alias imperial with
      scale = 0.621371
      label = "mph"
    shares wind
  }

  global {
    wind = function(speed = ent:wind.defaultsTo(0)) {
      {"metric": metric:format(speed), "imperial": imperial:format(speed)}
    }
  }

  rule measured {
    select when weather wind speed re#^(\d+(?:\.\d+)?)$# setting(text)
    pre {
      speed = text.as("Number")
    }
    imperial:announce(speed) setting(said)
    fired {
      ent:wind := speed
      ent:said := said
    }
  }
}
