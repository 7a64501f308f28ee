//! `krl fmt`: one layout for all rulesets.

use super::Context;
use crate::args::Fmt;
use crate::exit::{self, Exit};
use crate::files::{self, SourceFile};
use crate::report::Source;
use krl_lang::Code;
use krl_lang::fmt::{Options, format};
use std::path::PathBuf;

/// Formats.
pub fn run(context: &Context, args: &Fmt) -> Exit {
    let mut options = Options::default();
    if let Some(width) = context.config.fmt.width {
        options.width = width;
    }
    let from_stdin = [PathBuf::from("-")];
    let paths = if args.stdin { &from_stdin } else { args.paths.as_slice() };
    let (sources, errors) = files::read_all(paths);
    let mut exit = Exit::Ok;
    for error in &errors {
        exit = exit.or(exit::usage(&error.to_string()));
    }
    let mut unformatted = 0;
    for file in &sources {
        exit = exit.or(one(context, args, options, file, &mut unformatted));
    }
    if args.check && unformatted > 0 {
        let s = if unformatted == 1 { "" } else { "s" };
        exit::say(&format!("{unformatted} file{s} of {} would be formatted", sources.len()));
    }
    exit
}

fn one(context: &Context, args: &Fmt, options: Options, file: &SourceFile, unformatted: &mut usize) -> Exit {
    let source = Source::read(file);
    if let Some(encoding) = &source.encoding {
        context.printer.complain(&source, std::slice::from_ref(encoding));
        return Exit::Errors;
    }
    let formatted = format(&source.text, &options);
    let mut exit = Exit::Ok;
    if !formatted.diagnostics.is_empty() {
        context.printer.complain(&source, &formatted.diagnostics);
        exit = Exit::Errors;
    }
    if formatted.diagnostics.iter().any(|d| d.code == Code::FormatterFailure) {
        return Exit::Internal;
    }
    *unformatted += usize::from(formatted.changed);
    if args.diff && formatted.changed {
        exit::print(&diff(&source, &formatted.text));
    }
    if args.check && formatted.changed {
        exit::say(&format!("{} would be formatted", source.path));
        return exit.or(Exit::Errors);
    }
    if args.check || args.diff {
        return exit;
    }
    if source.path == "-" {
        exit::print(&formatted.text);
    } else if formatted.changed {
        match files::write_whole(&file.path, formatted.text.as_bytes()) {
            Ok(()) => exit::say(&format!("formatted {}", source.path)),
            Err(e) => return exit.or(exit::usage(&format!("{}: {e}", source.path))),
        }
    }
    exit
}

fn diff(source: &Source, formatted: &str) -> String {
    let diff = similar::TextDiff::from_lines(source.text.as_str(), formatted);
    let (old, new) = (source.path.as_str(), format!("{} (formatted)", source.path));
    diff.unified_diff().context_radius(3).header(old, &new).to_string()
}
