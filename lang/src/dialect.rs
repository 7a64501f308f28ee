//! Which generation of KRL a file is written in. The dialects are nearly disjoint: a file is told as a whole.

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::lexer::lex;
use crate::span::Span;
use crate::token::{TokenBuf, TokenKind as K};

/// A generation of the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// KRL 1.x, the language of this toolchain.
    Modern,
    /// KRL of the Perl engine.
    Classic,
    /// KRL 0.x of the first Node engine.
    Zero,
}

/// A place that tells the dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Where.
    pub span: Span,
    /// The dialect it belongs to.
    pub dialect: Dialect,
    /// What it is.
    pub what: &'static str,
}

/// The dialect of a file and what tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recognition {
    /// The dialect.
    pub dialect: Dialect,
    /// The forms of older dialects in the file, in order.
    pub evidence: Vec<Evidence>,
}

impl Recognition {
    /// The one message for a file of an older dialect.
    #[must_use]
    pub fn diagnostic(&self) -> Option<Diagnostic> {
        let first = self.evidence.iter().find(|e| e.dialect == self.dialect)?;
        let name = match self.dialect {
            Dialect::Modern => return None,
            Dialect::Classic => "classic KRL",
            Dialect::Zero => "KRL 0.x",
        };
        let message = format!("this is {name}: {} is not part of KRL 1.x", first.what);
        let mut found = Diagnostic::new(Code::OlderDialect, first.span, message)
            .help("the file has to be rewritten for KRL 1.x");
        for more in self.evidence.iter().filter(|e| e.dialect == self.dialect && e.span != first.span).take(3)
        {
            found = found.label(more.span, more.what);
        }
        Some(found)
    }
}

/// Recognises the dialect of a file.
#[must_use]
pub fn recognise(source: &str) -> Recognition {
    of_tokens(source, &lex(source))
}

pub(crate) fn of_tokens(source: &str, tokens: &TokenBuf) -> Recognition {
    let words = Words { source, tokens };
    let evidence: Vec<_> = (0..tokens.significant().len()).filter_map(|at| words.evidence(at)).collect();
    let classic = evidence.iter().any(|e| e.dialect == Dialect::Classic);
    let dialect = match evidence.first() {
        Some(_) if classic => Dialect::Classic,
        Some(_) => Dialect::Zero,
        None => Dialect::Modern,
    };
    Recognition { dialect, evidence }
}

struct Words<'a> {
    source: &'a str,
    tokens: &'a TokenBuf,
}

impl Words<'_> {
    fn index(&self, at: usize) -> Option<usize> {
        self.tokens.significant().get(at).map(|&t| t as usize)
    }

    fn kind(&self, at: usize) -> Option<K> {
        self.index(at).map(|i| self.tokens.kind(i))
    }

    fn text(&self, at: usize) -> &str {
        self.index(at).map(|i| self.tokens.text(i, self.source)).unwrap_or_default()
    }

    fn span(&self, at: usize) -> Span {
        self.index(at).map(|i| self.tokens.span(i)).unwrap_or_default()
    }

    /// A form that only an older dialect has, starting at significant token `at`.
    fn evidence(&self, at: usize) -> Option<Evidence> {
        if self.kind(at) != Some(K::Word) {
            return None;
        }
        let starts = at
            .checked_sub(1)
            .is_none_or(|b| !matches!(self.kind(b), Some(K::Dot | K::Colon | K::Comma | K::Eq)));
        let found = if starts { self.classic(at) } else { None };
        let (dialect, what, place) = match found {
            Some((what, place)) => (Dialect::Classic, what, place),
            None => self.zero(at).map(|(what, place)| (Dialect::Zero, what, place))?,
        };
        Some(Evidence { span: self.span(place), dialect, what })
    }

    fn classic(&self, at: usize) -> Option<(&'static str, usize)> {
        let next = self.kind(at + 1);
        let follows = |text: &str| next == Some(K::Word) && self.text(at + 1) == text;
        match self.text(at) {
            "ruleset" if at == 0 && next == Some(K::Number) && self.kind(at + 2) == Some(K::LBrace) => {
                Some(("a number as ruleset id", at + 1))
            }
            "dispatch" if next == Some(K::LBrace) => Some(("`dispatch { … }`", at)),
            "sharing" if follows("on") || follows("off") => Some(("`sharing on`", at)),
            "select" if follows("using") => Some(("`select using`", at)),
            "datasource" | "dataset" if next == Some(K::Word) && self.kind(at + 2) != Some(K::LParen) => {
                Some(("a `datasource` declaration", at))
            }
            "emit" if matches!(next, Some(K::ChevronOpen)) => Some(("`emit <<…>>`", at)),
            "pageview" if matches!(next, Some(K::String | K::UnterminatedString)) => {
                Some(("a string as event filter", at + 1))
            }
            "authz" if follows("require") => Some(("`authz require`", at)),
            _ => None,
        }
    }

    fn zero(&self, at: usize) -> Option<(&'static str, usize)> {
        match self.text(at) {
            "returns" if self.kind(at + 1) == Some(K::Word) => Some(("`returns`", at)),
            "provides" if self.text(at + 1) == "keys" && self.kind(at + 2) == Some(K::Word) => {
                Some(("`provides keys`", at))
            }
            _ => None,
        }
    }
}
