//! `http:*` for programs, with limits on how much goes on at a time.

use super::answer::{answer, failure};
use super::prepare::{self, Prepared};
use super::transport::{Transport, TransportConfig, TransportError};
use krl_vm::data::Data;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Semaphore;

/// How programs may use the network.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// How to reach the outside.
    pub transport: TransportConfig,
    /// Most bytes of an answer.
    pub answer_bytes: usize,
    /// Requests of one cloud at a time; more wait.
    pub of_a_cloud: usize,
    /// Requests of all clouds at a time; more wait.
    pub of_the_host: usize,
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self {
            transport: TransportConfig::default(),
            answer_bytes: 4 << 20,
            of_a_cloud: 16,
            of_the_host: 1024,
        }
    }
}

/// Sends requests of programs. Clones share everything.
#[derive(Clone, Debug)]
pub struct Client {
    pub(super) transport: Transport,
    answer_bytes: usize,
    lanes: Arc<Lanes>,
}

impl Client {
    /// Makes one.
    ///
    /// # Errors
    /// Settings that cannot work.
    pub fn new(config: &ClientConfig) -> Result<Self, TransportError> {
        let lanes = Lanes {
            host: Semaphore::new(config.of_the_host),
            clouds: Mutex::default(),
            of_a_cloud: config.of_a_cloud,
        };
        let transport = Transport::new(&config.transport)?;
        Ok(Self { transport, answer_bytes: config.answer_bytes, lanes: Arc::new(lanes) })
    }

    /// The transport, for other requests under the same rules.
    #[must_use]
    pub fn transport(&self) -> &Transport {
        &self.transport
    }

    /// Prepares `http:METHOD(args)`; `args` in the order of the parameters, absent ones null.
    ///
    /// # Errors
    /// Arguments that no request can be made of; the text is the KRL error.
    pub fn prepare(&self, method: &str, args: &[Data]) -> Result<Prepared, String> {
        prepare::prepare(method, args, self.answer_bytes)
    }

    /// Sends a request of a cloud. Always answers: where the network fails, with status 0 and `error` (decision R9). The time-out holds from
    /// the moment when the request's turn comes; waiting for it has a time-out of its own, as long.
    pub async fn send(&self, cloud: &str, prepared: Prepared) -> Data {
        let request = match prepared.request {
            Ok(request) => request,
            Err(why) => return failure(&why),
        };
        let lane = Lane::of(self.lanes.clone(), cloud);
        let turn = async { (lane.semaphore.acquire().await, self.lanes.host.acquire().await) };
        let Ok(_turn) = tokio::time::timeout(self.transport.total(), turn).await else {
            return failure("too many requests are under way");
        };
        match self.transport.exchange(request).await {
            Ok(reply) => answer(reply, prepared.parse_json).await,
            Err(error) => failure(&error.to_string()),
        }
    }
}

/// Who may send how much at a time.
#[derive(Debug)]
struct Lanes {
    host: Semaphore,
    clouds: Mutex<HashMap<String, Arc<Semaphore>>>,
    of_a_cloud: usize,
}

impl Lanes {
    fn clouds(&self) -> MutexGuard<'_, HashMap<String, Arc<Semaphore>>> {
        self.clouds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The lane of one cloud, which is there as long as someone is on it.
struct Lane {
    lanes: Arc<Lanes>,
    cloud: String,
    semaphore: Arc<Semaphore>,
}

impl Lane {
    fn of(lanes: Arc<Lanes>, cloud: &str) -> Self {
        let width = lanes.of_a_cloud;
        let entry = || Arc::new(Semaphore::new(width));
        let semaphore = lanes.clouds().entry(cloud.to_owned()).or_insert_with(entry).clone();
        Self { lanes, cloud: cloud.to_owned(), semaphore }
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        let mut clouds = self.lanes.clouds();
        // One of these is in the map, the other is this one.
        if Arc::strong_count(&self.semaphore) <= 2 {
            clouds.remove(&self.cloud);
        }
    }
}
