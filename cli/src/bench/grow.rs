//! Makes clouds through the rulesets that owners make them with: an event to a parent, which bears the child, installs the default
//! rulesets in it, and learns of it.

use super::home::Host;
use krl_host::api::{Engine, Question, Signal};
use krl_kernel::records::agenda;
use krl_kernel::store::{Space, scan_prefix};
use krl_vm::data::{Data, DataMap};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;

/// Clouds that are parents of the others.
pub const PARENTS: usize = 1_000;
/// Requests under way at a time.
const IN_FLIGHT: usize = 256;
/// Between two reports.
const TELL: Duration = Duration::from_secs(5);
/// The ruleset that is asked and told.
const UI: &str = "io.picolabs.pico-engine-ui";

/// An event for a channel of the user interface.
pub fn event(eci: &Arc<str>, name: &str, attrs: DataMap) -> Signal {
    let (domain, name) = ("engine_ui".to_owned(), name.to_owned());
    Signal { eci: eci.to_string(), domain, name, attrs, ..Signal::default() }
}

/// A question to the ruleset of the user interface.
pub fn question(eci: &Arc<str>, name: &str) -> Question {
    Question { eci: eci.to_string(), rid: UI.into(), name: name.into(), ..Question::default() }
}

/// Makes `count` children, each of the next one of `parents`; tells on the way how many there are.
pub async fn make(
    host: &Host,
    parents: &[Arc<str>],
    count: usize,
    told: impl Fn(usize),
) -> Result<(), String> {
    let next = Arc::new(AtomicUsize::new(0));
    let parents: Arc<[Arc<str>]> = parents.into();
    let mut workers = JoinSet::new();
    for _ in 0..IN_FLIGHT.min(parents.len()) {
        let (engine, parents, next) = (host.engine.clone(), parents.clone(), next.clone());
        workers.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return Ok(());
                }
                let Some(parent) = parents.get(number % parents.len()) else { return Ok(()) };
                let attrs = DataMap::from_iter([("name".into(), Data::string(format!("cloud {number}")))]);
                let done = engine.signal(event(parent, "new", attrs)).await;
                let done = done.map_err(|problem| problem.message)?;
                if let Some(error) = done.errors.first() {
                    return Err(error.message.clone());
                }
            }
        });
    }
    loop {
        match tokio::time::timeout(TELL, workers.join_next()).await {
            Err(_) => told(next.load(Ordering::Relaxed).min(count)),
            Ok(Some(ended)) => ended.map_err(|error| error.to_string())??,
            Ok(None) => break,
        }
    }
    settle(host).await
}

/// Waits until no event is on its way between clouds.
async fn settle(host: &Host) -> Result<(), String> {
    loop {
        let mut waiting = false;
        let found = scan_prefix(&*host.store, Space::Agenda, &agenda::inbox(""), &mut |_, _| {
            waiting = true;
            ControlFlow::Break(())
        });
        found.map_err(|error| error.to_string())?;
        if !waiting {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The channels of the children of these clouds.
pub async fn children(host: &Host, parents: &[Arc<str>]) -> Result<Vec<Arc<str>>, String> {
    let mut found = Vec::new();
    for parent in parents {
        let shown = host.engine.ask(question(parent, "box")).await;
        let shown = shown.map_err(|problem| problem.message)?;
        let Some(Data::Array(children)) = shown.as_map().and_then(|shown| shown.get("children")) else {
            continue;
        };
        found.extend(children.iter().filter_map(|child| match child {
            Data::String(eci) => Some(eci.clone()),
            _ => None,
        }));
    }
    Ok(found)
}
