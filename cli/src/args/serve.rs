//! What `krl serve` accepts: the host's settings, from the table that its file and its documentation use too.

use clap::Args;
use krl_host::config::TABLE;
use std::path::PathBuf;

const EXAMPLES: &str = "Examples:
  krl serve
  krl serve --home /srv/clouds --port 8080 --base-url https://clouds.example
  krl serve --tls-certificate fullchain.pem --tls-key key.pem
  krl serve --address 127.0.0.1 --log-level warn --log-format json";

/// Under what a setting stands in the help, by the section of its key.
fn heading(key: &str) -> &'static str {
    match key.split_once('.') {
        None => "Host",
        Some(("limits", _)) => "Limits of the network",
        Some(("budgets", _)) => "Limits of programs",
        Some(("tls", _)) => "Encryption",
        Some(("log", _)) => "Log",
        Some(("outside", _)) => "What programs may reach",
        Some(_) => "More",
    }
}

/// Host clouds. Settings may also stand in a file or the environment; docs/host.md lists them all.
#[derive(Debug)]
pub struct Serve {
    /// The settings file [default: host.toml in the host's folder]
    pub settings: Option<PathBuf>,
    /// The settings that were given: flag and value.
    pub given: Vec<(String, String)>,
}

impl Args for Serve {
    fn augment_args(command: clap::Command) -> clap::Command {
        let file = clap::Arg::new("settings")
            .long("settings")
            .value_name("FILE")
            .value_parser(clap::value_parser!(PathBuf))
            .help("The settings file [default: host.toml in the host's folder]");
        let command = command.after_help(EXAMPLES).arg(file);
        TABLE.iter().fold(command, |command, setting| {
            let arg = clap::Arg::new(setting.flag);
            // What others call it.
            let arg = if setting.flag == "traces" { arg.visible_alias("otlp") } else { arg };
            command.arg(
                arg.long(setting.flag)
                    .value_name(setting.value)
                    .help_heading(heading(setting.key))
                    .help(format!("{} [env: {}] [default: {}]", setting.about, setting.env, setting.default)),
            )
        })
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

impl clap::FromArgMatches for Serve {
    fn from_arg_matches(matches: &clap::ArgMatches) -> Result<Self, clap::Error> {
        let settings = matches.get_one::<PathBuf>("settings").cloned();
        let given = TABLE.iter().filter_map(|setting| {
            let value = matches.get_one::<String>(setting.flag)?;
            Some((setting.flag.to_owned(), value.clone()))
        });
        Ok(Self { settings, given: given.collect() })
    }

    fn update_from_arg_matches(&mut self, matches: &clap::ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
