//! Distro manifests: what a packaged host gives to new owners.

use super::file::{self, Entry};
use super::load::{ConfigError, Origin};
use crate::registry::Address;
use krl_stdlib::rulesets::BUNDLED;
use krl_vm::data::{Data, DataMap};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use url::Url;

/// What a packaged host gives to new owners.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Distro {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// For people.
    #[serde(default)]
    pub description: String,
    /// How the host calls itself; its name, if absent.
    #[serde(default)]
    pub branding: Option<String>,
    /// Rulesets of a new owner's root cloud in the place of the system's, in this order.
    #[serde(default)]
    pub system: Option<Vec<DistroRuleset>>,
    /// Rulesets of a new owner's root cloud beside the system's, in this order.
    #[serde(default)]
    pub rulesets: Vec<DistroRuleset>,
    /// Channels of a new owner's root cloud.
    #[serde(default)]
    pub channels: Vec<DistroChannel>,
    /// A new owner's limits.
    #[serde(default)]
    pub quota: Quota,
    /// The files that its rulesets name; they may be read whatever the settings allow.
    #[serde(skip)]
    pub files: Vec<PathBuf>,
    /// Defaults of the host's settings; read as settings are.
    #[serde(default, rename = "settings")]
    _settings: serde::de::IgnoredAny,
}

/// A ruleset to install.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DistroRuleset {
    /// An address, a file beside the manifest (`….krl` or `….krlc`), or the id of a ruleset that the host brings along.
    pub url: String,
    /// What `ctx:rid_config` answers.
    #[serde(default = "no_config")]
    pub config: Data,
}

fn no_config() -> Data {
    Data::Map(DataMap::new())
}

/// A channel to make.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DistroChannel {
    /// Its tags.
    pub tags: Vec<String>,
    /// Which events it takes, as the reference writes a policy: `{allow = [{domain, name}], deny = []}`.
    pub event_policy: Data,
    /// Which queries it takes: `{allow = [{rid, name}], deny = []}`.
    pub query_policy: Data,
}

/// An owner's limits; absent ones are not limited.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Quota {
    /// Clouds.
    pub clouds: Option<u64>,
    /// Events from outside per second, together.
    pub events_per_second: Option<u64>,
    /// Instructions of one reaction or query.
    pub instructions: Option<u64>,
    /// Bytes of values that one reaction or query makes.
    pub memory: Option<u64>,
}

impl Distro {
    /// Reads a manifest, and the settings in it.
    ///
    /// # Errors
    /// A file that cannot be read, is not TOML, lacks something, or says something that nobody knows.
    pub fn read(path: &Path) -> Result<(Self, Vec<Entry>), ConfigError> {
        let text = file::read(path)
            .map_err(|problem| ConfigError { origin: Origin::WholeFile(path.into()), problem })?;
        let failed = |(line, problem)| ConfigError { origin: Origin::File(path.into(), line), problem };
        let mut distro: Self = toml::from_str(&text).map_err(|e| {
            failed((file::line(&text, e.span().map_or(0, |span| span.start)), e.message().to_owned()))
        })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        distro.find_files(folder).and_then(|()| distro.check()).map_err(|(word, problem)| {
            failed((file::line(&text, text.find(&word).unwrap_or_default()), problem))
        })?;
        let entries = file::entries(&text, Some("settings")).map_err(failed)?;
        Ok((distro, entries))
    }

    /// Turns names of files into their addresses.
    fn find_files(&mut self, folder: &Path) -> Result<(), (String, String)> {
        for ruleset in self.system.iter_mut().flatten().chain(&mut self.rulesets) {
            let name = &ruleset.url;
            let is_file =
                [".krl", ".krlc"].iter().any(|end| name.ends_with(end)) && Url::parse(name).is_err();
            if !is_file {
                continue;
            }
            let missing =
                |error| (name.clone(), format!("`{name}` cannot be read beside the manifest: {error}"));
            let file = folder.join(name).canonicalize().map_err(|error| missing(error.to_string()))?;
            let url = Url::from_file_path(&file).map_err(|()| missing("its path is no address".into()))?;
            ruleset.url = url.into();
            self.files.push(file);
        }
        Ok(())
    }

    /// What the form alone does not show: the word that is wrong, and why.
    fn check(&self) -> Result<(), (String, String)> {
        let fail = |word: &str, problem: &str| Err((word.to_owned(), format!("`{word}` {problem}")));
        if self.name.trim().is_empty() {
            return fail("name", "must not be empty");
        }
        for DistroRuleset { url, .. } in self.system.iter().flatten().chain(&self.rulesets) {
            let is_bundled = BUNDLED.iter().any(|bundled| bundled.rid == url);
            let is_address = url.contains(':') && Address::parse(url).is_ok();
            if !is_bundled && !is_address {
                return fail(
                    url,
                    "must be an address, a `.krl` or `.krlc` file, or the id of a ruleset that the host brings along",
                );
            }
        }
        for channel in &self.channels {
            policy(&channel.event_policy, ["domain", "name"])?;
            policy(&channel.query_policy, ["rid", "name"])?;
        }
        Ok(())
    }
}

/// A policy has exactly `allow` and `deny`, lists of rules with exactly these fields (`krl-runtime.md` §1.2).
fn policy(policy: &Data, fields: [&str; 2]) -> Result<(), (String, String)> {
    let [first, second] = fields;
    let wrong = || {
        let rule = format!("{{ {first} = \"…\", {second} = \"…\" }}");
        let problem = format!("a policy must be `{{ allow = [{rule}], deny = [] }}`");
        (if first == "rid" { "query-policy" } else { "event-policy" }.to_owned(), problem)
    };
    let lists = policy.as_map().filter(|map| map.len() == 2).ok_or_else(wrong)?;
    for name in ["allow", "deny"] {
        let Some(Data::Array(rules)) = lists.get(name) else { return Err(wrong()) };
        for rule in rules {
            let rule = rule.as_map().filter(|rule| rule.len() == 2).ok_or_else(wrong)?;
            let blank = |field: &&str| {
                rule.get(*field).and_then(Data::as_str).is_none_or(|text| text.trim().is_empty())
            };
            if fields.iter().any(blank) {
                return Err(wrong());
            }
        }
    }
    Ok(())
}
