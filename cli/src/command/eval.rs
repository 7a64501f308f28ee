//! `krl eval`: the value of an expression, as JSON.

use super::Context;
use crate::args::Eval;
use crate::exit::{self, Exit};
use crate::files;
use crate::prompt::{Outcome, Prompt};
use std::path::Path;

/// Evaluates and prints.
pub fn run(context: &Context, args: &Eval) -> Exit {
    let source = match source(args) {
        Ok(source) => source,
        Err(problem) => return exit::usage(&problem),
    };
    let mut prompt = match Prompt::load(context, &args.modules) {
        Ok(prompt) => prompt,
        Err(exit) => return exit,
    };
    match prompt.evaluate(&source) {
        Outcome::Value(value) => {
            exit::print(&format!("{}\n", value.to_json()));
            Exit::Ok
        }
        Outcome::Declared(_) => exit::usage("there is no expression to evaluate"),
        Outcome::Failed => Exit::Errors,
    }
}

fn source(args: &Eval) -> Result<String, String> {
    if args.source != "-" {
        return Ok(args.source.clone());
    }
    let file = files::read(Path::new("-")).map_err(|e| e.to_string())?;
    String::from_utf8(file.bytes).map_err(|_| "standard input is not UTF-8".into())
}
