//! Rulesets by address: fetched, compiled, checked, kept in the store, and loaded once for all clouds (krl-runtime.md §6.4, §6.5).
//!
//! ```text
//! load(address)  = memory → store → fetch
//! flush(address) = fetch; the same bytes: nothing new; else take it in, or say why not and leave the old version where it is
//! ```
//! Two addresses of one ruleset id are two rulesets (decision R11).

mod address;
mod content;
mod error;
mod fetch;
mod finding;
mod flight;
mod index;
mod modules;
mod record;
mod ruleset;

pub use address::{Address, AddressError, ContentHash, Place};
pub use content::{COMPILER, hash_of};
pub use error::RegistryError;
pub use finding::Finding;
pub use ruleset::{Facts, Flush, Loader, Ruleset};

use crate::outside::Transport;
use flight::{Flight, Flights, Kind, Outcome};
use index::Index;
use krl_kernel::store::{Store, StoreError};
use krl_stdlib::rulesets::Bundled;
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

/// Files that `file:` addresses may name. Whoever may install rulesets can find out what these files say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Files {
    /// None.
    #[default]
    Nowhere,
    /// Those in these folders and below them.
    Below(Vec<PathBuf>),
    /// All that the host can read.
    Anywhere,
}

impl Files {
    /// These, and some more.
    #[must_use]
    pub fn and(self, more: &[PathBuf]) -> Self {
        match self {
            Self::Nowhere if more.is_empty() => Self::Nowhere,
            Self::Nowhere => Self::Below(more.to_vec()),
            Self::Below(folders) => Self::Below([&folders, more].concat()),
            Self::Anywhere => Self::Anywhere,
        }
    }
}

/// Sizes that are refused when they are exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes of source text.
    pub source_bytes: usize,
    /// Most bytes of a `.krlc` file.
    pub krlc_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { source_bytes: 4 << 20, krlc_bytes: 16 << 20 }
    }
}

/// How a registry works.
#[derive(Clone, Debug)]
pub struct RegistryConfig {
    /// Files that may be read.
    pub files: Files,
    /// Sizes.
    pub limits: Limits,
    /// System rulesets, found at `krl:bundled/ID`.
    pub bundled: &'static [Bundled],
    /// The clock: milliseconds since 1970.
    pub now: fn() -> i64,
}

/// Content that nobody named any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// How many versions it was.
    pub versions: usize,
    /// Their size in bytes.
    pub bytes: usize,
}

/// The registry. Clones share everything.
#[derive(Clone)]
pub struct Registry {
    parts: Arc<Parts>,
}

struct Parts {
    index: Index,
    transport: Transport,
    files: Files,
    limits: Limits,
    flights: Flights,
}

impl Registry {
    /// Opens the registry: reads what the store knows of each address, but loads no code yet.
    ///
    /// # Errors
    /// The store's.
    pub fn open(
        store: Arc<dyn Store>,
        loader: Arc<dyn Loader>,
        transport: Transport,
        config: RegistryConfig,
    ) -> Result<Self, StoreError> {
        let index = Index::open(store, loader, config.bundled, config.limits, config.now)?;
        let (files, limits, flights) = (config.files, config.limits, Flights::default());
        Ok(Self { parts: Arc::new(Parts { index, transport, files, limits, flights }) })
    }

    /// The ruleset of an address, if it is in memory. Never waits for work.
    #[must_use]
    pub fn loaded(&self, address: &Address) -> Option<Arc<Ruleset>> {
        self.parts.index.loaded(address)
    }

    /// The ruleset of an address: from memory, else from the store, else fetched.
    ///
    /// # Errors
    /// [`RegistryError`]
    pub async fn load(&self, address: &Address) -> Result<Arc<Ruleset>, RegistryError> {
        loop {
            if let Some(ruleset) = self.loaded(address) {
                return Ok(ruleset);
            }
            let work = || self.parts.clone().load(address.clone());
            if let Flight::Landed(outcome) = self.parts.flights.join(address, Kind::Load, work).await {
                return outcome.map(|flush| flush.ruleset);
            }
        }
    }

    /// Fetches the ruleset of an address again. If it cannot be taken in, the version that is there stays.
    ///
    /// # Errors
    /// [`RegistryError`]
    pub async fn flush(&self, address: &Address) -> Result<Flush, RegistryError> {
        loop {
            let work = || self.parts.clone().flush(address.clone());
            if let Flight::Landed(outcome) = self.parts.flights.join(address, Kind::Flush, work).await {
                return outcome;
            }
        }
    }

