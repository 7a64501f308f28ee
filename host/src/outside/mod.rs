//! Requests to the outside: what programs ask of web servers (`http`), rulesets to fetch, events for clouds on other hosts.
//!
//! `guard` decides which computers may be reached, `transport` speaks to them within limits.

mod guard;
mod transport;

pub use guard::{Allow, AllowError, Guard, Refused};
pub use transport::{Redirects, Reply, Request, Transport, TransportConfig, TransportError};
