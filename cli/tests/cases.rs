//! The command from outside: each file in `cases/` holds command lines and what they must do.
//!
//! A case is a text: `=== file NAME` opens a file to be written before, `=== stdin` what is typed, `=== $ krl …` a command. Below a command
//! stands what it printed on standard output; lines of standard error begin with `! `, a code other than 0 is `exit N`. With
//! `KRL_BLESS=1` the results are written instead of compared.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failure here fails the test")]

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// Runs the case in a folder of its own; answers it as it should be written.
fn run(text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let (mut out, mut stdin) = (String::new(), String::new());
    for section in text.split_inclusive('\n').fold(Vec::<String>::new(), |mut sections, line| {
        match sections.last_mut() {
            Some(last) if !line.starts_with("=== ") => last.push_str(line),
            _ => sections.push(line.to_owned()),
        }
        sections
    }) {
        let (head, body) = section.split_once('\n').unwrap();
        match head.strip_prefix("=== ") {
            None => out.push_str(&section),
            Some("stdin") => {
                stdin = body.to_owned();
                out.push_str(&section);
            }
            Some(head) => match head.strip_prefix("file ") {
                Some(name) => {
                    let path = folder.path().join(name);
                    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                    std::fs::write(path, unescape(body)).unwrap();
                    out.push_str(&section);
                }
                None => {
                    let _ = write!(out, "=== {head}\n{}", command(head, &stdin, folder.path()));
                    stdin.clear();
                }
            },
        }
    }
    out
}

/// `\xNN` stands for a byte, `\r` for a carriage return: a case is a text.
fn unescape(body: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = body;
    while let Some(at) = rest.find("\\x").into_iter().chain(rest.find("\\r")).min() {
        bytes.extend(&rest.as_bytes()[..at]);
        if rest[at..].starts_with("\\r") {
            bytes.push(b'\r');
            rest = &rest[at + 2..];
        } else {
            bytes.push(u8::from_str_radix(&rest[at + 2..at + 4], 16).unwrap());
            rest = &rest[at + 4..];
        }
    }
    bytes.extend(rest.as_bytes());
    bytes
}

fn command(head: &str, stdin: &str, folder: &Path) -> String {
    let words = words(head.strip_prefix("$ krl").unwrap_or_else(|| panic!("no command: {head}")));
    let mut child = Command::new(env!("CARGO_BIN_EXE_krl"))
        .args(words)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .env("COLUMNS", "100")
        .env("XDG_STATE_HOME", folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let stdin = stdin.to_owned();
    let writer = std::thread::spawn(move || {
        // The command may end before it has read everything.
        let _ = pipe.write_all(stdin.as_bytes());
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let mut text = String::from_utf8(output.stdout).unwrap();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    for line in String::from_utf8(output.stderr).unwrap().lines() {
        let _ = writeln!(text, "! {}", line.trim_end());
    }
    match output.status.code() {
        Some(0) => {}
        code => {
            let _ = writeln!(text, "exit {}", code.unwrap_or(-1));
        }
    }
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// Words as a shell splits them: blanks separate, single quotes hold together.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted, mut open) = (Vec::new(), String::new(), false, false);
    for c in line.chars() {
        match c {
            '\'' => (quoted, open) = (!quoted, true),
            ' ' if !quoted => {
                if open {
                    words.push(std::mem::take(&mut word));
                }
                open = false;
            }
            c => {
                word.push(c);
                open = true;
            }
        }
    }
    if open {
        words.push(word);
    }
    words
}

#[test]
fn every_case_does_what_it_says() {
    let bless = std::env::var_os("KRL_BLESS").is_some();
    let mut wrong = Vec::new();
    for path in cases() {
        let text = std::fs::read_to_string(&path).unwrap();
        let got = run(&text);
        if got != text {
            if bless {
                std::fs::write(&path, got).unwrap();
            } else {
                wrong.push(format!("{}\n--- wanted\n{text}\n--- got\n{got}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
