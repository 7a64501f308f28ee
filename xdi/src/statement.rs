//! Statements: the three parts `subject/predicate/object` (`xdi.md §1.1`).

use crate::address::{self, Address, Generation, SyntaxCode, SyntaxError};
use crate::literal::Literal;
use std::fmt;
use std::str::FromStr;

/// What a graph says about one of its nodes.
///
/// ```
/// use krl_xdi::Statement;
///
/// let statement = Statement::parse("=ann<#age>/&/42")?;
/// assert!(matches!(statement, Statement::Literal { .. }));
/// assert_eq!(statement.to_string(), "=ann<#age>/&/42");
///
/// let error = Statement::parse("=ann<#age>&/&/42").unwrap_err();
/// assert!(error.to_string().contains("generation G4"));
/// # Ok::<(), krl_xdi::SyntaxError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Statement {
    /// `=ann//#home`: the subject has a child.
    Context {
        /// The parent.
        subject: Address,
        /// One arc.
        arc: Address,
    },
    /// `=ann/#friend/=bob`
    Relation {
        /// Where the relation begins.
        subject: Address,
        /// Its label.
        predicate: Address,
        /// Where it ends: an absolute address.
        object: Address,
    },
    /// `=ann<#age>/&/42`
    Literal {
        /// The attribute.
        subject: Address,
        /// Its value.
        value: Literal,
    },
}

impl Statement {
    /// Reads a statement, its addresses leniently.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        Self::of_text(text).map_err(|e| e.of_generation(text.split('"').next().unwrap_or_default()))
    }

    fn of_text(text: &str) -> Result<Self, SyntaxError> {
        let Some((first, second)) = slashes(text)? else {
            return Err(SyntaxError::new(SyntaxCode::NotThreeParts, text.len()));
        };
        let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
        Self::of_parts(part(0, first), part(first + 1, second), part(second + 1, text.len()))
    }

    /// Reads a statement and holds it to XDI Core 1.0.
    pub fn parse_strict(text: &str) -> Result<Self, SyntaxError> {
        let statement = Self::parse(text)?;
        statement.validate()?;
        Ok(statement)
    }

    /// The statement of three texts. Places in errors are as if `/` stood between them.
    pub(crate) fn of_parts(subject: &str, predicate: &str, object: &str) -> Result<Self, SyntaxError> {
        let predicate_at = subject.len() + 1;
        let object_at = predicate_at + predicate.len() + 1;
        let subject = Address::parse(subject)?;
        if predicate == "&" {
            if subject.names_literal() {
                return Err(SyntaxError::new(SyntaxCode::LiteralArc, predicate_at - 2));
            }
            let value = Literal::parse(object).map_err(|e| e.moved(object_at))?;
            return Ok(Self::Literal { subject, value });
        }
        let predicate = parse_predicate(predicate).map_err(|e| e.moved(predicate_at))?;
        let object = Address::parse(object).map_err(|e| e.moved(object_at))?;
        if !predicate.is_root() {
            return Ok(Self::Relation { subject, predicate, object });
        }
        if object.len() != 1 {
            return Err(SyntaxError::new(SyntaxCode::NotOneArc, object_at));
        }
        Ok(Self::Context { subject, arc: object })
    }

    /// Holds the statement's addresses to XDI Core 1.0.
    pub fn validate(&self) -> Result<(), SyntaxError> {
        let subject = self.subject();
        subject.validate()?;
        let predicate_at = subject.as_str().len() + 1;
        match self {
            Self::Context { arc, .. } => arc.validate().map_err(|e| e.moved(predicate_at + 1)),
            Self::Relation { predicate, object, .. } => {
                predicate.validate_arcs().map_err(|e| e.moved(predicate_at))?;
                let object_at = predicate_at + predicate.as_str().len() + 1;
                object.validate().map_err(|e| e.moved(object_at))
            }
            Self::Literal { .. } => Ok(()),
        }
    }

    /// The node that the statement is about.
    #[must_use]
    pub fn subject(&self) -> &Address {
        match self {
            Self::Context { subject, .. }
            | Self::Relation { subject, .. }
            | Self::Literal { subject, .. } => subject,
        }
    }
}

/// A predicate, or the empty one of contextual statements.
pub(crate) fn parse_predicate(text: &str) -> Result<Address, SyntaxError> {
    if text == "()" {
        return Err(SyntaxError::new(SyntaxCode::OlderGeneration(Generation::G1), 0));
    }
    let predicate = Address::parse(text)?;
    if predicate.names_literal() {
        return Err(SyntaxError::new(SyntaxCode::LiteralArc, text.len() - 1));
    }
    Ok(predicate)
}

/// The places of the two separators.
fn slashes(text: &str) -> Result<Option<(usize, usize)>, SyntaxError> {
    let Some(first) = address::top_level_slash(text, 0)? else { return Ok(None) };
    Ok(address::top_level_slash(text, first + 1)?.map(|second| (first, second)))
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Context { subject, arc } => write!(f, "{subject}//{arc}"),
            Self::Relation { subject, predicate, object } => write!(f, "{subject}/{predicate}/{object}"),
            Self::Literal { subject, value } => write!(f, "{subject}/&/{value}"),
        }
    }
}

impl FromStr for Statement {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        Self::parse(text)
    }
}
