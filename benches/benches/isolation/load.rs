//! Requests at a fixed rate, and how long their answers took.

use crate::clouds;
use krl_host::api::Engine as _;
use krl_host::engine::Engine;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// How long answers are waited for when the last request is out.
const PATIENCE: Duration = Duration::from_secs(20);

/// Who is asked, and how often.
pub struct Load {
    pub engine: Arc<Engine>,
    /// Channels by kind of neighbour.
    pub channels: Vec<Vec<String>>,
    /// Requests a second of a kind.
    pub rate: f64,
}

/// What a kind of neighbour saw.
pub struct Figures {
    /// Microseconds.
    pub p50: f64,
    /// Microseconds.
    pub p99: f64,
    /// The share of requests that got an answer without an error.
    pub answered: f64,
}

impl Load {
    /// Asks for so long; answers the figures by kind.
    pub fn run(&self, runtime: &Runtime, time: Duration) -> Vec<Figures> {
        let step = Duration::from_secs_f64(1.0 / (self.rate * self.channels.len() as f64));
        let times: Vec<Arc<Mutex<Vec<f64>>>> = self.channels.iter().map(|_| Arc::default()).collect();
        let (start, mut random) = (Instant::now(), 1_u64);
        let mut sent = 0;
        let mut asked = Vec::new();
        while start.elapsed() < time {
            // Not in step with anything that repeats: each comes at a random moment of its step.
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let due = start + step * sent + step.mul_f64((random >> 40) as f64 / (1 << 24) as f64);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            asked.push(self.send(runtime, sent as usize, &times));
            sent += 1;
        }
        runtime.block_on(async {
            let all = async {
                for asked in asked {
                    asked.await.unwrap();
                }
            };
            tokio::time::timeout(PATIENCE, all).await.expect("neighbours are answered");
        });
        times
            .iter()
            .map(|times| Figures::of(&mut times.lock().unwrap(), sent as usize / self.channels.len()))
            .collect()
    }

    /// Two events and a query in turn, at each cloud in turn.
    fn send(
        &self,
        runtime: &Runtime,
        n: usize,
        times: &[Arc<Mutex<Vec<f64>>>],
    ) -> tokio::task::JoinHandle<()> {
        let kind = n % self.channels.len();
        let n = n / self.channels.len();
        let of_kind = self.channels.get(kind).unwrap();
        let channel = of_kind.get(n % of_kind.len()).unwrap().clone();
        let (engine, times) = (self.engine.clone(), times.get(kind).unwrap().clone());
        let start = Instant::now();
        runtime.spawn(async move {
            let answered = match n % 3 {
                0 => clouds::ask(&*engine, &channel, "hog", "total").await.is_ok(),
                1 => engine.signal(clouds::event(&channel, "good", "count")).await.is_ok(),
                _ => engine.signal(clouds::event(&channel, "good", "simple")).await.is_ok(),
            };
            if answered {
                times.lock().unwrap().push(start.elapsed().as_secs_f64() * 1e6);
            }
        })
    }
}

impl Figures {
    fn of(times: &mut [f64], sent: usize) -> Self {
        times.sort_by(f64::total_cmp);
        let at = |share: f64| {
            times.get(((times.len() as f64 * share) as usize).min(times.len().saturating_sub(1)))
        };
        let at = |share| at(share).copied().unwrap_or(f64::NAN);
        Self { p50: at(0.5), p99: at(0.99), answered: times.len() as f64 / sent.max(1) as f64 }
    }
}
