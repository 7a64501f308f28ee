//! Times events and queries, one at a time.

use super::grow::{event, question};
use super::home::Host;
use super::machine::{Dice, Times};
use krl_host::api::Engine;
use krl_vm::data::{Data, DataMap};
use serde::Serialize;
use std::sync::Arc;
use std::time::Instant;

/// Events of each kind.
const EVENTS: usize = 2_000;
/// Clouds that something happens to all the time, among the others.
const ACTIVE: usize = 500;

/// How long events take while there are so many clouds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Latency {
    /// So many.
    pub clouds: usize,
    /// A rule fires and changes nothing; the cloud is awake.
    pub simple: Times,
    /// A rule stores an entity variable; the cloud is awake.
    pub storing: Times,
    /// As `simple`, to any of the clouds.
    pub simple_any: Times,
    /// As `storing`, to any of the clouds.
    pub storing_any: Times,
}

/// Times events to some of the clouds with these channels.
pub async fn events(host: &Host, channels: &[Arc<str>], clouds: usize) -> Result<Latency, String> {
    let mut dice = Dice::new(clouds as u64);
    let active = dice.pick(channels, ACTIVE);
    for eci in &active {
        fire(host, eci, None).await?;
    }
    Ok(Latency {
        clouds,
        simple: time(host, &active, &mut dice, false).await?,
        storing: time(host, &active, &mut dice, true).await?,
        simple_any: time(host, channels, &mut dice, false).await?,
        storing_any: time(host, channels, &mut dice, true).await?,
    })
}

async fn time(host: &Host, channels: &[Arc<str>], dice: &mut Dice, storing: bool) -> Result<Times, String> {
    let mut times = Vec::with_capacity(EVENTS);
    for number in 0..EVENTS {
        let Some(eci) = channels.get(dice.below(channels.len())) else { break };
        let begun = Instant::now();
        fire(host, eci, storing.then_some(number)).await?;
        times.push(begun.elapsed());
    }
    Ok(Times::of(times))
}

/// Tells a cloud where its box is on the screen, or nothing of it.
async fn fire(host: &Host, eci: &Arc<str>, x: Option<usize>) -> Result<(), String> {
    let attrs = x.map(|x| ("x".into(), Data::Number(x as f64)));
    let attrs: DataMap = attrs.into_iter().collect();
    let done = host.engine.signal(event(eci, "box", attrs)).await.map_err(|problem| problem.message)?;
    done.errors.first().map_or(Ok(()), |error| Err(error.message.clone()))
}

/// Times queries of these clouds.
pub async fn queries(host: &Host, channels: &[Arc<str>]) -> Result<Times, String> {
    let mut times = Vec::with_capacity(channels.len());
    for eci in channels {
        let begun = Instant::now();
        let answer = host.engine.ask(question(eci, "testingECI")).await;
        answer.map_err(|problem| problem.message)?;
        times.push(begun.elapsed());
    }
    Ok(Times::of(times))
}
