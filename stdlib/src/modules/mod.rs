//! Built-in modules: functions, actions and values called as `module:name` (krl-runtime §5).
//!
//! `math`, `time`, `random`, `event`, `meta` and `ursa` have their code here. The others act on clouds and networks: the machine hands their calls to its
//! host (`NativeCall::Request`), and a host without them says so.

mod ctx;
mod dido;
mod event;
mod http;
mod math;
mod meta;
mod random;
mod schedule;
mod time;
mod ursa;

use crate::signature::Signature;
use crate::table;

const PARTS: &[&[Signature]] = &[
    ctx::SIGNATURES,
    dido::SIGNATURES,
    event::SIGNATURES,
    http::SIGNATURES,
    math::SIGNATURES,
    meta::SIGNATURES,
    random::SIGNATURES,
    schedule::SIGNATURES,
    time::SIGNATURES,
    ursa::SIGNATURES,
];

/// All module members, those of one module side by side.
pub(crate) const SIGNATURES: &[Signature] = &table::join::<{ table::count(PARTS) }>(PARTS);

/// The names of the modules.
pub(crate) const NAMES: &[&str] =
    &["ctx", "dido", "event", "http", "math", "meta", "random", "schedule", "time", "ursa"];
