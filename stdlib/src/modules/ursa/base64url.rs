//! Base 64 for URLs: written with padding, as libsodium's `URLSAFE`, read with or without it, as agents differ.

use super::error::Refusal;
use base64::Engine as _;
use base64::alphabet::URL_SAFE as ALPHABET;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The text of `bytes`.
pub(super) fn write(bytes: &[u8]) -> String {
    ENGINE.encode(bytes)
}

/// The bytes of `text`; `name` says in messages what it is.
///
/// # Errors
/// [`Refusal::Base64`]
pub(super) fn read(name: &'static str, text: &str) -> Result<Vec<u8>, Refusal> {
    ENGINE.decode(text).map_err(|_| Refusal::Base64 { name })
}

/// As [`read`], for parts that have `N` bytes.
///
/// # Errors
/// [`Refusal::Base64`], [`Refusal::Length`]
pub(super) fn exactly<const N: usize>(name: &'static str, text: &str) -> Result<[u8; N], Refusal> {
    let bytes = read(name, text)?;
    let found = bytes.len();
    bytes.try_into().map_err(|_| Refusal::Length { name, bytes: N, found })
}
