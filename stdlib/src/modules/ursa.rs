//! `ursa`: keys and envelopes of the older agent protocols (krl-runtime §5.9). Its host answers.

use crate::declare::signatures;

signatures! {
    module ursa;

    /// A new key pair: a map with `did`, `verifyKey`, `encryptionPublicKey`, `ariesPublicKey` and `secret`.
    fn generateDID() -> MAP = Request {}
    /// Bytes as the text that is signed, in base 64 for URLs.
    fn sig_data(bytes: ARRAY) -> STRING = Request {}
    /// A signature of bytes with the key of a channel.
    fn crypto_sign(bytes: ARRAY, chann: MAP) -> STRING = Request {}
    /// Checks a signed field; answers a map with `sig_verified`, `field` and `timestamp`.
    fn verify_signed_field(signed_field: MAP) -> MAP = Request {}
    /// An encrypted envelope of a message for these keys, authenticated if a sender's channel is given.
    fn pack(message: ANY, toPublicKeys: ARRAY; fromChann: MAP|NULL) -> STRING = Request {}
    /// Opens an envelope; answers a map with `message`, `sender_key` and `recipient_key`.
    fn unpack(messageIn: ANY(STRING|MAP), chann: MAP) -> MAP = Request {}
}
