//! How the command ends, and its two channels.

use std::io::Write;
use std::process::ExitCode;

/// How a run of the command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All is well.
    Ok,
    /// The rulesets have errors, or a step failed.
    Errors,
    /// The command was called wrongly, or a file can't be read.
    Usage,
    /// The tool itself is broken.
    Internal,
}

impl Exit {
    /// The worse of two.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        if other as u8 > self as u8 { other } else { self }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Prints on standard output. A reader that has gone away ends the program quietly, as a filter should.
pub fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    if out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_err() {
        std::process::exit(0);
    }
}

/// Says something on standard error.
pub fn say(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Says something that ends its lines itself.
pub fn say_raw(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// Says what was wrong with the call.
pub fn usage(problem: &str) -> Exit {
    say(&format!("krl: {problem}"));
    Exit::Usage
}

/// Says why something could not be done.
pub fn failure(problem: &str) -> Exit {
    say(&format!("krl: {problem}"));
    Exit::Errors
}
