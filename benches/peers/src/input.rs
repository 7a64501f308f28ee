//! What the rows work on, made the same every time.

use crate::Failure;
use serde_json::{Value, json};

/// Lines of the log.
const LINES: usize = 10_000;
/// Orders in the document, which make it 100 kB.
const ORDERS: usize = 340;

/// The input of the rows `regexp`, `json` and `order`.
pub struct Input {
    pub log: String,
    pub document: String,
    pub attrs: Value,
}

impl Input {
    pub fn made() -> Self {
        Self { log: log(), document: document(), attrs: attrs() }
    }

    /// From the line that [`Input::line`] made.
    pub fn read(line: &str) -> Result<Self, Failure> {
        let mut value: Value = serde_json::from_str(line)?;
        let mut text = |name: &str| match value[name].take() {
            Value::String(text) => Ok(text),
            _ => Err(format!("no `{name}` in the input")),
        };
        Ok(Self { log: text("log")?, document: text("document")?, attrs: value["attrs"].take() })
    }

    /// As one line of JSON.
    pub fn line(&self) -> String {
        json!({ "log": self.log, "document": self.document, "attrs": self.attrs }).to_string()
    }
}

fn log() -> String {
    let lines: Vec<String> = (0..LINES)
        .map(|i| {
            let (second, shard, status, micros) =
                (i % 60, i % 7, if i % 3 == 0 { 404 } else { 200 }, i * 7919 % 997);
            format!(
                "2026-11-22T18:35:{second:02}Z shard-{shard} GET /c/c{i}x/event/shop/sale {status} {micros}us"
            )
        })
        .collect();
    lines.join("\n")
}

fn document() -> String {
    let orders: Vec<Value> = (0..ORDERS)
        .map(|i| {
            let lines: Vec<Value> = (1..=5)
                .map(|j| json!({ "sku": format!("tea-{j}"), "count": j, "cents": j * 100 + i }))
                .collect();
            json!({
                "id": format!("order-{i}"),
                "paid": i % 3 == 0,
                "customer": { "name": format!("Customer {i}"), "city": format!("City {}", i % 50) },
                "note": "Please ring twice, the bell is old.",
                "lines": lines,
            })
        })
        .collect();
    json!({ "orders": orders }).to_string()
}

fn attrs() -> Value {
    const CATEGORIES: [&str; 3] = ["tea", "mug", "book"];
    let items: Vec<Value> = (0..8)
        .map(|i| {
            json!({ "sku": format!("{}-{i}", CATEGORIES[i % 3]), "name": format!("Item {i}"), "price": 250 + i * 37, "quantity": i % 4 })
        })
        .collect();
    json!({ "email": "ada@Mail.example.org", "country": "us", "coupon": " save15 ", "items": items })
}
