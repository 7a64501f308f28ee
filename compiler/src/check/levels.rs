//! How loud each diagnostic is: its own level, or what the project's configuration says.

use krl_lang::{Code, Diagnostic, Severity};
use std::collections::BTreeMap;

/// What to do about a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Not reported.
    Allow,
    /// Reported as a hint.
    Hint,
    /// Reported as a warning.
    Warn,
    /// Reported as an error.
    Deny,
}

impl Level {
    /// Reads `allow`, `hint`, `warn` or `deny`.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "allow" => Some(Self::Allow),
            "hint" => Some(Self::Hint),
            "warn" => Some(Self::Warn),
            "deny" => Some(Self::Deny),
            _ => None,
        }
    }

    /// The severity of a reported finding.
    #[must_use]
    pub const fn severity(self) -> Option<Severity> {
        match self {
            Self::Allow => None,
            Self::Hint => Some(Severity::Hint),
            Self::Warn => Some(Severity::Warning),
            Self::Deny => Some(Severity::Error),
        }
    }
}

/// Findings about common and harmless ways of writing: silent unless asked for.
const OPT_IN: [Code; 2] = [Code::EventAttr, Code::Klog];

/// Level of each code that the configuration names.
#[derive(Clone, Debug, Default)]
pub struct LintLevels {
    levels: BTreeMap<Code, Level>,
}

/// Why a level cannot be set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LevelError {
    /// No diagnostic has this code or name.
    UnknownCode(String),
    /// The level is none of `allow`, `hint`, `warn`, `deny`.
    UnknownLevel(String),
    /// What is wrong cannot be compiled, so it stays an error.
    Fixed(Code),
}

impl std::fmt::Display for LevelError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::UnknownCode(code) => write!(f, "no diagnostic is called `{code}`"),
            Self::UnknownLevel(level) => {
                write!(f, "`{level}` is no level: use `allow`, `hint`, `warn` or `deny`")
            }
            Self::Fixed(code) => write!(f, "{code} is always an error"),
        }
    }
}

impl std::error::Error for LevelError {}

impl LintLevels {
    /// Sets the level of a code, given by id (`KRL0603`) or name (`unused-name`).
    ///
    /// # Errors
    /// If there is no such code or level, or the code is an error of the language.
    pub fn set(&mut self, code: &str, level: &str) -> Result<(), LevelError> {
        let found = Code::find(code).ok_or_else(|| LevelError::UnknownCode(code.to_owned()))?;
        let level = Level::parse(level).ok_or_else(|| LevelError::UnknownLevel(level.to_owned()))?;
        if is_fixed(found) && level != Level::Deny {
            return Err(LevelError::Fixed(found));
        }
        self.levels.insert(found, level);
        Ok(())
    }

    /// The level that is set for `code`; none: findings keep their own.
    #[must_use]
    pub fn level(&self, code: Code) -> Option<Level> {
        let own = OPT_IN.contains(&code).then_some(Level::Allow);
        self.levels.get(&code).copied().or(own)
    }

    /// Gives a finding the severity that is set for it; false: it is not to be reported.
    pub(super) fn apply(&self, diagnostic: &mut Diagnostic) -> bool {
        let Some(level) = self.level(diagnostic.code) else { return true };
        if let Some(severity) = level.severity() {
            diagnostic.severity = severity;
        }
        level != Level::Allow
    }
}

/// May no configuration lower it? So are all errors but those of inferred types, which a cautious author may want to overrule.
#[must_use]
pub fn is_fixed(code: Code) -> bool {
    code.info().severity == Severity::Error && !code.id().starts_with("KRL03")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_set_by_id_or_name() {
        let mut levels = LintLevels::default();
        assert_eq!(levels.level(Code::UnusedName), None);
        assert_eq!(levels.set("KRL0603", "warn"), Ok(()));
        assert_eq!(levels.level(Code::UnusedName), Some(Level::Warn));
        assert_eq!(levels.set("unused-name", "allow"), Ok(()));
        assert_eq!(levels.level(Code::UnusedName), Some(Level::Allow));
        assert_eq!(levels.level(Code::EventAttr), Some(Level::Allow));
    }

    #[test]
    fn wrong_settings_are_refused() {
        let mut levels = LintLevels::default();
        assert_eq!(levels.set("KRL9999", "warn"), Err(LevelError::UnknownCode("KRL9999".into())));
        assert_eq!(levels.set("unused-name", "loud"), Err(LevelError::UnknownLevel("loud".into())));
        assert_eq!(levels.set("syntax", "allow"), Err(LevelError::Fixed(Code::Syntax)));
        assert_eq!(levels.set("syntax", "deny"), Ok(()));
    }
}
