//! Arguments of `http:*` and what is sent for them.

use super::prepare;
use krl_vm::data::Data;

/// Arguments in the order of the parameters, as a JSON array.
fn arguments(json: &str) -> Vec<Data> {
    match Data::parse(json).unwrap() {
        Data::Array(items) => items,
        other => panic!("{other:?} are no arguments"),
    }
}

/// `METHOD URL`, headers in order of their names, body; or why nothing can be sent.
fn sent(method: &str, args: &str) -> String {
    let prepared = prepare(method, &arguments(args), 1000).unwrap();
    match prepared.request {
        Err(why) => why,
        Ok(request) => {
            let mut headers: Vec<String> = request
                .headers
                .iter()
                .filter(|(name, _)| *name != "user-agent")
                .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
                .collect();
            headers.sort();
            let body = request.body.map(|body| String::from_utf8(body).unwrap()).unwrap_or_default();
            [format!("{} {}", request.method, request.url), headers.join("; "), body].join(" | ")
        }
    }
}

#[test]
fn makes_requests_of_arguments() {
    let form = r#"["http://h/", null, null, null, null, null, {"a": "x y", "b": [1]}]"#;
    let cases = [
        ("get", r#"["http://h/x"]"#, "GET http://h/x |  | "),
        ("head", r#"["https://H:443"]"#, "HEAD https://h/ |  | "),
        ("get", r#"["http://h/x", {}]"#, "GET http://h/x? |  | "),
        ("get", r#"["http://h/x?a=1", {"b": ["c"]}]"#, "GET http://h/x?a=1?b%5B0%5D=c |  | "),
        ("delete", r#"["http://h", "no map"]"#, "DELETE http://h/ |  | "),
        (
            "put",
            r#"["http://h", null, {"X-A": 1, "x-b": true, "x-c": null, "Content-Length": 9, "TE": "x"}]"#,
            "PUT http://h/ | x-a: 1; x-b: true | ",
        ),
        ("post", r#"["http://h", null, null, "text"]"#, "POST http://h/ |  | text"),
        ("post", r#"["http://h", null, null, 0, null, {"a": 1}]"#, "POST http://h/ |  | 0"),
        (
            "post",
            r#"["http://h", null, null, null, null, {"a": [null]}, {"b": 1}]"#,
            r#"POST http://h/ | content-type: application/json | {"a":[null]}"#,
        ),
        (
            "patch",
            form,
            "PATCH http://h/ | content-type: application/x-www-form-urlencoded | a=x%20y&b%5B0%5D=1",
        ),
        (
            "post",
            r#"["http://h", null, {"content-type": "application/ld+json"}, null, null, []]"#,
            "POST http://h/ | content-type: application/ld+json | []",
        ),
        (
            "get",
            r#"["http://h", null, {"authorization": "x"}, null, {"username": "joe", "password": "pä:ss"}]"#,
            "GET http://h/ | authorization: Basic am9lOnDDpDpzcw== | ",
        ),
        // Failures that the answer tells (decision R9).
        ("get", r#"["nonsense"]"#, "the url cannot be read: relative URL without a base"),
        ("get", r#"["file:///etc/passwd"]"#, "no request can be sent to a url with the scheme `file`"),
        ("get", r#"["http://h", null, {"a b": 1}]"#, "`a b` cannot be the name of a header"),
        (
            "get",
            "[\"http://h\", null, {\"a\": \"x\\ny\"}]",
            "the value of the header `a` has characters that no header may have",
        ),
    ];
    for (method, args, expected) in cases {
        assert_eq!(sent(method, args), expected, "{method} {args}");
    }
}

#[test]
fn the_program_names_itself_or_is_named() {
    for (headers, expected) in [("null", "pico-engine-core-http"), (r#"{"User-Agent": "me"}"#, "me")] {
        let prepared = prepare("get", &arguments(&format!(r#"["http://h", null, {headers}]"#)), 0).unwrap();
        assert_eq!(prepared.request.unwrap().headers.get("user-agent").unwrap(), expected);
    }
}

#[test]
fn bad_arguments_are_errors_before_anything_is_sent() {
    let needs = "http:get needs autosend to be a map with eci, domain and name";
    let autosend = |json: &str| format!(r#"["http://h",null,null,null,null,null,null,null,null,{json}]"#);
    let cases = [
        ("get", "[]".to_owned(), "http:get needs a url string"),
        ("post", "[null]".to_owned(), "http:post needs a url string"),
        ("get", "[1]".to_owned(), "http:get was given 1 instead of a url string"),
        ("put", r#"[{"a": 1}]"#.to_owned(), "http:put was given [Map] instead of a url string"),
        ("options", r#"["http://h"]"#.to_owned(), "http:options is not a function/action"),
        ("get", autosend("1"), needs),
        ("get", autosend(r#"{"eci": "a", "domain": "d"}"#), needs),
        ("get", autosend(r#"{"eci": "a", "domain": "d", "name": 1}"#), needs),
    ];
    for (method, args, expected) in cases {
        assert_eq!(prepare(method, &arguments(&args), 0).err().as_deref(), Some(expected), "{method} {args}");
    }
}

#[test]
fn knows_what_to_do_with_the_answer() {
    let tail =
        r#"true, "label", {"eci": "a", "domain": "d", "name": "n", "data": {"attrs": {"x": 1}}}, true"#;
    let prepared =
        prepare("get", &arguments(&format!(r#"["http://h",null,null,null,null,null,null,{tail}]"#)), 0)
            .unwrap();
    let autosend = prepared.autosend.unwrap();
    assert!(prepared.parse_json);
    assert_eq!((&*prepared.method, prepared.autoraise.as_deref()), ("get", Some("label")));
    assert_eq!((&*autosend.eci, &*autosend.domain, &*autosend.name), ("a", "d", "n"));
    assert_eq!(Data::Map(autosend.attrs).to_json(), r#"{"x":1}"#);
}
