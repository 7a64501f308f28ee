//! Reading inputs: with editing, history and completion at a terminal, plain lines from a pipe. An input goes on over lines until it is
//! whole.

use krl_lang::parse_program;
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::DefaultHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Context, Helper, Result};
use std::io::{BufRead, IsTerminal};
use std::path::PathBuf;

/// What was read.
pub enum Input {
    /// An input.
    Text(String),
    /// Nothing: the author gave up this input.
    Nothing,
    /// There is no more.
    End,
}

/// Where inputs come from.
pub enum Editor {
    /// A terminal.
    Terminal {
        /// The line editor.
        editor: Box<rustyline::Editor<Words, DefaultHistory>>,
        /// Where inputs are remembered.
        history: Option<PathBuf>,
    },
    /// A pipe or a file.
    Pipe,
}

impl Editor {
    /// A line editor if standard input is a terminal.
    pub fn open() -> std::result::Result<Self, String> {
        if !std::io::stdin().is_terminal() {
            return Ok(Self::Pipe);
        }
        let mut editor = rustyline::Editor::<Words, DefaultHistory>::new().map_err(|e| e.to_string())?;
        editor.set_helper(Some(Words::default()));
        let history = history_file();
        if let Some(path) = &history {
            // The first session has no history yet.
            let _ = editor.load_history(path);
        }
        Ok(Self::Terminal { editor: Box::new(editor), history })
    }

    /// Reads an input; `words` are what completion offers besides the language's own.
    pub fn read(&mut self, words: Vec<String>) -> Input {
        match self {
            Self::Pipe => from_pipe(),
            Self::Terminal { editor, history } => {
                if let Some(helper) = editor.helper_mut() {
                    helper.session = words;
                }
                match editor.readline("krl> ") {
                    Ok(text) => {
                        let _ = editor.add_history_entry(text.as_str());
                        if let Some(path) = history {
                            let _ = editor.save_history(path);
                        }
                        Input::Text(text)
                    }
                    Err(ReadlineError::Interrupted) => Input::Nothing,
                    Err(_) => Input::End,
                }
            }
        }
    }
}

/// `krl/history` in the user's state folder.
fn history_file() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let state = set("XDG_STATE_HOME")
        .or_else(|| set("LOCALAPPDATA"))
        .or_else(|| set("HOME").map(|home| home.join(".local").join("state")))?;
    let folder = state.join("krl");
    std::fs::create_dir_all(&folder).ok()?;
    Some(folder.join("history"))
}

fn from_pipe() -> Input {
    let mut text = String::new();
    let mut lines = std::io::stdin().lock();
    loop {
        let before = text.len();
        match lines.read_line(&mut text) {
            Ok(0) | Err(_) if before == 0 => return Input::End,
            Ok(0) | Err(_) => return Input::Text(text),
            Ok(_) if is_whole(&text) => return Input::Text(text),
            Ok(_) => {}
        }
    }
}

fn is_whole(text: &str) -> bool {
    text.trim_start().starts_with(':') || !parse_program(text).is_incomplete()
}

/// Completion, and whether an input is whole.
#[derive(Debug, Default)]
pub struct Words {
    session: Vec<String>,
}

/// What the prompt understands besides KRL.
pub const COMMANDS: [&str; 8] =
    [":event", ":help", ":load", ":query", ":quit", ":state", ":type", ":advance"];

impl Words {
    /// Where the word before `end` begins, and what it may become.
    fn candidates(&self, line: &str, end: usize) -> (usize, Vec<String>) {
        let before = line.get(..end).unwrap_or_default();
        let part = |c: char| c.is_alphanumeric() || c == '_';
        let start = before
            .rfind(|c| !part(c))
            .map_or(0, |at| at + before.get(at..).and_then(|t| t.chars().next()).map_or(1, char::len_utf8));
        let word = before.get(start..).unwrap_or_default();
        let ahead = before.get(..start).unwrap_or_default();
        if ahead == ":" {
            let commands =
                COMMANDS.iter().filter_map(|c| c.strip_prefix(':')).filter(|c| c.starts_with(word));
            return (start, commands.map(str::to_owned).collect());
        }
        let mut found: Vec<String> = if let Some(module) = ahead.strip_suffix(':') {
            let module = module.rsplit(|c| !part(c)).next().unwrap_or_default();
            krl_stdlib::members(module).iter().map(|s| s.name.to_owned()).collect()
        } else if ahead.ends_with('.') {
            krl_stdlib::operators().iter().map(|s| s.name.to_owned()).collect()
        } else {
            let modules = krl_stdlib::modules().iter().map(|m| format!("{m}:"));
            modules.chain(self.session.iter().cloned()).collect()
        };
        found.retain(|name| name.starts_with(word));
        found.sort_unstable();
        found.dedup();
        (start, found)
    }
}

impl Completer for Words {
    type Candidate = String;

    fn complete(&self, line: &str, pos: usize, _: &Context<'_>) -> Result<(usize, Vec<String>)> {
        Ok(self.candidates(line, pos))
    }
}

impl Validator for Words {
    fn validate(&self, ctx: &mut ValidationContext<'_>) -> Result<ValidationResult> {
        let whole = is_whole(ctx.input());
        Ok(if whole { ValidationResult::Valid(None) } else { ValidationResult::Incomplete })
    }
}

impl Hinter for Words {
    type Hint = String;
}

impl Highlighter for Words {}

impl Helper for Words {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_completed() {
        let words = Words { session: vec!["doubled".into(), "dozen".into()] };
        for (line, start, wanted) in [
            ("1 + do", 4, vec!["doubled", "dozen"]),
            ("math:ab", 5, vec!["abs"]),
            ("[1].rev", 4, vec!["reverse"]),
            (":ty", 1, vec!["type"]),
            ("ran", 0, vec!["random:"]),
            ("\"é\".capit", 5, vec!["capitalize"]),
        ] {
            let (from, found) = words.candidates(line, line.len());
            assert_eq!((from, found), (start, wanted.into_iter().map(str::to_owned).collect()), "{line}");
        }
    }

    #[test]
    fn inputs_go_on_until_they_are_whole() {
        for (text, whole) in [
            ("1 +", false),
            ("f = function(x) {", false),
            ("1 + 1", true),
            (":type [", true),
            ("<<a", false),
            (")", true),
        ] {
            assert_eq!(is_whole(text), whole, "{text}");
        }
    }
}
