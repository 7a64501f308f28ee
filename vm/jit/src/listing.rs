//! A unit's code for people (`krl build --emit clif,asm`).

use crate::compile::{Compiler, Form};
use krl_vm::load::LoadedUnit;
use std::fmt::Write;

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
                Ok((code, [direct, any])) => writeln!(
                    out,
                    "; {} bytes\n; arguments in registers:\n{}\n; arguments in memory:\n{}\n",
                    code.bytes(),
                    direct.trim_end(),
                    any.trim_end()
                ),
                Err(why) => writeln!(out, "; no machine code: {why}\n"),
            };
        }
        out
    }
}
