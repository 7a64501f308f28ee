//! KRL on a cloud in memory: rows are queries, `order` is an event.

use crate::Failure;
use crate::child::{Peer, timed};
use crate::input::Input;
use krl_jit::Jit;
use krl_kernel::cloud::{Budgets, Cloud, Configuration, Environment, Query};
use krl_kernel::library::Library;
use krl_vm::data::{Data, DataMap};
use krl_vm::interp::compiled::JitMode;
use serde_json::Value;
use std::time::Duration;

pub struct Krl {
    cloud: Cloud,
    input: Input,
}

impl Krl {
    pub fn new(input: Input) -> Result<Self, Failure> {
        let compiled = krl_compiler::compile(include_str!("../programs/rows.krl"));
        let unit = compiled.unit.ok_or_else(|| format!("{:?}", compiled.diagnostics))?;
        let verified = krl_vm::verify::verify(unit).map_err(|error| format!("{error:?}"))?;
        let budgets = Budgets {
            instructions: u64::MAX / 4,
            event_instructions: u64::MAX / 4,
            memory_bytes: 1 << 30,
            ..Budgets::default()
        };
        let mode = std::env::var("KRL_JIT").map_or(Ok(JitMode::default()), |mode| mode.parse())?;
        let tier = Jit::tier(mode, krl_jit::Options::default()).map_err(|error| error.to_string())?;
        let library = Library::compiled_by(krl_stdlib::natives(), tier);
        let mut cloud = Cloud::new(Environment { budgets, library, ..Environment::default() });
        cloud.install(verified, Configuration::default()).map_err(|error| format!("{error:?}"))?;
        Ok(Self { cloud, input })
    }

    fn order(&mut self, times: u32) -> Result<(Duration, Data), Failure> {
        let attrs = Data::parse(&self.input.attrs.to_string())?;
        let (taken, answer) = timed(times, || {
            self.cloud.signal("shop", "order", attrs.clone()).map_err(|error| format!("{error:?}").into())
        })?;
        let directive = answer.directives.into_iter().next();
        Ok((taken, directive.ok_or_else(|| format!("{:?}", answer.errors))?.options))
    }
}

impl Peer for Krl {
    fn run(&mut self, row: &str, times: u32) -> Result<(Duration, Value), Failure> {
        let text = |name: &str, text: &str| {
            Data::Map([(name.into(), Data::string(text))].into_iter().collect::<DataMap>())
        };
        let args = match row {
            "order" => {
                let (taken, options) = self.order(times)?;
                return Ok((taken, serde_json::from_str(&options.to_json())?));
            }
            "regexp" => text("log", &self.input.log),
            "json" => text("document", &self.input.document),
            _ => Data::Null,
        };
        let query = Query { rid: "bench".into(), name: row.into(), args, ..Query::default() };
        let (taken, answer) = timed(times, || Ok(self.cloud.query(&query)?))?;
        Ok((taken, serde_json::from_str(&answer.to_json())?))
    }
}
