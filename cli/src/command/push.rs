//! `krl push`: takes rulesets to a host, which answers their addresses.

use super::Context;
use crate::args::Push;
use crate::exit::{self, Exit};
use crate::files;
use crate::program;
use crate::remote::{Connection, text};
use krl_host::api::Operation;
use krl_vm::data::Data;
use std::path::PathBuf;

/// Checks all rulesets, then pushes them.
pub fn run(context: &Context, args: &Push) -> Exit {
    let pushed = |facts: &Data| {
        if args.json {
            exit::print(&format!("{}\n", facts.to_json()));
        } else {
            exit::print(&format!("{}\n", text(facts, "url")));
        }
    };
    let uploads = match prepare(context, &args.files) {
        Ok(uploads) => uploads,
        Err(exit) => return exit,
    };
    let host = match Connection::new(&args.remote) {
        Ok(host) => host,
        Err(exit) => return exit,
    };
    for upload in uploads {
        match push(&host, upload) {
            Ok(facts) => pushed(&facts),
            Err(exit) => return exit,
        }
    }
    Exit::Ok
}

/// A ruleset on its way.
pub struct Upload {
    /// Its file.
    path: String,
    /// What the host gets.
    content: Vec<u8>,
}

/// Rulesets that compile, modules first. What the checker finds is told, and nothing is sent if one has errors.
pub fn prepare(context: &Context, paths: &[PathBuf]) -> Result<Vec<Upload>, Exit> {
    let (files, errors) = files::read_all(paths);
    for error in &errors {
        exit::usage(&error.to_string());
    }
    if !errors.is_empty() {
        return Err(Exit::Usage);
    }
    let programs = program::checked(context, &files)?;
    let upload = |program: program::Program| {
        let stored = files.iter().filter(|file| program::is_stored(file));
        let mut stored = stored.filter(|file| file.path.display().to_string() == program.path);
        let content = match stored.next() {
            Some(file) => file.bytes.clone(),
            None => program.unit.source.as_bytes().to_vec(),
        };
        Upload { path: program.path, content }
    };
    Ok(programs.into_iter().map(upload).collect())
}

/// Takes one to the host; answers what that knows of it.
pub fn push(host: &Connection, upload: Upload) -> Result<Data, Exit> {
    let facts = host.ask(Operation::Push { content: upload.content })?;
    exit::say(&format!("pushed {} as {}", upload.path, text(&facts, "rid")));
    Ok(facts)
}
