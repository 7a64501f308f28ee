//! One arc of an address and its components.

use super::name;
use std::borrow::Cow;

/// The symbol that gives an arc its type (`xdi.md §1.2`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Symbol {
    /// `=`: a natural person.
    Person,
    /// `+`: an organisation or group.
    Group,
    /// `*`: a thing, or an unordered member.
    Thing,
    /// `@`: an ordered member.
    Ordinal,
    /// `$`: a word defined by the XDI specifications.
    Reserved,
    /// `#`: a word of a user's dictionary.
    Class,
    /// `&`: the literal.
    Literal,
}

impl Symbol {
    /// The character.
    #[must_use]
    pub const fn as_char(self) -> char {
        match self {
            Self::Person => '=',
            Self::Group => '+',
            Self::Thing => '*',
            Self::Ordinal => '@',
            Self::Reserved => '$',
            Self::Class => '#',
            Self::Literal => '&',
        }
    }

    /// The symbol with this character, as a byte.
    pub(super) const fn from_byte(byte: u8) -> Option<Self> {
        Some(match byte {
            b'=' => Self::Person,
            b'+' => Self::Group,
            b'*' => Self::Thing,
            b'@' => Self::Ordinal,
            b'$' => Self::Reserved,
            b'#' => Self::Class,
            b'&' => Self::Literal,
            _ => return None,
        })
    }
}

/// What comes after the symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body<'a> {
    /// Nothing.
    None,
    /// A name, as it is written.
    Name(&'a str),
    /// A cross-reference.
    Xref(Xref<'a>),
}

/// What stands between the parentheses of an arc.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Xref<'a> {
    /// `()`
    Empty,
    /// `(=ann)`: one arc.
    Arc(&'a str),
    /// `(=ann/#says)`: the subject and the predicate of an inner root; either may be empty.
    Inner {
        /// Address of the subject.
        subject: &'a str,
        /// The predicate.
        predicate: &'a str,
    },
    /// `(https://example.org)`: an identifier of another system.
    Iri(&'a str),
    /// `(user_name)`: any other text.
    Text(&'a str),
}

/// Where an arc and its components lie in the text of its address.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub start: u32,
    pub end: u32,
    pub body: (u32, u32),
    /// The `/` of an inner root.
    pub slash: u32,
    pub form: BodyForm,
    pub symbol: Option<Symbol>,
    pub flags: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyForm {
    None,
    Name,
    Empty,
    Arc,
    Inner,
    Iri,
    Text,
}

pub(super) const VARIABLE: u8 = 1;
pub(super) const METAVARIABLE: u8 = 2;
pub(super) const DEFINITION: u8 = 4;
pub(super) const COLLECTION: u8 = 8;
pub(super) const ATTRIBUTE: u8 = 16;
pub(super) const IMMUTABLE: u8 = 32;
pub(super) const RELATIVE: u8 = 64;

/// One arc of an [`Address`](super::Address).
#[derive(Clone, Copy, Debug)]
pub struct Arc<'a> {
    address: &'a str,
    shape: &'a Shape,
}

impl<'a> Arc<'a> {
    pub(super) fn new(address: &'a str, shape: &'a Shape) -> Self {
        Self { address, shape }
    }

    fn slice(self, from: u32, to: u32) -> &'a str {
        self.address.get(from as usize..to as usize).unwrap_or_default()
    }

    /// The text, as it was written.
    #[must_use]
    pub fn text(self) -> &'a str {
        self.slice(self.shape.start, self.shape.end)
    }

    /// Where the arc begins in its address, in bytes.
    #[must_use]
    pub fn at(self) -> usize {
        self.shape.start as usize
    }

    /// The symbol, if it has one.
    #[must_use]
    pub fn symbol(self) -> Option<Symbol> {
        self.shape.symbol
    }

    /// What comes after the symbol.
    #[must_use]
    pub fn body(self) -> Body<'a> {
        let (from, to) = self.shape.body;
        let text = self.slice(from, to);
        Body::Xref(match self.shape.form {
            BodyForm::None => return Body::None,
            BodyForm::Name => return Body::Name(text),
            BodyForm::Empty => Xref::Empty,
            BodyForm::Arc => Xref::Arc(text),
            BodyForm::Iri => Xref::Iri(text),
            BodyForm::Text => Xref::Text(text),
            BodyForm::Inner => Xref::Inner {
                subject: self.slice(from, self.shape.slash),
                predicate: self.slice(self.shape.slash + 1, to),
            },
        })
    }

    /// The name, its escapes resolved, or the text that [`Address::child`](super::Address::child) was given.
    ///
    /// Nothing for arcs without a name: bare symbols, cross-references to arcs, inner roots and IRIs.
    #[must_use]
    pub fn name(self) -> Option<Cow<'a, str>> {
        match self.body() {
            Body::Name(text) | Body::Xref(Xref::Text(text)) => name::decode(text),
            Body::Xref(Xref::Empty) => Some(Cow::Borrowed("")),
            Body::None | Body::Xref(_) => None,
        }
    }

    /// `{…}`
    #[must_use]
    pub fn is_variable(self) -> bool {
        self.has(VARIABLE)
    }

    /// `{{…}}`, which becomes `{…}` when its template is instantiated.
    #[must_use]
    pub fn is_metavariable(self) -> bool {
        self.has(METAVARIABLE)
    }

    /// `|…|`
    #[must_use]
    pub fn is_definition(self) -> bool {
        self.has(DEFINITION)
    }

    /// `[…]`
    #[must_use]
    pub fn is_collection(self) -> bool {
        self.has(COLLECTION)
    }

    /// `<…>`
    #[must_use]
    pub fn is_attribute(self) -> bool {
        self.has(ATTRIBUTE)
    }

    /// `!`: the identifier is never given to another thing.
    #[must_use]
    pub fn is_immutable(self) -> bool {
        self.has(IMMUTABLE)
    }

    /// `~`: the identifier means something in its context only.
    #[must_use]
    pub fn is_relative(self) -> bool {
        self.has(RELATIVE)
    }

    fn has(self, flag: u8) -> bool {
        self.shape.flags & flag != 0
    }

    /// The text rebuilt from the components.
    #[must_use]
    pub fn normalised(self) -> String {
        let wrappers = [
            (VARIABLE, '{', '}'),
            (METAVARIABLE, '{', '}'),
            (DEFINITION, '|', '|'),
            (COLLECTION, '[', ']'),
            (ATTRIBUTE, '<', '>'),
        ];
        let worn = wrappers.iter().filter(|(flag, ..)| self.has(*flag));
        let mut text: String = worn.clone().map(|(_, open, _)| *open).collect();
        text.extend(self.symbol().map(Symbol::as_char));
        text.extend(self.is_immutable().then_some('!'));
        text.extend(self.is_relative().then_some('~'));
        match self.body() {
            Body::None => {}
            Body::Name(raw) => text.push_str(&name::decode(raw).unwrap_or(Cow::Borrowed(raw))),
            Body::Xref(_) => {
                text.push('(');
                text.push_str(self.slice(self.shape.body.0, self.shape.body.1));
                text.push(')');
            }
        }
        text.extend(worn.rev().map(|(.., close)| *close));
        text
    }
}
