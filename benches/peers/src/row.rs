//! The rows: what is done in each language.

/// One piece of work, a function of this name in each of `programs/rows.*`.
pub struct Row {
    pub name: &'static str,
    pub title: &'static str,
    /// How the languages differ in it.
    pub note: &'static str,
}

const fn row(name: &'static str, title: &'static str, note: &'static str) -> Row {
    Row { name, title, note }
}

/// All rows.
pub const ROWS: &[Row] = &[
    row("fib", "fib(30)", "calls that call themselves twice"),
    row(
        "loop_sum",
        "sum of 1 to 10^7",
        "KRL has no loops: `1.range(10000000).reduce(…)`; the others count in a `for` loop and make no list",
    ),
    row(
        "chain",
        "map, filter, reduce over 10^5",
        "Lua's three functions are written in Lua; Rune's are lazy iterators, the others make lists between",
    ),
    row("sorting", "sort 10^5 with a function", "the list is made in it too"),
    row(
        "text",
        "string of 10^5 pieces",
        "KRL and Lua join a list of pieces, because each `+` copies; the others append to a string",
    ),
    row("mapping", "map of 10^4 keys", "KRL by `put`, the others by assignment"),
    row(
        "regexp",
        "10^4 lines by a regular expression",
        "Lua has patterns of its own; Rhai and Rune have none and use the crate `regex` of their host",
    ),
    row(
        "json",
        "JSON of 100 kB: parse, transform, print",
        "Lua with lua-cjson, Rune with serde_json, both native; Rhai with its own `parse_json` and `to_json`",
    ),
    row(
        "order",
        "rule body of 60 lines",
        "KRL and the reference take an event, match it, keep state and answer; the others call a function that keeps state in a variable",
    ),
];

/// The row of a name.
pub fn named(name: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.name == name)
}
