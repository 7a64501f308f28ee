//! Keys, signatures and envelopes beside those of libsodium (`libsodium.json`, made by `libsodium.mjs`), round trips, and damage of all kinds.

use super::envelope::{Envelope, Opened};
use super::error::{MAX_RECIPIENTS, Refusal};
use super::keys::{self, Entropy, KeyPair, Ledger, VerifyKey};
use super::{base64url, boxes, crypto_sign, pack_with, sig_data, unpack, verify_signed_field};
use ed25519_dalek::Signer as _;
use krl_vm::data::Data;
use krl_vm::fault::Fault;
use krl_vm::heap::Heap;
use krl_vm::value::Value;
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use x25519_dalek::{PublicKey, StaticSecret};

fn vectors() -> Json {
    serde_json::from_str(include_str!("tests/libsodium.json")).unwrap()
}

fn text(value: &Json) -> &str {
    value.as_str().unwrap()
}

/// What the vectors call draws: the bytes `start`, `start + 1`, … in words of eight.
fn counting(start: u64) -> impl FnMut() -> u64 {
    let mut next = start as u8;
    move || {
        let word = [0, 1, 2, 3, 4, 5, 6, 7].map(|i| next.wrapping_add(i));
        next = next.wrapping_add(8);
        u64::from_le_bytes(word)
    }
}

fn pair(seed: u8) -> KeyPair {
    let agent = keys::agent(&[seed; 32]);
    KeyPair::read(&agent.public, &agent.private).unwrap()
}

fn verify_keys(texts: &[&str]) -> Vec<VerifyKey> {
    texts.iter().map(|text| VerifyKey::read("a key", text).unwrap()).collect()
}

fn pack(message: &str, to: &[&KeyPair], from: Option<&KeyPair>, start: u64) -> Envelope {
    let to: Vec<VerifyKey> = to.iter().map(|keys| keys.public.clone()).collect();
    Envelope::pack(&mut Entropy(&mut counting(start)), message, &to, from).unwrap()
}

#[test]
fn keys_are_those_of_libsodium() {
    for case in vectors()["dids"].as_array().unwrap() {
        let mut bits = counting(case["draws"].as_u64().unwrap());
        let mut entropy = Entropy(&mut bits);
        let (seed, agent): ([u8; 32], [u8; 32]) = (entropy.draw(), entropy.draw());
        let (ledger, agent) = (Ledger::of(&seed), keys::agent(&agent));
        let made = json!({
            "did": ledger.did,
            "verifyKey": ledger.verify,
            "encryptionPublicKey": ledger.encryption,
            "ariesPublicKey": agent.public,
            "secret": {
                "seed": crate::digest::hex(&seed),
                "signKey": keys::to_base58(&seed),
                "encryptionPrivateKey": keys::to_base58(&seed),
                "ariesPrivateKey": agent.private,
            },
        });
        assert_eq!(made, case["channel"]);
    }
}

#[test]
fn envelopes_are_those_of_libsodium() {
    let vectors = vectors();
    let pairs: Vec<KeyPair> = vectors["agents"].as_array().unwrap().iter().map(read_pair).collect();
    let owner = |key: &str| pairs.iter().find(|pair| pair.public.text == key);
    for case in vectors["envelopes"].as_array().unwrap() {
        let (message, envelope) = (text(&case["message"]), text(&case["envelope"]));
        let to: Vec<&str> = case["to"].as_array().unwrap().iter().map(text).collect();
        let sender = case["from"].as_str();
        for &recipient in &to {
            let opened = Envelope::read(envelope).unwrap().unpack(owner(recipient).unwrap());
            let expected = Opened { message: message.to_owned(), sender: sender.map(str::to_owned) };
            assert_eq!(opened, Ok(expected), "{envelope}");
        }
        let Some(start) = case["draws"].as_u64() else { continue };
        let mut bits = counting(start);
        let from = sender.and_then(owner);
        let packed = Envelope::pack(&mut Entropy(&mut bits), message, &verify_keys(&to), from).unwrap();
        assert_eq!(packed.to_json(), envelope);
    }
}

fn read_pair(agent: &Json) -> KeyPair {
    KeyPair::read(text(&agent["public"]), text(&agent["private"])).unwrap()
}

