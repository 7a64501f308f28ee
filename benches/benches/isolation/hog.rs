//! Clouds that take all they can get.

use crate::clouds;
use krl_host::api::Engine as _;
use krl_host::engine::Engine;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

/// Events that nobody waits for, in a measurement.
const QUEUED: usize = 100_000;
/// Those who send them.
const SENDERS: usize = 32;

/// A kind of hog.
pub struct Hog {
    /// The type of its events.
    pub name: &'static str,
    /// Do its events queue? Else the next one comes when the former is done.
    queues: bool,
}

const fn hog(name: &'static str, queues: bool) -> Hog {
    Hog { name, queues }
}

/// All kinds: no hog at all, to see how much two measurements of the same differ; a rule without end; one that raises its own event; one that
/// builds towards a value of gigabytes; one that reads and writes a value of 8 MB; sorting, joining and replacing; 10⁵ events that queue.
pub const HOGS: &[Hog] = &[
    hog("none", false),
    hog("endless", false),
    hog("again", false),
    hog("huge", false),
    hog("large", false),
    hog("natives", false),
    hog("queued", true),
];

/// A hog at work.
pub struct AtWork {
    stopped: Arc<AtomicBool>,
    done: Arc<AtomicUsize>,
    tasks: Vec<JoinHandle<()>>,
}

impl Hog {
    /// Sets it to work, and gives it a moment to get going.
    pub fn start(&self, runtime: &Runtime, engine: &Arc<Engine>, channel: &str) -> AtWork {
        let (stopped, done) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
        let senders = if self.name == "none" {
            0
        } else if self.queues {
            SENDERS
        } else {
            2
        };
        let tasks = (0..senders).map(|_| {
            let (engine, stopped, done) = (engine.clone(), stopped.clone(), done.clone());
            let (event, queues) = (clouds::event(channel, "hog", self.name), self.queues);
            runtime.spawn(async move {
                while !stopped.load(Ordering::Relaxed) {
                    if queues {
                        engine.fire(event.clone()).await.unwrap();
                    } else {
                        engine.signal(event.clone()).await.unwrap();
                    }
                    if done.fetch_add(1, Ordering::Relaxed) >= QUEUED && queues {
                        return;
                    }
                }
            })
        });
        let tasks = tasks.collect();
        std::thread::sleep(Duration::from_millis(100));
        AtWork { stopped, done, tasks }
    }
}

impl AtWork {
    /// Lets it end; answers how many of its events were taken in.
    pub fn stop(self, runtime: &Runtime) -> f64 {
        self.stopped.store(true, Ordering::Relaxed);
        let done = self.done.load(Ordering::Relaxed);
        for task in self.tasks {
            runtime.block_on(task).unwrap();
        }
        done as f64
    }
}
