//! Keys: Ed25519 for signatures, and the Curve25519 keys for boxes that follow from them, as libsodium converts them.

use super::error::Refusal;
use curve25519_dalek::edwards::CompressedEdwardsY;
use ed25519_dalek::SigningKey;
use x25519_dalek::{PublicKey, StaticSecret};

/// Where random bytes come from.
pub(super) struct Entropy<'a>(pub &'a mut dyn FnMut() -> u64);

impl Entropy<'_> {
    /// Fresh random bytes.
    pub fn draw<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        for part in bytes.chunks_mut(8) {
            for (byte, random) in part.iter_mut().zip((self.0)().to_le_bytes()) {
                *byte = random;
            }
        }
        bytes
    }
}

/// The public half of an Ed25519 pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct VerifyKey {
    /// In base 58, as envelopes name it.
    pub text: String,
    bytes: [u8; 32],
}

impl VerifyKey {
    /// A key in base 58; `name` says in messages which one.
    ///
    /// # Errors
    /// [`Refusal::Key`]
    pub fn read(name: &'static str, text: &str) -> Result<Self, Refusal> {
        let bytes = base58(name, text)?;
        Ok(Self { text: text.to_owned(), bytes })
    }

    /// The key to encrypt to. Points of small order and points beside the main group are refused, as by libsodium.
    ///
    /// # Errors
    /// [`Refusal::Weak`]
    pub fn for_boxes(&self, name: &'static str) -> Result<PublicKey, Refusal> {
        let point = CompressedEdwardsY(self.bytes).decompress();
        let sound = point.filter(|p| !p.is_small_order() && p.is_torsion_free());
        let point = sound.ok_or(Refusal::Weak { name })?;
        Ok(PublicKey::from(point.to_montgomery().to_bytes()))
    }

    /// Is this a signature of `message` by this key? No point of the curve and no point of small order signs anything.
    pub fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(signature);
        ed25519_dalek::VerifyingKey::from_bytes(&self.bytes)
            .is_ok_and(|key| key.verify_strict(message, &signature).is_ok())
    }
}

/// An Ed25519 pair.
pub(super) struct KeyPair {
    /// The public half.
    pub public: VerifyKey,
    /// The private half.
    pub signing: SigningKey,
}

impl KeyPair {
    /// A pair in base 58. A private key holds its public one too; a signature made with another would give the private key away.
    ///
    /// # Errors
    /// [`Refusal::Key`], [`Refusal::Unpaired`]
    pub fn read(public: &str, private: &str) -> Result<Self, Refusal> {
        let public = VerifyKey::read("`ariesPublicKey`", public)?;
        let private: [u8; 64] = base58("`secret.ariesPrivateKey`", private)?;
        let signing = SigningKey::from_keypair_bytes(&private).map_err(|_| Refusal::Unpaired)?;
        if signing.verifying_key().to_bytes() != public.bytes {
            return Err(Refusal::Unpaired);
        }
        Ok(Self { public, signing })
    }

    /// The key that opens boxes for the public half.
    pub fn for_boxes(&self) -> StaticSecret {
        StaticSecret::from(self.signing.to_scalar_bytes())
    }
}

/// The public keys of Indy's ledgers. Signing and encryption have one secret, the seed, as ledgers expect it.
pub(super) struct Ledger {
    /// The first half of the verification key.
    pub did: String,
    /// Checks signatures.
    pub verify: String,
    /// Encrypts.
    pub encryption: String,
}

impl Ledger {
    /// The keys of a seed.
    pub fn of(seed: &[u8; 32]) -> Self {
        let verify = SigningKey::from_bytes(seed).verifying_key().to_bytes();
        let encryption = PublicKey::from(&StaticSecret::from(*seed));
        let (did, _) = verify.split_at(16);
        Self { did: to_base58(did), verify: to_base58(&verify), encryption: to_base58(encryption.as_bytes()) }
    }
}

/// A pair of an agent, in base 58.
pub(super) struct Agent {
    /// The public half.
    pub public: String,
    /// Both halves.
    pub private: String,
}

/// The agent's pair of a seed.
pub(super) fn agent(seed: &[u8; 32]) -> Agent {
    let signing = SigningKey::from_bytes(seed);
    let public = to_base58(&signing.verifying_key().to_bytes());
    Agent { public, private: to_base58(&signing.to_keypair_bytes()) }
}

/// Bytes in base 58.
pub(super) fn to_base58(bytes: &[u8]) -> String {
    bs58::encode(bytes).into_string()
}

/// Exactly `N` bytes from base 58. The time this takes grows with the text only, not with its square: the result has no room for more.
fn base58<const N: usize>(name: &'static str, text: &str) -> Result<[u8; N], Refusal> {
    let mut bytes = [0; N];
    match bs58::decode(text).onto(&mut bytes) {
        Ok(length) if length == N => Ok(bytes),
        _ => Err(Refusal::Key { name, bytes: N }),
    }
}