#[test]
fn signatures_are_those_of_libsodium() {
    let vectors = vectors();
    let alice = read_pair(&vectors["agents"][0]);
    for case in vectors["signatures"].as_array().unwrap() {
        let signed = &case["signed_field"];
        let data = base64url::read("data", text(&signed["sig_data"])).unwrap();
        let signature = base64url::exactly::<64>("signature", text(&signed["signature"])).unwrap();
        let signer = VerifyKey::read("signer", text(&signed["signer"])).unwrap();
        assert_eq!(signer.verifies(&data, &signature), case["sig_verified"].as_bool().unwrap(), "{case}");
        let ours = signer == alice.public && alice.signing.sign(&data).to_bytes() == signature;
        assert_eq!(ours, case["ours"].as_bool().unwrap(), "{case}");
    }
}

#[test]
fn keys_that_libsodium_refuses_are_refused() {
    for key in vectors()["refused"].as_array().unwrap() {
        let key = VerifyKey::read("the key", text(key)).unwrap();
        assert_eq!(key.for_boxes("the key"), Err(Refusal::Weak { name: "the key" }), "{key:?}");
        let packed = Envelope::pack(&mut Entropy(&mut || 1), "", &[key], None);
        assert!(matches!(packed.err(), Some(Refusal::Weak { .. })));
    }
}

/// A sealed box whose key makes the shared secret zero is no box, whatever else it holds.
#[test]
fn boxes_with_a_known_secret_are_refused() {
    let mine = StaticSecret::from([5; 32]);
    let nowhere = PublicKey::from([0; 32]);
    assert_eq!(boxes::seal_from(&mine, &nowhere, &[0; 24], b"message"), None);
    assert_eq!(boxes::open(&mine, &[0; 80]), None);
}

#[test]
fn every_recipient_and_nobody_else_opens() {
    let pairs: Vec<KeyPair> = (1..=4).map(pair).collect();
    let (sender, others) = pairs.split_first().unwrap();
    for from in [None, Some(sender)] {
        let envelope = pack("to some", &[&others[0], &others[1]], from, 9);
        for recipient in &others[..2] {
            let opened = envelope.unpack(recipient).unwrap();
            assert_eq!(opened.message, "to some");
            assert_eq!(opened.sender.as_deref(), from.map(|keys| keys.public.text.as_str()));
        }
        assert_eq!(envelope.unpack(&others[2]), Err(Refusal::NotForUs));
        assert_eq!(envelope.unpack(sender), Err(Refusal::NotForUs));
    }
}

#[test]
fn nothing_is_drawn_twice() {
    let (a, b) = (pair(1), pair(2));
    let texts = |start| {
        let envelope = pack("same", &[&b, &b], Some(&a), start);
        let header: Json =
            serde_json::from_slice(&base64url::read("header", &envelope.protected).unwrap()).unwrap();
        let recipients = header["recipients"].as_array().unwrap().clone();
        let parts = recipients.iter().flat_map(|r| [&r["encrypted_key"], &r["header"]["sender"]]);
        parts.map(|part| text(part).to_owned()).chain([envelope.iv, envelope.ciphertext]).collect::<Vec<_>>()
    };
    let all: BTreeSet<String> = texts(1).into_iter().chain(texts(2)).collect();
    assert_eq!(all.len(), 12);
}

#[test]
fn there_is_a_least_and_a_largest_number_of_recipients() {
    let key = pair(1).public;
    for found in [0, MAX_RECIPIENTS + 1] {
        let keys = vec![key.clone(); found];
        let packed = Envelope::pack(&mut Entropy(&mut || 1), "", &keys, None);
        assert_eq!(packed.err(), Some(Refusal::Recipients { found }));
    }
}

/// The envelope of `message`, its header changed.
fn with_header(change: impl Fn(&mut Json)) -> Envelope {
    let mut envelope = pack("message", &[&pair(2)], Some(&pair(1)), 3);
    let mut header: Json =
        serde_json::from_slice(&base64url::read("header", &envelope.protected).unwrap()).unwrap();
    change(&mut header);
    envelope.protected = base64url::write(header.to_string().as_bytes());
    envelope
}

