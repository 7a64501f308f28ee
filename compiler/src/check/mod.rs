//! Everything `krl check` and the editor say about a set of files: syntax, names, types, project facts and lints, in the order of the text.

mod allow;
mod cascade;
mod levels;

pub use levels::{Level, LevelError, LintLevels, is_fixed};

use crate::compile::parse_ruleset;
use crate::lower::lower;
use crate::project::{Facts, Interface, Unit, system};
use crate::resolve::{Resolution, resolve};
use crate::types::{Input, Typing, infer};
use crate::{lint, project};
use allow::Allowances;
use krl_lang::{Diagnostic, LineIndex, Parsed};

/// Most diagnostics given for one file: the gravest of them.
pub const MAX_DIAGNOSTICS: usize = 100;

/// A file to check.
#[derive(Clone, Copy, Debug)]
pub struct SourceFile<'a> {
    /// Its name, for people.
    pub path: &'a str,
    /// Its text.
    pub source: &'a str,
}

/// How to check.
#[derive(Clone, Debug, Default)]
pub struct CheckOptions {
    /// How loud each finding is.
    pub levels: LintLevels,
}

/// What is known of a set of files.
#[derive(Debug)]
pub struct CheckOutput {
    /// The files, as given.
    pub files: Vec<CheckedFile>,
    /// What the rulesets in them select, raise, provide and store.
    pub facts: Facts,
}

/// What is known of one file.
#[derive(Debug)]
pub struct CheckedFile {
    /// Tokens and tree.
    pub parsed: Parsed,
    /// What its names mean.
    pub resolution: Resolution,
    /// Types of its expressions and names.
    pub typing: Typing,
    /// The findings, by place.
    pub diagnostics: Vec<Diagnostic>,
}

impl CheckOutput {
    /// Is there an error in any file?
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.files.iter().flat_map(|f| &f.diagnostics).any(Diagnostic::is_error)
    }
}

/// Checks files together: rulesets among them know each other.
///
/// ```
/// use krl_compiler::check::{CheckOptions, SourceFile, check};
/// let source = r#"ruleset shop { rule open { select when shop opened if 1 then "a".reverse() } }"#;
/// let output = check(&[SourceFile { path: "shop.krl", source }], &CheckOptions::default());
/// assert!(output.has_errors());
/// ```
#[must_use]
pub fn check(files: &[SourceFile<'_>], options: &CheckOptions) -> CheckOutput {
    let mut checked: Vec<CheckedFile> = files
        .iter()
        .map(|file| {
            let mut parsed = parse_ruleset(file.source);
            let (resolution, names) = resolve(file.source, &parsed.ast);
            let mut diagnostics = std::mem::take(&mut parsed.diagnostics);
            diagnostics.extend(names);
            if !diagnostics.iter().any(Diagnostic::is_error) {
                diagnostics.extend(lower(file.source, &parsed.ast, &resolution).1);
            }
            CheckedFile { parsed, resolution, typing: Typing::default(), diagnostics }
        })
        .collect();
    infer_all(files, &mut checked);
    let units = units(files, &checked);
    let facts = Facts::gather(&units);
    let findings: Vec<Vec<Diagnostic>> = (facts.check(&units).into_iter().zip(&units))
        .map(|(found, unit)| [found, lint::check(unit)].concat())
        .collect();
    for ((file, checked), findings) in files.iter().zip(&mut checked).zip(findings) {
        checked.diagnostics.extend(findings);
        finish(file.source, checked, &options.levels);
    }
    CheckOutput { files: checked, facts }
}

fn units<'a>(files: &[SourceFile<'a>], checked: &'a [CheckedFile]) -> Vec<Unit<'a>> {
    let numbered = files.iter().zip(checked).enumerate();
    numbered
        .map(|(index, (file, checked))| Unit {
            file: index as u32,
            source: file.source,
            ast: &checked.parsed.ast,
            resolution: &checked.resolution,
            typing: &checked.typing,
        })
        .collect()
}

/// Infers the types of every file; what modules provide is known from their declarations.
fn infer_all(files: &[SourceFile<'_>], checked: &mut [CheckedFile]) {
    let numbered = files.iter().zip(&*checked).enumerate();
    let given: Vec<Interface> = numbered
        .filter_map(|(index, (file, checked))| {
            Interface::of(index as u32, file.source, &checked.parsed.ast, &checked.resolution)
        })
        .collect();
    for (file, checked) in files.iter().zip(checked) {
        let all = || given.iter().chain(system::interfaces());
        let modules = &checked.resolution.modules;
        let imports: Vec<Option<&project::Interface>> =
            modules.iter().map(|m| all().find(|i| i.rid == m.rid)).collect();
        let (typing, found) = infer(Input {
            source: file.source,
            ast: &checked.parsed.ast,
            resolution: &checked.resolution,
            imports: &imports,
        });
        checked.typing = typing;
        checked.diagnostics.extend(found);
    }
}

/// Applies levels and `krl:allow`, and puts what is left in order.
fn finish(source: &str, checked: &mut CheckedFile, levels: &LintLevels) {
    let lines = LineIndex::new(source);
    let mut found = std::mem::take(&mut checked.diagnostics);
    let mut allowances = Allowances::read(&checked.parsed.tokens, source, &lines, &mut found);
    cascade::drop_explained(source, &checked.parsed.ast, &mut found);
    found.retain(|d| !allowances.silences(d, source, &lines));
    found.extend(allowances.unused());
    found.retain_mut(|d| levels.apply(d));
    found.sort_by_key(|d| std::cmp::Reverse(d.severity));
    found.truncate(MAX_DIAGNOSTICS);
    found.sort_by(|a, b| (a.span, a.code, &a.message).cmp(&(b.span, b.code, &b.message)));
    found.dedup();
    checked.diagnostics = found;
}
