//! What the benchmarks run on: the examples, and rulesets made to a size.

pub mod case;
pub mod engine;

use std::fmt::Write;

/// The sources of all examples, one after another.
#[must_use]
pub fn examples() -> Vec<String> {
    const SOURCES: &[&str] = &[
        include_str!("../../examples/counter/counter.krl"),
        include_str!("../../examples/guard/guard.krl"),
        include_str!("../../examples/hello/hello.krl"),
        include_str!("../../examples/orders/inventory.krl"),
        include_str!("../../examples/orders/orders.krl"),
        include_str!("../../examples/reminder/reminder.krl"),
        include_str!("../../examples/shopping/shopping.krl"),
        include_str!("../../examples/thermostat/thermostat.krl"),
        include_str!("../../examples/traffic/traffic.krl"),
        include_str!("../../examples/units/units.krl"),
        include_str!("../../examples/units/weather.krl"),
    ];
    SOURCES.iter().map(|s| (*s).to_owned()).collect()
}

/// A ruleset of at least `bytes` bytes in the style of real ones: shared functions, single-event rules with attributes, conditions,
/// entity variables, raised events.
#[must_use]
pub fn generated(bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 2_000);
    text.push_str("ruleset org.example.generated {\n  meta {\n    name \"Generated\"\n    shares total\n  }\n\n  global {\n");
    text.push_str("    total = function() {\n      ent:total.defaultsTo(0)\n    }\n");
    let mut n = 0;
    while text.len() < bytes / 3 {
        let _ = write!(
            text,
            "    // What item {n} is worth, with its discount.\n    worth{n} = function(item, discount = 0.{n}) {{\n      price = item{{[\"price\", \"amount\"]}}.defaultsTo({n})\n      label = <<item #{{item{{\"name\"}}.uc()}} of #{{n{n}(price)}}>>\n      price > 10 && label.length() < 80 => price * (1 - discount) | price\n    }}\n    n{n} = function(x) {{\n      [x, {n}, \"text\", true, null].filter(function(e) {{ e != null }}).map(function(e) {{ e + 1 }}).join(\", \")\n    }}\n"
        );
        n += 1;
    }
    text.push_str("  }\n");
    let mut n = 0;
    while text.len() < bytes {
        let _ = write!(
            text,
            "\n  rule handle{n} {{\n    select when shop item{n} name re#^(\\w+)$# setting(name)\n    pre {{\n      price = event:attrs{{\"price\"}}.as(\"Number\")\n      known = ent:items{{name}}.defaultsTo({{\"count\": 0, \"tags\": []}})\n    }}\n    if price > {n} then send_directive(\"sold\", {{\"name\": name, \"price\": price}})\n    fired {{\n      ent:items{{name}} := known.put(\"count\", known{{\"count\"}} + 1)\n      ent:total := total() + price\n      raise shop event \"sold\" attributes {{\"name\": name, \"price\": price}}\n    }} else {{\n      log info <<#{{name}} is too cheap>>\n    }}\n  }}\n"
        );
        n += 1;
    }
    text.push_str("}\n");
    text
}
