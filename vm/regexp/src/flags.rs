//! The flags `g`, `i` and `m` (decision L7).

use crate::error::PatternError;

/// Which flags a regular expression carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Flags {
    pub global: bool,
    pub ignore_case: bool,
    pub multiline: bool,
}

impl Flags {
    /// Reads flags in any order; `pattern_len` places errors behind the pattern.
    pub(crate) fn parse(flags: &str, pattern_len: usize) -> Result<Flags, PatternError> {
        let mut parsed = Flags::default();
        for (index, letter) in flags.char_indices() {
            let offset = pattern_len + 1 + index;
            let flag = match letter {
                'g' => &mut parsed.global,
                'i' => &mut parsed.ignore_case,
                'm' => &mut parsed.multiline,
                _ => return Err(PatternError::new(format!("unknown flag `{letter}`"), offset)),
            };
            if *flag {
                return Err(PatternError::new(format!("flag `{letter}` is given twice"), offset));
            }
            *flag = true;
        }
        Ok(parsed)
    }

    /// The flags in their canonical order.
    pub(crate) fn text(self) -> &'static str {
        match (self.global, self.ignore_case, self.multiline) {
            (false, false, false) => "",
            (false, false, true) => "m",
            (false, true, false) => "i",
            (false, true, true) => "im",
            (true, false, false) => "g",
            (true, false, true) => "gm",
            (true, true, false) => "gi",
            (true, true, true) => "gim",
        }
    }
}
