//! The columns: each language, and how its process is started.

use crate::Failure;
use crate::child::{Child, FLAG};
use crate::input::Input;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Which process does a column's work.
enum Runner {
    /// This program, as the peer of the name, with this in its environment.
    Own(&'static str, &'static [(&'static str, &'static str)]),
    /// A program that must be installed, with one of `programs/`.
    Other(&'static str, &'static str),
}

/// A language.
pub struct Column {
    pub title: &'static str,
    runner: Runner,
    /// How to get what it needs.
    needs: &'static str,
    /// The folder in this one without which it can't run.
    folder: Option<&'static str>,
}

const fn own(title: &'static str, peer: &'static str) -> Column {
    with(title, peer, &[])
}

const fn with(
    title: &'static str,
    peer: &'static str,
    environment: &'static [(&'static str, &'static str)],
) -> Column {
    Column { title, runner: Runner::Own(peer, environment), needs: "", folder: None }
}

/// All columns; the others are compared with the first.
pub const COLUMNS: &[Column] = &[
    own("KRL", "krl"),
    with("KRL, interpreted", "krl", &[("KRL_JIT", "off")]),
    Column {
        title: "Node",
        runner: Runner::Other("node", "run.mjs"),
        needs: "Node.js 20 (https://nodejs.org)",
        folder: None,
    },
    Column {
        title: "LuaJIT",
        runner: Runner::Other("luajit", "run.lua"),
        needs: "`apt install luajit lua-cjson`",
        folder: None,
    },
    own("rhai", "rhai"),
    own("rune", "rune"),
    own("boa", "boa"),
    Column {
        title: "reference",
        runner: Runner::Other("node", "reference.mjs"),
        needs: "`npm install --prefix benches/reference`",
        folder: Some("../reference/node_modules"),
    },
];

impl Column {
    /// Starts its process; an error says how to get what is missing.
    pub fn start(&self, input: &Input) -> Result<Child, Failure> {
        let home = Path::new(env!("CARGO_MANIFEST_DIR"));
        let missing = |folder: PathBuf| !folder.is_dir();
        if self.folder.is_some_and(|folder| missing(home.join(folder))) {
            return Err(format!("{} is left out: {}", self.title, self.needs).into());
        }
        let mut command;
        match &self.runner {
            Runner::Own(peer, environment) => {
                command = Command::new(std::env::current_exe()?);
                command.args([FLAG, peer]).envs(environment.iter().copied());
            }
            Runner::Other(program, script) => {
                command = Command::new(program);
                command.arg(home.join("programs").join(script));
            }
        }
        Child::start(command, input)
            .map_err(|error| format!("{} is left out ({error}): {}", self.title, self.needs).into())
    }
}
