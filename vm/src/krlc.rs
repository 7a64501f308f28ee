//! The `.krlc` file: a compiled unit with its source, in a form that can be checked before it is trusted.
//!
//! ```text
//! magic "KRLC" | format version: u32 | header length: u32 | code length: u32 | source length: u32      (little endian)
//! header: compiler version, source hash (postcard)
//! code:   the unit without its source (postcard)
//! source: UTF-8
//! BLAKE3 of everything before
//! ```
//! The frame (magic to source) stays the same in all format versions, so that a file of another version still yields its source, to be
//! compiled anew. The same unit always makes the same bytes. Decoding allocates no more than a small multiple of the file's size.

use crate::unit::Unit;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// First bytes of the file.
pub const MAGIC: [u8; 4] = *b"KRLC";
/// The version of the format, of [`Unit`] and of the instruction set: whatever changes one of them raises it.
pub const FORMAT: u32 = 2;
/// Larger files are refused.
pub const MAX_BYTES: usize = 64 << 20;

const FRAME_BYTES: usize = 20;
const HASH_BYTES: usize = blake3::OUT_LEN;

/// What the file says about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Version of the compiler.
    pub compiler: Arc<str>,
    /// BLAKE3 of the source.
    pub source_hash: [u8; 32],
}

/// Why bytes are no unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KrlcError {
    /// The bytes do not begin as a `.krlc` file does.
    NotKrlc,
    /// The file is larger than [`MAX_BYTES`].
    TooLarge,
    /// The file ends too early.
    Truncated,
    /// The file was changed since it was written.
    Damaged,
    /// The file has another format version; its source can be compiled anew.
    OtherVersion {
        /// The file's version.
        version: u32,
        /// The source it was compiled from.
        source: Arc<str>,
    },
    /// The hash is right but the contents are not what this version writes: a forged file.
    Malformed,
}

impl fmt::Display for KrlcError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotKrlc => f.write_str("not a compiled ruleset"),
            Self::TooLarge => write!(f, "the compiled ruleset is larger than {} MiB", MAX_BYTES >> 20),
            Self::Truncated => f.write_str("the compiled ruleset is cut off"),
            Self::Damaged => f.write_str("the compiled ruleset is damaged"),
            Self::OtherVersion { version, .. } => {
                write!(f, "the compiled ruleset has format {version}, this engine reads {FORMAT}")
            }
            Self::Malformed => f.write_str("the compiled ruleset does not follow its format"),
        }
    }
}

impl std::error::Error for KrlcError {}

/// Writes a unit as a file.
///
/// # Errors
/// [`KrlcError::TooLarge`]
pub fn encode(unit: &Unit, compiler: &str) -> Result<Vec<u8>, KrlcError> {
    let source_hash = *blake3::hash(unit.source.as_bytes()).as_bytes();
    let header = Header { compiler: compiler.into(), source_hash };
    let header = postcard::to_allocvec(&header).map_err(|_| KrlcError::Malformed)?;
    let code = Unit { source: Arc::default(), source_hash: [0; 32], ..unit.clone() };
    let code = postcard::to_allocvec(&code).map_err(|_| KrlcError::Malformed)?;
    let source = unit.source.as_bytes();
    let total = FRAME_BYTES + header.len() + code.len() + source.len() + HASH_BYTES;
    if total > MAX_BYTES {
        return Err(KrlcError::TooLarge);
    }
    let mut out = Vec::with_capacity(total);
    out.extend(MAGIC);
    for number in [FORMAT, header.len() as u32, code.len() as u32, source.len() as u32] {
        out.extend(number.to_le_bytes());
    }
    out.extend(header);
    out.extend(code);
    out.extend(source);
    let hash = blake3::hash(&out);
    out.extend(hash.as_bytes());
    Ok(out)
}

/// Reads a file. The unit still has to be verified.
///
/// # Errors
/// Everything but what [`encode`] writes.
pub fn decode(bytes: &[u8]) -> Result<(Unit, Header), KrlcError> {
    let file = File::open(bytes)?;
    if file.version != FORMAT {
        return Err(KrlcError::OtherVersion { version: file.version, source: file.source.into() });
    }
    let header: Header = whole(file.header)?;
    if header.source_hash != *blake3::hash(file.source.as_bytes()).as_bytes() {
        return Err(KrlcError::Malformed);
    }
    let mut unit: Unit = whole(file.code)?;
    unit.source = file.source.into();
    unit.source_hash = header.source_hash;
    Ok((unit, header))
}

/// The sections of a file whose hash is right.
struct File<'a> {
    version: u32,
    header: &'a [u8],
    code: &'a [u8],
    source: &'a str,
}

impl<'a> File<'a> {
    fn open(bytes: &'a [u8]) -> Result<Self, KrlcError> {
        if !bytes.starts_with(&MAGIC) {
            return Err(KrlcError::NotKrlc);
        }
        if bytes.len() > MAX_BYTES {
            return Err(KrlcError::TooLarge);
        }
        let (frame, rest) = bytes.split_at_checked(FRAME_BYTES).ok_or(KrlcError::Truncated)?;
        let (words, _) = frame.as_chunks::<4>();
        let &[_, version, header, code, source] = words else { return Err(KrlcError::Truncated) };
        let [version, header, code, source] = [version, header, code, source].map(u32::from_le_bytes);
        let (header_section, rest) = split(rest, header)?;
        let (code_section, rest) = split(rest, code)?;
        let (source_section, hash) = split(rest, source)?;
        if hash.len() < HASH_BYTES {
            return Err(KrlcError::Truncated);
        }
        let content = bytes.get(..bytes.len() - hash.len()).unwrap_or_default();
        if *hash != *blake3::hash(content).as_bytes() {
            return Err(KrlcError::Damaged);
        }
        let source = std::str::from_utf8(source_section).map_err(|_| KrlcError::Malformed)?;
        Ok(Self { version, header: header_section, code: code_section, source })
    }
}

fn split(bytes: &[u8], len: u32) -> Result<(&[u8], &[u8]), KrlcError> {
    bytes.split_at_checked(len as usize).ok_or(KrlcError::Truncated)
}

/// A value that takes all of `bytes`.
fn whole<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, KrlcError> {
    match postcard::take_from_bytes(bytes) {
        Ok((value, [])) => Ok(value),
        _ => Err(KrlcError::Malformed),
    }
}

#[cfg(test)]
mod tests;
