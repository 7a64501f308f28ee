//! Rulesets to run: compiled or loaded from `.krlc`, verified, in an order in which modules come before their users.

use crate::command::Context;
use crate::exit::{self, Exit};
use crate::files::{self, SourceFile};
use crate::report::{Printer, Source};
use krl_compiler::check::{self, CheckOptions};
use krl_lang::{Code, Diagnostic, Severity};
use krl_vm::krlc::{self, KrlcError};
use krl_vm::unit::Unit;
use krl_vm::verify::{Verified, verify};
use std::path::PathBuf;

/// A ruleset that is ready to be installed.
pub struct Program {
    /// The file.
    pub path: String,
    /// The code.
    pub unit: Verified<Unit>,
}

/// Reads and compiles `paths`. What is wrong is told; then there is nothing to run.
pub fn load(context: &Context, paths: &[PathBuf]) -> Result<Vec<Program>, Exit> {
    let options = context.check_options().map_err(|problem| exit::usage(&problem))?;
    let printer = &context.printer;
    let (files, errors) = files::read_all(paths);
    for error in &errors {
        exit::usage(&error.to_string());
    }
    if !errors.is_empty() {
        return Err(Exit::Usage);
    }
    let programs = compile_all(printer, &files)?;
    hint_at_findings(&files, &options);
    in_order(programs)
}

/// Rulesets that the checker finds nothing wrong with, modules first. All it finds but hints is told on standard error.
pub fn checked(context: &Context, files: &[SourceFile]) -> Result<Vec<Program>, Exit> {
    let options = context.check_options().map_err(|problem| exit::usage(&problem))?;
    let sources: Vec<Source> = files.iter().filter(|file| !is_stored(file)).map(Source::read).collect();
    let given: Vec<_> =
        sources.iter().map(|s| check::SourceFile { path: &s.path, source: &s.text }).collect();
    let mut wrong = false;
    for (source, checked) in sources.iter().zip(check::check(&given, &options).files) {
        let mut found = checked.diagnostics;
        source.add_encoding(&mut found);
        found.retain(|d| d.severity != Severity::Hint);
        wrong |= found.iter().any(Diagnostic::is_error);
        if !found.is_empty() {
            context.printer.complain(source, &found);
        }
    }
    if wrong { Err(Exit::Errors) } else { in_order(compile_all(&context.printer, files)?) }
}

fn compile_all(printer: &Printer, files: &[SourceFile]) -> Result<Vec<Program>, Exit> {
    let mut programs = Vec::with_capacity(files.len());
    let mut failed = None;
    for file in files {
        match if is_stored(file) { open(printer, file) } else { compile(printer, file) } {
            Ok(program) => programs.push(program),
            Err(exit) => failed = Some(failed.unwrap_or(Exit::Ok).or(exit)),
        }
    }
    failed.map_or(Ok(programs), Err)
}

/// Says how many findings the checker has on rulesets that run all the same.
fn hint_at_findings(files: &[SourceFile], options: &CheckOptions) {
    let sources: Vec<Source> = files.iter().filter(|file| !is_stored(file)).map(Source::read).collect();
    let given: Vec<_> =
        sources.iter().map(|s| check::SourceFile { path: &s.path, source: &s.text }).collect();
    for (source, checked) in sources.iter().zip(check::check(&given, options).files) {
        let serious = |d: &&Diagnostic| d.severity != Severity::Hint;
        match checked.diagnostics.iter().filter(serious).count() {
            0 => {}
            1 => exit::say(&format!("{}: 1 finding; `krl check` shows it", source.path)),
            n => exit::say(&format!("{}: {n} findings; `krl check` shows them", source.path)),
        }
    }
}

/// Is it compiled code?
pub fn is_stored(file: &SourceFile) -> bool {
    file.path.extension().is_some_and(|e| e == "krlc")
}

/// Compiles a file. Errors are told.
pub fn compile(printer: &Printer, file: &SourceFile) -> Result<Program, Exit> {
    compile_source(printer, &Source::read(file))
}

/// Compiles a text.
pub fn compile_source(printer: &Printer, source: &Source) -> Result<Program, Exit> {
    let mut compiled = krl_compiler::compile(&source.text);
    compiled.diagnostics.extend(source.encoding.clone());
    if compiled.diagnostics.iter().any(|d| d.code == Code::NotARuleset) {
        // What else is wrong with a text that is no ruleset does not matter.
        compiled.diagnostics.retain(|d| d.code == Code::NotARuleset);
    }
    let errors: Vec<_> = compiled.diagnostics.into_iter().filter(Diagnostic::is_error).collect();
    if !errors.is_empty() {
        printer.complain(source, &errors);
        return Err(Exit::Errors);
    }
    let broken = |what: &str| {
        exit::say(&format!("krl: {}: internal error: {what}; please report it", source.path));
        Exit::Internal
    };
    let Some(mut unit) = compiled.unit else { return Err(broken("no code and no error")) };
    unit.source_hash = *blake3::hash(unit.source.as_bytes()).as_bytes();
    match verify(unit) {
        Ok(unit) => Ok(Program { path: source.path.clone(), unit }),
        Err(e) => Err(broken(&format!("bad code: {e}"))),
    }
}

/// Loads a `.krlc` file. One of another format version is compiled anew from its source.
fn open(printer: &Printer, file: &SourceFile) -> Result<Program, Exit> {
    let path = file.path.display().to_string();
    let refused = |why: String| {
        exit::say(&format!("krl: {path}: {why}"));
        Exit::Errors
    };
    match krlc::decode(&file.bytes) {
        Ok((unit, _)) => {
            let unit =
                verify(unit).map_err(|e| refused(format!("its code is not what the compiler makes: {e}")))?;
            Ok(Program { path, unit })
        }
        Err(KrlcError::OtherVersion { source, .. }) => compile_source(printer, &Source::new(&path, &source)),
        Err(e) => Err(refused(format!("{e}; build it again from its source"))),
    }
}

/// The bytes of a `.krlc` file.
pub fn encode(program: &Program) -> Result<Vec<u8>, KrlcError> {
    krlc::encode(&program.unit, env!("CARGO_PKG_VERSION"))
}

/// Modules first where that is needed, otherwise as given.
fn in_order(programs: Vec<Program>) -> Result<Vec<Program>, Exit> {
    let mut waiting: Vec<Option<Program>> = programs.into_iter().map(Some).collect();
    let mut ordered: Vec<Program> = Vec::with_capacity(waiting.len());
    loop {
        let needs = |program: &Program| {
            waiting.iter().flatten().any(|other| {
                other.unit.rid != program.unit.rid
                    && program.unit.uses.iter().any(|u| u.rid == other.unit.rid)
            })
        };
        let ready = waiting.iter().position(|p| p.as_ref().is_some_and(|p| !needs(p)));
        let Some(program) = ready.and_then(|at| waiting.get_mut(at)).and_then(Option::take) else {
            let circle: Vec<&str> = waiting.iter().flatten().map(|p| &*p.unit.rid).collect();
            if circle.is_empty() {
                return Ok(ordered);
            }
            exit::say(&format!("error: these use each other as modules, in a circle: {}", circle.join(", ")));
            return Err(Exit::Errors);
        };
        let rid = &program.unit.rid;
        if let Some(same) = ordered.iter().find(|o| o.unit.rid == *rid) {
            return Err(exit::usage(&format!("{} and {} are both ruleset {rid}", same.path, program.path)));
        }
        ordered.push(program);
    }
}
