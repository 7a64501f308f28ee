//! The encryption envelope of Aries RFC 0019: a message under a content key, and the content key in a box for each recipient.
//!
//! The header says `xchacha20poly1305_ietf`, but the content is ChaCha20-Poly1305 with a nonce of 12 bytes: so prescribes the text of the RFC,
//! and so do all agents. The header is authenticated together with the content.

use super::base64url;
use super::boxes::{self, NONCE};
use super::error::{MAX_RECIPIENTS, Refusal};
use super::keys::{Entropy, KeyPair, VerifyKey};
use chacha20poly1305::{AeadInOut, ChaCha20Poly1305, KeyInit};
use serde::Deserialize;
use std::fmt::Write as _;
use x25519_dalek::StaticSecret;

const AUTHENTICATED: &str = "Authcrypt";
const ANONYMOUS: &str = "Anoncrypt";

/// The parts of an envelope, as text in base 64.
#[derive(Deserialize)]
pub(super) struct Envelope {
    /// The header.
    pub protected: String,
    /// The nonce of the content.
    pub iv: String,
    /// The content.
    pub ciphertext: String,
    /// What authenticates content and header.
    pub tag: String,
}

/// An opened envelope.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Opened {
    /// The content.
    pub message: String,
    /// The sender's key, if it was authenticated.
    pub sender: Option<String>,
}

/// The header, as far as opening needs it.
#[derive(Deserialize)]
struct Header {
    alg: String,
    recipients: Vec<Recipient>,
}

#[derive(Deserialize)]
struct Recipient {
    encrypted_key: String,
    header: RecipientHeader,
}

#[derive(Deserialize)]
struct RecipientHeader {
    kid: String,
    sender: Option<String>,
    iv: Option<String>,
}

impl Envelope {
    /// An envelope in JSON.
    ///
    /// # Errors
    /// [`Refusal::NoEnvelope`]
    pub fn read(text: &str) -> Result<Self, Refusal> {
        serde_json::from_str(text).map_err(|_| Refusal::NoEnvelope)
    }

    /// An envelope with the parts that `part` finds under their names.
    ///
    /// # Errors
    /// [`Refusal::NoEnvelope`]
    pub fn of(part: impl Fn(&str) -> Option<String>) -> Result<Self, Refusal> {
        let part = |name| part(name).ok_or(Refusal::NoEnvelope);
        Ok(Self {
            protected: part("protected")?,
            iv: part("iv")?,
            ciphertext: part("ciphertext")?,
            tag: part("tag")?,
        })
    }

