//! `ursa`: keys, signatures and envelopes of the older agent protocols, Indy and Aries (krl-runtime §5.9).
//!
//! A *channel* here is what `ursa:generateDID()` makes: key pairs, as a map. Key pairs of agents (`ariesPublicKey`) sign and open envelopes; the
//! others, which follow from `seed`, are those of Indy's ledgers. Secrets stay with the program: nothing here keeps them.

mod base64url;
mod boxes;
mod envelope;
mod error;
mod keys;

use crate::declare::signatures;
use ed25519_dalek::Signer as _;
use envelope::Envelope;
use error::Refusal;
use keys::{Entropy, KeyPair, VerifyKey, to_base58};
use krl_vm::fault::Fault;
use krl_vm::heap::Heap;
use krl_vm::native::{Context, arg};
use krl_vm::value::Value;

signatures! {
    module ursa;

    /// New key pairs: a map with `did`, `verifyKey`, `encryptionPublicKey`, `ariesPublicKey` and `secret`.
    /// `secret` holds `seed` in hexadecimal, and `signKey`, `encryptionPrivateKey` and `ariesPrivateKey`. Keys are in base 58. Whoever has the map
    /// can sign and read in its name: pass on the public keys only.
    fn generateDID() -> MAP = Host(generate_did) {
        "ursa:generateDID().keys()" => r#"["did","verifyKey","encryptionPublicKey","ariesPublicKey","secret"]"#
    }
    /// Bytes as `sig_data` of a signed field, in base 64 for URLs.
    /// The first eight of them are the time, in seconds, the highest byte first; the field follows (Aries RFC 0234).
    fn sig_data(bytes: ARRAY) -> STRING = Pure(sig_data) {
        "ursa:sig_data([255, 0, 128])" => r#""_wCA""#
    }
    /// A signature (Ed25519) of bytes with the `ariesPrivateKey` of a channel, in base 64 for URLs.
    fn crypto_sign(bytes: ARRAY, chann: MAP) -> STRING = Pure(crypto_sign) {
        "ursa:crypto_sign([1], ursa:generateDID()).length()" => "88"
    }
    /// Checks a signed field, a map with `signature`, `sig_data` and `signer`; answers a map with `sig_verified`, `field` and `timestamp`.
    /// `field` is the text that was signed, `timestamp` an array of the eight bytes before it. Believe them only if `sig_verified` is true and
    /// `signer` is the key you expect.
    fn verify_signed_field(signed_field: MAP) -> MAP = Pure(verify_signed_field) {
        r#"ursa:verify_signed_field({"signer": "AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9", "sig_data": "AAAAAF9eEABoaQ==", "signature": "BDjopliiNAFs4d9WEwS2xmiGrAFexul5SvMoNba1xgbF2ifj-nWy4GTgG1-_6t74UYtrEn54vCTTwwt7InY8Dw=="})"#
            => r#"{"sig_verified":true,"field":"hi","timestamp":[0,0,0,0,95,94,16,0]}"#
    }
    /// An encrypted envelope (Aries RFC 0019) of a text for these keys, authenticated if a sender's channel is given; JSON text.
    /// The keys are `ariesPublicKey`s of at most 256 recipients, each of whom can open it.
    fn pack(message: STRING, toPublicKeys: ARRAY; fromChann: MAP|NULL) -> STRING = Host(pack) {
        r#"ursa:pack("hi", [ursa:generateDID(){"ariesPublicKey"}]).decode().keys()"# => r#"["protected","iv","ciphertext","tag"]"#
    }
    /// Opens an envelope, as JSON text or as a map, with the keys of a recipient; answers a map with `message`, `sender_key` and `recipient_key`.
    /// `sender_key` is null if the envelope is not authenticated. Raises an error if the envelope is for others or was changed.
    fn unpack(messageIn: STRING|MAP, chann: MAP) -> MAP = Pure(unpack) {
        r#"(function(me){ ursa:unpack(ursa:pack("hi", [me{"ariesPublicKey"}]), me){"message"} })(ursa:generateDID())"# => r#""hi""#,
        r#"(function(me){ ursa:unpack(ursa:pack("hi", [me{"ariesPublicKey"}]).decode(), me){"sender_key"} })(ursa:generateDID())"# => "null"
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Self::error(refusal.to_string())
    }
}

