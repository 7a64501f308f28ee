//! `krl repl`: expressions, declarations, events and queries, one after the other, on one cloud.

use super::Context;
use crate::args::Repl;
use crate::editor::{Editor, Input};
use crate::exit::{self, Exit};
use crate::program;
use crate::prompt::{Outcome, Prompt};
use crate::script::{self, Step};
use crate::session;
use krl_vm::data::Data;
use std::path::PathBuf;

const HELP: &str = "\
An expression prints its value, `name = …` declares a name.
  :type EXPR             the type of an expression, as far as it is known
  :event DOMAIN:TYPE …   send an event; attributes as key=value or as a JSON map
  :query RID:NAME …      ask a query; arguments likewise
  :advance DURATION      let time pass: 5 minutes
  :state                 entity variables, matches in progress and scheduled events
  :load FILE             install a ruleset; what it provides is a module from then on
  :help                  this
  :quit                  the end
";

/// Reads, evaluates, prints.
pub fn run(context: &Context, args: &Repl) -> Exit {
    let mut prompt = match Prompt::load(context, &args.files) {
        Ok(prompt) => prompt,
        Err(exit) => return exit,
    };
    let mut editor = match Editor::open() {
        Ok(editor) => editor,
        Err(problem) => return exit::usage(&problem),
    };
    if matches!(editor, Editor::Terminal { .. }) {
        exit::say(&format!("krl {}; :help tells what to type, :quit ends", env!("CARGO_PKG_VERSION")));
    }
    loop {
        let words = prompt.names().map(str::to_owned).collect();
        let text = match editor.read(words) {
            Input::Text(text) => text,
            Input::Nothing => continue,
            Input::End => return Exit::Ok,
        };
        match text.trim() {
            "" => {}
            ":quit" | ":q" => return Exit::Ok,
            command if command.starts_with(':') => obey(&mut prompt, context, command),
            _ => evaluate(&mut prompt, &text),
        }
    }
}

fn evaluate(prompt: &mut Prompt, text: &str) {
    match prompt.evaluate(text) {
        Outcome::Value(value) => exit::print(&format!("{}\n", value.to_json())),
        Outcome::Declared(names) if !names.is_empty() => exit::say(&format!("declared {}", names.join(", "))),
        Outcome::Declared(_) | Outcome::Failed => {}
    }
}

fn obey(prompt: &mut Prompt, context: &Context, command: &str) {
    let (verb, rest) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
    match verb {
        ":help" => exit::say_raw(HELP),
        ":state" => exit::print(&format!("{}\n", state(prompt))),
        ":type" => {
            if let Some(found) = prompt.type_of(rest) {
                exit::print(&format!("{found}\n"));
            }
        }
        ":load" => load(prompt, context, rest.trim()),
        ":event" | ":query" | ":advance" => {
            let line = command.trim_start_matches(':');
            match script::parse(line) {
                Ok(steps) => steps.iter().for_each(|step| perform(prompt, step)),
                Err(problem) => exit::say(&format!("error: {}", problem.trim_start_matches("line 1: "))),
            }
        }
        other => exit::say(&format!("error: there is no command `{other}`; :help lists them")),
    }
}

fn perform(prompt: &mut Prompt, step: &Step) {
    let answer = prompt.step(step);
    exit::print(&format!("{}\n", answer.line.to_json()));
}

fn load(prompt: &mut Prompt, context: &Context, path: &str) {
    if path.is_empty() {
        return exit::say("error: write :load FILE");
    }
    let Ok(programs) = program::load(context, &[PathBuf::from(path)]) else { return };
    let rids: Vec<String> = programs.iter().map(|p| p.unit.rid.to_string()).collect();
    match prompt.install(programs) {
        Ok(()) => exit::say(&format!("installed {}", rids.join(", "))),
        Err(problem) => exit::say(problem.trim_end()),
    }
}

/// The cloud's state, without the ruleset that inputs become.
fn state(prompt: &Prompt) -> String {
    let mut state = prompt.session.cloud.state();
    state.rulesets.retain(|ruleset| &*ruleset.rid != crate::snippet::RID);
    let text = serde_json::to_string_pretty(&session::state_to_data(&state));
    text.unwrap_or_else(|_| Data::Null.to_json())
}
