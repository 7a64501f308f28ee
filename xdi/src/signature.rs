//! The text that older signatures are made of (`xdi.md §6.2`).

use crate::address::Address;
use crate::format::{Numbers, WriteOptions, flat};
use crate::graph::{Graph, Implied};

/// What the text is for: the attributes that would hold the result are left out of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// `<$sig>`, `[<$sig>]`
    Signature,
    /// `<$digest>`, `[<$digest>]`
    Digest,
    /// `<$encrypt>`, `[<$encrypt>]`
    Encryption,
}

/// A node with all that belongs to it as flat JSON: implied statements told, sorted, compact, numbers as doubles.
///
/// ```
/// use krl_xdi::signature::{normalise, Purpose};
/// use krl_xdi::{Address, format::text};
///
/// let graph = text::read("=a<#x>/&/\"v\"\n=a/#f/=b\n=a<$sig>/&/\"…\"\n")?;
/// let signed = normalise(&graph, &Address::parse("=a")?, Purpose::Signature);
/// assert_eq!(signed, r##"{"/":["=a","=b"],"=a/":["<#x>"],"=a/#f":["=b"],"=a<#x>/&":"v"}"##);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn normalise(graph: &Graph, base: &Address, purpose: Purpose) -> String {
    let without = match purpose {
        Purpose::Signature => ["<$sig>", "[<$sig>]"],
        Purpose::Digest => ["<$digest>", "[<$digest>]"],
        Purpose::Encryption => ["<$encrypt>", "[<$encrypt>]"],
    };
    let options =
        WriteOptions { implied: Implied::Show, ordered: true, pretty: false, numbers: Numbers::Doubles };
    flat::write(&graph.subtree_without(base, &without), options)
}