fn generate_did(context: &mut Context<'_>, _: &[Value]) -> Result<Value, Fault> {
    let mut bits = || context.host.random();
    let mut entropy = Entropy(&mut bits);
    let (seed, agent) = (entropy.draw(), entropy.draw());
    let (ledger, agent) = (keys::Ledger::of(&seed), keys::agent(&agent));
    let heap = &mut *context.heap;
    let secret = texts(
        heap,
        &[
            ("seed", &crate::digest::hex(&seed)),
            ("signKey", &to_base58(&seed)),
            ("encryptionPrivateKey", &to_base58(&seed)),
            ("ariesPrivateKey", &agent.private),
        ],
    )?;
    let channel = texts(
        heap,
        &[
            ("did", &ledger.did),
            ("verifyKey", &ledger.verify),
            ("encryptionPublicKey", &ledger.encryption),
            ("ariesPublicKey", &agent.public),
        ],
    )?;
    let name = heap.string("secret")?;
    heap.map_put(channel, name, secret)
}

fn sig_data(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    let bytes = bytes(heap, "ursa:sig_data", arg(args, 0))?;
    heap.string(&base64url::write(&bytes))
}

fn crypto_sign(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    const NAME: &str = "ursa:crypto_sign";
    let bytes = bytes(heap, NAME, arg(args, 0))?;
    let keys = channel(heap, NAME, "chann", arg(args, 1))?;
    let signature = keys.signing.sign(&bytes).to_bytes();
    heap.string(&base64url::write(&signature))
}

fn verify_signed_field(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    const TIME: usize = 8;
    let signed = map(heap, "ursa:verify_signed_field", "signed_field", arg(args, 0))?;
    let part = |path| text_at(heap, "signed_field", signed, path);
    let signature = base64url::exactly::<64>("`signature`", part("signature")?)?;
    let data = base64url::read("`sig_data`", part("sig_data")?)?;
    let signer = VerifyKey::read("`signer`", part("signer")?)?;
    let Some((time, field)) = data.split_first_chunk::<TIME>() else {
        return Err(Refusal::NoTimestamp { found: data.len() }.into());
    };
    let field = std::str::from_utf8(field).map_err(|_| Refusal::NotText { name: "the signed field" })?;
    let verified = Value::bool(signer.verifies(&data, &signature));
    let field = heap.string(field)?;
    let time = heap.array_from(&time.map(|byte| Value::number(byte.into())))?;
    record(heap, &[("sig_verified", verified), ("field", field), ("timestamp", time)])
}

fn pack(context: &mut Context<'_>, args: &[Value]) -> Result<Value, Fault> {
    let mut bits = || context.host.random();
    pack_with(context.heap, &mut Entropy(&mut bits), args)
}

fn pack_with(heap: &mut Heap, entropy: &mut Entropy<'_>, args: &[Value]) -> Result<Value, Fault> {
    const NAME: &str = "ursa:pack";
    let (message, to, from) = (arg(args, 0), arg(args, 1), arg(args, 2));
    if !message.is_string() {
        return Err(wrong(heap, NAME, "message", "a String", message));
    }
    if !to.is_array() {
        return Err(wrong(heap, NAME, "toPublicKeys", "an Array", to));
    }
    let found = heap.array_len(to);
    if found > error::MAX_RECIPIENTS {
        return Err(Refusal::Recipients { found }.into());
    }
    let keys = heap.array(to).iter().map(|&key| {
        if !key.is_string() {
            return Err(wrong(heap, NAME, "toPublicKeys", "Strings", key));
        }
        Ok(VerifyKey::read("a key in `toPublicKeys`", heap.str(key))?)
    });
    let keys = keys.collect::<Result<Vec<_>, Fault>>()?;
    let sender = if heap.is_truthy(from) { Some(channel(heap, NAME, "fromChann", from)?) } else { None };
    let text = heap.str(message);
    heap.check_room(text.len() * 3)?;
    let envelope = Envelope::pack(entropy, text, &keys, sender.as_ref())?;
    heap.string(&envelope.to_json())
}