#[test]
fn changed_headers_are_refused_by_name() {
    type Change = fn(&mut Json);
    let cases: [(Change, &str); 12] = [
        (|h| h["enc"] = json!("other"), "`ciphertext` cannot be opened"),
        (|h| h["alg"] = json!("Anoncrypt"), "`encrypted_key` cannot be opened"),
        (|h| h["alg"] = json!("A256GCM"), "Unsupported pack algorithm: A256GCM"),
        (|h| h["alg"] = json!("x".repeat(5000)), "Unsupported pack algorithm: xxxxx"),
        (|h| h["alg"] = Json::Null, "`protected` is no header"),
        (|h| h["recipients"] = json!([]), "No corresponding recipient key found"),
        (|h| h["recipients"] = json!({}), "`protected` is no header"),
        (|h| h["recipients"][0]["header"]["kid"] = json!("abc"), "No corresponding recipient key found"),
        (|h| h["recipients"][0]["header"]["sender"] = Json::Null, "Sender public key not provided"),
        (
            |h| h["recipients"][0]["header"]["iv"] = json!("AAAA"),
            "`iv` of the recipient has 3 bytes instead of 24",
        ),
        (|h| h["recipients"][0]["header"]["sender"] = json!("AAAA"), "`sender` cannot be opened"),
        (|h| h["recipients"][0]["encrypted_key"] = json!("*"), "`encrypted_key` is not base 64"),
    ];
    for (change, message) in cases {
        let refusal = with_header(change).unpack(&pair(2)).unwrap_err().to_string();
        assert!(refusal.starts_with(message) && refusal.len() < 200, "{refusal}");
    }
}

/// The sender is who made the box of the content key, not who is named in the header.
#[test]
fn a_sender_cannot_be_put_in_for_another() {
    let (alice, bob, mallory) = (pair(1), pair(2), pair(3));
    let named = boxes::seal(
        &StaticSecret::from([9; 32]),
        &bob.public.for_boxes("bob").unwrap(),
        alice.public.text.as_bytes(),
    );
    let mut envelope = pack("believe me", &[&bob], Some(&mallory), 3);
    let header = base64url::read("header", &envelope.protected).unwrap();
    let mut header: Json = serde_json::from_slice(&header).unwrap();
    header["recipients"][0]["header"]["sender"] = json!(base64url::write(&named.unwrap()));
    envelope.protected = base64url::write(header.to_string().as_bytes());
    assert_eq!(envelope.unpack(&bob), Err(Refusal::Closed { name: "`encrypted_key`" }));
}

#[test]
fn pairs_are_whole() {
    let (a, b) = (keys::agent(&[1; 32]), keys::agent(&[2; 32]));
    let short = keys::to_base58(&[1; 32]);
    let mut mixed = [1; 64];
    mixed[32..].copy_from_slice(&[2; 32]);
    let cases = [
        (a.public.as_str(), b.private.as_str(), "not of one pair"),
        (&a.public, &keys::to_base58(&mixed), "not of one pair"),
        (&a.public, &short, "`secret.ariesPrivateKey` is no key: 64 bytes in base 58"),
        (&a.private, &a.private, "`ariesPublicKey` is no key: 32 bytes in base 58"),
        ("", &a.private, "`ariesPublicKey` is no key"),
        ("0OIl", &a.private, "`ariesPublicKey` is no key"),
        (&"z".repeat(1 << 20), &a.private, "`ariesPublicKey` is no key"),
    ];
    for (public, private, message) in cases {
        let refusal = KeyPair::read(public, private).err().unwrap().to_string();
        assert!(refusal.contains(message), "{refusal}");
    }
}

type Native = fn(&mut Heap, &[Value]) -> Result<Value, Fault>;

/// Calls a native with arguments in JSON; answers its result in JSON.
fn call(native: Native, args: &Json) -> Result<String, String> {
    let mut heap = Heap::new(Default::default(), Default::default(), 1 << 23);
    let args = heap.import(&Data::parse(&args.to_string()).unwrap()).unwrap();
    let args = heap.array(args).to_vec();
    let result = native(&mut heap, &args).map_err(|fault| fault.to_string())?;
    Ok(heap.export(result).unwrap().to_json())
}

fn pack_native(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    pack_with(heap, &mut Entropy(&mut counting(1)), args)
}

/// What `ursa:generateDID()` makes, as far as agents go.
fn channel(seed: u8) -> Json {
    let agent = keys::agent(&[seed; 32]);
    json!({ "ariesPublicKey": agent.public, "secret": { "ariesPrivateKey": agent.private } })
}

