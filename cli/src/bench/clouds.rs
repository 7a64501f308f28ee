//! The course of the benchmark: makes clouds in steps, times events at each step, counts what is stored, starts anew on the store.

use super::figures::{Figures, Making, Memory, Stored};
use super::home::{Home, Host};
use super::machine::{Dice, Machine, processor_seconds, resident_bytes};
use super::{fire, grow, probe};
use crate::args::BenchClouds;
use crate::exit::say;
use krl_host::api::Engine;
use krl_kernel::store::{Read, Space};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

/// The channels that a probe chooses from, at most.
const NOTED: usize = 200_000;

/// Runs it.
pub async fn run(args: &BenchClouds, home: &Home) -> Result<Figures, String> {
    let mut figures = Figures::new(Machine::look(home.folder())?, args.durability.clone());
    let host = Host::start(home.folder(), &args.durability, None).await?;
    let root = host.engine.ui_channel().await.map_err(|problem| problem.message)?;
    let mut parents = grow::children(&host, std::slice::from_ref(&root)).await?;
    let channels = if parents.is_empty() {
        let count = args.count.min(grow::PARENTS);
        say(&format!("making {count} parents"));
        grow::make(&host, std::slice::from_ref(&root), count, |_| {}).await?;
        parents = grow::children(&host, std::slice::from_ref(&root)).await?;
        grow_to(&host, &parents, args.count, &mut figures).await?
    } else {
        say("there are clouds already: none are made");
        all(&host, &parents).await?
    };
    figures.clouds = channels.len();
    figures.latency.push(fire::events(&host, &channels, channels.len()).await?);
    figures.memory.after_making = resident_bytes().unwrap_or_default();
    say("counting what is stored");
    figures.stored = stored(&host, channels.len())?;
    home.note(&Dice::new(3).pick(&channels, NOTED))?;
    host.stop().await?;
    figures.stored.disk_bytes = folder_bytes(home.folder()) as f64 / channels.len() as f64;
    say("starting anew on the store");
    let dormant = probe::start(home.folder(), &args.durability, 16).await?;
    let awake = probe::start(home.folder(), &args.durability, probe::WOKEN * 2).await?;
    figures.started = Some(dormant);
    figures.memory = Memory::of(figures.memory.after_making, &dormant, &awake);
    Ok(figures)
}

/// Makes clouds up to `count`, and times events whenever there are ten times as many.
async fn grow_to(
    host: &Host,
    parents: &[Arc<str>],
    count: usize,
    figures: &mut Figures,
) -> Result<Vec<Arc<str>>, String> {
    let mut there = parents.len();
    let mut channels = parents.to_vec();
    while there < count {
        say(&format!("timing events to {there} clouds"));
        let latency = fire::events(host, &channels, there).await?;
        say(&latency.row());
        figures.latency.push(latency);
        let step = (there * 10).min(count) - there;
        let (begun, worked) = (Instant::now(), processor_seconds().unwrap_or_default());
        let told = |made: usize| {
            let rate = made as f64 / begun.elapsed().as_secs_f64();
            say(&format!("{} clouds, {rate:.0} a second", there + made));
        };
        grow::make(host, parents, step, told).await?;
        let seconds = begun.elapsed().as_secs_f64();
        let processor_seconds = processor_seconds().unwrap_or_default() - worked;
        figures.making.push(Making { clouds: step, seconds, processor_seconds });
        there += step;
        channels = all(host, parents).await?;
    }
    Ok(channels)
}

/// The channels of the parents and their children.
async fn all(host: &Host, parents: &[Arc<str>]) -> Result<Vec<Arc<str>>, String> {
    let mut channels = parents.to_vec();
    channels.extend(grow::children(host, parents).await?);
    Ok(channels)
}

fn stored(host: &Host, clouds: usize) -> Result<Stored, String> {
    let mut spaces = Vec::new();
    for space in [Space::Clouds, Space::Channels, Space::Agenda, Space::Logs] {
        let (mut records, mut bytes) = (0usize, 0usize);
        let scanned = host.store.scan(space, &[], None, &mut |key, record| {
            records += 1;
            bytes += key.len() + record.len();
            ControlFlow::Continue(())
        });
        scanned.map_err(|error| error.to_string())?;
        let share = |of: usize| of as f64 / clouds.max(1) as f64;
        spaces.push((space.name(), share(records), share(bytes)));
    }
    Ok(Stored { spaces, disk_bytes: 0.0 })
}

fn folder_bytes(folder: &std::path::Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let sizes = entries.flatten().map(|entry| match entry.metadata() {
        Ok(facts) if facts.is_dir() => folder_bytes(&entry.path()),
        Ok(facts) => facts.len(),
        Err(_) => 0,
    });
    sizes.sum()
}
