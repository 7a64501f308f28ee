//! Event attributes and query arguments from a request (`krl-runtime.md` §8): the query string, overridden by the body, and `_headers`.

use super::answer::Refusal;
use hyper::StatusCode;
use hyper::header::{self, HeaderMap, HeaderName};
use krl_vm::data::{Data, DataMap};
use std::sync::{Arc, LazyLock};

/// Nested names deeper than this stay one name: `a[b][c]…`.
const DEPTH: usize = 5;
/// `a[20]` is an item of an array, `a[21]` an entry of a map.
const LAST_INDEX: usize = 20;

/// The values of a query string: a repeated name gives an array, `a[b]=1` a nested map.
#[must_use]
pub fn query_string(text: Option<&str>) -> DataMap {
    let mut found = DataMap::new();
    let Some(text) = text else { return found };
    let mut nested = false;
    for (name, value) in form_urlencoded::parse(text.as_bytes()) {
        if name.contains('[') {
            nested = true;
            insert(&mut found, &path_of(&name), Data::string(&*value));
        } else {
            insert(&mut found, &[&*name], Data::string(&*value));
        }
    }
    if nested {
        for value in found.values_mut() {
            lists(value);
        }
    }
    found
}

/// `a[b][c]` as `a`, `b`, `c`.
fn path_of(name: &str) -> Vec<&str> {
    let Some((first, mut rest)) = name.split_once('[') else { return vec![name] };
    if first.is_empty() || !rest.contains(']') {
        return vec![name];
    }
    let mut path = vec![first];
    while path.len() <= DEPTH {
        let Some((part, behind)) = rest.split_once(']') else { return path };
        path.push(part);
        let Some(next) = behind.strip_prefix('[') else { return path };
        rest = next;
    }
    // The bracket that was taken off belongs to a name that is not taken apart any more.
    if let Some(at) = name.len().checked_sub(rest.len() + 1) {
        path.extend(name.get(at..));
    }
    path
}

fn insert(map: &mut DataMap, path: &[&str], value: Data) {
    let Some((name, rest)) = path.split_first() else { return };
    let number = map.len();
    // `a[]=1` adds an item: its name is its place.
    let name: Arc<str> =
        if name.is_empty() && rest.is_empty() { number.to_string().into() } else { (*name).into() };
    if rest.is_empty() {
        match map.get_mut(&name) {
            None => drop(map.insert(name, value)),
            Some(Data::Array(items)) => items.push(value),
            Some(other) => *other = Data::Array(vec![std::mem::take(other), value]),
        }
        return;
    }
    let inner = map.entry(name).or_insert_with(|| Data::Map(DataMap::new()));
    match inner {
        Data::Map(inner) => insert(inner, rest, value),
        other => {
            let mut fresh = DataMap::new();
            insert(&mut fresh, rest, value);
            match other {
                Data::Array(items) => items.push(Data::Map(fresh)),
                _ => *other = Data::Array(vec![std::mem::take(other), Data::Map(fresh)]),
            }
        }
    }
}

/// Makes arrays of the maps whose names are all small numbers.
fn lists(value: &mut Data) {
    match value {
        Data::Map(map) => {
            map.values_mut().for_each(lists);
            let index = |name: &str| {
                name.parse().ok().filter(|at: &usize| *at <= LAST_INDEX && at.to_string() == name)
            };
            let mut items: Vec<(usize, Data)> = Vec::new();
            if !map.keys().all(|name| index(name).is_some()) {
                return;
            }
            for (name, item) in std::mem::take(map) {
                items.extend(index(&name).map(|at| (at, item)));
            }
            items.sort_by_key(|(at, _)| *at);
            *value = Data::Array(items.into_iter().map(|(_, item)| item).collect());
        }
        Data::Array(items) => items.iter_mut().for_each(lists),
        _ => {}
    }
}