#[test]
fn natives_refuse_in_clear_words() {
    let key = pair(1).public.text;
    let half = json!({ "ariesPublicKey": key, "secret": {} });
    let signed = |data: &str, signer: &str| {
        let signature = base64url::write(&[0; 64]);
        json!([{ "signature": signature, "sig_data": data, "signer": signer }])
    };
    let many = vec![key.as_str(); MAX_RECIPIENTS + 1];
    let cases: Vec<(Native, Json, &str)> = vec![
        (sig_data, json!([]), "ursa:sig_data takes an Array as `bytes`, not Null"),
        (sig_data, json!([[0, 256]]), "item 1 of `bytes` is not a whole number from 0 to 255"),
        (sig_data, json!([[1.5]]), "item 0 of `bytes` is not a whole number from 0 to 255"),
        (sig_data, json!([["1"]]), "item 0 of `bytes` is not a whole number from 0 to 255"),
        (crypto_sign, json!([[1]]), "ursa:crypto_sign takes a Map as `chann`, not Null"),
        (crypto_sign, json!([[1], {}]), "`chann` has no text under `ariesPublicKey`"),
        (crypto_sign, json!([[1], half]), "`chann` has no text under `secret.ariesPrivateKey`"),
        (crypto_sign, json!([[-1], channel(1)]), "item 0 of `bytes` is not a whole number from 0 to 255"),
        (
            verify_signed_field,
            json!(["x"]),
            "ursa:verify_signed_field takes a Map as `signed_field`, not String",
        ),
        (verify_signed_field, json!([{}]), "`signed_field` has no text under `signature`"),
        (verify_signed_field, json!([{ "signature": "+/" }]), "`signature` is not base 64 for URLs"),
        (verify_signed_field, json!([{ "signature": "AQID" }]), "`signature` has 3 bytes instead of 64"),
        (verify_signed_field, signed("AAAA", "abc"), "`signer` is no key: 32 bytes in base 58"),
        (verify_signed_field, signed("AAAA", &key), "`sig_data` has 3 bytes: fewer than the 8 of its time"),
        (verify_signed_field, signed("AAAAAAAAAAD_", &key), "the signed field is no text in UTF-8"),
        (pack_native, json!([{}, [key]]), "ursa:pack takes a String as `message`, not Map"),
        (pack_native, json!(["x", key]), "ursa:pack takes an Array as `toPublicKeys`, not String"),
        (pack_native, json!(["x", [1]]), "ursa:pack takes Strings as `toPublicKeys`, not Number"),
        (pack_native, json!(["x", ["abc"]]), "a key in `toPublicKeys` is no key: 32 bytes in base 58"),
        (pack_native, json!(["x", []]), "`toPublicKeys` names no recipient"),
        (pack_native, json!(["x", many]), "`toPublicKeys` names 257 recipients, more than 256"),
        (pack_native, json!(["x", [key], "me"]), "ursa:pack takes a Map as `fromChann`, not String"),
        (pack_native, json!(["x", [key], {}]), "`fromChann` has no text under `ariesPublicKey`"),
        (unpack, json!(["{}", null]), "ursa:unpack takes a Map as `chann`, not Null"),
        (unpack, json!([5, channel(1)]), "ursa:unpack takes a String or a Map as `messageIn`, not Number"),
        (unpack, json!(["{}", channel(1)]), "`messageIn` is no envelope"),
        (unpack, json!([{ "protected": 1 }, channel(1)]), "`messageIn` is no envelope"),
        (unpack, json!(["[".repeat(100_000), channel(1)]), "`messageIn` is no envelope"),
    ];
    for (native, args, message) in cases {
        let refusal = call(native, &args).unwrap_err();
        assert!(refusal.starts_with(message), "{refusal}, not {message}");
    }
}

