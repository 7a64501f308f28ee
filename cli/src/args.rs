//! The command line: what `krl` accepts. One struct a subcommand; `command/` holds one file for each.

mod bench;
mod operator;
mod serve;

pub use bench::{Bench, BenchClouds};
pub use operator::{Host, HostCommand, Install, Level, Logs, Push, Remote, Trace};
pub use serve::Serve;

use clap::{Args, Parser, Subcommand, ValueEnum};
use krl_vm::interp::compiled::JitMode;
use std::path::PathBuf;

/// Write, check, format and run KRL rulesets.
#[derive(Debug, Parser)]
#[command(name = "krl", version, about, propagate_version = true, max_term_width = 100)]
pub struct Cli {
    /// When to use colour
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto, value_name = "WHEN")]
    pub color: Colour,
    /// The project's configuration [default: krl.toml in this folder or above]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    #[command(subcommand)]
    pub command: Command,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start a project or a ruleset
    New(New),
    /// Tell whether rulesets can work
    Check(Check),
    /// Format rulesets
    Fmt(Fmt),
    /// Compile rulesets to .krlc files
    Build(Build),
    /// Run rulesets on an in-memory cloud: events and queries in, JSON lines out
    Run(Run),
    /// Evaluate expressions
    Eval(Eval),
    /// Evaluate expressions and send events interactively
    Repl(Repl),
    /// Host clouds: the event and query API on the network, the data in a folder
    Serve(Serve),
    /// Operate a host: owners, clouds, limits, backups
    Host(Host),
    /// Take rulesets to a host
    Push(Push),
    /// Install a ruleset in a cloud of a host
    Install(Install),
    /// Show what happened in a cloud of a host
    Logs(Logs),
    /// Explain what became of an event or a query: why each rule fired or not
    Trace(Trace),
    /// Measure this machine: very many clouds on a disk
    Bench {
        #[command(subcommand)]
        what: Bench,
    },
    /// Explain a diagnostic code, an operator or a module
    Explain(Explain),
    /// Tell versions, configuration and limits, and test that the machine works
    Doctor,
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write the manual pages into a folder
    Man {
        /// The folder
        folder: PathBuf,
    },
}

/// Start a project or a ruleset.
#[derive(Debug, Args)]
pub struct New {
    /// What to make
    #[arg(value_enum)]
    pub kind: NewKind,
    /// A folder for `project`, a ruleset id such as org.example.shop for the others
    pub name: String,
    /// Overwrite files that exist
    #[arg(long)]
    pub force: bool,
}

/// What `krl new` makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum NewKind {
    /// A folder with krl.toml, a ruleset and a script
    Project,
    /// A ruleset with a rule and a shared function
    Ruleset,
    /// A module with configuration
    Module,
}

/// Tell whether rulesets can work.
#[derive(Debug, Args)]
pub struct Check {
    /// Rulesets, or folders that hold some; `-` reads standard input
    #[arg(value_name = "FILE|DIR", default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// How to print findings
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
    /// What else fails the check
    #[arg(long, value_name = "WHAT", value_parser = ["warnings", "hints"])]
    pub deny: Option<String>,
    /// Show hints too
    #[arg(long)]
    pub hints: bool,
}

/// How to print findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Source excerpts for people
    Human,
    /// One JSON object a line
    Json,
    /// SARIF 2.1.0
    Sarif,
    /// GitHub workflow annotations
    Github,
}

/// Format rulesets.
#[derive(Debug, Args)]
pub struct Fmt {
    /// Rulesets, or folders that hold some
    #[arg(value_name = "FILE|DIR", default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// Change nothing; fail if a file is not formatted
    #[arg(long)]
    pub check: bool,
    /// Change nothing; print what would change
    #[arg(long)]
    pub diff: bool,
    /// Read standard input, write standard output
    #[arg(long, conflicts_with = "paths")]
    pub stdin: bool,
}