    /// Takes in a ruleset given as source text or `.krlc`; its address is `krl:sha256/HEX`.
    ///
    /// # Errors
    /// [`RegistryError`]
    pub async fn push(&self, content: Vec<u8>) -> Result<Arc<Ruleset>, RegistryError> {
        let address = Address::content(hash_of(&content));
        let parts = self.parts.clone();
        let taken = blocking(&address, move |address| parts.index.take_in(address, content)).await;
        taken.map(|flush| flush.ruleset)
    }

    /// A version that an address had: for clouds that could not go on to the one it has now (decision R11).
    ///
    /// # Errors
    /// [`RegistryError::Unknown`] if it is not kept, and what keeps it from being loaded.
    pub async fn load_version(
        &self,
        address: &Address,
        hash: ContentHash,
    ) -> Result<Arc<Ruleset>, RegistryError> {
        if let Some(ruleset) = self.parts.index.loaded_version(address, hash) {
            return Ok(ruleset);
        }
        let parts = self.parts.clone();
        blocking(address, move |address| parts.index.stored(address, Some(hash)))
            .await?
            .ok_or_else(|| RegistryError::Unknown { address: address.clone() })
    }

    /// The newest version of an address, or that with a certain hash, if it is in memory or in the store. Compiles it if need be, in the
    /// thread that calls.
    ///
    /// # Errors
    /// What keeps it from being loaded.
    pub fn load_stored(
        &self,
        address: &Address,
        hash: Option<ContentHash>,
    ) -> Result<Option<Arc<Ruleset>>, RegistryError> {
        let loaded = match hash {
            None => self.parts.index.loaded(address),
            Some(hash) => self.parts.index.loaded_version(address, hash),
        };
        match loaded {
            Some(ruleset) => Ok(Some(ruleset)),
            None => self.parts.index.stored(address, hash),
        }
    }

    /// What is known of each address, in their order.
    #[must_use]
    pub fn known(&self) -> Vec<Facts> {
        self.parts.index.known()
    }

    /// Removes stored versions that are neither the newest of their address nor in `keep`: the versions that clouds name.
    ///
    /// # Errors
    /// The store's.
    pub async fn sweep(&self, keep: HashSet<ContentHash>) -> Result<Swept, RegistryError> {
        let parts = self.parts.clone();
        let work = tokio::task::spawn_blocking(move || parts.index.sweep(keep));
        let stopped = || RegistryError::Store(StoreError::Io("the host stops".to_owned()));
        work.await.map_err(|_| stopped())?.map_err(RegistryError::Store)
    }
}

impl Parts {
    async fn load(self: Arc<Self>, address: Address) -> Outcome {
        let parts = self.clone();
        let stored = blocking(&address, move |address| parts.index.stored(address, None)).await?;
        match (stored, address.place()) {
            (Some(ruleset), _) => Ok(Flush { ruleset, changed: false }),
            _ => self.take_in_fetched(address).await,
        }
    }

    async fn flush(self: Arc<Self>, address: Address) -> Outcome {
        match address.place() {
            Place::Web | Place::File => self.take_in_fetched(address).await,
            // What these name never changes while the host runs (`Address::is_constant`).
            Place::Bundled(_) | Place::Content(_) => match self.index.loaded(&address) {
                Some(ruleset) => Ok(Flush { ruleset, changed: false }),
                None => self.load(address).await,
            },
        }
    }

    async fn take_in_fetched(self: Arc<Self>, address: Address) -> Outcome {
        let content = fetch::fetch(&address, &self.transport, &self.files, &self.limits).await?;
        blocking(&address, move |address| self.index.take_in(address, content)).await
    }
}

/// Runs work that keeps a processor or the disk busy beside the threads that serve the network.
async fn blocking<T: Send + 'static>(
    address: &Address,
    work: impl FnOnce(&Address) -> Result<T, RegistryError> + Send + 'static,
) -> Result<T, RegistryError> {
    let given = address.clone();
    let done = tokio::task::spawn_blocking(move || work(&given)).await;
    done.unwrap_or_else(|_| Err(RegistryError::Interrupted { address: address.clone() }))
}
