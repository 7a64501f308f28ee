//! `krl check` of a ruleset of 20 kB, from process start to end: what an editor or a hook waits for.
#![allow(clippy::unwrap_used, reason = "a bench that cannot run has nothing to say")]

use std::fmt::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const RUNS: usize = 60;

fn main() {
    // `cargo test --benches` only wants to know that it starts.
    let runs = if std::env::args().any(|arg| arg == "--bench") { RUNS } else { 1 };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("big.krl");
    let source = ruleset(20_000);
    std::fs::write(&file, &source).unwrap();
    let mut times: Vec<Duration> = (0..runs)
        .map(|_| {
            let start = Instant::now();
            let mut check = Command::new(env!("CARGO_BIN_EXE_krl"));
            check.arg("check").arg(&file).stdout(Stdio::null()).stderr(Stdio::null());
            assert!(check.status().unwrap().success());
            start.elapsed()
        })
        .collect();
    times.sort();
    let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default();
    println!(
        "krl check, {} bytes: median {:?}, best {:?}, 90th percentile {:?}",
        source.len(),
        at(50),
        at(0),
        at(90)
    );
}

/// A ruleset of about `size` bytes: functions, rules with patterns, entity variables.
fn ruleset(size: usize) -> String {
    let mut globals = String::new();
    let mut rules = String::new();
    let mut n = 0;
    while globals.len() + rules.len() < size {
        let _ = write!(
            globals,
            r#"    total{n} = function(orders, limit = {n}) {{
      orders
        .filter(function(order) {{
          order{{"price"}} > limit
        }})
        .map(function(order) {{
          order{{"price"}} * order{{"amount"}}
        }})
        .reduce(function(a, b) {{
          a + b
        }}, 0)
    }}
"#
        );
        let _ = write!(
            rules,
            r#"  rule order{n} {{
    select when shop ordered{n} item re#^(\w+)$# amount re#^(\d+)$# setting(item, amount)
    pre {{
      before_now = ent:orders{n}.defaultsTo([])
      all = before_now.append({{"item": item, "amount": amount.as("Number"), "price": {n}}})
    }}
    if all.length() < 100 then every {{
      send_directive("ordered", {{"item": item, "total": total{n}(all)}})
    }}
    fired {{
      ent:orders{n} := all
      raise shop event "noted{n}" attributes {{"item": item}}
    }} else {{
      log warn <<too many orders of #{{item}}>>
    }}
  }}
  rule note{n} {{
    select when shop noted{n} where event:attrs{{"item"}} != "nothing"
    send_directive("noted", {{"item": event:attrs{{"item"}}}})
  }}
"#
        );
        n += 1;
    }
    format!("ruleset org.example.big {{\n  global {{\n{globals}  }}\n{rules}}}\n")
}
