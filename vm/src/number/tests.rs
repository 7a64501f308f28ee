use super::*;

fn check<I, O: PartialEq + std::fmt::Debug>(cases: impl IntoIterator<Item = (I, O)>, actual: impl Fn(&I) -> O)
where
    I: std::fmt::Debug,
{
    for (input, expected) in cases {
        assert_eq!(actual(&input), expected, "{input:?}");
    }
}

#[test]
fn formats() {
    check(FORMAT.iter().map(|&(n, text)| (n, text.to_owned())), |&n| {
        let mut out = String::new();
        format(n, &mut out);
        out
    });
}

#[test]
fn formats_parse_back() {
    for &(n, text) in FORMAT.iter().filter(|(n, _)| n.is_finite()) {
        assert_eq!(parse(text), Some(n));
    }
}

#[test]
fn parses() {
    check(PARSE.iter().copied(), |text| parse(text));
}

#[test]
fn writes_hex() {
    check(HEX.iter().map(|&(n, text)| (n, text.to_owned())), |&n| to_hex(n));
}

#[test]
fn truncates_to_32_bits() {
    check(INT32.iter().copied(), |&n| to_int32(n));
}

#[test]
fn trims() {
    let cases = [
        ("  a b  ", ["a b", "a b  ", "  a b"]),
        ("", ["", "", ""]),
        ("   ", ["", "", ""]),
        ("\n line \n", ["line", "line \n", "\n line"]),
        ("\u{feff}a\u{feff}", ["a", "a\u{feff}", "\u{feff}a"]),
        ("\u{3000}全角\u{3000}", ["全角", "全角\u{3000}", "\u{3000}全角"]),
        ("\u{85}a\u{180e}", ["\u{85}a\u{180e}"; 3]),
    ];
    check(cases, |text| [trim(text), trim_start(text), trim_end(text)]);
}

#[test]
fn recognises_array_indexes() {
    let cases = [
        ("0", Some(0)),
        ("7", Some(7)),
        ("10", Some(10)),
        ("4294967294", Some(4_294_967_294)),
        ("4294967295", None),
        ("4294967296", None),
        ("99999999999", None),
        ("01", None),
        ("-1", None),
        ("+1", None),
        ("1.0", None),
        ("", None),
        ("a", None),
    ];
    check(cases, |key| array_index(key));
}

