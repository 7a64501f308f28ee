//! Records of matches in progress, by ruleset and rule.

use super::key::{Tag, of_cloud};
use super::{Damage, decode, encode, plain};
use crate::machine::{CapturedTexts, MatchState};
use crate::store::{Batch, Space};
use krl_vm::data::Data;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Kept {
    active: Vec<u32>,
    #[serde(with = "plain")]
    settings: Data,
    aggregates: Vec<Vec<CapturedTexts>>,
    times: Vec<i64>,
}

/// Writes the match of a rule, or removes it.
pub fn put_match(batch: &mut Batch, cloud: &str, rid: &str, rule: &str, state: Option<&MatchState>) {
    let key = of_cloud(cloud, Tag::Match, &[rid, rule]);
    let Some(state) = state else { return batch.remove(Space::Clouds, key) };
    let MatchState { active, settings, aggregates, times } = state.clone();
    let kept = Kept { active, settings: Data::Array(settings), aggregates, times };
    batch.put(Space::Clouds, key, encode(&kept));
}

pub(super) fn read_match(record: &[u8]) -> Result<MatchState, Damage> {
    let Kept { active, settings, aggregates, times } = decode(record)?;
    let Data::Array(settings) = settings else { return Err(Damage::Fields) };
    Ok(MatchState { active, settings, aggregates, times })
}
