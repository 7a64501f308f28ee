use super::*;

/// An algorithm, a text and its digest as Node gives it.
const HASHED: &[(&str, &str, &str)] = &[
    (
        "blake2b512",
        "abc",
        "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923",
    ),
    ("blake2s256", "abc", "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982"),
    ("md5", "abc", "900150983cd24fb0d6963f7d28e17f72"),
    ("md5", "", "d41d8cd98f00b204e9800998ecf8427e"),
    ("md5", "日本語", "00110af8b4393ef3f72c50be5b332bec"),
    ("ripemd160", "abc", "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc"),
    ("sha1", "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
    ("sha224", "abc", "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"),
    ("sha256", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ("sha256", "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("sha256", "日本語", "77710aedc74ecfa33685e33a6c7df5cc83004da1bdcef7fb280f5c2b2e97e0a5"),
    ("sha3-224", "abc", "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf"),
    ("sha3-256", "abc", "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"),
    (
        "sha3-384",
        "abc",
        "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b298d88cea927ac7f539f1edf228376d25",
    ),
    (
        "sha3-512",
        "abc",
        "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0",
    ),
    (
        "sha384",
        "abc",
        "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
    ),
    (
        "sha512",
        "abc",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
    ),
    ("sha512-224", "abc", "4634270f707b6a54daae7530460842e20e37ed265ceee9a43e8924aa"),
    ("sha512-256", "abc", "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23"),
];

/// An algorithm, a key, a message and its code as Node gives it.
const CODED: &[(&str, &str, &str, &str)] = &[
    (
        "blake2b512",
        "key",
        "message",
        "04e9ada930688cde75eec939782eed653073dd621d7643f813702976257cf037d325b50eedd417c01b6ad1f978fbe2980a93d27d854044e8626df6fa279d6680",
    ),
    ("blake2s256", "key", "message", "bba8fa28708ae80d249e317318c95c859f3f77512be23910d5094d9110454d6f"),
    ("md5", "key", "message", "4e4748e62b463521f6775fbf921234b5"),
    ("ripemd160", "key", "message", "b96451d3406d2253e6e5d68924699eb0bd835293"),
    ("sha1", "key", "message", "2088df74d5f2146b48146caf4965377e9d0be3a4"),
    ("sha224", "key", "message", "a0b5eecae3f74f0561a8da6f389f78f1a3895c8c183c31c1756d7925"),
    ("sha256", "key", "message", "6e9ef29b75fffc5b7abae527d58fdadb2fe42e7219011976917343065f58ed4a"),
    (
        "sha256",
        "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk",
        "m",
        "386081d3a1ad30125daa8d66db6df4ea73d39212c64794e2d02abe994806017c",
    ),
    ("sha256", "", "", "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"),
    ("sha3-224", "key", "message", "d67a1f6c06fba02851bdb27bb78463f805b63f34bfbc7ebb8bf24016"),
    ("sha3-256", "key", "message", "0f43852a24d5597a8200312a95993991581679d63264f1b1ad4b5ccac7fe8ba4"),
    (
        "sha3-256",
        "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk",
        "m",
        "a41e46de1079a2cbab7f7e5b3791b11d612b29d44f00bf37a7bc229c7bb67cfd",
    ),
    ("sha3-256", "", "", "e841c164e5b4f10c9f3985587962af72fd607a951196fc92fb3a5251941784ea"),
    (
        "sha3-384",
        "key",
        "message",
        "be48b7a82bf3dda2dc743a584e7a7d6375a664e611d240a6c951f3d15e18666fc6d4b3e31f8d6c44caec98667209aa31",
    ),
    (
        "sha3-512",
        "key",
        "message",
        "4b733ae1713d83ed27e49527a1e4ce032ecad6657e82403b42c31f901f00bdc306fdc5d1e4b664530e9c691a01070d85e6479be0b9c43b28e0ed7740f90628cf",
    ),
    (
        "sha384",
        "key",
        "message",
        "0fd3ae3237be98c64a075b7394989fc6789f31788fada42eada85ee6698bde2feae20b66271b67544b9062c773b2d86f",
    ),
    (
        "sha512",
        "key",
        "message",
        "e477384d7ca229dd1426e64b63ebf2d36ebd6d7e669a6735424e72ea6c01d3f8b56eb39c36d8232f5427999b8d1a3f9cd1128fc69f4d75b434216810fa367e98",
    ),
    (
        "sha512",
        "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk",
        "m",
        "56cacd8ce9dffad0254bdaf20b66d75c1b388b8d1f8dc8f7cd1e80d1c06c99b4d1ea22d0183b4f8ce9cc590783abbb359b3920560943602b9789d395eaa802a4",
    ),
    (
        "sha512",
        "",
        "",
        "b936cee86c9f87aa5d3c6f2e84cb5a4239a5fe50480a6ec66b70ab5b1f4ac6730c6c515421b327ec1d69402e53dfb49ad7381eb067b338fd7b0cb22247225d47",
    ),
    ("sha512-224", "key", "message", "a91f4cc5899885cf394e5e31aa17b3bcc7c9599252d14d2a978a159d"),
    ("sha512-256", "key", "message", "85dffcd3e78dd21a09e8c7b21e6290eed868cb37d64ab7702e8809b9010f0cee"),
];

#[test]
fn hashes() {
    for &(name, text, expected) in HASHED {
        assert_eq!(Algorithm::named(name).unwrap().hash(text, Output::Hex), expected, "{name} {text:?}");
    }
}

#[test]
fn authenticates() {
    for &(name, key, message, expected) in CODED {
        assert_eq!(
            Algorithm::named(name).unwrap().hmac(key, message, Output::Hex),
            expected,
            "{name} {key:?}"
        );
    }
}

#[test]
fn covers_every_algorithm() {
    assert!(NAMES.is_sorted());
    for name in algorithms() {
        assert!(
            HASHED.iter().any(|case| case.0 == *name) && CODED.iter().any(|case| case.0 == *name),
            "{name}"
        );
    }
}

#[test]
fn writes_base64() {
    let sha256 = Algorithm::named("sha256").unwrap();
    assert_eq!(sha256.hash("abc", Output::Base64), "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
    assert_eq!(sha256.hmac("key", "message", Output::Base64), "bp7ym3X//Ft6uuUn1Y/a2y/kLnIZARl2kXNDBl9Y7Uo=");
}

#[test]
fn names_are_exact() {
    assert!(["SHA256", "nope", "", "sha256 "].iter().all(|name| Algorithm::named(name).is_none()));
    assert!(["HEX", "utf8", ""].iter().all(|name| Output::named(name).is_none()));
    assert_eq!(["hex", "base64"].map(Output::named), [Some(Output::Hex), Some(Output::Base64)]);
}
