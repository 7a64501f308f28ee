//! Rune.

use crate::Failure;
use crate::child::{Peer, timed};
use crate::input::Input;
use regex::Regex;
use rune::runtime::{GuardedArgs, Value as RuneValue, VmResult};
use rune::{Context, Module, Source, Sources, Vm};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

pub struct Rune {
    vm: Vm,
    input: Input,
    attrs: RuneValue,
    state: RuneValue,
}

impl Rune {
    pub fn new(input: Input) -> Result<Self, Failure> {
        let mut context = Context::with_default_modules()?;
        context.install(host()?)?;
        let mut sources = Sources::new();
        sources.insert(Source::memory(include_str!("../programs/rows.rn"))?)?;
        let unit = rune::prepare(&mut sources).with_context(&context).build()?;
        let vm = Vm::new(Arc::new(context.runtime()?), Arc::new(unit));
        let attrs = serde_json::from_str(&input.attrs.to_string())?;
        let state = serde_json::from_value(json!({ "customers": {}, "revenue": 0, "refused": 0 }))?;
        Ok(Self { vm, attrs, state, input })
    }

    fn call(
        &mut self,
        row: &str,
        times: u32,
        args: impl GuardedArgs + Clone,
    ) -> Result<(Duration, RuneValue), Failure> {
        timed(times, || Ok(self.vm.call([row], args.clone())?))
    }
}

impl Peer for Rune {
    fn run(&mut self, row: &str, times: u32) -> Result<(Duration, Value), Failure> {
        let (taken, result) = match row {
            "regexp" => self.call(row, times, (self.input.log.clone(),)),
            "json" => self.call(row, times, (self.input.document.clone(),)),
            "order" => self.call(row, times, (self.attrs.clone(), self.state.clone())),
            _ => self.call(row, times, ()),
        }?;
        Ok((taken, serde_json::to_value(&result)?))
    }
}

thread_local! {
    static PATTERNS: RefCell<HashMap<String, Regex>> = RefCell::default();
}

/// What the programs call of their host.
fn host() -> Result<Module, Failure> {
    let mut module = Module::with_crate("host")?;
    module.function("extract", extract).build()?;
    module.function("decode", |text: &str| caught(serde_json::from_str::<RuneValue>(text))).build()?;
    module.function("encode", |value: RuneValue| caught(serde_json::to_string(&value))).build()?;
    Ok(module)
}

fn caught<T>(result: serde_json::Result<T>) -> VmResult<T> {
    match result {
        Ok(value) => VmResult::Ok(value),
        Err(error) => VmResult::panic(error.to_string()),
    }
}

/// The groups of the first match, or nothing.
fn extract(text: &str, pattern: &str) -> VmResult<Vec<String>> {
    PATTERNS.with_borrow_mut(|patterns| {
        if !patterns.contains_key(pattern) {
            match Regex::new(pattern) {
                Ok(compiled) => drop(patterns.insert(pattern.to_owned(), compiled)),
                Err(error) => return VmResult::panic(error.to_string()),
            }
        }
        let groups = patterns[pattern].captures(text);
        let texts = groups.iter().flat_map(|groups| groups.iter().skip(1));
        VmResult::Ok(texts.map(|group| group.map_or("", |group| group.as_str()).to_owned()).collect())
    })
}
