//! NaCl's public-key boxes: `crypto_box` (X25519, XSalsa20, Poly1305) and libsodium's sealed boxes, which anybody can make and only one can open.

use blake2::digest::consts::U24;
use blake2::{Blake2b, Digest};
use poly1305::Poly1305;
use poly1305::universal_hash::KeyInit;
use salsa20::cipher::consts::U10;
use salsa20::cipher::{KeyIvInit, StreamCipher};
use salsa20::{XSalsa20, hsalsa};
use subtle::ConstantTimeEq;
use x25519_dalek::{PublicKey, StaticSecret};

/// Bytes of a nonce.
pub(super) const NONCE: usize = 24;

const TAG: usize = 16;
const KEY: usize = 32;

/// A box of `message` from `mine` to `theirs`; `None` if their key makes the secret of both a known one.
pub(super) fn seal_from(
    mine: &StaticSecret,
    theirs: &PublicKey,
    nonce: &[u8; NONCE],
    message: &[u8],
) -> Option<Vec<u8>> {
    let (mut cipher, authenticator) = start(mine, theirs, nonce)?;
    let mut text = message.to_vec();
    cipher.apply_keystream(&mut text);
    let mut boxed = authenticator.compute_unpadded(&text).to_vec();
    boxed.append(&mut text);
    Some(boxed)
}

/// What a box from `theirs` to `mine` holds; `None` if it is none, or a changed one.
pub(super) fn open_from(
    mine: &StaticSecret,
    theirs: &PublicKey,
    nonce: &[u8; NONCE],
    boxed: &[u8],
) -> Option<Vec<u8>> {
    let (tag, text) = boxed.split_at_checked(TAG)?;
    let (mut cipher, authenticator) = start(mine, theirs, nonce)?;
    if !bool::from(authenticator.compute_unpadded(text).ct_eq(tag)) {
        return None;
    }
    let mut message = text.to_vec();
    cipher.apply_keystream(&mut message);
    Some(message)
}

/// A sealed box of `message` for `theirs`. `ephemeral` is for this box alone.
pub(super) fn seal(ephemeral: &StaticSecret, theirs: &PublicKey, message: &[u8]) -> Option<Vec<u8>> {
    let sender = PublicKey::from(ephemeral);
    let mut boxed = seal_from(ephemeral, theirs, &seal_nonce(&sender, theirs), message)?;
    let mut sealed = sender.to_bytes().to_vec();
    sealed.append(&mut boxed);
    Some(sealed)
}

/// What a sealed box for `mine` holds.
pub(super) fn open(mine: &StaticSecret, sealed: &[u8]) -> Option<Vec<u8>> {
    let (sender, boxed) = sealed.split_first_chunk::<KEY>()?;
    let (sender, recipient) = (PublicKey::from(*sender), PublicKey::from(mine));
    open_from(mine, &sender, &seal_nonce(&sender, &recipient), boxed)
}

/// The nonce of a sealed box follows from its keys, of which one is used only once.
fn seal_nonce(sender: &PublicKey, recipient: &PublicKey) -> [u8; NONCE] {
    let digest = Blake2b::<U24>::new().chain_update(sender.as_bytes()).chain_update(recipient.as_bytes());
    digest.finalize().into()
}

/// The key stream for the message, behind the bytes of it that key the authenticator.
fn start(mine: &StaticSecret, theirs: &PublicKey, nonce: &[u8; NONCE]) -> Option<(XSalsa20, Poly1305)> {
    let shared = mine.diffie_hellman(theirs);
    if !shared.was_contributory() {
        return None;
    }
    let key = hsalsa::<U10>(&shared.to_bytes().into(), &[0; 16].into());
    let mut cipher = XSalsa20::new(&key, &(*nonce).into());
    let mut first = [0; KEY];
    cipher.apply_keystream(&mut first);
    Some((cipher, Poly1305::new(&first.into())))
}