fn unpack(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    const NAME: &str = "ursa:unpack";
    let message = arg(args, 0);
    let keys = channel(heap, NAME, "chann", arg(args, 1))?;
    let envelope = if message.is_string() {
        Envelope::read(heap.str(message))?
    } else if !message.is_map() {
        return Err(wrong(heap, NAME, "messageIn", "a String or a Map", message));
    } else {
        Envelope::of(|part| {
            let value = heap.map_get(message, part).filter(|v| v.is_string())?;
            Some(heap.str(value).to_owned())
        })?
    };
    let opened = envelope.unpack(&keys)?;
    let text = heap.string(&opened.message)?;
    let sender = match &opened.sender {
        Some(sender) => heap.string(sender)?,
        None => Value::NULL,
    };
    let recipient = heap.string(&keys.public.text)?;
    record(heap, &[("message", text), ("sender_key", sender), ("recipient_key", recipient)])
}

/// An argument of the wrong kind. Its value is not told: it may be a secret in the wrong place.
fn wrong(heap: &Heap, native: &str, parameter: &str, wanted: &str, given: Value) -> Fault {
    let given = heap.kind(given).name();
    Fault::type_error(format!("{native} takes {wanted} as `{parameter}`, not {given}"))
}

fn map(heap: &Heap, native: &str, parameter: &str, value: Value) -> Result<Value, Fault> {
    if value.is_map() { Ok(value) } else { Err(wrong(heap, native, parameter, "a Map", value)) }
}

fn text_at<'h>(
    heap: &'h Heap,
    from: &'static str,
    map: Value,
    path: &'static str,
) -> Result<&'h str, Refusal> {
    let value = path.split('.').try_fold(map, |v, key| if v.is_map() { heap.map_get(v, key) } else { None });
    match value {
        Some(value) if value.is_string() => Ok(heap.str(value)),
        _ => Err(Refusal::Missing { from, path }),
    }
}

/// The agent's keys of a channel.
fn channel(heap: &Heap, native: &str, parameter: &'static str, value: Value) -> Result<KeyPair, Fault> {
    let value = map(heap, native, parameter, value)?;
    let public = text_at(heap, parameter, value, "ariesPublicKey")?;
    let private = text_at(heap, parameter, value, "secret.ariesPrivateKey")?;
    Ok(KeyPair::read(public, private)?)
}

fn bytes(heap: &Heap, native: &str, array: Value) -> Result<Vec<u8>, Fault> {
    if !array.is_array() {
        return Err(wrong(heap, native, "bytes", "an Array", array));
    }
    let items = heap.array(array);
    heap.check_room(items.len() * 2)?;
    let byte = |(position, item): (usize, &Value)| match item.as_number() {
        Some(n) if n.fract() == 0.0 && (0.0..256.0).contains(&n) => Ok(n as u8),
        _ => Err(Refusal::Byte { position }.into()),
    };
    items.iter().enumerate().map(byte).collect()
}

fn texts(heap: &mut Heap, entries: &[(&str, &str)]) -> Result<Value, Fault> {
    let entries = entries.iter().map(|&(name, text)| Ok((name, heap.string(text)?)));
    let entries = entries.collect::<Result<Vec<_>, Fault>>()?;
    record(heap, &entries)
}

fn record(heap: &mut Heap, entries: &[(&str, Value)]) -> Result<Value, Fault> {
    let entries = entries.iter().map(|&(name, value)| Ok((heap.string(name)?, value)));
    let entries = entries.collect::<Result<Vec<_>, Fault>>()?;
    heap.map_from(&entries)
}

#[cfg(test)]
mod tests;
