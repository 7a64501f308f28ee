use super::*;

/// A text, its encoding and the bytes Node reads, in hexadecimal.
const READ: &[(&str, &str, &str)] = &[
    ("hello", "utf8", "68656c6c6f"),
    ("", "utf8", ""),
    ("日本語", "utf8", "e697a5e69cace8aa9e"),
    ("😀", "utf8", "f09f9880"),
    ("\u{e9}", "utf8", "c3a9"),
    ("ab", "UTF-8", "6162"),
    ("a\u{e9}", "ucs2", "6100e900"),
    ("😀", "ucs2", "3dd800de"),
    ("日", "utf16le", "e565"),
    ("\u{e9}", "latin1", "e9"),
    ("日", "latin1", "e5"),
    ("😀", "latin1", "3d00"),
    ("\u{ff}", "binary", "ff"),
    ("\u{e9}", "ascii", "e9"),
    ("abc", "ascii", "616263"),
    ("68656c6c6f", "hex", "68656c6c6f"),
    ("abc", "hex", "ab"),
    ("6g", "hex", ""),
    ("68656c6c6fz1", "hex", "68656c6c6f"),
    ("FF0a", "hex", "ff0a"),
    ("\u{e9}1", "hex", ""),
    ("a", "hex", ""),
    ("aGVsbG8=", "base64", "68656c6c6f"),
    ("aGVsbG8", "base64", "68656c6c6f"),
    ("aGVsbG8=extra", "base64", "68656c6c6f"),
    ("aGVs bG8=", "base64", "68656c6c6f"),
    ("aGVs\nbG8=", "base64", "68656c6c6f"),
    ("!!!!", "base64", ""),
    ("a", "base64", ""),
    ("ab", "base64", "69"),
    ("abc", "base64", "69b7"),
    ("abcde", "base64", "69b71d"),
    ("=aGk", "base64", ""),
    ("a=Gk", "base64", ""),
    ("aGk=aGk=", "base64", "6869"),
    ("a-_b", "base64", "6befdb"),
    ("a+/b", "base64", "6befdb"),
    ("\u{e9}!aGk", "base64", "6869"),
    ("12345", "base64", "d76df8"),
    ("null", "base64", "9ee965"),
    ("5pel5pys6Kqe", "base64", "e697a5e69cace8aa9e"),
    ("a-_b", "base64url", "6befdb"),
    ("a+/b", "base64url", "6befdb"),
    ("_wDp", "base64url", "ff00e9"),
];

