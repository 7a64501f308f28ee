//! A unit's bytecode as text (`--emit bytecode`): each function with the source lines its instructions come from.

use crate::interp::span_at;
use crate::op::{Insn, NO_REGISTER, Operand};
use crate::unit::{Constant, Function, Unit};
use std::fmt::{self, Write as _};

/// Lists all functions of a unit.
#[must_use]
pub fn listing(unit: &Unit) -> String {
    let mut out = String::new();
    for (id, function) in unit.functions.iter().enumerate() {
        // Writing to a `String` cannot fail.
        let _ = Listing { unit, function, id }.write(&mut out);
    }
    out
}

struct Listing<'a> {
    unit: &'a Unit,
    function: &'a Function,
    id: usize,
}

impl Listing<'_> {
    fn write(&self, out: &mut String) -> fmt::Result {
        let Function { name, kind, params, registers, captures, .. } = self.function;
        let kind = format!("{kind:?}").to_lowercase();
        writeln!(
            out,
            "{kind} {} {name}({}): {registers} registers, {captures} captures",
            self.id,
            params.join(", ")
        )?;
        let mut line = None;
        for (at, &insn) in self.function.code.iter().enumerate() {
            let now = span_at(self.function, at as u32).map(|(from, _)| self.line(from));
            if let Some((number, text)) = now.filter(|_| now != line) {
                writeln!(out, "  ; {number}: {}", text.trim())?;
                line = now;
            }
            write!(out, "  {at:5}  ")?;
            self.instruction(out, at, insn)?;
            out.push('\n');
        }
        out.push('\n');
        Ok(())
    }

    /// The number and text of the source line at a byte.
    fn line(&self, at: u32) -> (usize, &str) {
        let source = &*self.unit.source;
        let before = source.as_bytes().get(..at as usize).unwrap_or_default();
        let number = before.iter().filter(|&&b| b == b'\n').count();
        (number + 1, source.lines().nth(number).unwrap_or_default())
    }

    fn instruction(&self, out: &mut String, at: usize, insn: Insn) -> fmt::Result {
        let Some(op) = insn.op() else { return write!(out, "{insn:?}") };
        write!(out, "{}", op.name())?;
        if insn.flags() != 0 {
            write!(out, " .{}", insn.flags())?;
        }
        for (kind, value) in op.operands().into_iter().zip([insn.a(), insn.b(), insn.c()]) {
            self.operand(out, at, insn, kind, value)?;
        }
        Ok(())
    }

    fn operand(&self, out: &mut String, at: usize, insn: Insn, kind: Operand, value: u16) -> fmt::Result {
        let unit = self.unit;
        let index = usize::from(value);
        match kind {
            Operand::None | Operand::Wide => Ok(()),
            Operand::InOptional | Operand::OutOptional if value == NO_REGISTER => out.write_str(" _"),
            Operand::In
            | Operand::Out
            | Operand::InOut
            | Operand::InOptional
            | Operand::OutOptional
            | Operand::Iterator => write!(out, " r{value}"),
            Operand::InMany => write!(out, " r{value}.."),
            Operand::Const | Operand::Name => constant(out, unit, index),
            Operand::WideConst => constant(out, unit, insn.bc() as usize),
            Operand::Global => name(out, '$', unit.globals.get(index)),
            Operand::Native => name(out, '~', unit.natives.get(index)),
            Operand::Function => name(out, '&', unit.functions.get(index).map(|f| &f.name)),
            Operand::Use => name(out, '@', unit.uses.get(index).map(|u| &u.alias)),
            Operand::Shape => match unit.shapes.get(index) {
                Some(shape) => write!(out, " ({} positional, {})", shape.positional, shape.names.join(", ")),
                None => out.write_str(" ?"),
            },
            Operand::Capture => write!(out, " capture {value}"),
            Operand::Count => write!(out, " {value}"),
            Operand::Integer => write!(out, " {}", insn.signed()),
            Operand::Jump => {
                let target = at as i64 + 1 + i64::from(insn.signed());
                write!(out, " -> {target}")
            }
        }
    }
}

fn name(out: &mut String, sigil: char, name: Option<&std::sync::Arc<str>>) -> fmt::Result {
    match name {
        Some(name) => write!(out, " {sigil}{name}"),
        None => out.write_str(" ?"),
    }
}

/// A constant on one line, shortened.
fn constant(out: &mut String, unit: &Unit, index: usize) -> fmt::Result {
    const MAX_CHARS: usize = 40;
    let text = match unit.constants.get(index) {
        Some(Constant::String(text)) => format!("{text:?}"),
        Some(Constant::Number(n)) => n.to_string(),
        Some(Constant::RegExp { source, flags }) => format!("re#{source}#{flags}"),
        Some(Constant::Native(native)) => return name(out, '~', unit.natives.get(usize::from(*native))),
        Some(Constant::Array(items)) => format!("[{} items]", items.len()),
        Some(Constant::Map(entries)) => format!("{{{} entries}}", entries.len()),
        Some(Constant::Bool(b)) => b.to_string(),
        Some(Constant::Null) => "null".to_owned(),
        None => "?".to_owned(),
    };
    let short: String = text.chars().take(MAX_CHARS).collect();
    write!(out, " {short}{}", if short.len() < text.len() { "…" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::listing;
    use crate::assembler::assemble;

    #[test]
    fn instructions_stand_under_their_source_lines() {
        let mut unit = assemble(
            "function f(x) 3 captures 1\nConst 1 =\"a long text that goes on and on and on and on\"\nhead:\nLoopHead\n\
             JumpIf 0 @head\nCapture 2 0 'x\nEntGet 2 'v _\nCallNative .1 _ ~length 2\nCallNamed _ 0 %0:a,b\nClosure 2 &f 1\nReturn 2",
        );
        unit.source = "first\n  second\nthird".into();
        unit.functions[0].spans = vec![(0, 0, 5), (2, 8, 14), (4, 10, 11), (7, 15, 20)];
        let expected = "\
function 0 f(x): 3 registers, 1 captures
  ; 1: first
      0  Const r1 \"a long text that goes on and on and on …
      1  LoopHead
  ; 2: second
      2  JumpIf r0 -> 1
      3  Capture r2 capture 0 \"x\"
      4  EntGet r2 \"v\" _
      5  CallNative .1 _ ~length r2..
      6  CallNamed _ r0.. (0 positional, a, b)
  ; 3: third
      7  Closure r2 &f r1..
      8  Return r2

";
        assert_eq!(listing(&unit), expected);
    }
}
