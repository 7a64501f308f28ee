use super::*;
use crate::datetime::format_iso;

/// What `Date.parse` makes of a text with the local zone UTC.
const PARSED: &[(&str, Option<&str>)] = &[
    ("2020-02-29", Some("2020-02-29T00:00:00.000Z")),
    ("2020-02-29T12:30:45Z", Some("2020-02-29T12:30:45.000Z")),
    ("2020-02-29T12:30:45.123+02:00", Some("2020-02-29T10:30:45.123Z")),
    ("2020-02-29 12:30:45", Some("2020-02-29T12:30:45.000Z")),
    ("Sat, 29 Feb 2020 12:30:45 GMT", Some("2020-02-29T12:30:45.000Z")),
    ("29 Feb 2020 12:30:45 +0200", Some("2020-02-29T10:30:45.000Z")),
    ("29 Feb 2020", Some("2020-02-29T00:00:00.000Z")),
    ("Feb 29, 2020", Some("2020-02-29T00:00:00.000Z")),
    ("Feb 29, 2020 1:30 pm", Some("2020-02-29T13:30:00.000Z")),
    ("February 29 2020 12:30 AM", Some("2020-02-29T00:30:00.000Z")),
    ("Sat Feb 29 2020 12:30:45 GMT+0100 (CET)", Some("2020-02-29T11:30:45.000Z")),
    ("Sat Feb 29 2020 12:30:45 GMT+0000 (Coordinated Universal Time)", Some("2020-02-29T12:30:45.000Z")),
    ("2/29/2020", Some("2020-02-29T00:00:00.000Z")),
    ("2020/02/29", Some("2020-02-29T00:00:00.000Z")),
    ("2020/02/29 10:00:00", Some("2020-02-29T10:00:00.000Z")),
    ("02/29/2020 10:00 PST", Some("2020-02-29T18:00:00.000Z")),
    ("29-Feb-2020", Some("2020-02-29T00:00:00.000Z")),
    ("1 Jan 70 00:00 EST", Some("1970-01-01T05:00:00.000Z")),
    ("1 Jan 49", Some("2049-01-01T00:00:00.000Z")),
    ("1 Jan 50", Some("1950-01-01T00:00:00.000Z")),
    ("Feb 2020", Some("2020-02-01T00:00:00.000Z")),
    ("yesterday", None),
    ("", None),
    ("32 Jan 2020", None),
    ("Jan 2020 25:00", None),
    ("29 Feb 2020 12:30:45 XYZ", None),
    ("12:30", None),
    ("13/13/2020", None),
    ("Sat, 29 Feb 2020 12:30:45 Z", Some("2020-02-29T12:30:45.000Z")),
    ("29 Feb 2020 12:30:45.250 UTC", Some("2020-02-29T12:30:45.250Z")),
    ("29 Feb 2020 13:00 pm", None),
    ("sept 3 2021", Some("2021-09-03T00:00:00.000Z")),
    ("29 Feb 2020 (leap) 10:00", Some("2020-02-29T10:00:00.000Z")),
    ("29 Feb 2020 10:00 -08:00", Some("2020-02-29T18:00:00.000Z")),
];

/// Where `Date.parse` invents a date, or misses one.
const REPAIRED: &[(&str, Option<&str>)] = &[
    ("banana 2020", None),
    ("29 Feb 2020 12:60", None),
    ("May 1, 2021 12:00pm", Some("2021-05-01T12:00:00.000Z")),
    ("2020-02-30", None),
];

#[test]
fn parses() {
    for &(text, expected) in PARSED.iter().chain(REPAIRED) {
        assert_eq!(parse_js_date(text).map(format_iso).as_deref(), expected, "{text:?}");
    }
}
