//! Channels: the addresses of a cloud, with what each lets through (`krl-runtime.md` §1.2).
//!
//! ```
//! use krl_kernel::channel::{Channel, EventPolicy, Policies};
//! use krl_vm::data::Data;
//!
//! let policy = r#"{"allow": [{"domain": "shop", "name": "*"}], "deny": [{"domain": "*", "name": "close"}]}"#;
//! let policies = Policies::new(EventPolicy::parse(&Data::parse(policy).unwrap()).unwrap(), Default::default());
//! let channel = Channel { policies: policies.into(), ..Channel::open("c1") };
//!
//! assert!(channel.check_event(None, "shop", "sale").is_ok());
//! assert_eq!(channel.check_event(None, "shop", "close").unwrap_err().to_string(), "Denied by channel policy");
//! assert_eq!(channel.check_event(None, "bank", "sale").unwrap_err().to_string(), "Not allowed by channel policy");
//! ```

mod policy;
pub mod tags;

#[cfg(test)]
mod tests;

pub use policy::{EventPolicy, EventRule, Policies, Policy, QueryPolicy, QueryRule, Rule};

use crate::cloud::weight;
use crate::id::Id;
use krl_vm::data::{Data, DataMap};
use krl_vm::fault::Fault;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::{Arc, OnceLock};

/// A channel of a cloud.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// Its id, the ECI.
    pub id: Id,
    /// Its tags, cleaned; many channels share one list.
    pub tags: Arc<[Arc<str>]>,
    /// What it lets through; many channels share one.
    pub policies: Arc<Policies>,
    /// The id of the only cloud that may use it: for family channels that of the relative, for the self channel its own cloud's.
    pub family: Option<Box<Id>>,
}

/// What the self channel and those between parent and child are tagged with, besides `system`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kinship {
    /// The cloud's channel to itself; its id is the cloud's.
    Own,
    /// A parent's channel for its child.
    Parent,
    /// A child's channel for its parent.
    Child,
}

impl Kinship {
    /// The tag.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Own => "self",
            Self::Parent => "parent",
            Self::Child => "child",
        }
    }

    /// All tags of such a channel.
    #[must_use]
    pub fn tags(self) -> &'static Arc<[Arc<str>]> {
        static TAGS: [OnceLock<Arc<[Arc<str>]>>; 3] = [const { OnceLock::new() }; 3];
        let [own, parent, child] = &TAGS;
        let tags = match self {
            Self::Own => own,
            Self::Parent => parent,
            Self::Child => child,
        };
        tags.get_or_init(|| Arc::from([Arc::from(tags::SYSTEM), Arc::from(self.tag())]))
    }

    /// Whether a channel between relatives is of this kind.
    #[must_use]
    pub fn is_of(self, channel: &Channel) -> bool {
        channel.family.is_some() && channel.tags == *self.tags()
    }
}

impl Channel {
    /// A channel without tags that allows everything.
    #[must_use]
    pub fn open(id: impl Into<Id>) -> Self {
        Self { id: id.into(), tags: Arc::default(), policies: Policies::open(), family: None }
    }

    /// A channel that only the cloud `user` may use, for everything.
    #[must_use]
    pub fn family(id: impl Into<Id>, kinship: Kinship, user: impl Into<Id>) -> Self {
        Self { tags: kinship.tags().clone(), family: Some(Box::new(user.into())), ..Self::open(id) }
    }

    /// Lets an event of the cloud `sender` through; those from outside have none.
    ///
    /// # Errors
    /// Why it does not.
    pub fn check_event(&self, sender: Option<&str>, domain: &str, name: &str) -> Result<(), Refusal> {
        self.check_sender(sender)?;
        self.policies.event.check(domain, name)
    }

    /// Lets a query of the cloud `sender` through; those from outside have none.
    ///
    /// # Errors
    /// Why it does not.
    pub fn check_query(&self, sender: Option<&str>, rid: &str, name: &str) -> Result<(), Refusal> {
        self.check_sender(sender)?;
        self.policies.query.check(rid, name)
    }

    fn check_sender(&self, sender: Option<&str>) -> Result<(), Refusal> {
        match &self.family {
            Some(user) if sender.is_none_or(|sender| **user != *sender) => Err(Refusal::Family),
            _ => Ok(()),
        }
    }

    /// Does it have just these tags, in whatever order?
    #[must_use]
    pub fn has_tags<T: AsRef<str>>(&self, tags: &[T]) -> bool {
        let ours = |tag: &str| self.tags.iter().filter(|own| &***own == tag).count();
        let theirs = |tag: &str| tags.iter().filter(|other| other.as_ref() == tag).count();
        self.tags.len() == tags.len() && self.tags.iter().all(|tag| ours(tag) == theirs(tag))
    }

    /// Bytes, roughly, that [`Channel::to_data`] takes.
    pub(crate) fn weight(&self) -> usize {
        let Policies { event, query, .. } = &*self.policies;
        weight::of_entries([
            ("id".len(), weight::of_text(&self.id)),
            ("tags".len(), weight::of_items(self.tags.iter().map(|tag| weight::of_text(tag)))),
            ("eventPolicy".len(), event.weight()),
            ("queryPolicy".len(), query.weight()),
            ("familyChannelPicoID".len(), weight::of_text(self.family.as_deref().map_or("", |user| user))),
        ])
    }

    /// The form that `ctx:channels` shows.
    #[must_use]
    pub fn to_data(&self) -> Data {
        let text = |text: &Arc<str>| Data::String(text.clone());
        let id = |id: &Id| Data::String(id.into());
        let entries = [
            ("id", id(&self.id)),
            ("tags", Data::Array(self.tags.iter().map(text).collect())),
            ("eventPolicy", self.policies.event.to_data()),
            ("queryPolicy", self.policies.query.to_data()),
            ("familyChannelPicoID", self.family.as_deref().map_or(Data::Null, id)),
        ];
        Data::Map(entries.into_iter().map(|(key, value)| (key.into(), value)).collect::<DataMap>())
    }
}

/// Why a channel does not let an event or query through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// It is for one cloud only, and that is not the sender.
    Family,
    /// A `deny` rule matches.
    Denied,
    /// No `allow` rule matches.
    NotAllowed,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Family => "This is a family channel and only the owner can use it.",
            Self::Denied => "Denied by channel policy",
            Self::NotAllowed => "Not allowed by channel policy",
        })
    }
}

impl std::error::Error for Refusal {}

/// Why data is no policy, or no list of tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Invalid {
    /// No event policy.
    EventPolicy,
    /// No rule of one.
    EventRule,
    /// No query policy.
    QueryPolicy,
    /// No rule of one.
    QueryRule,
    /// No array of strings.
    Tags,
    /// A tag of which nothing stays.
    BlankTag,
    /// The tag that the kernel keeps for itself.
    SystemTag,
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EventPolicy => "EventPolicy expects {allow: EventPolicyRule[], deny: EventPolicyRule[]}",
            Self::EventRule => "EventPolicyRule expects {domain: string, name: string}",
            Self::QueryPolicy => "QueryPolicy expects {allow: QueryPolicyRule[], deny: QueryPolicyRule[]}",
            Self::QueryRule => "QueryPolicyRule expects {rid: string, name: string}",
            Self::Tags => "Channel `tags` must be an array of non-empty strings.",
            Self::BlankTag => "Channel tag cannot be a blank string.",
            Self::SystemTag => "Cannot tag channel as \"system\".",
        })
    }
}

impl std::error::Error for Invalid {}

impl From<Invalid> for Fault {
    fn from(invalid: Invalid) -> Self {
        Self::type_error(invalid.to_string())
    }
}
