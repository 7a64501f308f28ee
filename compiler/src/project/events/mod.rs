//! Events: what a ruleset selects, what it raises, and whether the two meet.

mod check;
mod index;
mod raised;
mod selected;

pub(super) use check::check;
pub(super) use index::Index;
pub(super) use raised::raised;
pub(crate) use selected::base_events;
pub(super) use selected::selected;

use krl_lang::Span;

/// An event that a rule selects.
#[derive(Clone, Debug)]
pub struct Selected {
    /// Its domain.
    pub domain: String,
    /// Its type.
    pub name: String,
    /// Domain and type.
    pub span: Span,
    /// Index of the rule in the ruleset.
    pub rule: usize,
    /// The attributes its pattern looks at, with their places.
    pub attributes: Vec<(String, Span)>,
}

/// An event that a ruleset raises.
#[derive(Clone, Debug)]
pub struct Raised {
    /// Its domain, if it is a literal.
    pub domain: Option<String>,
    /// Its type, if it is a literal.
    pub name: Option<String>,
    /// The place of the type, or of what computes it.
    pub span: Span,
    /// How it goes out.
    pub via: Via,
    /// What is known of its attributes.
    pub attributes: Attributes,
}

/// How an event goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// `raise`: to the rulesets of this cloud.
    Raise,
    /// `schedule`: to the rulesets of this cloud, later.
    Schedule,
    /// `event:send`, `ctx:event`, `ctx:eventQuery`: to a channel, mostly another cloud's.
    Send,
}

/// The attributes of a raised event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attributes {
    /// Exactly these.
    Known(Vec<String>),
    /// They are computed.
    Unknown,
}
