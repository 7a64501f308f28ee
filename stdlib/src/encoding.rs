//! Text as bytes and back, in Node's buffer encodings, for `math:base64encode` and `math:base64decode`
//! (krl-runtime.md §5.5).
//!
//! Reading is as lenient as Node's: what an encoding can't read ends or is left out, nothing is an error.

use base64::Engine as _;
use base64::alphabet::STANDARD as STANDARD_ALPHABET;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD, URL_SAFE_NO_PAD};

/// A way to write bytes as text, or text as bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Encoding {
    #[default]
    Utf8,
    Utf16le,
    /// The low byte of each UTF-16 unit.
    Latin1,
    /// As `Latin1`; in reading the high bit is dropped.
    Ascii,
    Hex,
    Base64,
    Base64url,
}

impl Encoding {
    /// The encoding Node knows by this name, in any case.
    pub fn named(name: &str) -> Option<Encoding> {
        Some(match name.to_ascii_lowercase().as_str() {
            "utf8" | "utf-8" => Encoding::Utf8,
            "ucs2" | "ucs-2" | "utf16le" | "utf-16le" => Encoding::Utf16le,
            "latin1" | "binary" => Encoding::Latin1,
            "ascii" => Encoding::Ascii,
            "hex" => Encoding::Hex,
            "base64" => Encoding::Base64,
            "base64url" => Encoding::Base64url,
            _ => return None,
        })
    }

    /// The bytes that `text` stands for.
    pub fn to_bytes(self, text: &str) -> Vec<u8> {
        match self {
            Encoding::Utf8 => text.as_bytes().to_vec(),
            Encoding::Utf16le => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            Encoding::Latin1 | Encoding::Ascii => {
                text.encode_utf16().map(|unit| unit.to_le_bytes()[0]).collect()
            }
            Encoding::Hex => read_hex(text),
            Encoding::Base64 | Encoding::Base64url => read_base64(text),
        }
    }

    /// The text that stands for `bytes`; what is no text in this encoding becomes U+FFFD.
    pub fn to_text(self, bytes: &[u8]) -> String {
        match self {
            Encoding::Utf8 => String::from_utf8_lossy(bytes).into_owned(),
            Encoding::Utf16le => {
                let units: Vec<u16> =
                    bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
                String::from_utf16_lossy(&units)
            }
            Encoding::Latin1 => bytes.iter().copied().map(char::from).collect(),
            Encoding::Ascii => bytes.iter().map(|byte| char::from(byte & 0x7f)).collect(),
            Encoding::Hex => crate::digest::hex(bytes),
            Encoding::Base64 => STANDARD.encode(bytes),
            Encoding::Base64url => URL_SAFE_NO_PAD.encode(bytes),
        }
    }
}

/// `text`, which is in `encoding`, in base 64.
pub fn base64encode(text: &str, encoding: Encoding) -> String {
    STANDARD.encode(encoding.to_bytes(text))
}

/// What the base 64 `text` holds, in `encoding`.
pub fn base64decode(text: &str, encoding: Encoding) -> String {
    encoding.to_text(&read_base64(text))
}

/// Pairs of digits, up to the first that is none.
fn read_hex(text: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pairs = text.as_bytes().chunks_exact(2);
    pairs.map_while(|pair| Some((digit(pair[0])? << 4 | digit(pair[1])?) as u8)).collect()
}

/// Both alphabets, up to the first `=`; other characters are skipped, bits that fill no byte are dropped.
fn read_base64(text: &str) -> Vec<u8> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &STANDARD_ALPHABET,
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::RequireNone)
            .with_decode_allow_trailing_bits(true),
    );
    let until_padding = text.bytes().take_while(|&byte| byte != b'=');
    let mut symbols: Vec<u8> = until_padding
        .filter_map(|byte| match byte {
            b'-' => Some(b'+'),
            b'_' => Some(b'/'),
            b'+' | b'/' => Some(byte),
            _ => byte.is_ascii_alphanumeric().then_some(byte),
        })
        .collect();
    // One symbol alone is less than a byte.
    if symbols.len() % 4 == 1 {
        symbols.pop();
    }
    LENIENT.decode(symbols).unwrap_or_default()
}

#[cfg(test)]
mod tests;
