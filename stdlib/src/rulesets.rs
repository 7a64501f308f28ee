//! The system rulesets that every cloud has, in KRL (`docs/system-rulesets.md`).

/// A ruleset that comes with the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bundled {
    /// Its id.
    pub rid: &'static str,
    /// Its source.
    pub source: &'static str,
}

impl Bundled {
    /// What the address of a bundled ruleset begins with; its id follows.
    pub const SCHEME: &'static str = "krl:bundled/";

    /// The address it is installed from.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}{}", Self::SCHEME, self.rid)
    }

    /// The bundled ruleset with this address.
    #[must_use]
    pub fn at(url: &str) -> Option<&'static Self> {
        let rid = url.strip_prefix(Self::SCHEME)?;
        BUNDLED.iter().find(|bundled| bundled.rid == rid)
    }
}

macro_rules! bundled {
    ($rid:literal) => {
        Bundled { rid: $rid, source: include_str!(concat!("../rulesets/", $rid, ".krl")) }
    };
}

/// In the order in which a cloud installs them: the later ones use wrangler as a module.
pub const BUNDLED: &[Bundled] = &[
    bundled!("io.picolabs.pico-engine-ui"),
    bundled!("io.picolabs.wrangler"),
    bundled!("io.picolabs.subscription"),
    bundled!("io.picolabs.pds"),
];
