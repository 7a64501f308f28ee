//! What a cloud keeps of a partial match: plain data, durable with the event that made it (decision E4).

use krl_vm::data::Data;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The captures of one event, in order; `None` for a group that took no part.
pub type CapturedTexts = Vec<Option<Arc<str>>>;

/// A match in progress. A rule at its start has none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MatchState {
    /// The active nodes.
    pub active: Vec<u32>,
    /// Values of the rule's select variables so far; empty while none is captured.
    pub settings: Vec<Data>,
    /// For each aggregate the captures of its window; empty while there are none.
    pub aggregates: Vec<Vec<CapturedTexts>>,
    /// When the match's first event was; for a `repeat`, when each event of its window was. Milliseconds.
    pub times: Vec<i64>,
}
