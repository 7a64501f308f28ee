//! Addresses: sequences of arcs that name the nodes of a graph, from the common root downwards.
//!
//! Reading is lenient (`xdi.md §1.3`), as graphs in the wild need it; [`Address::parse_strict`] holds to XDI Core 1.0 (`§1.4`).
//! The text is kept as it was written: two addresses are equal if and only if their texts are.

mod arc;
mod error;
mod generation;
mod name;
mod parse;
mod strict;

pub use arc::{Arc, Body, Symbol, Xref};
pub use error::{SyntaxCode, SyntaxError};
pub use generation::Generation;
pub use name::{decapsulate_iri, encapsulate_iri, escape};

pub(crate) use parse::top_level_slash;

use arc::Shape;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

/// The most arcs an address may have, those inside its parentheses included.
pub const MAX_ARCS: usize = 256;
/// The deepest that parentheses may nest.
pub const MAX_NESTING: usize = 32;
/// The most bytes an address may have.
pub const MAX_LENGTH: usize = 1 << 20;

/// The address of a node: zero or more arcs. The empty address is the common root.
///
/// ```
/// use krl_xdi::Address;
///
/// let address = Address::parse("=ann[<#tel>]<@~0>")?;
/// let arcs: Vec<_> = address.arcs().map(|arc| arc.text()).collect();
/// assert_eq!(arcs, ["=ann", "[<#tel>]", "<@~0>"]);
///
/// let error = Address::parse("=ann<#tel").unwrap_err();
/// assert_eq!(error.to_string(), "`>` is missing, at byte 9");
/// # Ok::<(), krl_xdi::SyntaxError>(())
/// ```
#[derive(Clone, Default)]
pub struct Address {
    text: Box<str>,
    arcs: Box<[Shape]>,
}

/// What an arc that is made from any text stands for. See [`Address::child`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// `#text`: the one thing of a class.
    Entity,
    /// `[#text]`: the things of a class.
    Collection,
    /// `*text`: an unordered member of a collection.
    Member,
    /// `<#text>`: the one attribute of a class.
    Attribute,
    /// `[<#text>]`: the attributes of a class.
    AttributeCollection,
    /// `<*text>`: an unordered member of an attribute collection.
    AttributeMember,
}

impl Address {
    /// The common root.
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    /// Reads an address leniently.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        let arcs = parse::parse(text).map_err(|error| error.of_generation(text))?;
        Ok(Self { text: text.into(), arcs: arcs.into() })
    }

    /// Reads an address and holds it to XDI Core 1.0.
    ///
    /// ```
    /// use krl_xdi::Address;
    ///
    /// assert!(Address::parse("<#email>=ann").is_ok());
    /// assert!(Address::parse_strict("<#email>=ann").is_err());
    /// ```
    pub fn parse_strict(text: &str) -> Result<Self, SyntaxError> {
        let address = Self::parse(text)?;
        address.validate()?;
        Ok(address)
    }

    /// Holds the address to XDI Core 1.0: the order of its arcs and the form of each.
    pub fn validate(&self) -> Result<(), SyntaxError> {
        strict::validate(self)
    }

    /// Holds each arc to XDI Core 1.0, but not their order: what a predicate must be.
    pub fn validate_arcs(&self) -> Result<(), SyntaxError> {
        strict::validate_arcs(self)
    }

    /// The text, as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The text rebuilt from the components: escapes of characters that need none are resolved.
    ///
    /// ```
    /// use krl_xdi::Address;
    ///
    /// assert_eq!(Address::parse("=%C3%A9")?.normalised(), "=é");
    /// # Ok::<(), krl_xdi::SyntaxError>(())
    /// ```
    #[must_use]
    pub fn normalised(&self) -> String {
        self.arcs().map(|arc| arc.normalised()).collect()
    }

    /// Is this the common root?
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.arcs.is_empty()
    }

    /// The number of arcs.
    #[must_use]
    pub fn len(&self) -> usize {
        self.arcs.len()
    }

    /// Has the address no arc?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.arcs.is_empty()
    }

    /// The arcs, from the root downwards.
    pub fn arcs(&self) -> impl DoubleEndedIterator<Item = Arc<'_>> + ExactSizeIterator + Clone {
        self.arcs.iter().map(|shape| Arc::new(&self.text, shape))
    }

    /// The last arc.
    #[must_use]
    pub fn last(&self) -> Option<Arc<'_>> {
        self.arcs().next_back()
    }

    /// The address without its last arc.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let (last, rest) = self.arcs.split_last()?;
        let text = self.text.get(..last.start as usize).unwrap_or_default();
        Some(Self { text: text.into(), arcs: rest.into() })
    }

    /// Does the address begin with all arcs of `prefix`?
    #[must_use]
    pub fn starts_with(&self, prefix: &Self) -> bool {
        self.text.starts_with(&*prefix.text)
            && prefix.arcs.last().is_none_or(|last| self.arcs.iter().any(|arc| arc.end == last.end))
    }

    /// The address that `rest` names, seen from here.
    pub fn join(&self, rest: &Self) -> Result<Self, SyntaxError> {
        if self.is_root() {
            return Ok(rest.clone());
        }
        Self::parse(&format!("{self}{rest}"))
    }

    /// The child with an arc made from any text. The way back is [`Arc::name`].
    ///
    /// ```
    /// use krl_xdi::address::{Address, Role};
    ///
    /// let ruleset = Address::parse("[#ruleset]")?.child(Role::Member, "io.picolabs.wrangler")?;
    /// let variable = ruleset.child(Role::Attribute, "my var")?;
    /// assert_eq!(variable.as_str(), "[#ruleset]*io.picolabs.wrangler<#(my%20var)>");
    /// assert_eq!(variable.last().and_then(|arc| arc.name()).as_deref(), Some("my var"));
    /// # Ok::<(), krl_xdi::SyntaxError>(())
    /// ```
    pub fn child(&self, role: Role, text: &str) -> Result<Self, SyntaxError> {
        let (before, after) = match role {
            Role::Entity => ("#", ""),
            Role::Collection => ("[#", "]"),
            Role::Member => ("*", ""),
            Role::Attribute => ("<#", ">"),
            Role::AttributeCollection => ("[<#", ">]"),
            Role::AttributeMember => ("<*", ">"),
        };
        Self::parse(&format!("{self}{before}{}{after}", escape(text)))
    }

    /// The ordered member number `n` of a collection of entities, counted from 0.
    pub fn nth_member(&self, n: u64) -> Result<Self, SyntaxError> {
        Self::parse(&format!("{self}@~{n}"))
    }

    /// The ordered member number `n` of a collection of attributes, counted from 0.
    pub fn nth_attribute(&self, n: u64) -> Result<Self, SyntaxError> {
        Self::parse(&format!("{self}<@~{n}>"))
    }

    /// Does the address end in the bare literal arc `&`?
    #[must_use]
    pub fn names_literal(&self) -> bool {
        self.last().is_some_and(|arc| arc.text() == "&")
    }
}

impl PartialEq for Address {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Address {}

impl PartialOrd for Address {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Address {
    fn cmp(&self, other: &Self) -> Ordering {
        self.text.cmp(&other.text)
    }
}

impl Hash for Address {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.text)
    }
}

impl FromStr for Address {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        Self::parse(text)
    }
}
