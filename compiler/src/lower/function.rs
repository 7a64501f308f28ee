//! One function under construction: instructions, registers, captures.
//!
//! Registers are a stack: names of a block take the next ones and keep them until their block ends, intermediate values take
//! the next ones and give them back with their expression.

use crate::resolve::SymbolId;
use krl_lang::Span;
use krl_vm::op::{Insn, Op};
use krl_vm::unit::{Function, FunctionKind};
use std::collections::HashMap;
use std::sync::Arc;

/// A register.
pub(super) type Register = u16;

/// Most registers of one function.
const MAX_REGISTERS: u16 = 65_000;

/// A jump whose target is not known yet.
#[must_use]
pub(super) struct Jump(usize);

/// A function that is being built.
#[derive(Default)]
pub(super) struct Builder {
    function: Function,
    next: Register,
    /// More registers were asked for than there are.
    pub(super) exhausted: bool,
    locals: HashMap<SymbolId, Register>,
    /// What a closure of this function takes along, in order.
    pub(super) captured: Vec<SymbolId>,
    capture_index: HashMap<SymbolId, u16>,
}

impl Builder {
    pub(super) fn new(name: Arc<str>, kind: FunctionKind) -> Self {
        Self { function: Function { name, kind, ..Function::default() }, ..Self::default() }
    }

    pub(super) fn finish(mut self) -> Function {
        self.function.captures = self.captured.len() as u16;
        self.function
    }

    // Registers.

    /// The next free register.
    pub(super) fn allocate(&mut self) -> Register {
        self.allocate_many(1)
    }

    /// `count` registers in a row.
    pub(super) fn allocate_many(&mut self, count: usize) -> Register {
        let first = self.next;
        let end = usize::from(first) + count;
        if end > usize::from(MAX_REGISTERS) {
            self.exhausted = true;
            return 0;
        }
        self.next = end as Register;
        self.function.registers = self.function.registers.max(self.next);
        first
    }

    /// Where the stack of registers stands.
    pub(super) fn mark(&self) -> Register {
        self.next
    }

    /// Gives back all registers since [`Self::mark`].
    pub(super) fn release(&mut self, mark: Register) {
        self.next = mark;
    }

    /// Gives a name the next free register.
    pub(super) fn allocate_local(&mut self, symbol: SymbolId) -> Register {
        let register = self.allocate();
        self.locals.insert(symbol, register);
        register
    }

    /// Adds a parameter: the next register, which must be among the first.
    pub(super) fn parameter(&mut self, symbol: SymbolId, name: Arc<str>) -> Register {
        self.function.params.push(name);
        self.allocate_local(symbol)
    }

    pub(super) fn local(&self, symbol: SymbolId) -> Option<Register> {
        self.locals.get(&symbol).copied()
    }

    pub(super) fn capture(&self, symbol: SymbolId) -> Option<u16> {
        self.capture_index.get(&symbol).copied()
    }

    /// Makes closures of this function take `symbol` along.
    pub(super) fn add_capture(&mut self, symbol: SymbolId) -> u16 {
        let index = self.captured.len().min(usize::from(u16::MAX)) as u16;
        self.exhausted |= self.captured.len() >= usize::from(MAX_REGISTERS);
        self.captured.push(symbol);
        self.capture_index.insert(symbol, index);
        index
    }

    // Code.

    /// Number of instructions so far.
    pub(super) fn length(&self) -> usize {
        self.function.code.len()
    }

    pub(super) fn emit(&mut self, span: Span, insn: Insn) {
        let at = self.function.code.len() as u32;
        if self.function.spans.last().is_none_or(|s| (s.1, s.2) != (span.start, span.end)) {
            self.function.spans.push((at, span.start, span.end));
        }
        self.function.code.push(insn);
    }

    pub(super) fn op(&mut self, span: Span, op: Op, a: u16, b: u16, c: u16) {
        self.emit(span, Insn::new(op, 0, a, b, c));
    }

    /// A jump forward, to be aimed by [`Self::land`].
    pub(super) fn jump(&mut self, span: Span, op: Op, register: Register) -> Jump {
        let at = self.function.code.len();
        self.emit(span, Insn::wide(op, register, 0));
        Jump(at)
    }

    /// Aims a jump at the next instruction.
    pub(super) fn land(&mut self, jump: Jump) {
        let distance = (self.function.code.len() - jump.0 - 1) as u32;
        if let Some(insn) = self.function.code.get_mut(jump.0)
            && let Some(op) = insn.op()
        {
            *insn = Insn::wide(op, insn.a(), distance);
        }
    }

    /// Begins a loop; answers its head for [`Self::again`].
    pub(super) fn loop_head(&mut self, span: Span) -> usize {
        let at = self.function.code.len();
        self.op(span, Op::LoopHead, 0, 0, 0);
        at
    }

    /// Goes back to the head of a loop.
    pub(super) fn again(&mut self, span: Span, head: usize) {
        let distance = head as i64 - (self.function.code.len() as i64 + 1);
        self.emit(span, Insn::wide(Op::Jump, 0, distance as i32 as u32));
    }
}
