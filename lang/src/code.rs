//! The catalogue of diagnostic codes. A code is never reused; its page is `docs/errors/KRLnnnn.md`.

use crate::diagnostic::Severity;
use std::fmt;

/// What is known of a code.
#[derive(Debug)]
pub struct CodeInfo {
    /// `KRL0101`.
    pub id: &'static str,
    /// Kebab-case name: `undefined-name`.
    pub name: &'static str,
    /// Level unless configured otherwise.
    pub severity: Severity,
    /// One line for lists.
    pub summary: &'static str,
    /// The explanation page, Markdown, with a bad and a good example.
    pub page: &'static str,
}

macro_rules! codes {
    ($($variant:ident = $id:literal, $name:literal, $severity:ident, $summary:literal;)*) => {
        /// A diagnostic code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $(#[doc = $summary] $variant,)*
        }

        static INFOS: &[CodeInfo] = &[
            $(CodeInfo {
                id: $id,
                name: $name,
                severity: Severity::$severity,
                summary: $summary,
                page: include_str!(concat!("../../docs/errors/", $id, ".md")),
            },)*
        ];

        impl Code {
            /// Every code, in order.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];
        }
    };
}

include!("codes.in");

impl Code {
    /// The catalogue entry.
    #[must_use]
    pub fn info(self) -> &'static CodeInfo {
        #[expect(clippy::indexing_slicing, reason = "one entry per variant, both made by one macro")]
        &INFOS[self as usize]
    }

    /// `KRL0101`.
    #[must_use]
    pub fn id(self) -> &'static str {
        self.info().id
    }

    /// Finds a code by id (`KRL0101`, any case, or `0101`) or by name (`undefined-name`).
    #[must_use]
    pub fn find(text: &str) -> Option<Self> {
        let wanted = text.trim();
        Self::ALL.iter().copied().find(|c| {
            let info = c.info();
            info.id.eq_ignore_ascii_case(wanted) || info.id.get(3..) == Some(wanted) || info.name == wanted
        })
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}
