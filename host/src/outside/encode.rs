//! Query strings and forms of nested maps: `a[0]=x`, `a[b]=y`, everything escaped that RFC 3986 does not leave alone (krl-runtime.md §5.4).

use krl_vm::data::{Data, DataMap};
use krl_vm::number;
use std::fmt::Write;

/// The pairs of a map, joined by `&`. Empty arrays and maps leave nothing.
pub(super) fn encode(entries: &DataMap) -> String {
    let mut out = String::new();
    for (name, value) in entries {
        pairs(&mut escaped(name), value, &mut out);
    }
    out
}

/// Adds the pairs of one value. `name` comes back as it was.
fn pairs(name: &mut String, value: &Data, out: &mut String) {
    let bare = name.len();
    let mut below = |key: &str, value: &Data| {
        // `[` and `]`, which need escapes as well.
        name.push_str("%5B");
        name.push_str(&escaped(key));
        name.push_str("%5D");
        pairs(name, value, out);
        name.truncate(bare);
    };
    match value {
        Data::Array(items) => items.iter().enumerate().for_each(|(at, item)| below(&at.to_string(), item)),
        Data::Map(entries) => entries.iter().for_each(|(key, item)| below(key, item)),
        Data::Null | Data::Bool(_) | Data::Number(_) | Data::String(_) => {
            if !out.is_empty() {
                out.push('&');
            }
            out.push_str(name);
            out.push('=');
            if *value != Data::Null {
                out.push_str(&escaped(&text(value)));
            }
        }
    }
}

/// A value as text, as KRL's `as("String")` does (krl-language.md).
pub(super) fn text(value: &Data) -> String {
    match value {
        Data::Null => "null".to_owned(),
        Data::Bool(b) => b.to_string(),
        Data::Number(n) => {
            let mut out = String::new();
            number::format(*n, &mut out);
            out
        }
        Data::String(text) => text.to_string(),
        Data::Array(_) => "[Array]".to_owned(),
        Data::Map(_) => "[Map]".to_owned(),
    }
}

/// All but the unreserved characters as `%XX`.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::encode;
    use krl_vm::data::Data;

    #[test]
    fn encodes_nested_maps() {
        let cases = [
            ("{}", ""),
            (r#"{"a":1,"b":"x y"}"#, "a=1&b=x%20y"),
            (r#"{"a":["x",2]}"#, "a%5B0%5D=x&a%5B1%5D=2"),
            (r#"{"a":{"b":{"c d":true}}}"#, "a%5Bb%5D%5Bc%20d%5D=true"),
            (r#"{"a":[{"b":1},[]],"c":{}}"#, "a%5B0%5D%5Bb%5D=1"),
            (r#"{"a":null,"":""}"#, "a=&="),
            (r#"{"ä&=":"+/?#%-._~!*'()"}"#, "%C3%A4%26%3D=%2B%2F%3F%23%25-._~%21%2A%27%28%29"),
            (r#"{"n":1e21,"m":0.1}"#, "n=1e%2B21&m=0.1"),
        ];
        for (given, expected) in cases {
            let Data::Map(entries) = Data::parse(given).unwrap() else { panic!("{given} is a map") };
            assert_eq!(encode(&entries), expected, "{given}");
        }
    }
}
