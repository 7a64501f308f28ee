//! One file for each subcommand.

mod bench;
mod build;
mod check;
mod doctor;
mod eval;
mod explain;
mod fmt;
mod host;
mod install;
mod logs;
mod new;
mod push;
mod repl;
mod run;
mod serve;
mod shell;
mod trace;

use crate::args::{Cli, Command};
use crate::config::{self, Config};
use crate::exit::{self, Exit};
use crate::report::Printer;
use clap::ArgMatches;
use krl_compiler::check::CheckOptions;
use krl_vm::interp::compiled::{JitMode, Tier};
use std::path::PathBuf;
use std::sync::Arc;

/// What every subcommand gets.
pub struct Context {
    /// The project's choices.
    pub config: Config,
    /// Where they were read.
    pub config_path: Option<PathBuf>,
    /// How to print findings.
    pub printer: Printer,
}

impl Context {
    /// What makes machine code: as `chosen`, or else as the environment says.
    pub fn tier(&self, chosen: Option<JitMode>) -> Result<Option<Arc<dyn Tier>>, String> {
        let named = || match std::env::var("KRL_JIT") {
            Ok(mode) => mode.parse().map_err(|expected| format!("KRL_JIT {expected}")),
            Err(_) => Ok(JitMode::default()),
        };
        krl_host::jit::tier(chosen.map_or_else(named, Ok)?, None)
    }

    /// How to check: the levels that the project chose.
    pub fn check_options(&self) -> Result<CheckOptions, String> {
        let mut options = CheckOptions::default();
        for (code, level) in &self.config.lints {
            options.levels.set(code, level).map_err(|e| {
                let file = self.config_path.as_ref().map(|p| p.display().to_string());
                format!("{}: [lints]: {e}", file.unwrap_or_default())
            })?;
        }
        Ok(options)
    }
}

/// Runs the subcommand.
pub fn run(cli: &Cli, matches: &ArgMatches) -> Exit {
    let (config, config_path) = match config::load(cli.config.as_deref()) {
        Ok(found) => found,
        Err(problem) => return exit::usage(&problem),
    };
    let context = Context { config, config_path, printer: Printer::new(cli.color) };
    let own = || matches.subcommand().map(|(_, own)| own);
    match &cli.command {
        Command::New(args) => new::run(args),
        Command::Check(args) => check::run(&context, args),
        Command::Fmt(args) => fmt::run(&context, args),
        Command::Build(args) => build::run(&context, args),
        Command::Run(args) => run::run(&context, args, own()),
        Command::Eval(args) => eval::run(&context, args),
        Command::Repl(args) => repl::run(&context, args),
        Command::Serve(args) => serve::run(args),
        Command::Host(args) => host::run(args),
        Command::Push(args) => push::run(&context, args),
        Command::Install(args) => install::run(&context, args),
        Command::Logs(args) => logs::run(&context, args),
        Command::Trace(args) => trace::run(&context, args),
        Command::Bench { what } => bench::run(what),
        Command::Explain(args) => explain::run(args),
        Command::Doctor => doctor::run(&context),
        Command::Completions { shell } => shell::completions(*shell),
        Command::Man { folder } => shell::man(folder),
    }
}