/// Adds what a body says. Bodies of other types say nothing.
///
/// # Errors
/// A body of a JSON type that is no JSON object or array.
pub fn add_body(into: &mut DataMap, headers: &HeaderMap, body: &[u8]) -> Result<(), Refusal> {
    if body.is_empty() {
        return Ok(());
    }
    match kind(headers) {
        Kind::Json => add_json(into, body),
        Kind::Form => {
            let mut fields = DataMap::new();
            for (name, value) in form_urlencoded::parse(body) {
                insert(&mut fields, &[&*name], Data::string(&*value));
            }
            into.extend(fields);
            Ok(())
        }
        Kind::Other => Ok(()),
    }
}

fn add_json(into: &mut DataMap, body: &[u8]) -> Result<(), Refusal> {
    let bad = |message: String| Refusal::new(StatusCode::BAD_REQUEST, "bad_json", message);
    match serde_json::from_slice(body) {
        Ok(Data::Map(fields)) if into.is_empty() => *into = fields,
        Ok(Data::Map(fields)) => into.extend(fields),
        Ok(Data::Array(items)) => {
            into.extend(items.into_iter().enumerate().map(|(at, item)| (at.to_string().into(), item)));
        }
        Ok(_) => return Err(bad("SyntaxError: the request's body must be a JSON object or array".into())),
        Err(e) => return Err(bad(format!("SyntaxError: the request's body is not JSON: {e}"))),
    }
    Ok(())
}

enum Kind {
    Json,
    Form,
    Other,
}

fn kind(headers: &HeaderMap) -> Kind {
    let Some(value) = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) else {
        return Kind::Other;
    };
    let kind = value.split(';').next().unwrap_or_default().trim();
    let is = |name: &str| kind.eq_ignore_ascii_case(name);
    if is("application/json") || is("application/octet-stream") || is("application/ssi-agent-wire") {
        Kind::Json
    } else if is("application/x-www-form-urlencoded") {
        Kind::Form
    } else {
        Kind::Other
    }
}

/// The request's headers as a map with names in lower case; repeated ones are joined.
#[must_use]
pub fn headers(headers: &HeaderMap) -> Data {
    let mut map = DataMap::with_capacity(headers.len());
    for (name, value) in headers {
        let text = match value.to_str() {
            Ok(text) => text.into(),
            // Headers are Latin-1 where they are not ASCII.
            Err(_) => value.as_bytes().iter().map(|byte| char::from(*byte)).collect::<String>().into(),
        };
        match map.entry(interned(name)) {
            indexmap::map::Entry::Vacant(entry) => drop(entry.insert(Data::String(text))),
            indexmap::map::Entry::Occupied(mut entry) => {
                let joint = if *name == header::COOKIE { "; " } else { ", " };
                let joined = format!("{}{joint}{text}", entry.get().as_str().unwrap_or_default());
                entry.insert(Data::string(joined));
            }
        }
    }
    Data::Map(map)
}

/// The name of `_headers`, made once.
pub static HEADERS: LazyLock<Arc<str>> = LazyLock::new(|| "_headers".into());

/// Names that nearly all requests have, made once.
static COMMON: LazyLock<Vec<(HeaderName, Arc<str>)>> = LazyLock::new(|| {
    [
        header::HOST,
        header::USER_AGENT,
        header::ACCEPT,
        header::CONTENT_TYPE,
        header::CONTENT_LENGTH,
        header::CONNECTION,
        header::ACCEPT_ENCODING,
        header::ACCEPT_LANGUAGE,
        header::ORIGIN,
        header::REFERER,
        header::COOKIE,
    ]
    .map(|name| (name.clone(), name.as_str().into()))
    .into()
});

