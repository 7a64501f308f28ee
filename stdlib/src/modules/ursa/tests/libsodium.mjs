// Makes libsodium.json: keys, signatures and envelopes as libsodium makes them, for `ursa`'s tests.
//
//     npm install libsodium-wrappers@0.8 bs58@6 && node libsodium.mjs > libsodium.json
//
// Where a case has `draws`, randomness is the bytes 0, 1, 2, … from there on, in words of eight, so that results are the same to the byte.
// Without it libsodium drew its own, and the case is to be opened only.

import { createRequire } from 'node:module'
import { join } from 'node:path'

const require = createRequire(join(process.cwd(), 'package.json'))
const sodium = require('libsodium-wrappers')
const bs58 = require('bs58').default
await sodium.ready

const padded = bytes => sodium.to_base64(bytes, sodium.base64_variants.URLSAFE)
const unpadded = bytes => sodium.to_base64(bytes, sodium.base64_variants.URLSAFE_NO_PADDING)
const unpad = text => sodium.from_base64(text, sodium.base64_variants.URLSAFE)

const draws = start => {
  let next = start
  return count => {
    const bytes = Uint8Array.from({ length: count }, (_, i) => (next + i) % 256)
    next += Math.ceil(count / 8) * 8
    return bytes
  }
}

const agent = seed => {
  const { publicKey, privateKey } = sodium.crypto_sign_seed_keypair(seed)
  return { public: bs58.encode(publicKey), private: bs58.encode(privateKey) }
}

const did = start => {
  const draw = draws(start)
  const seed = draw(32)
  const verify = sodium.crypto_sign_seed_keypair(seed).publicKey
  const keys = agent(draw(32))
  return {
    did: bs58.encode(verify.subarray(0, 16)),
    verifyKey: bs58.encode(verify),
    encryptionPublicKey: bs58.encode(sodium.crypto_scalarmult_base(seed)),
    ariesPublicKey: keys.public,
    secret: {
      seed: sodium.to_hex(seed),
      signKey: bs58.encode(seed),
      encryptionPrivateKey: bs58.encode(seed),
      ariesPrivateKey: keys.private,
    },
  }
}

const boxKey = key => sodium.crypto_sign_ed25519_pk_to_curve25519(bs58.decode(key))
const boxSecret = key => sodium.crypto_sign_ed25519_sk_to_curve25519(bs58.decode(key))

// A sealed box whose ephemeral key is drawn.
const sealWith = (secret, message, to) => {
  const from = sodium.crypto_scalarmult_base(secret)
  const nonce = sodium.crypto_generichash(24, new Uint8Array([...from, ...to]))
  return new Uint8Array([...from, ...sodium.crypto_box_easy(message, nonce, to, secret)])
}

const pack = (message, to, from, start, text = padded) => {
  const draw = start === undefined ? sodium.randombytes_buf : draws(start)
  const seal = start === undefined ? sodium.crypto_box_seal : (m, key) => sealWith(draw(32), m, key)
  const cek = draw(32)
  const recipients = to.map(kid => {
    const key = boxKey(kid)
    if (!from) {
      return { encrypted_key: text(seal(cek, key)), header: { kid, sender: null, iv: null } }
    }
    const nonce = draw(24)
    const sender = text(seal(sodium.from_string(from.public), key))
    const boxed = sodium.crypto_box_easy(cek, nonce, key, boxSecret(from.private))
    return { encrypted_key: text(boxed), header: { kid, sender, iv: text(nonce) } }
  })
  const header = {
    enc: 'xchacha20poly1305_ietf', typ: 'JWM/1.0', alg: from ? 'Authcrypt' : 'Anoncrypt', recipients,
  }
  const parts = text(sodium.from_string(JSON.stringify(header)))
  const iv = draw(12)
  const out = sodium.crypto_aead_chacha20poly1305_ietf_encrypt_detached(message, parts, null, iv, cek)
  return JSON.stringify({ protected: parts, iv: text(iv), ciphertext: text(out.ciphertext), tag: text(out.mac) })
}

