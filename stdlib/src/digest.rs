//! Digests and message authentication codes for `math:hash` and `math:hmac` (krl-runtime.md §5.5).
//!
//! Algorithm names are Node's, case included. `md5` and `sha1` are there for old protocols, not for protection.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::digest::{Digest, block_api::BlockSizeUser};
use hmac::{KeyInit, Mac, SimpleHmac};
use std::fmt::Write as _;

/// How a digest is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// Two lower-case digits a byte.
    Hex,
    /// RFC 4648 base 64 with padding.
    Base64,
}

impl Output {
    /// `hex` or `base64`, exactly.
    pub fn named(name: &str) -> Option<Output> {
        match name {
            "hex" => Some(Output::Hex),
            "base64" => Some(Output::Base64),
            _ => None,
        }
    }

    fn write(self, bytes: &[u8]) -> String {
        match self {
            Output::Hex => hex(bytes),
            Output::Base64 => STANDARD.encode(bytes),
        }
    }
}

/// Two lower-case hexadecimal digits for each byte.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a `String` cannot fail.
        let _ = write!(out, "{byte:02x}");
    }
    out
}

/// A digest algorithm.
#[derive(Clone, Copy, Debug)]
pub struct Algorithm {
    hash: fn(&[u8]) -> Vec<u8>,
    hmac: fn(&[u8], &[u8]) -> Vec<u8>,
}

impl Algorithm {
    /// The algorithm with this name; upper case counts as another name.
    pub fn named(name: &str) -> Option<Algorithm> {
        let index = NAMES.binary_search(&name).ok()?;
        ALGORITHMS.get(index).copied()
    }

    /// The digest of `text` in UTF-8.
    pub fn hash(self, text: &str, output: Output) -> String {
        output.write(&(self.hash)(text.as_bytes()))
    }

    /// The code (HMAC, RFC 2104) of `message` under `key`, both in UTF-8.
    pub fn hmac(self, key: &str, message: &str, output: Output) -> String {
        output.write(&(self.hmac)(key.as_bytes(), message.as_bytes()))
    }
}

/// The names of all algorithms, sorted.
pub fn algorithms() -> &'static [&'static str] {
    NAMES
}

/// Builds the sorted names and, in the same order, what they name.
macro_rules! algorithms {
    ($($name:literal $digest:ty),* $(,)?) => {
        const NAMES: &[&str] = &[$($name),*];
        const ALGORITHMS: &[Algorithm] =
            &[$(Algorithm { hash: hash::<$digest>, hmac: code::<$digest> }),*];
    };
}

algorithms! {
    "blake2b512" blake2::Blake2b512,
    "blake2s256" blake2::Blake2s256,
    "md5" md5::Md5,
    "ripemd160" ripemd::Ripemd160,
    "sha1" sha1::Sha1,
    "sha224" sha2::Sha224,
    "sha256" sha2::Sha256,
    "sha3-224" sha3::Sha3_224,
    "sha3-256" sha3::Sha3_256,
    "sha3-384" sha3::Sha3_384,
    "sha3-512" sha3::Sha3_512,
    "sha384" sha2::Sha384,
    "sha512" sha2::Sha512,
    "sha512-224" sha2::Sha512_224,
    "sha512-256" sha2::Sha512_256,
}

fn hash<D: Digest>(data: &[u8]) -> Vec<u8> {
    D::digest(data).to_vec()
}

fn code<D: Digest + BlockSizeUser + Clone>(key: &[u8], message: &[u8]) -> Vec<u8> {
    // A key of exactly one block cannot be refused: a longer one is digested first, a shorter one ends in zeros.
    let digest = D::digest(key);
    let key = if key.len() > D::block_size() { &digest } else { key };
    let mut block = hmac::digest::Key::<SimpleHmac<D>>::default();
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    SimpleHmac::<D>::new(&block).chain_update(message).finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests;
