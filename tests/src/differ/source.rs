//! What must hold of a generated program's source: the formatter leaves its meaning alone, and the checker finds no error where there is none.

use super::play::Seen;
use crate::generate::{Program, Slip};
use krl_compiler::check::{CheckOptions, SourceFile, check};
use krl_lang::LineIndex;
use krl_vm::unit::Unit;

/// Where formatting changes what a program does, if it does.
#[must_use]
pub fn changed_by_formatting(program: &Program, units: &[Result<Unit, String>]) -> Option<String> {
    program.rulesets.iter().zip(units).find_map(|(source, unit)| {
        let Ok(unit) = unit else { return None };
        let formatted = krl_lang::fmt::format(source, &krl_lang::fmt::Options::default());
        let again = krl_compiler::compile(&formatted.text).unit;
        let same = again.is_some_and(|again| without_places(again) == without_places(unit.clone()));
        (!same).then_some(formatted.text)
    })
}

/// Code without what follows from the layout of its source.
fn without_places(mut unit: Unit) -> Unit {
    (unit.source, unit.source_hash) = Default::default();
    unit.functions.iter_mut().for_each(|function| function.spans.clear());
    unit.rules.iter_mut().for_each(|rule| rule.span = (0, 0));
    unit.uses.iter_mut().for_each(|clause| clause.span = (0, 0));
    unit
}

/// Errors that the checker finds in a program without a slip, in which nothing has gone wrong while it was played. What it knows to be null
/// is left out: such code would fail if it ran.
#[must_use]
pub fn false_errors(program: &Program, seen: &[Seen]) -> Vec<String> {
    let failed = |seen: &Seen| seen.text.contains("RuntimeError") || seen.what == "not compiled";
    if program.slip != Slip::None || seen.iter().any(failed) {
        return Vec::new();
    }
    let files: Vec<SourceFile<'_>> =
        program.rulesets.iter().map(|source| SourceFile { path: "generated.krl", source }).collect();
    let output = check(&files, &CheckOptions::default());
    let mut found = Vec::new();
    for (file, source) in output.files.iter().zip(&program.rulesets) {
        let lines = LineIndex::new(source);
        for d in file.diagnostics.iter().filter(|d| d.is_error() && !d.message.ends_with("this is null")) {
            let at = lines.position(source, d.span.start);
            let text = d.span.text(source);
            found.push(format!("{} at {}:{}: {} `{text}`", d.code, at.line, at.column, d.message));
        }
    }
    found
}
