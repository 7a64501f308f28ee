//! The network surface (`krl-runtime.md` §8, decisions H1–H4): the event and query API, the operator API, health, metrics and static files.
//!
//! ```text
//! server     accepts connections       ─ tls, pulse: what each may take its time for
//! service    one request: route, run, headers, metrics, access log
//!   route    path → route, one table that the OpenAPI description also reads
//!   channel  events and queries        ─ attributes, body
//!   operator /host/v1                  ─ token
//!   files    the developer UI          ─ health, metrics
//! answer     responses and refusals
//! ```

mod answer;
mod attributes;
mod body;
mod channel;
mod connection;
mod files;
mod health;
mod metrics;
mod openapi;
mod operator;
mod pulse;
mod route;
mod server;
mod service;
mod span;
mod tls;
mod token;

pub use answer::Refusal;
pub use channel::{EVENT_ID, HOPS, WAITS};
pub use metrics::Metrics;
pub use route::{ROUTES, Route, RouteInfo};
pub use server::{Running, Server, StartError, Stopped};
pub use token::FILE_NAME as TOKEN_FILE;
