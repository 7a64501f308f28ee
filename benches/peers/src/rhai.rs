//! Rhai.

use crate::Failure;
use crate::child::{Peer, timed};
use crate::input::Input;
use regex::Regex;
use rhai::{AST, Array, CallFnOptions, Dynamic, Engine, EvalAltResult, ImmutableString, Scope};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

pub struct Rhai {
    engine: Engine,
    program: AST,
    log: ImmutableString,
    document: ImmutableString,
    attrs: Dynamic,
    /// `this` of the orders.
    state: Dynamic,
}

impl Rhai {
    pub fn new(input: &Input) -> Result<Self, Failure> {
        let mut engine = Engine::new();
        engine.set_max_expr_depths(0, 0);
        let patterns = RefCell::new(HashMap::new());
        engine.register_fn("extract", move |text: &str, pattern: ImmutableString| {
            extract(&patterns, text, &pattern)
        });
        let program = engine.compile(include_str!("../programs/rows.rhai"))?;
        Ok(Self {
            program,
            log: input.log.as_str().into(),
            document: input.document.as_str().into(),
            attrs: rhai::serde::to_dynamic(&input.attrs)?,
            state: engine.eval("#{ customers: #{}, revenue: 0, refused: 0 }")?,
            engine,
        })
    }
}

/// The groups of the first match, or nothing.
fn extract(
    patterns: &RefCell<HashMap<ImmutableString, Regex>>,
    text: &str,
    pattern: &ImmutableString,
) -> Result<Array, Box<EvalAltResult>> {
    let mut patterns = patterns.borrow_mut();
    if !patterns.contains_key(pattern) {
        let compiled = Regex::new(pattern).map_err(|error| error.to_string())?;
        patterns.insert(pattern.clone(), compiled);
    }
    let groups = patterns[pattern].captures(text);
    let texts = groups.iter().flat_map(|groups| groups.iter().skip(1));
    Ok(texts.map(|group| group.map_or("", |group| group.as_str()).into()).collect())
}

impl Peer for Rhai {
    fn run(&mut self, row: &str, times: u32) -> Result<(Duration, Value), Failure> {
        let (taken, result) = timed(times, || {
            let arguments = match row {
                "regexp" => vec![self.log.clone().into()],
                "json" => vec![self.document.clone().into()],
                "order" => vec![self.attrs.clone()],
                _ => Vec::new(),
            };
            let options = CallFnOptions::new().eval_ast(false).bind_this_ptr(&mut self.state);
            let called = self.engine.call_fn_with_options::<Dynamic>(
                options,
                &mut Scope::new(),
                &self.program,
                row,
                arguments,
            );
            Ok(called?)
        })?;
        Ok((taken, rhai::serde::from_dynamic(&result)?))
    }
}
