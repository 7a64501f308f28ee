//! Inputs that mean harm, too large to be written down: each ends in a clear message, in bounded time and memory.
#![allow(clippy::unwrap_used, reason = "a failure here fails the test")]

use std::io::Write;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Only a guard against hanging: the machine may be busy and the build unoptimised.
const PATIENCE: Duration = Duration::from_secs(60);

fn krl(args: &[&str], stdin: &[u8]) -> Output {
    let start = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_krl"))
        .args(args)
        .env("NO_COLOR", "1")
        .env("COLUMNS", "100")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let stdin = stdin.to_vec();
    let writer = std::thread::spawn(move || {
        let _ = pipe.write_all(&stdin);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(start.elapsed() < PATIENCE, "{args:?} took {:?}", start.elapsed());
    output
}

fn check(args: &[&str], stdin: &[u8], code: i32, wanted: &str) {
    let output = krl(args, stdin);
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    let shown: String = text.chars().take(2000).collect();
    assert_eq!(output.status.code(), Some(code), "{args:?}: {shown}");
    assert!(text.contains(wanted), "{args:?} says {shown}\nwithout {wanted}");
    // `fmt` hands back a text that it cannot format.
    let limit = if args.contains(&"--stdin") { stdin.len() + 20_000 } else { 20_000 };
    assert!(text.len() < limit, "{args:?} says too much: {} bytes", text.len());
}

#[test]
fn ten_thousand_brackets_are_too_many() {
    for (open, close) in [("(", ")"), ("[", "]"), ("{\"a\":", "}"), ("function(){", "}")] {
        let deep =
            format!("ruleset a {{ global {{ x = {}1{} }} }}", open.repeat(10_000), close.repeat(10_000));
        for args in [&["check", "-"][..], &["check", "-", "--format", "json"], &["fmt", "--stdin"]] {
            check(args, deep.as_bytes(), 1, "nested deeper than");
        }
    }
    let open = format!("ruleset a {{ global {{ x = {}", "(".repeat(10_000));
    check(&["check", "-"], open.as_bytes(), 1, "KRL0007");
    let event =
        format!("ruleset a {{ rule b {{ select when {}c d{} }} }}", "(".repeat(10_000), ")".repeat(10_000));
    check(&["check", "-"], event.as_bytes(), 1, "nested deeper than");
    let expression = format!("{}1{}", "(".repeat(10_000), ")".repeat(10_000));
    check(&["eval", "-"], expression.as_bytes(), 1, "nested deeper than");
    check(&["repl"], format!("{expression}\n1 + 1\n").as_bytes(), 0, "2");
    check(&["eval", "-"], format!("{}1", "1 + ".repeat(10_000)).as_bytes(), 1, "deeper than");
}

#[test]
fn deep_values_are_too_deep() {
    let deep = "0.range(100000).reduce(function(a, i) { [a] }, [])";
    check(&["eval", deep], b"", 1, "Maximum call stack size exceeded");
    check(&["eval", &format!("{deep}.encode()")], b"", 1, "Maximum call stack size exceeded");
    check(&["eval", &format!("{deep} == {deep}")], b"", 1, "Maximum call stack size exceeded");
    let attrs = format!("{{\"a\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/hello/hello.krl");
    check(&["run", file, "--event", "door:knock", "--attrs", &attrs], b"", 2, "is not a JSON map");
}

#[test]
fn a_pattern_that_backtracks_is_stopped() {
    let long = "a".repeat(5_000);
    check(&["eval", &format!("\"{long}b\".match(re#^(a+)+$#)")], b"", 0, "false");
    check(
        &["eval", &format!("\"{long}b\".match(re#^(a|aa)+\\1$#)")],
        b"",
        1,
        "needs more steps than its budget allows",
    );
}

#[test]
fn a_line_of_fifty_megabytes_is_no_ruleset() {
    let line = vec![b'a'; 50 << 20];
    for args in [&["check", "-"][..], &["fmt", "--stdin"], &["eval", "-"]] {
        check(args, &line, 2, "larger than 16 MiB");
    }
}

#[test]
fn a_line_of_eight_megabytes_is_checked() {
    let text = format!("ruleset a {{ global {{ x = \"{}\" y = nosuch }} }}", "a".repeat(8 << 20));
    check(&["check", "-"], text.as_bytes(), 1, "`nosuch` is not defined");
}
