//! The reference, in a process of its own.

use crate::Rates;
use krl_benches::case::Case;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// What the reference does of each case, if it is installed; with a folder, its clouds are kept there.
pub fn rates(cases: &[Case], each: Duration, store: Option<&Path>) -> Option<Rates> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("reference");
    if !folder.join("node_modules").is_dir() {
        return None;
    }
    let mut node = Command::new("node")
        .arg(folder.join("run.mjs"))
        .arg(each.as_millis().to_string())
        .args(store)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    let cases = serde_json::to_vec(cases).ok()?;
    node.stdin.take()?.write_all(&cases).ok()?;
    let output = node.wait_with_output().ok()?;
    serde_json::from_slice(&output.stdout).ok()
}
