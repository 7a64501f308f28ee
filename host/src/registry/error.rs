//! Why there is no ruleset. Texts show addresses without credentials.

use super::address::{Address, AddressError};
use super::finding::Finding;
use krl_kernel::store::StoreError;
use std::fmt;
use std::sync::Arc;

/// Why a ruleset cannot be loaded or flushed; what was loaded before stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistryError {
    /// The text is no address.
    Address(AddressError),
    /// Nothing is known under this address of the host's own.
    Unknown {
        /// The address.
        address: Address,
    },
    /// It cannot be fetched.
    Fetch {
        /// The address.
        address: Address,
        /// Why.
        why: String,
    },
    /// The server has no ruleset there.
    Status {
        /// The address.
        address: Address,
        /// The HTTP status.
        status: u16,
    },
    /// It is larger than allowed.
    TooLarge {
        /// The address.
        address: Address,
        /// Most bytes.
        limit: usize,
    },
    /// It does not compile.
    Compile {
        /// The address.
        address: Address,
        /// All that the compiler found, errors among it.
        findings: Arc<[Finding]>,
    },
    /// A `.krlc` file that is damaged or forged.
    BadContent {
        /// The address.
        address: Address,
        /// What is wrong.
        why: String,
    },
    /// It uses a ruleset that is not known.
    UnknownModule {
        /// That ruleset.
        rid: String,
    },
    /// It would use itself.
    Cycle {
        /// The ids on the way, from itself to itself.
        way: Vec<String>,
    },
    /// The machine cannot load it.
    Load {
        /// The address.
        address: Address,
        /// Why.
        why: String,
    },
    /// The store failed.
    Store(StoreError),
    /// The work on it ended early, because the host stops.
    Interrupted {
        /// The address.
        address: Address,
    },
}

impl RegistryError {
    /// A stable word for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Address(_) => "bad_address",
            Self::Unknown { .. } => "unknown_ruleset",
            Self::Fetch { .. } | Self::Status { .. } => "fetch_failed",
            Self::TooLarge { .. } => "ruleset_too_large",
            Self::Compile { .. } => "compile_failed",
            Self::BadContent { .. } => "bad_ruleset",
            Self::UnknownModule { .. } => "unknown_module",
            Self::Cycle { .. } => "module_cycle",
            Self::Load { .. } => "load_failed",
            Self::Store(_) => "store_failed",
            Self::Interrupted { .. } => "interrupted",
        }
    }

    /// What the compiler found, if that is why.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        if let Self::Compile { findings, .. } = self { findings } else { &[] }
    }
}

impl fmt::Display for RegistryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(error) => error.fmt(f),
            Self::Unknown { address } => write!(f, "no ruleset is known as {address}"),
            Self::Fetch { address, why } => write!(f, "cannot fetch {address}: {why}"),
            // The reference's words, which its users look for (krl-runtime.md §6.4).
            Self::Status { address, status } => write!(f, "Got a statusCode={status} for: {address}"),
            Self::TooLarge { address, limit } => {
                write!(f, "the ruleset at {address} is larger than {limit} bytes")
            }
            Self::Compile { address, findings } => compile(f, address, findings),
            Self::BadContent { address, why } => write!(f, "cannot take in {address}: {why}"),
            Self::UnknownModule { rid } => write!(f, "Dependant module not loaded: {rid}"),
            Self::Cycle { way } => write!(f, "Dependency Cycle Found: {}", way.join(" -> ")),
            Self::Load { address, why } => write!(f, "cannot load {address}: {why}"),
            Self::Store(error) => error.fmt(f),
            Self::Interrupted { address } => write!(f, "the work on {address} was interrupted"),
        }
    }
}

fn compile(f: &mut fmt::Formatter<'_>, address: &Address, findings: &[Finding]) -> fmt::Result {
    let mut errors = findings.iter().filter(|finding| finding.severity == "error");
    let Some(first) = errors.next() else { return write!(f, "{address} does not compile") };
    let (line, column, message) = (first.line, first.column, &first.message);
    write!(f, "{address} does not compile: {message} at {line}:{column}")?;
    match errors.count() {
        0 => Ok(()),
        1 => f.write_str(", and one more error"),
        more => write!(f, ", and {more} more errors"),
    }
}

impl std::error::Error for RegistryError {}

impl From<StoreError> for RegistryError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<AddressError> for RegistryError {
    fn from(error: AddressError) -> Self {
        Self::Address(error)
    }
}
