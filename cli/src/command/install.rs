//! `krl install`: puts a ruleset into a cloud of a host.

use super::{Context, push};
use crate::args::Install;
use crate::exit::{self, Exit};
use crate::remote::{Connection, text};
use krl_host::api::Operation;
use krl_vm::data::Data;

/// Pushes the ruleset if it is a file, and installs it.
pub fn run(context: &Context, args: &Install) -> Exit {
    install(context, args).unwrap_or_else(|exit| exit)
}

fn install(context: &Context, args: &Install) -> Result<Exit, Exit> {
    let config = match Data::parse(&args.configure) {
        Ok(config @ Data::Map(_)) => config,
        Ok(_) => {
            return Err(exit::usage("--configure must be a JSON map, such as '{\"currency\": \"EUR\"}'"));
        }
        Err(error) => return Err(exit::usage(&format!("--configure is no JSON: {error}"))),
    };
    let uploads = if is_address(&args.ruleset) {
        Vec::new()
    } else {
        push::prepare(context, &[args.ruleset.clone().into()])?
    };
    if uploads.len() > 1 {
        let problem = format!("{}: a folder with several rulesets; install them one by one", args.ruleset);
        return Err(exit::usage(&problem));
    }
    let host = Connection::new(&args.remote)?;
    let mut url = args.ruleset.clone();
    for upload in uploads {
        url = text(&push::push(&host, upload)?, "url");
    }
    let installed = host.ask(Operation::Install { id: args.cloud.clone(), url: url.clone(), config })?;
    if args.json {
        exit::print(&format!("{}\n", installed.to_json()));
    } else {
        let (rid, cloud) = (text(&installed, "rid"), text(&installed, "cloud"));
        exit::print(&format!("installed {rid} in cloud {cloud} from {url}\n"));
    }
    Ok(Exit::Ok)
}

/// Addresses have a scheme: `https://…`, `file:///…`, `krl:bundled/…`, `krl:sha256/…`.
fn is_address(ruleset: &str) -> bool {
    ruleset.contains("://") || ruleset.starts_with("krl:")
}
