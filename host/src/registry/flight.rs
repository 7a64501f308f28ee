//! Work on one address happens once at a time, and who asks for the same meanwhile gets the same answer (krl-runtime.md §6.4).

use super::address::Address;
use super::{Flush, RegistryError};
use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The ruleset, from wherever it can be had soonest.
    Load,
    /// The ruleset as it is at its address now.
    Flush,
}

pub(super) type Outcome = Result<Flush, RegistryError>;
type Waiting = watch::Receiver<Option<Outcome>>;

/// The work under way.
#[derive(Debug, Default)]
pub(super) struct Flights {
    by_address: Arc<Mutex<HashMap<Address, (Kind, Waiting)>>>,
}

/// What became of a wish to work on an address.
pub(super) enum Flight {
    /// The answer of the work that was wished, one's own or another's.
    Landed(Outcome),
    /// Other work had to end first: look again.
    Again,
}

impl Flights {
    /// Starts `work` unless there is work on this address; waits for the end of either. The work goes on if nobody waits any more.
    pub async fn join<W>(&self, address: &Address, kind: Kind, work: impl FnOnce() -> W) -> Flight
    where
        W: Future<Output = Outcome> + Send + 'static,
    {
        let (under_way, mut waiting) = self.find_or_start(address, kind, work);
        let outcome = match waiting.wait_for(Option::is_some).await {
            Ok(outcome) => outcome.clone(),
            Err(_) => None,
        };
        if under_way != kind {
            return Flight::Again;
        }
        let interrupted = || Err(RegistryError::Interrupted { address: address.clone() });
        Flight::Landed(outcome.unwrap_or_else(interrupted))
    }

    fn find_or_start<W>(&self, address: &Address, kind: Kind, work: impl FnOnce() -> W) -> (Kind, Waiting)
    where
        W: Future<Output = Outcome> + Send + 'static,
    {
        let mut flights = self.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = flights.get(address) {
            return flight.clone();
        }
        let (sender, waiting) = watch::channel(None);
        flights.insert(address.clone(), (kind, waiting.clone()));
        let leave = Leave { flights: self.by_address.clone(), address: address.clone() };
        let work = work();
        tokio::spawn(async move {
            let outcome = work.await;
            drop(leave);
            sender.send_replace(Some(outcome));
        });
        (kind, waiting)
    }
}

/// Takes the work off the list, also where it ends by a panic.
struct Leave {
    flights: Arc<Mutex<HashMap<Address, (Kind, Waiting)>>>,
    address: Address,
}

impl Drop for Leave {
    fn drop(&mut self) {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.address);
    }
}