    /// The envelope as JSON: base 64 needs no escapes.
    pub fn to_json(&self) -> String {
        let Self { protected, iv, ciphertext, tag } = self;
        format!(r#"{{"protected":"{protected}","iv":"{iv}","ciphertext":"{ciphertext}","tag":"{tag}"}}"#)
    }

    /// Packs `message` for the keys `to`, authenticated by `from` if it is given.
    ///
    /// # Errors
    /// [`Refusal::Recipients`], [`Refusal::Weak`]
    pub fn pack(
        entropy: &mut Entropy<'_>,
        message: &str,
        to: &[VerifyKey],
        from: Option<&KeyPair>,
    ) -> Result<Self, Refusal> {
        if to.is_empty() || to.len() > MAX_RECIPIENTS {
            return Err(Refusal::Recipients { found: to.len() });
        }
        let content_key = entropy.draw::<32>();
        let mut recipients = String::new();
        for key in to {
            let comma = if recipients.is_empty() { "" } else { "," };
            // Writing to a `String` cannot fail.
            let _ = write!(recipients, "{comma}{}", recipient(entropy, &content_key, key, from)?);
        }
        let alg = if from.is_some() { AUTHENTICATED } else { ANONYMOUS };
        let header = format!(
            r#"{{"enc":"xchacha20poly1305_ietf","typ":"JWM/1.0","alg":"{alg}","recipients":[{recipients}]}}"#
        );
        let protected = base64url::write(header.as_bytes());
        let nonce = entropy.draw::<12>();
        let mut content = message.as_bytes().to_vec();
        let tag = ChaCha20Poly1305::new(&content_key.into())
            .encrypt_inout_detached(&nonce.into(), protected.as_bytes(), content.as_mut_slice().into())
            .map_err(|_| Refusal::Closed { name: "the message" })?;
        Ok(Self {
            protected,
            iv: base64url::write(&nonce),
            ciphertext: base64url::write(&content),
            tag: base64url::write(&tag),
        })
    }

    /// Opens the envelope with the keys of one of its recipients.
    ///
    /// # Errors
    /// Whatever is not as [`Envelope::pack`] makes it, and envelopes for others.
    pub fn unpack(&self, keys: &KeyPair) -> Result<Opened, Refusal> {
        let (content_key, sender) = self.content_key(keys)?;
        let nonce = base64url::exactly::<12>("`iv`", &self.iv)?;
        let tag = base64url::exactly::<16>("`tag`", &self.tag)?;
        let mut content = base64url::read("`ciphertext`", &self.ciphertext)?;
        ChaCha20Poly1305::new(&content_key.into())
            .decrypt_inout_detached(
                &nonce.into(),
                self.protected.as_bytes(),
                content.as_mut_slice().into(),
                &tag.into(),
            )
            .map_err(|_| Refusal::Closed { name: "`ciphertext`" })?;
        let message = String::from_utf8(content).map_err(|_| Refusal::NotText { name: "the message" })?;
        Ok(Opened { message, sender })
    }

    /// The content key, and the sender if the envelope names one.
    fn content_key(&self, keys: &KeyPair) -> Result<([u8; 32], Option<String>), Refusal> {
        let header = base64url::read("`protected`", &self.protected)?;
        let header: Header = serde_json::from_slice(&header).map_err(|_| Refusal::NoHeader)?;
        let ours = header.recipients.iter().find(|r| r.header.kid == keys.public.text);
        let ours = ours.ok_or(Refusal::NotForUs)?;
        let boxed = base64url::read("`encrypted_key`", &ours.encrypted_key)?;
        let secret = keys.for_boxes();
        let (key, sender) = match header.alg.as_str() {
            AUTHENTICATED => {
                let RecipientHeader { sender: Some(sender), iv: Some(iv), .. } = &ours.header else {
                    return Err(Refusal::NoSender);
                };
                let sender = named_sender(&secret, sender)?;
                let nonce = base64url::exactly::<NONCE>("`iv` of the recipient", iv)?;
                let theirs = sender.for_boxes("the sender's key")?;
                (boxes::open_from(&secret, &theirs, &nonce, &boxed), Some(sender.text))
            }
            ANONYMOUS => (boxes::open(&secret, &boxed), None),
            _ => return Err(Refusal::Algorithm { name: header.alg }),
        };
        let closed = Refusal::Closed { name: "`encrypted_key`" };
        let key = key.and_then(|key| key.try_into().ok()).ok_or(closed)?;
        Ok((key, sender))
    }
}

/// The sender's key, which only recipients can read.
fn named_sender(secret: &StaticSecret, sealed: &str) -> Result<VerifyKey, Refusal> {
    let sealed = base64url::read("`sender`", sealed)?;
    let name = boxes::open(secret, &sealed).ok_or(Refusal::Closed { name: "`sender`" })?;
    let name = String::from_utf8(name).map_err(|_| Refusal::NotText { name: "the sender's key" })?;
    VerifyKey::read("the sender's key", &name)
}

/// The entry of `recipients` for `key`, in JSON. Base 58 and base 64 need no escapes.
fn recipient(
    entropy: &mut Entropy<'_>,
    content_key: &[u8; 32],
    key: &VerifyKey,
    from: Option<&KeyPair>,
) -> Result<String, Refusal> {
    const NAME: &str = "a key in `toPublicKeys`";
    let theirs = key.for_boxes(NAME)?;
    let weak = || Refusal::Weak { name: NAME };
    let (boxed, sender, iv) = if let Some(from) = from {
        let nonce = entropy.draw::<NONCE>();
        let once = StaticSecret::from(entropy.draw::<32>());
        let sender = boxes::seal(&once, &theirs, from.public.text.as_bytes()).ok_or_else(weak)?;
        let boxed = boxes::seal_from(&from.for_boxes(), &theirs, &nonce, content_key);
        (boxed, quoted(&sender), quoted(&nonce))
    } else {
        let once = StaticSecret::from(entropy.draw::<32>());
        (boxes::seal(&once, &theirs, content_key), "null".into(), "null".into())
    };
    let (boxed, kid) = (quoted(&boxed.ok_or_else(weak)?), &key.text);
    Ok(format!(r#"{{"encrypted_key":{boxed},"header":{{"kid":"{kid}","sender":{sender},"iv":{iv}}}}}"#))
}

fn quoted(bytes: &[u8]) -> String {
    format!("\"{}\"", base64url::write(bytes))
}
