//! Aggregators: `max min sum avg push` over the captures of a window (`krl-runtime.md` §4.5).

use super::state::{CapturedTexts, MatchState};
use krl_vm::data::Data;
use krl_vm::number;
use krl_vm::unit::{Aggregate, AggregateOp, Feed, Window};

/// Adds the captures of an event to the window it feeds.
pub(super) fn feed(state: &mut MatchState, count: usize, feed: Feed, captured: &CapturedTexts) {
    if state.aggregates.len() < count {
        state.aggregates.resize_with(count, Vec::new);
    }
    let Some(window) = state.aggregates.get_mut(feed.aggregate as usize) else { return };
    match feed.window {
        Window::Restart => window.clear(),
        Window::Slide if !window.is_empty() => drop(window.remove(0)),
        Window::Slide | Window::Grow => {}
    }
    window.push(captured.clone());
}

/// The value of the aggregate's `index`-th name.
pub(super) fn value(aggregate: &Aggregate, window: &[CapturedTexts], index: usize) -> Data {
    let texts = window.iter().map(|captured| captured.get(index).cloned().flatten());
    let numbers = texts.clone().map(|text| text.and_then(|t| number::parse(&t)).unwrap_or(0.0));
    match aggregate.op {
        AggregateOp::Max => numbers.reduce(f64::max).map_or(Data::Null, Data::Number),
        AggregateOp::Min => numbers.reduce(f64::min).map_or(Data::Null, Data::Number),
        AggregateOp::Sum => Data::Number(numbers.sum()),
        AggregateOp::Avg => Data::Number(numbers.sum::<f64>() / window.len().max(1) as f64),
        AggregateOp::Push => Data::Array(texts.map(|t| t.map_or(Data::Null, Data::String)).collect()),
    }
}
