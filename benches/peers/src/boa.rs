//! Plain JavaScript on boa: the rows of Node.

use crate::Failure;
use crate::child::{Peer, timed};
use crate::input::Input;
use boa_engine::{Context, JsObject, JsValue, Source, js_string};
use serde_json::Value;
use std::time::Duration;

pub struct Boa {
    context: Context,
    rows: JsObject,
    input: JsValue,
}

impl Boa {
    pub fn new(input: &Input) -> Result<Self, Failure> {
        let mut context = Context::default();
        let rows = context.eval(Source::from_bytes(include_str!("../programs/rows.js"))).map_err(told)?;
        let rows = rows.as_object().ok_or("the rows are no object")?.clone();
        let input = JsValue::from_json(&serde_json::from_str(&input.line())?, &mut context).map_err(told)?;
        Ok(Self { context, rows, input })
    }
}

fn told(error: boa_engine::JsError) -> Failure {
    error.to_string().into()
}

impl Peer for Boa {
    fn run(&mut self, row: &str, times: u32) -> Result<(Duration, Value), Failure> {
        let context = &mut self.context;
        let function = self.rows.get(js_string!(row), context).map_err(told)?;
        let function = function.as_callable().ok_or("no such row")?.clone();
        let arguments = [self.input.clone()];
        let (taken, result) =
            timed(times, || function.call(&JsValue::undefined(), &arguments, context).map_err(told))?;
        Ok((taken, result.to_json(context).map_err(told)?.unwrap_or_default()))
    }
}