#[test]
fn natives_answer_as_documented() {
    let key = pair(2).public.text;
    let packed = call(pack_native, &json!(["hi", [key], channel(1)])).unwrap();
    let packed: String = serde_json::from_str(&packed).unwrap();
    let map: Json = serde_json::from_str(&packed).unwrap();
    let expected = json!({ "message": "hi", "sender_key": pair(1).public.text, "recipient_key": key });
    for message in [json!(packed), map] {
        let opened = call(unpack, &json!([message, channel(2)])).unwrap();
        assert_eq!(serde_json::from_str::<Json>(&opened).unwrap(), expected);
    }
    // Null, false and an empty text are no sender.
    for nobody in [json!(null), json!(false), json!("")] {
        let packed = call(pack_native, &json!(["hi", [key], nobody])).unwrap();
        let packed: String = serde_json::from_str(&packed).unwrap();
        let opened = call(unpack, &json!([packed, channel(2)])).unwrap();
        assert!(opened.contains(r#""sender_key":null"#), "{opened}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_was_packed_is_unpacked(message in ".*", seeds in proptest::collection::vec(1u8.., 1..4), from in proptest::option::of(1u8..), start: u64) {
        let pairs: Vec<KeyPair> = seeds.iter().map(|&seed| pair(seed)).collect();
        let from = from.map(pair);
        let envelope = pack(&message, &pairs.iter().collect::<Vec<_>>(), from.as_ref(), start);
        let reread = Envelope::read(&envelope.to_json()).unwrap();
        for keys in &pairs {
            let opened = reread.unpack(keys).unwrap();
            prop_assert_eq!(&opened.message, &message);
            prop_assert_eq!(opened.sender.as_deref(), from.as_ref().map(|keys| keys.public.text.as_str()));
        }
    }

    /// One character more, less or another: an envelope is refused, or nothing of it has changed.
    #[test]
    fn changed_envelopes_are_refused(at: prop::sample::Index, how in 0..3u8, c in "[ -~é]", anonymous: bool) {
        let (from, to) = (pair(1), pair(2));
        let from = (!anonymous).then_some(&from);
        let whole = pack("a message of some length", &[&to], from, 5).to_json();
        let mut changed: Vec<char> = whole.chars().collect();
        let (at, c) = (at.index(changed.len()), c.chars().next().unwrap());
        match how {
            0 => changed[at] = c,
            1 => changed.insert(at, c),
            _ => _ = changed.remove(at),
        }
        let changed: String = changed.into_iter().collect();
        if let Ok(opened) = Envelope::read(&changed).and_then(|envelope| envelope.unpack(&to)) {
            prop_assert_eq!(opened.message, "a message of some length");
            prop_assert_eq!(opened.sender.as_deref(), from.map(|keys| keys.public.text.as_str()));
        }
        prop_assert!(Envelope::read(&whole[..at]).is_err());
    }

    #[test]
    fn foreign_parts_never_panic(parts in proptest::array::uniform4(proptest::collection::vec(any::<u8>(), 0..80)), raw in "\\PC*") {
        let keys = pair(2);
        let [a, b, c, d] = parts.map(|part| base64url::write(&part));
        let envelope = json!({ "protected": a, "iv": b, "ciphertext": c, "tag": d }).to_string();
        prop_assert!(Envelope::read(&envelope).unwrap().unpack(&keys).is_err());
        prop_assert!(Envelope::read(&raw).is_err());
        let header = json!({ "alg": "Authcrypt", "recipients": [
            { "encrypted_key": b, "header": { "kid": keys.public.text, "sender": c, "iv": d } }
        ] });
        let header = base64url::write(header.to_string().as_bytes());
        let envelope = json!({ "protected": header, "iv": b, "ciphertext": c, "tag": d }).to_string();
        prop_assert!(Envelope::read(&envelope).unwrap().unpack(&keys).is_err());
        let _ = VerifyKey::read("a key", &raw).is_ok();
    }

    #[test]
    fn boxes_open_only_whole(message in proptest::collection::vec(any::<u8>(), 0..200), mine: [u8; 32], theirs: [u8; 32], nonce: [u8; 24], bit: prop::sample::Index) {
        let (mine, theirs) = (StaticSecret::from(mine), StaticSecret::from(theirs));
        let (my_public, their_public) = (PublicKey::from(&mine), PublicKey::from(&theirs));
        let mut boxed = boxes::seal_from(&mine, &their_public, &nonce, &message).unwrap();
        prop_assert_eq!(boxes::open_from(&theirs, &my_public, &nonce, &boxed), Some(message));
        let bit = bit.index(boxed.len() * 8);
        boxed[bit / 8] ^= 1 << (bit % 8);
        prop_assert_eq!(boxes::open_from(&theirs, &my_public, &nonce, &boxed), None);
        boxed.truncate(bit / 8);
        prop_assert_eq!(boxes::open_from(&theirs, &my_public, &nonce, &boxed), None);
    }
}
