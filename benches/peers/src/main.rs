//! The same work in KRL and in languages of its kind, in one run: `cargo run --release`.
//!
//! Each language is a process of its own, this program again or one of `programs/run.*`; the driver asks each in turn for each row, so that
//! neighbouring figures come from the same minute. `-- ROW…` measures these rows only. What is not installed is left out.

mod boa;
mod child;
mod column;
mod input;
mod krl;
mod measure;
mod rhai;
mod row;
mod rune;
mod table;

use std::env;
use std::process::ExitCode;

/// What goes wrong in a peer.
type Failure = Box<dyn std::error::Error>;

/// As `krl` is built.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let result = match &args[..] {
        [flag, peer] if flag == child::FLAG => child::serve(peer),
        rows => table::print(rows),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
