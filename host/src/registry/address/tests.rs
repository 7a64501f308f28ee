//! Addresses and their canonical form.

use super::{Address, AddressError};

fn check(given: &str, expected: Result<&str, AddressError>) {
    let address = Address::parse(given);
    assert_eq!(address.as_ref().map(|a| &**a.canonical()), expected.as_ref().map(|s| *s), "{given}");
    if let Ok(address) = address {
        let again = Address::parse(address.canonical()).expect("a canonical address is an address");
        assert_eq!(again, address, "{given}: not canonical");
    }
}

#[test]
fn has_one_canonical_form() {
    let cases = [
        // krl-runtime.md §6.4, point by point.
        ("example.org/a.krl", "http://example.org/a.krl"),
        ("example.org:8080/a.krl", "http://example.org:8080/a.krl"),
        ("//example.org/a.krl", "http://example.org/a.krl"),
        ("HTTPS://EXAMPLE.org/A.krl", "https://example.org/A.krl"),
        ("https://example.org:443/a.krl", "https://example.org/a.krl"),
        ("http://example.org:80/a.krl", "http://example.org/a.krl"),
        ("https://example.org:80/a.krl", "https://example.org:80/a.krl"),
        ("http://example.org/x/../a.krl", "http://example.org/a.krl"),
        ("http://example.org/./x/./a.krl", "http://example.org/x/a.krl"),
        ("http://example.org//x///a.krl", "http://example.org/x/a.krl"),
        ("http://example.org/p/https://other.org//a.krl", "http://example.org/p/https://other.org/a.krl"),
        ("http://example.org/", "http://example.org"),
        ("http://example.org/x/", "http://example.org/x"),
        ("http://example.org/?b=2&a=1", "http://example.org/?a=1&b=2"),
        ("http://example.org/x?b=2&a=1&b=1", "http://example.org/x?a=1&b=2&b=1"),
        ("http://example.org/x?utm_source=a&UTM_medium=b&q=1", "http://example.org/x?q=1"),
        ("http://example.org/x?utm_=1", "http://example.org/x?utm_=1"),
        ("http://example.org/x?", "http://example.org/x"),
        ("http://example.org/x#", "http://example.org/x"),
        ("http://example.org/a b.krl?c d=e f", "http://example.org/a%20b.krl?c%20d=e%20f"),
        ("  http://example.org/a.krl ", "http://example.org/a.krl"),
        // H6: kept.
        ("http://www.example.org/a.krl", "http://www.example.org/a.krl"),
        ("http://joe:secret@example.org/a.krl", "http://joe:secret@example.org/a.krl"),
        // Other spellings of the same.
        ("http://example.org./a.krl", "http://example.org/a.krl"),
        ("http://bücher.example/a.krl", "http://xn--bcher-kva.example/a.krl"),
        ("http://0x7f.1/a.krl", "http://127.0.0.1/a.krl"),
        ("http://example.org/%7ejoe/%c3%a4%2fb", "http://example.org/~joe/%C3%A4%2Fb"),
        ("http://example.org/100%/%zz", "http://example.org/100%/%zz"),
        ("http://example.org/x#v2", "http://example.org/x#v2"),
        // Files and the host's own.
        ("file:///a/../b/c.krl", "file:///b/c.krl"),
        ("file:/b/c.krl", "file:///b/c.krl"),
        ("file://localhost/b/c.krl", "file:///b/c.krl"),
        ("krl:bundled/io.picolabs.wrangler", "krl:bundled/io.picolabs.wrangler"),
        (
            "KRL:sha256/0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef",
            "krl:sha256/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        ),
    ];
    for (given, expected) in cases {
        check(given, Ok(expected));
    }
}

#[test]
fn refuses_what_is_none() {
    let long = format!("http://example.org/{}", "a".repeat(4096));
    let cases = [
        ("", AddressError::Empty),
        ("  ", AddressError::Empty),
        (&long, AddressError::TooLong),
        ("/a.krl", AddressError::Relative),
        ("../a.krl", AddressError::Relative),
        ("ftp://example.org/a.krl", AddressError::Scheme("ftp".to_owned())),
        ("http://", AddressError::Syntax("empty host".to_owned())),
        ("http://a b/", AddressError::Syntax("invalid international domain name".to_owned())),
        ("file://server/share/a.krl", AddressError::OtherComputer),
        ("krl:sha256/12", AddressError::Internal),
        ("krl:bundled/", AddressError::Internal),
        ("krl:bundled/a/b", AddressError::Internal),
        ("krl:other", AddressError::Internal),
    ];
    for (given, error) in cases {
        check(given, Err(error));
    }
}

#[test]
fn never_shows_credentials() {
    for given in ["http://joe:secret@example.org/a.krl", "https://secret@example.org/a.krl?b=1"] {
        let address = Address::parse(given).unwrap();
        assert!(!format!("{address} {address:?}").contains("secret"), "{given}");
    }
}
