//! Records of what is to be done later: timers by time, messages to clouds here and on other hosts in order, clouds to be deleted; and
//! of which messages from other hosts were seen.

use super::key::{put_name, take_name};
use super::{Damage, decode, encode, plain};
use crate::id::LENGTH;
use crate::store::StoreError;
use krl_vm::data::DataMap;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// First bytes of the kinds of keys.
mod kind {
    pub const DELETION: u8 = b'd';
    pub const DEAD: u8 = b'x';
    pub const INBOX: u8 = b'i';
    pub const OUTBOX: u8 = b'o';
    pub const SEEN: u8 = b's';
    pub const TIMER: u8 = b't';
}

/// An event on its way to a channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Its id.
    pub eid: Arc<str>,
    /// The channel.
    pub eci: Arc<str>,
    /// Its domain.
    pub domain: Arc<str>,
    /// Its type.
    pub name: Arc<str>,
    /// Its attributes.
    #[serde(with = "plain::map")]
    pub attrs: DataMap,
    /// The cloud that sent it.
    pub from: Option<Arc<str>>,
    /// How many sent events led to it.
    pub hops: u32,
    /// When it was sent, in milliseconds.
    pub time: i64,
}

/// A message to another host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dispatch {
    /// The message.
    pub message: Message,
    /// The host.
    pub host: Arc<str>,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next, in milliseconds.
    pub next: i64,
    /// The ruleset that sent it.
    pub rid: Arc<str>,
}

/// What a key of the agenda says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A job of a cloud is due at a time, in milliseconds. Keys are in the order of time.
    Timer {
        /// When.
        due: i64,
        /// The cloud.
        cloud: Arc<str>,
        /// The job's id.
        job: Arc<str>,
    },
    /// A [`Message`] to a cloud here. Keys are in the order of the cloud's numbers.
    Inbox {
        /// The cloud.
        cloud: Arc<str>,
        /// The number.
        sequence: u64,
    },
    /// A [`Dispatch`]. Keys are in the order of the target's numbers.
    Outbox {
        /// What keeps its order: a host, or a channel on it.
        target: Arc<str>,
        /// The number.
        sequence: u64,
    },
    /// A [`Dispatch`] that could not be delivered.
    DeadLetter {
        /// The cloud that sent it.
        cloud: Arc<str>,
        /// Its id.
        eid: Arc<str>,
    },
    /// A cloud is to be deleted; the record tells since when.
    Deletion {
        /// The cloud.
        cloud: Arc<str>,
    },
    /// A message from another host arrived; the record tells when.
    Seen {
        /// The cloud it is for.
        cloud: Arc<str>,
        /// Its id.
        eid: Arc<str>,
    },
}

/// The key of a timer.
#[must_use]
pub fn timer_key(due: i64, cloud: &str, job: &str) -> Vec<u8> {
    let mut key = timers_until(due);
    key.extend_from_slice(cloud.as_bytes());
    key.extend_from_slice(job.as_bytes());
    key
}

/// What all keys of timers before a time are below: scan from [`timers`] to here.
#[must_use]
pub fn timers_until(time: i64) -> Vec<u8> {
    let mut key = timers();
    key.extend_from_slice(&ordered(time).to_be_bytes());
    key
}

/// What keys of timers begin with.
#[must_use]
pub fn timers() -> Vec<u8> {
    vec![kind::TIMER]
}

/// The key of a message to a cloud here.
#[must_use]
pub fn inbox_key(cloud: &str, sequence: u64) -> Vec<u8> {
    let mut key = inbox(cloud);
    key.extend_from_slice(&sequence.to_be_bytes());
    key
}

/// What the keys of messages to a cloud begin with; to all, with an empty id.
#[must_use]
pub fn inbox(cloud: &str) -> Vec<u8> {
    of(kind::INBOX, cloud)
}

/// The key of a message to another host.
#[must_use]
pub fn outbox_key(target: &str, sequence: u64) -> Vec<u8> {
    let mut key = outbox();
    put_name(&mut key, target);
    key.extend_from_slice(&sequence.to_be_bytes());
    key
}

/// What keys of messages to other hosts begin with.
#[must_use]
pub fn outbox() -> Vec<u8> {
    vec![kind::OUTBOX]
}

/// What the keys of messages to a host begin with.
#[must_use]
pub fn outbox_of(target: &str) -> Vec<u8> {
    let mut key = outbox();
    put_name(&mut key, target);
    key
}

/// The key of a message of a cloud that could not be delivered; what those of a cloud begin with, for an empty id.
#[must_use]
pub fn dead_letter_key(cloud: &str, eid: &str) -> Vec<u8> {
    let mut key = of(kind::DEAD, cloud);
    key.extend_from_slice(eid.as_bytes());
    key
}

