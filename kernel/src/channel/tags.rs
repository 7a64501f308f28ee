//! Tags of channels: cleaned so that spelling does not matter (`krl-runtime.md` §1.2).

use super::Invalid;
use krl_vm::data::Data;
use std::sync::Arc;

/// Marks channels that the kernel makes.
pub const SYSTEM: &str = "system";

/// Reads and cleans a list of tags. An empty list is one, and so is a list with repeats.
///
/// # Errors
/// Anything that is no array of strings, a tag of which nothing stays, and `system`.
pub fn parse(data: &Data) -> Result<Vec<Arc<str>>, Invalid> {
    let Data::Array(items) = data else { return Err(Invalid::Tags) };
    let tag = |item: &Data| match clean(item.as_str().ok_or(Invalid::Tags)?) {
        tag if tag.is_empty() => Err(Invalid::BlankTag),
        tag if tag == SYSTEM => Err(Invalid::SystemTag),
        tag => Ok(tag.into()),
    };
    items.iter().map(tag).collect()
}

/// Letters, digits and `_` in lower case; each run of anything else becomes one `-`, except at the ends.
fn clean(tag: &str) -> String {
    let keeps = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words: Vec<&str> = tag.split(|c| !keeps(c)).filter(|word| !word.is_empty()).collect();
    words.join("-").to_ascii_lowercase()
}
