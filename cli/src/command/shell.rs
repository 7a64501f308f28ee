//! `krl completions` and `krl man`: what shells and manuals need, made of the command line itself.

use crate::args::Cli;
use crate::exit::{self, Exit};
use clap::CommandFactory;
use std::path::Path;

/// Prints a completion script.
pub fn completions(shell: clap_complete::Shell) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "krl", &mut script);
    exit::print(&String::from_utf8_lossy(&script));
    Exit::Ok
}

/// Writes a manual page for each subcommand.
pub fn man(folder: &Path) -> Exit {
    let written =
        std::fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(Cli::command(), folder));
    match written {
        Ok(()) => Exit::Ok,
        Err(e) => exit::usage(&format!("{}: {e}", folder.display())),
    }
}
