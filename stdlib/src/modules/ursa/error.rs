//! Why keys, signatures and envelopes are refused. No text here holds a secret or a part of one.

use std::fmt;

/// What is wrong with what `ursa` was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// A map has no text under this path.
    Missing { from: &'static str, path: &'static str },
    /// A text is not so many bytes in base 58.
    Key { name: &'static str, bytes: usize },
    /// The two halves of a private key, or it and the public key beside it, do not belong together.
    Unpaired,
    /// A public key that is no point of the curve, or one of the few that make every secret known.
    Weak { name: &'static str },
    /// A text is not base 64 for URLs.
    Base64 { name: &'static str },
    /// So many bytes are not what this part has.
    Length { name: &'static str, bytes: usize, found: usize },
    /// An item of an array is no byte.
    Byte { position: usize },
    /// Signed data that is too short for its time.
    NoTimestamp { found: usize },
    /// Bytes that are no text.
    NotText { name: &'static str },
    /// What should be an envelope is none.
    NoEnvelope,
    /// The header of an envelope is none.
    NoHeader,
    /// No keys to pack for, or too many.
    Recipients { found: usize },
    /// The envelope is for others.
    NotForUs,
    /// The header names an algorithm that is neither `Authcrypt` nor `Anoncrypt`.
    Algorithm { name: String },
    /// An authenticated envelope without a sender.
    NoSender,
    /// A box that this key does not open, or that was changed on its way.
    Closed { name: &'static str },
}

/// Keys a message may be packed for: each costs several multiplications on the curve.
pub(super) const MAX_RECIPIENTS: usize = 256;

/// Characters of a foreign text that a message repeats.
const SHOWN: usize = 40;

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { from, path } => write!(f, "`{from}` has no text under `{path}`"),
            Self::Key { name, bytes } => write!(f, "{name} is no key: {bytes} bytes in base 58"),
            Self::Unpaired => f.write_str("`ariesPublicKey` and `secret.ariesPrivateKey` are not of one pair"),
            Self::Weak { name } => write!(f, "{name} is no public key that can be used"),
            Self::Base64 { name } => write!(f, "{name} is not base 64 for URLs"),
            Self::Length { name, bytes, found } => write!(f, "{name} has {found} bytes instead of {bytes}"),
            Self::Byte { position } => {
                write!(f, "item {position} of `bytes` is not a whole number from 0 to 255")
            }
            Self::NoTimestamp { found } => {
                write!(f, "`sig_data` has {found} bytes: fewer than the 8 of its time")
            }
            Self::NotText { name } => write!(f, "{name} is no text in UTF-8"),
            Self::NoEnvelope => f.write_str(
                "`messageIn` is no envelope: a JSON map with the texts `protected`, `iv`, `ciphertext` and `tag`",
            ),
            Self::NoHeader => f.write_str(
                "`protected` is no header of an envelope: a JSON map with `alg` and `recipients`, each with `encrypted_key` and `header.kid`",
            ),
            Self::Recipients { found: 0 } => f.write_str("`toPublicKeys` names no recipient"),
            Self::Recipients { found } => {
                write!(f, "`toPublicKeys` names {found} recipients, more than {MAX_RECIPIENTS}")
            }
            Self::NotForUs => f.write_str("No corresponding recipient key found"),
            Self::Algorithm { name } => {
                let shown: String = name.chars().take(SHOWN).collect();
                write!(f, "Unsupported pack algorithm: {shown}")
            }
            Self::NoSender => f.write_str("Sender public key not provided in Authcrypt message"),
            Self::Closed { name } => {
                write!(f, "{name} cannot be opened: it is for another key or was changed on its way")
            }
        }
    }
}
