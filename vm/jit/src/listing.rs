//! A unit's code for people (`krl build --emit clif,asm`).

use crate::compile::{Compiler, Form};
use krl_vm::load::LoadedUnit;
use std::fmt::Write;

/// What the entries of a function are for.
const HEADS: [&str; 3] = ["arguments in registers", "arguments in memory", "loops of natives"];

impl Compiler {
    /// The code of each function in a form, headed by its name; the reason where it has none.
    #[must_use]
    pub fn listing(&self, unit: &LoadedUnit, form: Form) -> String {
        let mut out = String::new();
        for (number, function) in (0..).zip(unit.functions()) {
            let kind = format!("{:?}", function.kind).to_lowercase();
            // Writing to a `String` cannot fail.
            let _ = writeln!(out, "{kind} {number} {}({})", function.name, function.params.join(", "));
            let _ = match self.compile_shown(unit, number, Some(form)) {
                Ok((code, texts)) => {
                    let _ = writeln!(out, "; {} bytes", code.bytes());
                    for (head, text) in HEADS.into_iter().zip(texts).filter(|(_, text)| !text.is_empty()) {
                        let _ = writeln!(out, "; {head}:\n{}", text.trim_end());
                    }
                    writeln!(out)
                }
                Err(why) => writeln!(out, "; no machine code: {why}\n"),
            };
        }
        out
    }
}
