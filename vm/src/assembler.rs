//! Units from text, for tests. One instruction a line: name, `.flags`, operands by their place in the instruction.
//!
//! ```text
//! function f(x, y) 8 captures 1     also: action, rule, fragment
//!   Const 2 ={"a": 1}               a constant from JSON; =re/x/i a pattern; =~name a native
//!   JumpIf 0 @label
//! label:
//!   CallNative .1 3 ~length 2       a native import
//!   Closure 3 &f 2                  a function
//!   CallNamed 3 0 %1:a,b            a call shape
//!   EntGet 3 'name _                a name constant, no register
//!   Global 3 $g                     a global
//! ```

use crate::data::Data;
use crate::op::{Insn, NO_REGISTER, Op, Operand};
use crate::unit::{CallShape, Constant, Function, FunctionKind, Unit};
use std::sync::Arc;

struct Assembler {
    unit: Unit,
    names: Vec<String>,
}

/// Assembles; panics on mistakes. The `global` block is the fragment named `global`.
pub fn assemble(text: &str) -> Unit {
    let is_head =
        |line: &&str| ["function ", "action ", "rule ", "fragment "].iter().any(|k| line.starts_with(k));
    let lines: Vec<&str> =
        text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')).collect();
    let names = lines.iter().filter(|l| is_head(l)).map(|l| name_of(l).to_owned()).collect();
    let unit = Unit { rid: "test".into(), source: text.into(), ..Unit::default() };
    let mut assembler = Assembler { unit, names };
    let starts: Vec<usize> = (0..lines.len()).filter(|&i| is_head(&lines[i])).collect();
    for (i, &start) in starts.iter().enumerate() {
        let end = starts.get(i + 1).copied().unwrap_or(lines.len());
        let function = assembler.function(lines[start], &lines[start + 1..end]);
        if &*function.name == "global" {
            assembler.unit.global = Some(assembler.unit.functions.len() as u32);
        }
        assembler.unit.functions.push(function);
    }
    assembler.unit
}

fn name_of(head: &str) -> &str {
    head.split_whitespace().nth(1).unwrap().split('(').next().unwrap()
}

impl Assembler {
    fn function(&mut self, head: &str, lines: &[&str]) -> Function {
        let kind = match head.split_whitespace().next().unwrap() {
            "function" => FunctionKind::Function,
            "action" => FunctionKind::Action,
            "rule" => FunctionKind::Rule,
            _ => FunctionKind::Fragment,
        };
        let (params, rest) = head.split_once('(').unwrap().1.split_once(')').unwrap();
        let params = params.split(',').map(str::trim).filter(|p| !p.is_empty()).map(Arc::from).collect();
        let mut rest = rest.split_whitespace();
        let registers = rest.next().unwrap().parse().unwrap();
        let captures = rest.nth(1).map_or(0, |n| n.parse().unwrap());
        let mut labels = Vec::new();
        let mut at = 0;
        for line in lines {
            match line.strip_suffix(':') {
                Some(label) => labels.push((label, at)),
                None => at += 1,
            }
        }
        let code: Vec<&&str> = lines.iter().filter(|l| !l.ends_with(':')).collect();
        let spans = (0..code.len() as u32).map(|at| (at, at, at + 1)).collect();
        let code = code.iter().enumerate().map(|(at, l)| self.instruction(l, at, &labels)).collect();
        Function { name: name_of(head).into(), kind, params, registers, captures, code, spans }
    }

    fn instruction(&mut self, line: &str, at: usize, labels: &[(&str, usize)]) -> Insn {
        let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
        let op = Op::ALL.iter().copied().find(|op| op.name() == name).unwrap_or_else(|| panic!("{line}"));
        let mut flags = 0;
        let mut values = [0u16; 3];
        let mut place = op.operands().iter().position(|&o| o != Operand::None).unwrap_or(0);
        let (words, constant) = rest.split_once('=').map_or((rest, None), |(w, c)| (w, Some(c)));
        for word in words.split_whitespace() {
            if let Some(f) = word.strip_prefix('.') {
                flags = f.parse().unwrap();
                continue;
            }
            let value = self.operand(word, at, labels);
            values[place] = value as u16;
            if matches!(op.operands()[place], Operand::Jump | Operand::Integer | Operand::WideConst) {
                values[place + 1] = (value >> 16) as u16;
            }
            place += 1;
            while place < 3 && op.operands()[place] == Operand::None {
                place += 1;
            }
        }
        if let Some(text) = constant {
            values[place] = self.constant(text) as u16;
        }
        Insn::new(op, flags, values[0], values[1], values[2])
    }

    fn operand(&mut self, word: &str, at: usize, labels: &[(&str, usize)]) -> i32 {
        let rest = word.get(1..).unwrap_or("");
        match word.as_bytes()[0] {
            b'_' => i32::from(NO_REGISTER),
            b'@' => {
                let target = labels.iter().find(|(l, _)| *l == rest).unwrap_or_else(|| panic!("{word}")).1;
                target as i32 - at as i32 - 1
            }
            b'&' => self.names.iter().position(|n| n == rest).unwrap() as i32,
            b'~' => place(&mut self.unit.natives, rest.into()) as i32,
            b'$' => place(&mut self.unit.globals, rest.into()) as i32,
            b'\'' => place(&mut self.unit.constants, Constant::String(rest.into())) as i32,
            b'%' => {
                let (positional, names) = rest.split_once(':').unwrap();
                let names = names.split(',').filter(|n| !n.is_empty()).map(Arc::from).collect();
                place(&mut self.unit.shapes, CallShape { positional: positional.parse().unwrap(), names })
                    as i32
            }
            _ => word.parse().unwrap(),
        }
    }

    fn constant(&mut self, text: &str) -> usize {
        let constant = if let Some(pattern) = text.strip_prefix("re/") {
            let (source, flags) = pattern.rsplit_once('/').unwrap();
            Constant::RegExp { source: source.into(), flags: flags.into() }
        } else if let Some(name) = text.strip_prefix('~') {
            Constant::Native(place(&mut self.unit.natives, name.into()) as u16)
        } else {
            of_data(&Data::parse(text).unwrap())
        };
        place(&mut self.unit.constants, constant)
    }
}

fn of_data(data: &Data) -> Constant {
    match data {
        Data::Null => Constant::Null,
        Data::Bool(b) => Constant::Bool(*b),
        Data::Number(n) => Constant::Number(*n),
        Data::String(s) => Constant::String(s.clone()),
        Data::Array(items) => Constant::Array(items.iter().map(of_data).collect()),
        Data::Map(m) => Constant::Map(m.iter().map(|(k, v)| (k.clone(), of_data(v))).collect()),
    }
}

/// The index of `item`, which is added if it is new.
fn place<T: PartialEq>(items: &mut Vec<T>, item: T) -> usize {
    items.iter().position(|i| *i == item).unwrap_or_else(|| {
        items.push(item);
        items.len() - 1
    })
}
