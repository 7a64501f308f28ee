//! The `krl` command. `args` says what it accepts, `command/` holds one file for each subcommand, `session` the cloud behind `run`,
//! `eval` and `repl`, `program` the rulesets that are loaded into it, `bench` what `krl bench` measures.

mod args;
mod bench;
mod command;
mod config;
mod editor;
mod exit;
mod failure;
mod files;
mod manual;
mod paint;
mod program;
mod prompt;
mod remote;
mod report;
mod script;
mod session;
mod snippet;
mod table;
mod trace;

use clap::{CommandFactory, FromArgMatches};
use exit::Exit;
use std::process::ExitCode;

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Stack of the thread that works: trees and values may nest to limits of their own, far beyond the default stack's.
pub const STACK_BYTES: usize = 64 << 20;

fn main() -> ExitCode {
    let worker = std::thread::Builder::new().name("krl".into()).stack_size(STACK_BYTES);
    let ended = worker.spawn(work).map(std::thread::JoinHandle::join);
    match ended {
        Ok(Ok(exit)) => exit.into(),
        Ok(Err(_)) => {
            exit::say(
                "krl: internal error; please report it with the message above and the rulesets that cause it",
            );
            Exit::Internal.into()
        }
        Err(e) => {
            exit::say(&format!("krl: the system gives no thread: {e}"));
            Exit::Internal.into()
        }
    }
}

/// Parses the command line and does what it says. Wrong calls end in clap, with code 2.
fn work() -> Exit {
    let matches = args::Cli::command().get_matches();
    match args::Cli::from_arg_matches(&matches) {
        Ok(cli) => command::run(&cli, &matches),
        Err(e) => e.exit(),
    }
}
