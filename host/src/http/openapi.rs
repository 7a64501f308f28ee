//! The description of this interface, made from the table of routes.

use super::route::{ROUTES, Route, RouteInfo};
use serde_json::{Value, json};
use std::sync::LazyLock;

/// The verbs that a route for any verb is described with.
const ANY: &[&str] = &["GET", "POST"];

/// The document as JSON text, indented.
pub fn document() -> &'static str {
    static DOCUMENT: LazyLock<String> = LazyLock::new(|| {
        let mut text = serde_json::to_string_pretty(&description()).unwrap_or_default();
        text.push('\n');
        text
    });
    &DOCUMENT
}

fn description() -> Value {
    let mut paths = serde_json::Map::new();
    for info in ROUTES {
        let methods = if info.methods.is_empty() { ANY } else { info.methods };
        let operations =
            methods.iter().map(|method| (method.to_lowercase(), operation(info, method))).collect();
        paths.insert(info.path.to_owned(), Value::Object(operations));
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "KRL host",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Events and queries of clouds, and what an operator asks of their host. A channel's id is the capability \
                to use it; the operator's interface needs the host's token.",
        },
        "paths": paths,
        "components": {
            "securitySchemes": { "operator": { "type": "http", "scheme": "bearer" } },
            "schemas": schemas(),
        },
    })
}

fn operation(info: &RouteInfo, method: &str) -> Value {
    let in_path = info.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let in_path = in_path
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }));
    let in_query = query(info.route).iter().map(
        |(name, about)| json!({ "name": name, "in": "query", "description": about, "schema": { "type": "string" } }),
    );
    let parameters: Vec<Value> = in_path.chain(in_query).collect();
    let mut operation = json!({
        "operationId": format!("{:?}{}", info.route, capitalized(method)),
        "summary": info.summary,
        "parameters": parameters,
        "responses": {
            "200": { "description": "Done", "content": content(info.route) },
            "default": { "description": "Why not", "content": of_schema("Error") },
        },
    });
    if method != "GET"
        && method != "HEAD"
        && let Some(body) = body(info.route)
    {
        operation["requestBody"] = json!({ "content": body });
    }
    if info.route.is_operators() {
        operation["security"] = json!([{ "operator": [] }]);
    }
    operation
}

fn capitalized(method: &str) -> String {
    let (first, rest) = method.split_at(1);
    format!("{first}{}", rest.to_lowercase())
}

/// Fields of the query string, with what they are.
fn query(route: Route) -> &'static [(&'static str, &'static str)] {
    match route {
        Route::ApiFlush => &[("url", "The ruleset's address")],
        Route::Clouds => &[("after", "Begin behind this id"), ("limit", "At most so many; 100")],
        Route::Logs => &[
            ("after", "Begin behind this `position`"),
            ("limit", "At most so many; 100"),
            ("wait", "Seconds to wait for an entry if there is none; 0, at most 60"),
        ],
        _ => &[],
    }
}

/// The form of a request's body.
fn body(route: Route) -> Option<Value> {
    let fields: &[&str] = match route {
        Route::Push => {
            let bytes = json!({ "schema": { "type": "string", "format": "binary" } });
            return Some(json!({ "application/octet-stream": bytes }));
        }
        Route::Owners => &["name"],
        Route::Install => &["url"],
        Route::Flush | Route::ApiFlush => &["url"],
        Route::Backup => &["path"],
        Route::Suspend | Route::Resume => return None,
        _ => &[],
    };
    let properties: serde_json::Map<String, Value> =
        fields.iter().map(|name| ((*name).to_owned(), json!({ "type": "string" }))).collect();
    let schema = json!({ "type": "object", "properties": properties, "required": fields });
    Some(json!({ "application/json": { "schema": schema } }))
}

/// The form of an answer.
fn content(route: Route) -> Value {
    match route {
        Route::Fire => json!({ "application/json": { "schema": { "type": "string" } } }),
        Route::Signal | Route::SkyEvent => of_schema("Event"),
        Route::Healthy | Route::Ready | Route::Metrics => {
            json!({ "text/plain": { "schema": { "type": "string" } } })
        }
        Route::Files => json!({ "*/*": {} }),
        _ => json!({ "application/json": { "schema": {} } }),
    }
}

fn of_schema(name: &str) -> Value {
    json!({ "application/json": { "schema": { "$ref": format!("#/components/schemas/{name}") } } })
}

fn schemas() -> Value {
    let text = json!({ "type": "string" });
    json!({
        "Error": {
            "type": "object",
            "required": ["error", "code"],
            "properties": {
                "error": { "type": "string", "description": "Class and message" },
                "code": { "type": "string", "description": "A stable word" },
            },
        },
        "Event": {
            "type": "object",
            "required": ["eid", "directives"],
            "properties": {
                "eid": text,
                "directives": { "type": "array", "items": { "$ref": "#/components/schemas/Directive" } },
                "error": { "type": "string", "description": "The first of `errors`, with its class" },
                "code": text,
                "errors": { "type": "array", "items": { "$ref": "#/components/schemas/RuntimeError" } },
            },
        },
        "Directive": {
            "type": "object",
            "properties": {
                "type": { "const": "directive" },
                "name": text,
                "options": { "type": "object" },
                "meta": {
                    "type": "object",
                    "properties": { "rid": text, "rule_name": text, "txnId": text },
                },
            },
        },
        "RuntimeError": {
            "type": "object",
            "properties": {
                "rid": text,
                "rule": { "type": ["string", "null"] },
                "code": text,
                "message": text,
                "at": {
                    "type": ["object", "null"],
                    "properties": { "rid": text, "line": { "type": "integer" }, "column": { "type": "integer" } },
                },
            },
        },
    })
}
