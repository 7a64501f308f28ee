//! ECMAScript regular expressions with bounded matching time.

/// A compiled pattern.
#[derive(Clone, Debug, PartialEq)]
pub struct Regexp;

impl Regexp {
    /// The text KRL shows for it.
    #[must_use]
    pub fn to_source_text(&self) -> String {
        String::new()
    }
}
