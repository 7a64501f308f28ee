//! What tools tell people: one diagnostic is data, its renderers are elsewhere (`render`).

use crate::code::Code;
use crate::span::Span;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The program works, but could say it better.
    Hint,
    /// The program may not do what its author means.
    Warning,
    /// The program cannot work.
    Error,
}

/// May a tool apply a fix without asking?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Applicability {
    /// The meaning stays, or the program could not work before.
    Safe,
    /// Probably what the author wants.
    Maybe,
}

/// Replace the text under `span` by `text`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What to replace; empty to insert.
    pub span: Span,
    /// The new text.
    pub text: String,
}

/// A change that removes the cause of a diagnostic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as an imperative: ``replace by `filter` ``.
    pub title: String,
    /// Non-overlapping edits of the diagnostic's file.
    pub edits: Vec<Edit>,
    /// May it be applied unseen?
    pub applicability: Applicability,
}

/// A second place that explains the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Another file (index into the checked set), or the diagnostic's own.
    pub file: Option<u32>,
    /// The place.
    pub span: Span,
    /// What is there, in a few words.
    pub message: String,
}

/// One finding in one file. Messages are lower case, without a full stop, user text in backticks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Which finding.
    pub code: Code,
    /// The code's own level unless configuration changed it.
    pub severity: Severity,
    /// One terse phrase.
    pub message: String,
    /// The place.
    pub span: Span,
    /// Other places.
    pub labels: Vec<Label>,
    /// What to do about it.
    pub help: Option<String>,
    /// Machine-applicable remedies.
    pub fixes: Vec<Fix>,
}

impl Diagnostic {
    /// A diagnostic of `code` at `span`, at the code's own level.
    #[must_use]
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.info().severity,
            message: message.into(),
            span,
            labels: Vec::new(),
            help: None,
            fixes: Vec::new(),
        }
    }

    /// Adds advice.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// Points at a second place in the same file.
    #[must_use]
    pub fn label(mut self, span: Span, message: impl Into<String>) -> Self {
        self.labels.push(Label { file: None, span, message: message.into() });
        self
    }

    /// Points at a place in another file of the checked set.
    #[must_use]
    pub fn label_in(mut self, file: u32, span: Span, message: impl Into<String>) -> Self {
        self.labels.push(Label { file: Some(file), span, message: message.into() });
        self
    }

    /// Offers to replace the text under `span`.
    #[must_use]
    pub fn fix(
        mut self,
        title: impl Into<String>,
        span: Span,
        text: impl Into<String>,
        applicability: Applicability,
    ) -> Self {
        let edits = vec![Edit { span, text: text.into() }];
        self.fixes.push(Fix { title: title.into(), edits, applicability });
        self
    }

    /// Is it an error?
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}
