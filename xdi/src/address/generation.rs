//! The generations of the syntax before XDI Core 1.0 (`xdi.md §1.8`): recognised to be refused by name (decision X1).

use std::fmt;

/// A generation of the syntax that is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generation {
    /// To 2011: identifiers from XRI registries.
    G0,
    /// 2012: `()` and `!` as predicates, `$!(…)` and `$*(…)`.
    G1,
    /// 2013: `@` for organisations, `+` for the dictionary.
    G2,
    /// April 2014: members `[=]!id`, values below `&`.
    G3,
    /// July 2014: contracts in inner roots, values still below `&`.
    G4,
    /// 2015: identifiers without a scheme, `_` for relative ones.
    G5,
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::G0 => "generation G0 (to 2011, dotted XRI numbers)",
            Self::G1 => "generation G1 (2012, `()` and `!` as predicates, `$!(…)`, `data:` literals)",
            Self::G2 => "generation G2 (2013, `@` for organisations, `+` for dictionary words)",
            Self::G3 => "generation G3 (April 2014, members `[=]!id`, values in `&/&/`)",
            Self::G4 => "generation G4 (July 2014, values in `&/&/`)",
            Self::G5 => "generation G5 (2015, identifiers without scheme, `_` for relative ones)",
        })
    }
}

/// What older generations write and XDI Core 1.0 can't have.
const MARKS: &[(&str, Generation)] = &[
    ("$(!", Generation::G1),
    ("$!(", Generation::G1),
    ("$*(", Generation::G1),
    ("/()/", Generation::G1),
    ("/!/", Generation::G1),
    ("(data:,", Generation::G1),
    ("[@]!", Generation::G2),
    ("<+", Generation::G2),
    ("[+]!", Generation::G3),
    ("[=]!", Generation::G3),
    ("]!", Generation::G3),
    ("&/&/", Generation::G4),
];

/// The generation that a refused text is probably of, and where it shows.
pub(crate) fn recognise(text: &str) -> Option<(Generation, usize)> {
    MARKS.iter().find_map(|(mark, generation)| Some((*generation, text.find(mark)?)))
}

/// Is this the name of an i-number, such as `91F2.8153.F600`?
pub(super) fn is_inumber(name: &str) -> bool {
    let is_group = |group: &str| {
        matches!(group.len(), 1..=4) && group.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'A'..=b'F'))
    };
    name.split('.').count() >= 3 && name.split('.').all(is_group)
}
