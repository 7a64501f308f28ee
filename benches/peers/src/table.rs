//! The driver: runs every row in every column, compares what they answer, prints.

use crate::Failure;
use crate::child::Child;
use crate::column::COLUMNS;
use crate::input::Input;
use crate::measure::{Figure, measure};
use crate::row::{ROWS, Row, named};
use serde_json::Value;

/// Measures the named rows, or all, and prints them as they come.
pub fn print(names: &[String]) -> Result<(), Failure> {
    let chosen = names.iter().map(|name| named(name).ok_or_else(|| format!("there is no row `{name}`")));
    let mut rows: Vec<&Row> = chosen.collect::<Result<_, _>>()?;
    if rows.is_empty() {
        rows = ROWS.iter().collect();
    }
    let input = Input::made();
    let mut children: Vec<Option<Child>> = COLUMNS
        .iter()
        .map(|column| column.start(&input).inspect_err(|missing| eprintln!("{missing}")).ok())
        .collect();
    let titles: Vec<&str> = COLUMNS.iter().map(|column| column.title).collect();
    println!("| milliseconds (times {}) | {} |", titles[0], titles.join(" | "));
    println!("|---|{}", "---:|".repeat(titles.len()));
    for row in &rows {
        print_row(row, &input, &mut children);
    }
    println!();
    for row in rows {
        println!("- {}: {}.", row.title, row.note);
    }
    Ok(())
}

fn print_row(row: &Row, input: &Input, children: &mut [Option<Child>]) {
    let mut base: Option<(f64, Value)> = None;
    let mut cells = vec![row.title.to_owned()];
    for (column, place) in COLUMNS.iter().zip(children) {
        let Some(child) = place else {
            cells.push("–".to_owned());
            continue;
        };
        let figure = measure(child, row.name);
        if let Figure::Above(_) = figure {
            *place = column.start(input).ok();
        }
        cells.push(cell(column.title, row, figure, &mut base));
    }
    println!("| {} |", cells.join(" | "));
}

/// A figure as text, with its ratio to the first column's, which it sets if there is none.
fn cell(title: &str, row: &Row, figure: Figure, base: &mut Option<(f64, Value)>) -> String {
    match figure {
        Figure::Failed(why) => {
            eprintln!("{title}, {}: {why}", row.title);
            "–".to_owned()
        }
        Figure::Above(seconds) => match base {
            Some((own, _)) => format!("> {} (> {:.0}×)", millis(seconds), seconds / *own),
            None => format!("> {}", millis(seconds)),
        },
        Figure::Seconds { median, result } => {
            let result = plain(result);
            let Some((own, wanted)) = base else {
                *base = Some((median, result));
                return millis(median);
            };
            if result != *wanted {
                eprintln!("{title}, {}: answers {result}, not {wanted}", row.title);
                return "wrong".to_owned();
            }
            format!("{} ({}×)", millis(median), significant(median / *own))
        }
    }
}

fn millis(seconds: f64) -> String {
    significant(seconds * 1e3)
}

/// With three digits that count.
fn significant(number: f64) -> String {
    let whole = number.abs().log10().floor() as i32 + 1;
    format!("{number:.*}", usize::try_from(3 - whole).unwrap_or(0).min(6))
}

/// A result as it is compared: text that is JSON is read, all numbers are doubles, the order of keys does not count.
fn plain(value: Value) -> Value {
    match value {
        Value::String(text) if text.starts_with('{') => {
            serde_json::from_str(&text).map_or(Value::String(text), plain)
        }
        Value::Number(number) => number.as_f64().into(),
        Value::Array(items) => items.into_iter().map(plain).collect(),
        Value::Object(map) => map.into_iter().map(|(key, value)| (key, plain(value))).collect(),
        other => other,
    }
}