// Sealed boxes with a drawn key are opened by libsodium's own function before they are believed.
const opens = (envelope, keys) => {
  const header = JSON.parse(sodium.to_string(unpad(JSON.parse(envelope).protected)))
  for (const { encrypted_key, header: { kid, sender } } of header.recipients) {
    const own = keys.find(pair => pair.public === kid)
    sodium.crypto_box_seal_open(unpad(sender ?? encrypted_key), boxKey(kid), boxSecret(own.private))
  }
}

const [alice, bob, carol] = [1, 2, 3].map(n => agent(new Uint8Array(32).fill(n)))
const everybody = [alice, bob, carol]

const messages = ['', 'secret text', '{"@type":"https://didcomm.org/basicmessage/1.0/message","content":"Grüße, 世界 😀"}', 'x'.repeat(200)]
const envelopes = []
for (const message of messages) {
  for (const from of [alice, undefined]) {
    for (const to of [[bob], [carol, bob]]) {
      for (const [start, text] of [[7, padded], [undefined, padded], [undefined, unpadded]]) {
        const envelope = pack(message, to.map(pair => pair.public), from, start, text)
        if (start !== undefined) opens(envelope, everybody)
        envelopes.push({ message, from: from?.public ?? null, to: to.map(pair => pair.public), draws: start ?? null, envelope })
      }
    }
  }
}

const signed = (data, pair) => {
  const bytes = new Uint8Array([0, 0, 0, 0, 0x5f, 0x5e, 0x10, 0x00, ...sodium.from_string(data)])
  const signature = sodium.crypto_sign_detached(bytes, bs58.decode(pair.private))
  return { bytes, signature, signer: pair.public }
}

// The order of the group, to add to the second half of a signature: the sum satisfies the equation, but is not the one signature there is.
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n
const addOrder = signature => {
  let sum = ORDER
  for (let i = 0; i < 32; i++) sum += BigInt(signature[32 + i]) << BigInt(8 * i)
  return Uint8Array.from(signature, (byte, i) => i < 32 ? byte : Number((sum >> BigInt(8 * (i - 32))) & 255n))
}

// Points of small order: 1, -1, of orders 4 and 8, and other ways to write them.
const WEAK = [
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000080',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
].map(hex => sodium.from_hex(hex))
// The sum of a sound key (x, y) and the point of order 2: (-x, -y).
const besideTheGroup = key => {
  const P = 2n ** 255n - 19n
  let y = 0n
  for (let i = 0; i < 32; i++) y += BigInt(i < 31 ? key[i] : key[i] & 127) << BigInt(8 * i)
  return Uint8Array.from(key, (byte, i) => Number(((P - y) >> BigInt(8 * i)) & 255n) | (i < 31 ? 0 : (byte & 128) ^ 128))
}
// The first is no point of the curve.
const OTHERS = [sodium.from_hex('02'.padEnd(64, '0')), besideTheGroup(bs58.decode(alice.public))]

const good = ['', 'hi', '{"did":"Grüße"}'].map(field => ({ field, ...signed(field, alice) }))
const altered = ({ bytes, signature, signer }) => [
  { bytes, signature, signer: bob.public },
  { bytes, signature: addOrder(signature), signer },
  { bytes, signature: signature.map((byte, i) => i === 3 ? byte ^ 1 : byte), signer },
  { bytes: bytes.map((byte, i) => i === 7 ? 1 : byte), signature, signer },
  ...WEAK.map(key => ({ bytes, signature: new Uint8Array([...key, ...new Uint8Array(32)]), signer: bs58.encode(key) })),
]
const signatures = [...good, ...altered(good[1])].map(({ bytes, signature, signer }) => ({
  bytes: [...bytes],
  field: sodium.to_string(bytes.subarray(8)),
  signed_field: { signature: padded(signature), sig_data: padded(bytes), signer },
  sig_verified: sodium.crypto_sign_verify_detached(signature, bytes, bs58.decode(signer)),
  ours: signer === alice.public && signature.every((byte, i) => byte === sodium.crypto_sign_detached(bytes, bs58.decode(alice.private))[i]),
}))

const refused = [...WEAK, ...OTHERS].filter(key => {
  try { sodium.crypto_sign_ed25519_pk_to_curve25519(key); return false } catch { return true }
}).map(key => bs58.encode(key))

console.log(JSON.stringify({ dids: [0, 100].map(start => ({ draws: start, channel: did(start) })), agents: everybody, envelopes, signatures, refused }, null, 1))
