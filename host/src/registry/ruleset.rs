//! A loaded ruleset and what is known of where it came from.

use super::address::{Address, ContentHash};
use super::finding::Finding;
use krl_kernel::library::{Code, CodeError, Library, Origin};
use krl_stdlib::datetime::format_iso;
use krl_vm::data::{Data, DataMap};
use krl_vm::unit::Unit;
use krl_vm::verify::Verified;
use std::sync::Arc;

/// Where code comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Its address.
    pub address: Address,
    /// The ruleset's id.
    pub rid: Arc<str>,
    /// Of the source text, or of the `.krlc` file.
    pub hash: ContentHash,
    /// When it was taken in: milliseconds since 1970.
    pub flushed: i64,
    /// Version of the compiler that took it in.
    pub compiler: Arc<str>,
    /// What the checker said about it.
    pub warnings: Arc<[Finding]>,
}

impl Facts {
    /// `{url, rid, hash, flushed, compiler: {version, warnings}}`, as `/api/flush` answers (krl-runtime.md §8).
    #[must_use]
    pub fn to_data(&self) -> Data {
        let warnings = self.warnings.iter().map(Finding::to_data).collect();
        let compiler =
            [("version", Data::String(self.compiler.clone())), ("warnings", Data::Array(warnings))];
        let entries = [
            ("url", Data::String(self.address.canonical().clone())),
            ("rid", Data::String(self.rid.clone())),
            ("hash", Data::string(self.hash.to_string())),
            ("flushed", Data::string(format_iso(self.flushed))),
            ("compiler", map(compiler)),
        ];
        map(entries)
    }
}

fn map<const N: usize>(entries: [(&str, Data); N]) -> Data {
    Data::Map(entries.into_iter().map(|(name, value)| (name.into(), value)).collect::<DataMap>())
}

/// A version of a ruleset, ready to be installed in any cloud.
#[derive(Debug)]
pub struct Ruleset {
    /// Its code, shared by all clouds.
    pub code: Arc<Code>,
    /// Where it comes from.
    pub facts: Arc<Facts>,
}

/// What a flush came to.
#[derive(Clone, Debug)]
pub struct Flush {
    /// The version that is at the address now.
    pub ruleset: Arc<Ruleset>,
    /// Is it another one than before?
    pub changed: bool,
}

/// Where verified units become code. Called once for each version of an address.
pub trait Loader: Send + Sync {
    /// Loads a unit.
    ///
    /// # Errors
    /// The machine's refusal.
    fn load(&self, unit: Verified<Unit>, facts: &Facts) -> Result<Arc<Code>, CodeError>;
}

impl Loader for Library {
    fn load(&self, unit: Verified<Unit>, facts: &Facts) -> Result<Arc<Code>, CodeError> {
        let warnings = facts.warnings.iter().map(Finding::to_data).collect();
        let (compiler, content) = (facts.compiler.clone(), facts.hash.0);
        let origin = Origin { flushed: facts.flushed, compiler, warnings, content };
        Library::load(self, unit, origin)
    }
}
