//! What operators' commands accept: `krl host`, `krl push`, `krl install`, `krl logs`, `krl trace`.

use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Which host, and what shows that its operator asks.
#[derive(Debug, Args)]
#[command(next_help_heading = "Host")]
pub struct Remote {
    /// The host's address [env: KRL_HOST] [default: http://localhost:3000]
    #[arg(long, value_name = "URL", global = true)]
    pub host: Option<String>,
    /// The operator's token [env: KRL_TOKEN] [default: the token file, for a host here]
    #[arg(long, value_name = "TOKEN", global = true, conflicts_with = "token_file")]
    pub token: Option<String>,
    /// The file with the operator's token [default: operator.token in KRL_HOME or ~/.krl]
    #[arg(long, value_name = "FILE", global = true)]
    pub token_file: Option<PathBuf>,
    /// A certificate (PEM) to trust instead of the system's authorities
    #[arg(long, value_name = "FILE", global = true)]
    pub certificate: Option<PathBuf>,
}

/// Operate a host.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  krl host stats\n  krl host create-owner Ada\n  krl host quota c1ovs… clouds=100 events_per_second=50\n  KRL_TOKEN=… krl host owners --host https://clouds.example\n  krl host backup /var/backups/clouds.krlstore\n  krl host restore /var/backups/clouds.krlstore --home /srv/clouds"
)]
pub struct Host {
    /// Print answers as JSON
    #[arg(long, global = true)]
    pub json: bool,
    #[command(flatten)]
    pub remote: Remote,
    #[command(subcommand)]
    pub command: HostCommand,
}

#[derive(Debug, Subcommand)]
pub enum HostCommand {
    /// List the owners
    Owners,
    /// Make an owner with a root cloud
    CreateOwner {
        /// What people call it
        name: String,
    },
    /// Stop the clouds of an owner; their data stays
    Suspend {
        /// The owner's id
        owner: String,
    },
    /// Let the clouds of an owner run again
    Resume {
        /// The owner's id
        owner: String,
    },
    /// Set limits of an owner; those not named stay
    Quota {
        /// The owner's id
        owner: String,
        /// `clouds`, `events_per_second`, `instructions` of one reaction or query, `memory` in bytes; `none` lifts a limit
        #[arg(value_name = "NAME=VALUE", required = true)]
        limits: Vec<String>,
    },
    /// List the clouds of an owner
    Clouds {
        /// The owner's id
        owner: String,
    },
    /// Tell what is known of a cloud: owner, parent, rulesets; nothing of its data
    Cloud {
        /// The cloud's id, or one of its channels
        id: String,
    },
    /// Tell counts and sizes
    Stats,
    /// Fetch a ruleset again; clouds that installed it go on with the new version
    Flush {
        /// The ruleset's address
        url: String,
    },
    /// Write a consistent copy of all clouds to a new file, while the host runs
    #[command(
        after_help = "The running host writes the file, on its own disk. With --home the folder of a stopped host is read instead."
    )]
    Backup {
        /// The file to write; it must not be there
        file: PathBuf,
        /// The folder of a stopped host
        #[arg(long, value_name = "DIR")]
        home: Option<PathBuf>,
    },
    /// Make the folder of a host from a backup
    Restore {
        /// The backup
        file: PathBuf,
        /// The host's folder; it must hold no store
        #[arg(long, value_name = "DIR")]
        home: PathBuf,
    },
    /// Read every record of a backup or of a stopped host, and tell whether it is sound
    Verify {
        /// The backup
        #[arg(required_unless_present = "home", conflicts_with = "home")]
        file: Option<PathBuf>,
        /// The folder of a stopped host
        #[arg(long, value_name = "DIR")]
        home: Option<PathBuf>,
    },
    /// Print the operator's token of a host on this machine, for scripts
    Token {
        /// The host's folder [env: KRL_HOME] [default: ~/.krl]
        #[arg(long, value_name = "DIR")]
        home: Option<PathBuf>,
    },
}

/// Take rulesets to a host.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  krl push shop.krl\n  krl push money.krl shop.krl --json\n  krl install \"$(krl push shop.krl)\" --cloud c2j4l…"
)]
pub struct Push {
    /// Rulesets (.krl or .krlc); modules go before their users where they must
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Print what the host knows of each as a line of JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub remote: Remote,
}

/// Install a ruleset in a cloud.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  krl install shop.krl --cloud c2j4l…\n  krl install https://rulesets.example/shop.krl --cloud c2j4l… --configure '{\"currency\": \"EUR\"}'\n  krl install krl:bundled/io.picolabs.subscription --cloud c2j4l…"
)]
pub struct Install {
    /// A ruleset file, which is pushed first, or an address
    #[arg(value_name = "FILE|URL")]
    pub ruleset: String,
    /// The cloud's id, or one of its channels
    #[arg(long, value_name = "ECI|ID")]
    pub cloud: String,
    /// What `ctx:rid_config` answers, a JSON map
    #[arg(long, value_name = "JSON", default_value = "{}")]
    pub configure: String,
    /// Print the answer as JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub remote: Remote,
}

/// Show what happened in a cloud in the last twelve hours.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  krl logs c2j4l… --since '10 minutes'\n  krl logs c2j4l… --follow --level warn\n  krl logs c2j4l… --rid org.example.shop --json"
)]
pub struct Logs {
    /// The cloud's id, or one of its channels
    #[arg(value_name = "ECI|CLOUD")]
    pub cloud: String,
    /// Go on with what happens from now
    #[arg(long, short)]
    pub follow: bool,
    /// The least important lines to show
    #[arg(long, value_enum, default_value_t = Level::Debug)]
    pub level: Level,
    /// Only lines of this ruleset
    #[arg(long)]
    pub rid: Option<String>,
    /// Only what this event or query did
    #[arg(long, value_name = "EID")]
    pub event: Option<String>,
    /// Only what is younger: `10 minutes`, or a time
    #[arg(long, value_name = "DURATION|TIME")]
    pub since: Option<String>,
    /// Print each entry as a line of JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub remote: Remote,
}

/// How important a line is, the most important first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Level {
    /// Errors
    Error,
    /// Warnings
    Warn,
    /// Information
    Info,
    /// Values that programs log
    Klog,
    /// What the engine did, too
    Debug,
}

/// Explain what became of an event or a query.
#[derive(Debug, Args)]
#[command(
    after_help = "An event's id is in the answer of whoever sends it, and in `krl logs`.\n\nExamples:\n  krl trace cr86sc8ulj03m6pi56s25uevt6o\n  krl trace cr86sc8ulj03m6pi56s25uevt6o --json"
)]
pub struct Trace {
    /// The event's or query's id
    #[arg(value_name = "EID")]
    pub id: String,
    /// Print it as JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub remote: Remote,
}
