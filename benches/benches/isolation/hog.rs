//! Clouds that take all they can get.

use crate::clouds;
use krl_host::api::Engine as _;
use krl_host::engine::Engine;
use krl_kernel::cloud::Budgets;
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
    sends: Sends,
}

/// How many events it is sent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sends {
    Nothing,
    /// Two at a time: the next one comes when a former is done.
    Two,
    /// One at a time.
    One,
    /// Many at once.
    Queue,
}

const fn hog(name: &'static str, sends: Sends) -> Hog {
    Hog { name, sends }
}

/// All kinds: no hog at all, to see how much two measurements of the same differ; a rule without end; one that raises its own event; one that
/// builds towards a value of gigabytes; one that makes and stores a value of 1 GB, with budgets that let it; one that reads and writes a value of
/// 8 MB; sorting, joining and replacing; 10⁵ events that are sent at once.
pub const HOGS: &[Hog] = &[
    hog("none", Sends::Nothing),
    hog("endless", Sends::Two),
    hog("again", Sends::Two),
    hog("huge", Sends::Two),
    hog("giant", Sends::One),
    hog("large", Sends::Two),
    hog("natives", Sends::Two),
    hog("queued", Sends::Queue),
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
    /// Do its events end with a budget used up?
    fn fails(&self) -> bool {
        matches!(self.name, "endless" | "again" | "huge")
    }

    /// What its host lets each event take.
    pub fn budgets(&self) -> Budgets {
        let budgets = Budgets::default();
        if self.name != "giant" {
            return budgets;
        }
        let memory_bytes = 2 << 30;
        Budgets { memory_bytes, instructions: 2_000_000_000, event_instructions: 4_000_000_000, ..budgets }
    }

    /// Sets it to work, and gives it a moment to get going.
    pub fn start(&self, engine: &Arc<Engine>, channel: &str) -> AtWork {
        let crowd = Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let sent = Arc::<AtomicUsize>::default();
        let (stopped, done) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
        let queues = self.sends == Sends::Queue;
        let senders = match self.sends {
            Sends::Nothing => 0,
            Sends::One => 1,
            Sends::Two => 2,
            Sends::Queue => QUEUED,
        };
        let tasks = (0..senders).map(|_| {
            let (engine, stopped, done) = (engine.clone(), stopped.clone(), done.clone());
            let sent = sent.clone();
            let (event, fails) = (clouds::event(channel, "hog", self.name), self.fails());
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
                        let answer = engine.signal(event.clone()).await.unwrap();
                        assert_eq!(!answer.errors.is_empty(), fails, "{:?}", answer.errors);
                    }
                    done.fetch_add(1, Ordering::Relaxed);
                    if queues {
                        return;
                    }
                }
            })
        });
        let tasks = tasks.collect();
        while queues && sent.load(Ordering::Relaxed) < QUEUED {
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