/// Compile rulesets.
#[derive(Debug, Args)]
pub struct Build {
    /// Rulesets, or folders that hold some
    #[arg(value_name = "FILE|DIR", required = true)]
    pub paths: Vec<PathBuf>,
    /// Where to put the .krlc files [default: beside the sources]
    #[arg(long, short, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Print inner forms to standard output instead, one after the other: `clif,asm`
    #[arg(long, value_enum, value_name = "FORM", value_delimiter = ',')]
    pub emit: Vec<Emit>,
}

/// Inner forms for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Emit {
    /// The tokens
    Tokens,
    /// The syntax tree
    Ast,
    /// The bytecode
    Bytecode,
    /// Cranelift's intermediate form of each function's machine code, before it is optimized
    Clif,
    /// The machine code of each function, for this machine's processor
    Asm,
}

/// Run rulesets on an in-memory cloud. The step options may be repeated; steps run in the order in which they stand.
#[derive(Debug, Args)]
#[command(
    after_help = "A script holds one step a line:\n  event domain:type key=value … {\"json\": …}\n  query rid:name key=value … {\"json\": …}\n  advance 5 minutes\n  at 2026-01-01T00:00:00Z\nor JSON lines: {\"event\": {\"domain\", \"name\", \"attrs\"}}, {\"query\": {\"rid\", \"name\", \"args\"}}, {\"advance\": \"5 minutes\"}."
)]
pub struct Run {
    /// Rulesets (.krl or .krlc), in the order in which to install them; modules go before their users where they must
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Send an event
    #[arg(long, value_name = "DOMAIN:TYPE")]
    pub event: Vec<String>,
    /// A text attribute of the event before
    #[arg(long, value_name = "KEY=VALUE")]
    pub attr: Vec<String>,
    /// Attributes of the event before, as a JSON map
    #[arg(long, value_name = "JSON")]
    pub attrs: Vec<String>,
    /// Ask a query
    #[arg(long, value_name = "RID:NAME")]
    pub query: Vec<String>,
    /// A text argument of the query before
    #[arg(long, value_name = "KEY=VALUE")]
    pub arg: Vec<String>,
    /// Run the steps of a file; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    pub script: Vec<PathBuf>,
    /// Let virtual time pass: `5 minutes`
    #[arg(long, value_name = "DURATION")]
    pub advance: Vec<String>,
    /// Set the virtual clock, which otherwise starts now: `2026-01-31T12:00:00Z`
    #[arg(long, value_name = "TIME")]
    pub at: Vec<String>,
    /// Tell on standard error why each rule was or was not selected, what fired and what changed
    #[arg(long)]
    pub trace: bool,
    /// Run again whenever a file changes
    #[arg(long)]
    pub watch: bool,
    /// Seed of the random generator
    #[arg(long, default_value_t = 0, value_name = "NUMBER")]
    pub seed: u64,
    /// Machine code for functions: `on` for those called often, `off`, `force` for all [env: KRL_JIT]
    #[arg(long, value_name = "MODE")]
    pub jit: Option<JitMode>,
}

/// Evaluate expressions.
#[derive(Debug, Args)]
pub struct Eval {
    /// Declarations and expressions; the last one's value is printed as JSON, functions and regular expressions as text.
    /// `-` reads standard input
    #[arg(value_name = "EXPR", allow_hyphen_values = true)]
    pub source: String,
    /// Rulesets whose provided names are a module here, called by the last word of the ruleset's id
    #[arg(long = "use", value_name = "FILE")]
    pub modules: Vec<PathBuf>,
}

/// Evaluate interactively.
#[derive(Debug, Args)]
pub struct Repl {
    /// Rulesets to install on the cloud behind the prompt
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

/// Explain a diagnostic code, an operator or a module.
#[derive(Debug, Args)]
pub struct Explain {
    /// A code (KRL0201, 0201 or its name), an operator (`map`), a module (`math`) or its member (`math:round`); without one, the list
    /// of all codes
    pub name: Option<String>,
    /// List the operators and modules
    #[arg(long, conflicts_with = "name")]
    pub library: bool,
}
