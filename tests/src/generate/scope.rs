//! The names that an expression may use.

use super::shape::Shape;

/// A name with what it means.
#[derive(Clone, Debug)]
pub struct Name {
    /// As it is written.
    pub text: String,
    /// What it is; of a function also what it returns.
    pub shape: Shape,
    /// The parameters of a function that is known.
    pub params: Option<Vec<Parameter>>,
}

/// A parameter.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// What it is to be.
    pub shape: Shape,
    /// It has a default.
    pub optional: bool,
}

/// What may be asked of the cloud at a place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// While a ruleset starts: nothing.
    #[default]
    Start,
    /// In functions: entity variables, which are there in events and queries.
    Function,
    /// In rules: entity variables and the event.
    Rule,
}

impl Name {
    /// A value.
    #[must_use]
    pub fn value(text: impl Into<String>, shape: Shape) -> Self {
        Self { text: text.into(), shape, params: None }
    }
}
