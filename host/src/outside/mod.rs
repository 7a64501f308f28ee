//! Requests to the outside: what programs ask of web servers (`http`), rulesets to fetch, events for clouds on other hosts.
//!
//! `guard` decides which computers may be reached, `transport` speaks to them within limits; `prepare`, `client` and `answer` are the
//! module `http`; `deliver` brings events to other hosts.

mod answer;
mod client;
mod deliver;
mod encode;
mod guard;
mod prepare;
mod transport;

pub use client::{Client, ClientConfig};
pub use deliver::{Dispatch, Failure, MOST_ATTEMPTS, next_attempt};
pub use guard::{Allow, AllowError, Guard, Refused};
pub use prepare::{Autosend, Prepared};
pub use transport::{Body, Redirects, Reply, Request, Transport, TransportConfig, TransportError};
