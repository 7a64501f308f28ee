//! `krl check`: tells whether rulesets can work.

use super::Context;
use crate::args::{Check, Format};
use crate::exit::{self, Exit};
use crate::files;
use crate::report::Source;
use krl_compiler::check::{SourceFile, check};
use krl_lang::{Diagnostic, Severity};

/// Checks all files together and prints what was found.
pub fn run(context: &Context, args: &Check) -> Exit {
    let options = match context.check_options() {
        Ok(options) => options,
        Err(problem) => return exit::usage(&problem),
    };
    let (read, errors) = files::read_all(&args.paths);
    let mut exit = Exit::Ok;
    for error in &errors {
        exit = exit.or(exit::usage(&error.to_string()));
    }
    let sources: Vec<Source> = read.iter().map(Source::read).collect();
    let given: Vec<SourceFile<'_>> =
        sources.iter().map(|s| SourceFile { path: &s.path, source: &s.text }).collect();
    let output = check(&given, &options);
    let mut found: Vec<Vec<Diagnostic>> = output.files.into_iter().map(|f| f.diagnostics).collect();
    for (source, found) in sources.iter().zip(&mut found) {
        source.add_encoding(found);
        found.retain(|d| d.severity != Severity::Hint || args.hints || args.format != Format::Human);
    }
    context.printer.print(args.format, &sources, &found);
    let count = |severity| found.iter().flatten().filter(|d| d.severity == severity).count();
    let (errors, warnings, hints) = (count(Severity::Error), count(Severity::Warning), count(Severity::Hint));
    if !sources.is_empty() {
        exit::say(&summary(sources.len(), errors, warnings, hints));
    }
    let denied = match args.deny.as_deref() {
        Some("warnings") => warnings,
        Some(_) => warnings + hints,
        None => 0,
    };
    if errors + denied > 0 { exit.or(Exit::Errors) } else { exit }
}

fn summary(files: usize, errors: usize, warnings: usize, hints: usize) -> String {
    let counted = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    let mut parts = vec![counted(errors, "error"), counted(warnings, "warning")];
    if hints > 0 {
        parts.push(counted(hints, "hint"));
    }
    format!("checked {}: {}", counted(files, "ruleset"), parts.join(", "))
}