fn interned(name: &HeaderName) -> Arc<str> {
    match COMMON.iter().find(|(common, _)| common == name) {
        Some((_, text)) => text.clone(),
        None => name.as_str().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(Data::Map(query_string(Some(text))).to_json(), expected, "{text}");
    }

    #[test]
    fn query_strings() {
        for (text, expected) in [
            ("", "{}"),
            ("a=1&b=x%20y+z", r#"{"a":"1","b":"x y z"}"#),
            ("a", r#"{"a":""}"#),
            ("a=1&a=2&a=3", r#"{"a":["1","2","3"]}"#),
            ("a[b]=1&a[c]=2", r#"{"a":{"b":"1","c":"2"}}"#),
            ("a%5Bb%5D=1", r#"{"a":{"b":"1"}}"#),
            ("a[b]=1&a[b]=2", r#"{"a":{"b":["1","2"]}}"#),
            ("a[]=1&a[]=2", r#"{"a":["1","2"]}"#),
            ("a[1]=y&a[0]=x", r#"{"a":["x","y"]}"#),
            ("a[21]=y", r#"{"a":{"21":"y"}}"#),
            ("a[01]=y", r#"{"a":{"01":"y"}}"#),
            ("a=1&a[b]=2", r#"{"a":["1",{"b":"2"}]}"#),
            ("a[b]=2&a=1", r#"{"a":[{"b":"2"},"1"]}"#),
            ("[b]=1", r#"{"[b]":"1"}"#),
            ("a[b=1", r#"{"a[b":"1"}"#),
            ("a[b][c][d][e][f][g][h]=1", r#"{"a":{"b":{"c":{"d":{"e":{"f":{"[g][h]":"1"}}}}}}}"#),
            ("a.b=1", r#"{"a.b":"1"}"#),
            ("__proto__[x]=1", r#"{"__proto__":{"x":"1"}}"#),
        ] {
            check(text, expected);
        }
    }

    #[test]
    fn bodies() {
        let cases = [
            ("application/json", r#"{"a":1,"q":2}"#, Ok(r#"{"q":2,"a":1}"#)),
            ("Application/JSON; charset=utf-8", "[7,8]", Ok(r#"{"q":"0","0":7,"1":8}"#)),
            ("application/octet-stream", r#"{"a":1}"#, Ok(r#"{"q":"0","a":1}"#)),
            ("application/ssi-agent-wire", r#"{"a":1}"#, Ok(r#"{"q":"0","a":1}"#)),
            (
                "application/x-www-form-urlencoded",
                "a=1&a=2&b[c]=3",
                Ok(r#"{"q":"0","a":["1","2"],"b[c]":"3"}"#),
            ),
            ("text/plain", "{", Ok(r#"{"q":"0"}"#)),
            ("application/json", "", Ok(r#"{"q":"0"}"#)),
            ("application/json", "3", Err("bad_json")),
            ("application/json", "{\"a\":", Err("bad_json")),
            ("application/json", "\u{1}", Err("bad_json")),
        ];
        for (kind, body, expected) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, kind.parse().unwrap());
            let mut attrs = query_string(Some("q=0"));
            let done = add_body(&mut attrs, &headers, body.as_bytes());
            let found = done.map(|()| Data::Map(attrs).to_json()).map_err(|e| e.code);
            assert_eq!(found, expected.map(str::to_owned), "{kind} {body}");
        }
    }

    #[test]
    fn deep_json_is_refused() {
        let deep = "[".repeat(100_000);
        let refusal = add_json(&mut DataMap::new(), deep.as_bytes()).unwrap_err();
        assert_eq!((refusal.status, refusal.code), (StatusCode::BAD_REQUEST, "bad_json"));
    }

    #[test]
    fn headers_become_a_map() {
        let mut map = HeaderMap::new();
        map.append("Host", "h".parse().unwrap());
        map.append("X-A", "1".parse().unwrap());
        map.append("x-a", "2".parse().unwrap());
        map.append("cookie", "a=1".parse().unwrap());
        map.append("cookie", "b=2".parse().unwrap());
        assert_eq!(headers(&map).to_json(), r#"{"host":"h","x-a":"1, 2","cookie":"a=1; b=2"}"#);
    }
}
