//! Clouds that take all they can get.

use crate::clouds;
use krl_host::api::Engine as _;
use krl_host::engine::Engine;
use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

/// Events that queue at once, nobody waiting for one before the next is sent.
const QUEUED: usize = 100_000;

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
/// builds towards a value of gigabytes; one that reads and writes a value of 8 MB; sorting, joining and replacing; 10⁵ events that are sent at once.
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
    /// Where its events are sent from: not where those of the neighbours are.
    crowd: Runtime,
    stopped: Arc<AtomicBool>,
    done: Arc<AtomicUsize>,
    tasks: Vec<JoinHandle<()>>,
}

impl Hog {
    /// Sets it to work, and gives it a moment to get going.
    pub fn start(&self, engine: &Arc<Engine>, channel: &str) -> AtWork {
        let crowd = Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let sent = Arc::<AtomicUsize>::default();
        let (stopped, done) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
        let senders = match self.name {
            "none" => 0,
            _ if self.queues => QUEUED,
            _ => 2,
        };
        let tasks = (0..senders).map(|_| {
            let (engine, stopped, done) = (engine.clone(), stopped.clone(), done.clone());
            let sent = sent.clone();
            let (event, queues) = (clouds::event(channel, "hog", self.name), self.queues);
            crowd.spawn(async move {
                while !stopped.load(Ordering::Relaxed) {
                    if queues {
                        let mut taken = pin!(engine.fire(event.clone()));
                        let first = poll_fn(|context| Poll::Ready(taken.as_mut().poll(context))).await;
                        sent.fetch_add(1, Ordering::Relaxed);
                        match first {
                            Poll::Ready(taken) => drop(taken.unwrap()),
                            Poll::Pending => drop(taken.await.unwrap()),
                        }
                    } else {
                        engine.signal(event.clone()).await.unwrap();
                    }
                    done.fetch_add(1, Ordering::Relaxed);
                    if queues {
                        return;
                    }
                }
            })
        });
        let tasks = tasks.collect();
        while self.queues && sent.load(Ordering::Relaxed) < QUEUED {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(100));
        AtWork { crowd, stopped, done, tasks }
    }
}

impl AtWork {
    /// Lets it end; answers how many of its events were taken in.
    pub fn stop(self) -> f64 {
        self.stopped.store(true, Ordering::Relaxed);
        let done = self.done.load(Ordering::Relaxed);
        for task in self.tasks {
            self.crowd.block_on(task).unwrap();
        }
        done as f64
    }
}
