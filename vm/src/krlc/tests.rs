//! Files are read back as they were written, or refused.

use super::*;
use crate::assembler::assemble;
use crate::unit::Constant;

fn unit() -> Unit {
    let mut unit = assemble(
        "fragment main() 3\nConst 0 ={\"a\":[1,{\"b\":null}],\"c\":\"é\"}\nConst 1 =re/x/i\nConst 2 =~length\nCallNamed 0 2 %1:val,x\nReturn 0",
    );
    unit.source_hash = *blake3::hash(unit.source.as_bytes()).as_bytes();
    unit
}

#[test]
fn units_survive() {
    let unit = unit();
    let bytes = encode(&unit, "0.1.0").unwrap();
    let (read, header) = decode(&bytes).unwrap();
    assert_eq!(read, unit);
    assert_eq!(header, Header { compiler: "0.1.0".into(), source_hash: unit.source_hash });
    assert_eq!(encode(&read, "0.1.0").unwrap(), bytes);
}

#[test]
fn changed_files_are_refused() {
    let bytes = encode(&unit(), "0.1.0").unwrap();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << bit;
            assert!(decode(&changed).is_err(), "byte {at} bit {bit}");
        }
        assert!(decode(&bytes[..at]).is_err(), "{at} bytes");
    }
}

/// Writes a file with these sections and a right hash.
fn forge(version: u32, header: &[u8], code: &[u8], source: &[u8]) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    for number in [version, header.len() as u32, code.len() as u32, source.len() as u32] {
        out.extend(number.to_le_bytes());
    }
    out.extend([header, code, source].concat());
    let hash = blake3::hash(&out);
    out.extend(hash.as_bytes());
    out
}

/// The header of a file without source.
fn header() -> Vec<u8> {
    let source_hash = *blake3::hash(b"").as_bytes();
    postcard::to_allocvec(&Header { compiler: "x".into(), source_hash }).unwrap()
}

#[test]
fn refusals_tell_why() {
    let good = encode(&unit(), "0.1.0").unwrap();
    let long = [&good[..], b"x"].concat();
    let mut huge = good.clone();
    huge.resize(MAX_BYTES + 1, 0);
    let other = KrlcError::OtherVersion { version: 9, source: "ruleset a {}".into() };
    let (header, code) = (header(), postcard::to_allocvec(&Unit::default()).unwrap());
    for (bytes, expected) in [
        (b"".to_vec(), KrlcError::NotKrlc),
        (b"ruleset a {}".to_vec(), KrlcError::NotKrlc),
        (b"KRLC".to_vec(), KrlcError::Truncated),
        (good[..good.len() - 1].to_vec(), KrlcError::Truncated),
        (long, KrlcError::Damaged),
        (huge, KrlcError::TooLarge),
        (forge(9, b"?", b"?", b"ruleset a {}"), other),
        (forge(FORMAT, b"", b"", b""), KrlcError::Malformed),
        (forge(FORMAT, &header, &[0xFF; 64], b""), KrlcError::Malformed),
        (forge(FORMAT, &header, &code, b"x"), KrlcError::Malformed),
        (forge(FORMAT, &header, &code, &[0xFF]), KrlcError::Malformed),
    ] {
        assert_eq!(decode(&bytes).unwrap_err(), expected);
    }
}

/// Forged code sections: every changed byte is refused or yields some unit, and never takes the reader down.
#[test]
fn forged_code_is_survived() {
    let unit = Unit { source: Arc::default(), source_hash: [0; 32], ..unit() };
    let code = postcard::to_allocvec(&unit).unwrap();
    let header = header();
    for at in 0..code.len() {
        for value in [0, 1, 0x7F, 0x80, 0xFF] {
            let mut changed = code.clone();
            changed[at] = value;
            if let Ok((unit, _)) = decode(&forge(FORMAT, &header, &changed, b"")) {
                let _ = crate::verify::verify(unit);
            }
        }
    }
}

#[test]
fn nesting_is_bounded() {
    let nested = |depth: usize| (0..depth).fold(Constant::Null, |inner, _| Constant::Array(vec![inner]));
    for (depth, accepted) in [(64, true), (65, false)] {
        let unit = Unit { constants: vec![nested(depth)], ..Unit::default() };
        let bytes = encode(&unit, "0.1.0").unwrap();
        assert_eq!(decode(&bytes).is_ok(), accepted, "{depth}");
        assert_eq!(crate::verify::verify(unit).is_ok(), accepted, "{depth}");
    }
}
