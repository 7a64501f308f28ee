//! `krl explain`: the page of a diagnostic code, offline.

use crate::args::Explain;
use crate::exit::{self, Exit};
use krl_lang::{Code, Severity};

/// Prints a page, or the list of codes.
pub fn run(args: &Explain) -> Exit {
    let Some(wanted) = &args.code else {
        for code in Code::ALL {
            let info = code.info();
            let level = match info.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Hint => "hint",
            };
            exit::print(&format!("{}  {level:<7}  {:<34}  {}\n", info.id, info.name, info.summary));
        }
        return Exit::Ok;
    };
    match Code::find(wanted) {
        Some(code) => {
            exit::print(code.info().page);
            Exit::Ok
        }
        None => exit::usage(&format!("there is no code `{wanted}`; `krl explain` lists them all")),
    }
}
