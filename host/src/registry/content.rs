//! Bytes that were fetched → a verified unit: source text is compiled, a `.krlc` file is checked.

use super::address::{Address, ContentHash};
use super::finding::{Finding, findings};
use super::{Limits, RegistryError};
use krl_compiler::check::{CheckOptions, SourceFile, check};
use krl_lang::{Code, Diagnostic, Severity};
use krl_vm::krlc::{self, KrlcError};
use krl_vm::unit::Unit;
use krl_vm::verify::{Verified, verify};
use sha2::{Digest, Sha256};

/// The version of the compiler that is built in.
pub const COMPILER: &str = env!("CARGO_PKG_VERSION");

/// A unit to be loaded, and who compiled it.
pub(super) struct Compiled {
    pub unit: Verified<Unit>,
    /// Version of the compiler.
    pub compiler: String,
}

/// The identity of content: SHA-256 of its bytes, which for source text is what the reference calls its hash (krl-runtime.md §6.4).
///
/// A `.krlc` file is identified by its own bytes too, not by the source inside: else a forged file could take the place of
/// the source it claims to come from.
#[must_use]
pub fn hash_of(content: &[u8]) -> ContentHash {
    ContentHash(Sha256::digest(content).into())
}

/// Refuses what is too large. To be asked before more work is done on it.
pub(super) fn measure(address: &Address, content: &[u8], limits: &Limits) -> Result<(), RegistryError> {
    let limit = if is_krlc(content) { limits.krlc_bytes } else { limits.source_bytes };
    if content.len() > limit {
        return Err(RegistryError::TooLarge { address: address.clone(), limit });
    }
    Ok(())
}

fn is_krlc(content: &[u8]) -> bool {
    content.starts_with(&krlc::MAGIC)
}

/// Makes a unit of content. Warnings are another matter: [`warnings`].
pub(super) fn compile(address: &Address, content: &[u8]) -> Result<Compiled, RegistryError> {
    if !is_krlc(content) {
        let (source, encoding) = krl_lang::decode(content);
        return compile_source(address, &source, encoding);
    }
    let refused = |why: String| RegistryError::BadContent { address: address.clone(), why };
    match krlc::decode(content) {
        Ok((unit, header)) => {
            let unit =
                verify(unit).map_err(|e| refused(format!("its code is not what the compiler makes: {e}")))?;
            Ok(Compiled { unit, compiler: (*header.compiler).to_owned() })
        }
        Err(KrlcError::OtherVersion { source, .. }) => compile_source(address, &source, None),
        Err(error) => Err(refused(error.to_string())),
    }
}

fn compile_source(
    address: &Address,
    source: &str,
    encoding: Option<Diagnostic>,
) -> Result<Compiled, RegistryError> {
    let mut compiled = krl_compiler::compile(source);
    compiled.diagnostics.extend(encoding);
    if compiled.diagnostics.iter().any(|d| d.code == Code::NotARuleset) {
        // What else is wrong with a text that is no ruleset does not matter.
        compiled.diagnostics.retain(|d| d.code == Code::NotARuleset);
    }
    if compiled.has_errors() {
        let findings = findings(address, source, &compiled.diagnostics);
        return Err(RegistryError::Compile { address: address.clone(), findings: findings.into() });
    }
    let refused = |why: String| RegistryError::BadContent { address: address.clone(), why };
    let mut unit = compiled.unit.ok_or_else(|| refused("the compiler gave no code and no error".into()))?;
    unit.source_hash = *blake3::hash(unit.source.as_bytes()).as_bytes();
    let unit = verify(unit).map_err(|e| refused(format!("the compiler gave bad code: {e}")))?;
    Ok(Compiled { unit, compiler: COMPILER.to_owned() })
}

/// What the checker says about a ruleset that runs all the same. Sources of the modules it uses let it look at calls of their members.
pub(super) fn warnings(address: &Address, source: &str, modules: &[&str]) -> Vec<Finding> {
    let module = |source| SourceFile { path: "", source };
    let files: Vec<SourceFile<'_>> =
        [module(source)].into_iter().chain(modules.iter().map(|m| module(m))).collect();
    let output = check(&files, &CheckOptions::default());
    let mut found = output.files.into_iter().next().map(|file| file.diagnostics).unwrap_or_default();
    found.retain(|d| d.severity != Severity::Hint);
    findings(address, source, &found)
}