/// Bytes in hexadecimal, an encoding and the text Node writes.
const WRITTEN: &[(&str, &str, &str)] = &[
    ("", "utf8", ""),
    ("68656c6c6f", "utf8", "hello"),
    ("ff00e9616263d83d", "utf8", "\u{fffd}\u{0}\u{fffd}abc\u{fffd}="),
    ("e6", "utf8", "\u{fffd}"),
    ("f09f9880", "utf8", "😀"),
    ("3dd800de41", "utf8", "=\u{fffd}\u{0}\u{fffd}A"),
    ("e282", "utf8", "\u{fffd}"),
    ("fbff", "utf8", "\u{fffd}\u{fffd}"),
    ("", "UTF-8", ""),
    ("68656c6c6f", "UTF-8", "hello"),
    ("ff00e9616263d83d", "UTF-8", "\u{fffd}\u{0}\u{fffd}abc\u{fffd}="),
    ("e6", "UTF-8", "\u{fffd}"),
    ("f09f9880", "UTF-8", "😀"),
    ("3dd800de41", "UTF-8", "=\u{fffd}\u{0}\u{fffd}A"),
    ("e282", "UTF-8", "\u{fffd}"),
    ("fbff", "UTF-8", "\u{fffd}\u{fffd}"),
    ("", "ucs2", ""),
    ("68656c6c6f", "ucs2", "敨汬"),
    ("ff00e9616263d83d", "ucs2", "\u{ff}懩换㷘"),
    ("e6", "ucs2", ""),
    ("f09f9880", "ucs2", "鿰肘"),
    ("3dd800de41", "ucs2", "😀"),
    ("e282", "ucs2", "苢"),
    ("fbff", "ucs2", "￻"),
    ("", "utf16le", ""),
    ("68656c6c6f", "utf16le", "敨汬"),
    ("ff00e9616263d83d", "utf16le", "\u{ff}懩换㷘"),
    ("e6", "utf16le", ""),
    ("f09f9880", "utf16le", "鿰肘"),
    ("3dd800de41", "utf16le", "😀"),
    ("e282", "utf16le", "苢"),
    ("fbff", "utf16le", "￻"),
    ("", "latin1", ""),
    ("68656c6c6f", "latin1", "hello"),
    ("ff00e9616263d83d", "latin1", "\u{ff}\u{0}\u{e9}abc\u{d8}="),
    ("e6", "latin1", "\u{e6}"),
    ("f09f9880", "latin1", "\u{f0}\u{9f}\u{98}\u{80}"),
    ("3dd800de41", "latin1", "=\u{d8}\u{0}\u{de}A"),
    ("e282", "latin1", "\u{e2}\u{82}"),
    ("fbff", "latin1", "\u{fb}\u{ff}"),
    ("", "binary", ""),
    ("68656c6c6f", "binary", "hello"),
    ("ff00e9616263d83d", "binary", "\u{ff}\u{0}\u{e9}abc\u{d8}="),
    ("e6", "binary", "\u{e6}"),
    ("f09f9880", "binary", "\u{f0}\u{9f}\u{98}\u{80}"),
    ("3dd800de41", "binary", "=\u{d8}\u{0}\u{de}A"),
    ("e282", "binary", "\u{e2}\u{82}"),
    ("fbff", "binary", "\u{fb}\u{ff}"),
    ("", "ascii", ""),
    ("68656c6c6f", "ascii", "hello"),
    ("ff00e9616263d83d", "ascii", "\u{7f}\u{0}iabcX="),
    ("e6", "ascii", "f"),
    ("f09f9880", "ascii", "p\u{1f}\u{18}\u{0}"),
    ("3dd800de41", "ascii", "=X\u{0}^A"),
    ("e282", "ascii", "b\u{2}"),
    ("fbff", "ascii", "{\u{7f}"),
    ("", "hex", ""),
    ("68656c6c6f", "hex", "68656c6c6f"),
    ("ff00e9616263d83d", "hex", "ff00e9616263d83d"),
    ("e6", "hex", "e6"),
    ("f09f9880", "hex", "f09f9880"),
    ("3dd800de41", "hex", "3dd800de41"),
    ("e282", "hex", "e282"),
    ("fbff", "hex", "fbff"),
    ("", "base64", ""),
    ("68656c6c6f", "base64", "aGVsbG8="),
    ("ff00e9616263d83d", "base64", "/wDpYWJj2D0="),
    ("e6", "base64", "5g=="),
    ("f09f9880", "base64", "8J+YgA=="),
    ("3dd800de41", "base64", "PdgA3kE="),
    ("e282", "base64", "4oI="),
    ("fbff", "base64", "+/8="),
    ("", "base64url", ""),
    ("68656c6c6f", "base64url", "aGVsbG8"),
    ("ff00e9616263d83d", "base64url", "_wDpYWJj2D0"),
    ("e6", "base64url", "5g"),
    ("f09f9880", "base64url", "8J-YgA"),
    ("3dd800de41", "base64url", "PdgA3kE"),
    ("e282", "base64url", "4oI"),
    ("fbff", "base64url", "-_8"),
];

#[test]
fn reads_as_node() {
    for &(text, encoding, hex) in READ {
        let bytes = Encoding::named(encoding).unwrap().to_bytes(text);
        assert_eq!(crate::digest::hex(&bytes), hex, "{text:?} in {encoding}");
    }
}

#[test]
fn writes_as_node() {
    for &(hex, encoding, text) in WRITTEN {
        let bytes = Encoding::Hex.to_bytes(hex);
        assert_eq!(Encoding::named(encoding).unwrap().to_text(&bytes), text, "{hex} in {encoding}");
    }
}

#[test]
fn goes_through_base64() {
    let cases = [
        ("hello", Encoding::Utf8, "aGVsbG8="),
        ("68656c6c6f", Encoding::Hex, "aGVsbG8="),
        ("\u{e9}", Encoding::Latin1, "6Q=="),
        ("round trip \u{e9} 😀", Encoding::Utf8, "cm91bmQgdHJpcCDDqSDwn5iA"),
        ("round trip \u{e9} 😀", Encoding::Utf16le, "cgBvAHUAbgBkACAAdAByAGkAcAAgAOkAIAA92ADe"),
    ];
    for (text, encoding, base64) in cases {
        assert_eq!(base64encode(text, encoding), base64);
        assert_eq!(base64decode(base64, encoding), text);
    }
}

#[test]
fn knows_no_other_encodings() {
    assert!(
        ["", "abc", "utf16", "utf-16be", "iso-8859-1"].iter().all(|name| Encoding::named(name).is_none())
    );
}
