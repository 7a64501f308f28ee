//! `krl explain`: the pages of diagnostic codes, operators and modules, offline.

use crate::args::Explain;
use crate::exit::{self, Exit};
use crate::manual;
use krl_lang::Code;

/// Prints a page, or a list.
pub fn run(args: &Explain) -> Exit {
    let page = match &args.name {
        None if args.library => Some(manual::list()),
        None => Some(manual::codes()),
        Some(name) => page(name.trim()),
    };
    match page {
        Some(page) => {
            exit::print(&page);
            Exit::Ok
        }
        None => exit::usage(&unknown(args.name.as_deref().unwrap_or_default().trim())),
    }
}

/// All that goes by the name: `klog` is an operator and a finding.
fn page(name: &str) -> Option<String> {
    let code = Code::find(name).map(|code| code.info().page.to_owned());
    let signature = krl_stdlib::find(name).map(|signature| manual::entry(signature, 1));
    let pages: Vec<String> = [code, signature, manual::module(name)].into_iter().flatten().collect();
    (!pages.is_empty()).then(|| pages.join("\n"))
}

/// A member without its module is most likely meant; else the nearest name.
fn unknown(name: &str) -> String {
    let members: Vec<_> =
        krl_stdlib::all().iter().filter(|s| s.name == name).map(|s| format!("`{}`", s.native.name)).collect();
    let meant = if members.is_empty() {
        krl_compiler::nearest(name, manual::names()).map(|near| format!("`{near}`"))
    } else {
        Some(members.join(" or "))
    };
    let help = match meant {
        Some(meant) => format!("did you mean {meant}?"),
        None => "`krl explain` lists the codes, `krl explain --library` the operators and modules".to_owned(),
    };
    format!("nothing is called `{name}`; {help}")
}