/// The key of a cloud's deletion; what all such keys begin with, for an empty id.
#[must_use]
pub fn deletion_key(cloud: &str) -> Vec<u8> {
    of(kind::DELETION, cloud)
}

/// The key of a message that was seen; what those of a cloud begin with, for an empty id.
#[must_use]
pub fn seen_key(cloud: &str, eid: &str) -> Vec<u8> {
    let mut key = of(kind::SEEN, cloud);
    key.extend_from_slice(eid.as_bytes());
    key
}

fn of(kind: u8, cloud: &str) -> Vec<u8> {
    let mut key = vec![kind];
    key.extend_from_slice(cloud.as_bytes());
    key
}

/// A number whose order without sign is that of the time.
const fn ordered(time: i64) -> u64 {
    time as u64 ^ (1 << 63)
}

/// Reads a key of the agenda.
///
/// # Errors
/// It is none.
pub fn read_key(key: &[u8]) -> Result<Item, StoreError> {
    item(key).ok_or_else(|| Damage::Stray.at(key))
}

fn item(key: &[u8]) -> Option<Item> {
    let (&kind, rest) = key.split_first()?;
    Some(match kind {
        kind::TIMER => {
            let (due, rest) = take_number(rest)?;
            let (cloud, job) = take_cloud(rest)?;
            Item::Timer { due: ordered(due as i64) as i64, cloud, job: text(job)? }
        }
        kind::INBOX => {
            let (cloud, rest) = take_cloud(rest)?;
            Item::Inbox { cloud, sequence: number(rest)? }
        }
        kind::OUTBOX => {
            let (target, rest) = take_name(rest)?;
            Item::Outbox { target: target.into(), sequence: number(rest)? }
        }
        kind::DEAD => {
            let (cloud, eid) = take_cloud(rest)?;
            Item::DeadLetter { cloud, eid: text(eid)? }
        }
        kind::DELETION => {
            let (cloud, rest) = take_cloud(rest)?;
            rest.is_empty().then_some(Item::Deletion { cloud })?
        }
        kind::SEEN => {
            let (cloud, eid) = take_cloud(rest)?;
            Item::Seen { cloud, eid: text(eid)? }
        }
        _ => return None,
    })
}

fn take_cloud(key: &[u8]) -> Option<(Arc<str>, &[u8])> {
    let (cloud, rest) = key.split_at_checked(LENGTH)?;
    Some((text(cloud)?, rest))
}

fn take_number(key: &[u8]) -> Option<(u64, &[u8])> {
    let (number, rest) = key.split_first_chunk()?;
    Some((u64::from_be_bytes(*number), rest))
}

fn number(key: &[u8]) -> Option<u64> {
    take_number(key).filter(|(_, rest)| rest.is_empty()).map(|(number, _)| number)
}

fn text(bytes: &[u8]) -> Option<Arc<str>> {
    std::str::from_utf8(bytes).ok().map(Into::into)
}

/// The record of a message in an inbox.
#[must_use]
pub fn message_record(message: &Message) -> Vec<u8> {
    encode(message)
}

/// Reads the record of a message in an inbox.
///
/// # Errors
/// It is damaged.
pub fn read_message(key: &[u8], record: &[u8]) -> Result<Message, StoreError> {
    decode(record).map_err(|damage| damage.at(key))
}

/// The record of a message in an outbox.
#[must_use]
pub fn dispatch_record(dispatch: &Dispatch) -> Vec<u8> {
    encode(dispatch)
}

/// Reads the record of a message in an outbox.
///
/// # Errors
/// It is damaged.
pub fn read_dispatch(key: &[u8], record: &[u8]) -> Result<Dispatch, StoreError> {
    decode(record).map_err(|damage| damage.at(key))
}

/// The record of a deletion or of a message that was seen: when, in milliseconds.
#[must_use]
pub fn time_record(time: i64) -> Vec<u8> {
    encode(&time)
}

/// Reads the record of a deletion or of a message that was seen.
///
/// # Errors
/// It is damaged.
pub fn read_time(key: &[u8], record: &[u8]) -> Result<i64, StoreError> {
    decode(record).map_err(|damage| damage.at(key))
}

/// Checks a record of the agenda.
pub(super) fn check(key: &[u8], record: &[u8]) -> Result<(), Damage> {
    match item(key).ok_or(Damage::Stray)? {
        Item::Timer { .. } => decode::<()>(record),
        Item::Inbox { .. } => decode::<Message>(record).map(drop),
        Item::Outbox { .. } | Item::DeadLetter { .. } => decode::<Dispatch>(record).map(drop),
        Item::Deletion { .. } | Item::Seen { .. } => decode::<i64>(record).map(drop),
    }
}