const FORMAT: &[(f64, &str)] = &[
    (0.0, "0"),
    (-0.0, "0"),
    (5.0, "5"),
    (-3.0, "-3"),
    (0.5, "0.5"),
    (0.3333333333333333, "0.3333333333333333"),
    (-0.3333333333333333, "-0.3333333333333333"),
    (100.0, "100"),
    (1.5, "1.5"),
    (0.000001, "0.000001"),
    (1e-7, "1e-7"),
    (0.00000123, "0.00000123"),
    (123456789012345680000.0, "123456789012345680000"),
    (1.2345678901234568e21, "1.2345678901234568e+21"),
    (1.2345678901234568e22, "1.2345678901234568e+22"),
    (0.30000000000000004, "0.30000000000000004"),
    (7.000000000000001, "7.000000000000001"),
    (969.9999999999999, "969.9999999999999"),
    (-1234.5678, "-1234.5678"),
    (123456789.0, "123456789"),
    (10000000000000000.0, "10000000000000000"),
    (9007199254740991.0, "9007199254740991"),
    (9007199254740992.0, "9007199254740992"),
    (-9007199254740992.0, "-9007199254740992"),
    (100000000000000000000.0, "100000000000000000000"),
    (1e21, "1e+21"),
    (-1e21, "-1e+21"),
    (5e-324, "5e-324"),
    (1.7976931348623157e308, "1.7976931348623157e+308"),
    (4.35, "4.35"),
    (1e300, "1e+300"),
    (1.23e-18, "1.23e-18"),
    (0.000001234, "0.000001234"),
    (f64::NAN, "NaN"),
    (f64::INFINITY, "Infinity"),
    (f64::NEG_INFINITY, "-Infinity"),
];
const HEX: &[(f64, &str)] = &[
    (0.0, "0"),
    (255.0, "ff"),
    (-255.0, "-ff"),
    (1.5, "1.8"),
    (0.1, "0.1999999999999a"),
    (10.5, "a.8"),
    (0.3333333333333333, "0.55555555555554"),
    (-0.75, "-0.c"),
    (4294967296.0, "100000000"),
    (9007199254740991.0, "1fffffffffffff"),
    (16.0, "10"),
    (1000000000000000.0, "38d7ea4c68000"),
    (0.001, "0.004189374bc6a7f"),
    (123.456, "7b.74bc6a7ef9dc"),
];
const INT32: &[(f64, i32)] = &[
    (0.0, 0),
    (-0.0, 0),
    (1.0, 1),
    (-1.0, -1),
    (5.7, 5),
    (-5.7, -5),
    (2147483647.0, 2147483647),
    (2147483648.0, -2147483648),
    (-2147483648.0, -2147483648),
    (-2147483649.0, 2147483647),
    (4294967295.0, -1),
    (4294967296.0, 0),
    (4294967297.0, 1),
    (12345678901.0, -539222987),
    (-12345678901.0, 539222987),
    (1000000000000000.0, -1530494976),
    (9007199254740991.0, -1),
    (100000000000000000000.0, 1661992960),
    (-100000000000000000000.0, -1661992960),
    (1e300, 0),
    (f64::NAN, 0),
    (f64::INFINITY, 0),
];
const PARSE: &[(&str, Option<f64>)] = &[
    ("", Some(0.0)),
    ("5", Some(5.0)),
    ("007", Some(7.0)),
    ("5a", None),
    ("999999999999999", Some(999_999_999_999_999.0)),
    ("123456789012345678901", Some(123_456_789_012_345_680_000.0)),
    ("5.50", Some(5.5)),
    ("-5", Some(-5.0)),
    ("- 5", None),
    (" 5 ", Some(5.0)),
    ("\n", Some(0.0)),
    ("abc5", None),
    (".5", Some(0.5)),
    ("5.", Some(5.0)),
    (".", None),
    ("1e3", Some(1000.0)),
    ("1E3", Some(1000.0)),
    ("1e-3", Some(0.001)),
    ("1e", None),
    ("e5", None),
    ("0X1f", Some(31.0)),
    ("0x", None),
    ("0xG", None),
    ("0b101", Some(5.0)),
    ("0b2", None),
    ("0o17", Some(15.0)),
    ("0o8", None),
    ("-0", Some(-0.0)),
    ("1,000", None),
    ("1/2", None),
    ("Infinity", None),
    ("-Infinity", None),
    ("+Infinity", None),
    ("NaN", None),
    ("null", None),
    ("inf", None),
    ("nan", None),
    ("infinity", None),
    ("9007199254740993", Some(9007199254740992.0)),
    ("123456789012345678901234567890", Some(1.2345678901234568e29)),
    ("1e309", None),
    ("1e-400", Some(0.0)),
    ("00012", Some(12.0)),
    ("0.0", Some(0.0)),
    ("1.2.3", None),
    (" 12\n", Some(12.0)),
    ("+5", Some(5.0)),
    ("+ 5", None),
    ("--5", None),
    ("0o72", Some(58.0)),
    ("0b01101", Some(13.0)),
    ("0b02101", None),
    (" 1 2 ", None),
    ("2018-03-07", None),
    ("-0x1F", None),
    ("+0x1F", None),
    ("0xff", Some(255.0)),
    ("0xAF", Some(175.0)),
    (" + 5 ", None),
    ("-1.23", Some(-1.23)),
    ("foo", None),
    ("1_000", None),
    ("\u{feff}7\u{a0}", Some(7.0)),
    ("\u{85}7", None),
    ("0x20000000000001", Some(9007199254740992.0)),
    ("0x20000000000003", Some(9007199254740996.0)),
    ("0x200000000000008000001", Some(2.4178516392292583e24)),
    ("0x100000000000008000000000000001", Some(8.307674973655726e34)),
    (
        "0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        Some(1.1235582092889474e307),
    ),
    (
        "0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        None,
    ),
    ("1e+2", Some(100.0)),
    ("1e+", None),
    ("1e1.5", None),
    ("\u{663}", None),
];
