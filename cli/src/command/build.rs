//! `krl build`: compiled rulesets, or an inner form for people.

use super::Context;
use crate::args::{Build, Emit};
use crate::exit::{self, Exit};
use crate::files;
use crate::program::{self, Program};
use crate::report::Source;
use krl_compiler::check::{SourceFile, check};
use krl_host::jit;
use krl_lang::{Diagnostic, LineIndex};
use krl_vm::unit::Unit;
use krl_vm::verify::Verified;
use std::path::{Path, PathBuf};

/// Compiles, and writes or prints.
pub fn run(context: &Context, args: &Build) -> Exit {
    let (files, errors) = files::read_all(&args.paths);
    let mut exit = Exit::Ok;
    for error in &errors {
        exit = exit.or(exit::usage(&error.to_string()));
    }
    if let Some(folder) = &args.out
        && let Err(e) = std::fs::create_dir_all(folder)
    {
        return exit::usage(&format!("{}: {e}", folder.display()));
    }
    let sources: Vec<Source> = files.iter().map(Source::read).collect();
    let sound = match sound(context, &sources, &args.emit) {
        Ok(sound) => sound,
        Err(problem) => return exit::usage(&problem),
    };
    for ((file, source), sound) in files.iter().zip(&sources).zip(sound) {
        if !sound {
            exit = exit.or(Exit::Errors);
        } else if args.emit.is_empty() {
            exit = exit.or(match program::compile(&context.printer, file) {
                Ok(program) => write(&program, &target(&file.path, args.out.as_deref())),
                Err(exit) => exit,
            });
        }
        for &form in &args.emit {
            exit = exit.or(match form {
                Emit::Tokens => tokens(source),
                Emit::Ast => ast(context, source),
                Emit::Bytecode => listed(context, file, |unit| Ok(krl_vm::listing::listing(&unit))),
                Emit::Clif => listed(context, file, |unit| jit::listing(unit, jit::Form::Clif)),
                Emit::Asm => listed(context, file, |unit| jit::listing(unit, jit::Form::Instructions)),
            });
        }
    }
    exit
}

/// Compiles a file and prints what `list` makes of it.
fn listed(
    context: &Context,
    file: &files::SourceFile,
    list: impl FnOnce(Verified<Unit>) -> Result<String, String>,
) -> Exit {
    match program::compile(&context.printer, file).map(|program| list(program.unit)) {
        Ok(Ok(text)) => {
            exit::print(&text);
            Exit::Ok
        }
        Ok(Err(problem)) => exit::usage(&problem),
        Err(exit) => exit,
    }
}

/// Which rulesets the checker has no errors for, so that what is built can work. The errors are told. Inner forms are shown of any.
fn sound(context: &Context, sources: &[Source], emit: &[Emit]) -> Result<Vec<bool>, String> {
    if !emit.is_empty() {
        return Ok(vec![true; sources.len()]);
    }
    let options = context.check_options()?;
    let given: Vec<_> = sources.iter().map(|s| SourceFile { path: &s.path, source: &s.text }).collect();
    let checked = check(&given, &options).files;
    let sound = sources.iter().zip(checked).map(|(source, checked)| {
        let mut errors = checked.diagnostics;
        source.add_encoding(&mut errors);
        errors.retain(Diagnostic::is_error);
        if !errors.is_empty() {
            context.printer.complain(source, &errors);
        }
        errors.is_empty()
    });
    Ok(sound.collect())
}

fn target(source: &Path, folder: Option<&Path>) -> PathBuf {
    let beside = source.with_extension("krlc");
    match (folder, beside.file_name()) {
        (Some(folder), Some(name)) => folder.join(name),
        _ => beside,
    }
}

fn write(program: &Program, target: &Path) -> Exit {
    let bytes = match program::encode(program) {
        Ok(bytes) => bytes,
        Err(e) => {
            exit::say(&format!("krl: {}: {e}", program.path));
            return Exit::Errors;
        }
    };
    match files::write_whole(target, &bytes) {
        Ok(()) => {
            exit::say(&format!("wrote {}", target.display()));
            Exit::Ok
        }
        Err(e) => exit::usage(&format!("{}: {e}", target.display())),
    }
}

/// A line for each token: place, kind, text.
fn tokens(source: &Source) -> Exit {
    let parsed = krl_lang::parse(&source.text);
    let lines = LineIndex::new(&source.text);
    let mut text = String::new();
    for at in 0..parsed.tokens.len() {
        let span = parsed.tokens.span(at);
        let place = lines.position(&source.text, span.start);
        let kind = format!("{:?}", parsed.tokens.kind(at));
        let (line, column) = (place.line, place.column);
        text.push_str(&format!("{line}:{column}\t{kind:<14}\t{:?}\n", span.text(&source.text)));
    }
    exit::print(&text);
    Exit::Ok
}

fn ast(context: &Context, source: &Source) -> Exit {
    let parsed = krl_lang::parse(&source.text);
    exit::print(&format!("{:#?}\n", parsed.ast));
    if parsed.has_errors() {
        context.printer.complain(source, &parsed.diagnostics);
        return Exit::Errors;
    }
    Exit::Ok
}
