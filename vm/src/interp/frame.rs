//! The stack: frames of running functions, their registers, and natives that are calling functions.

use crate::fault::{Fault, Limit};
use crate::native::Iteration;
use crate::value::Value;
use std::fmt;

/// Where a result goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReturnTo {
    /// A register of the frame below.
    Register(u16),
    /// Nowhere: the call was a statement.
    Nowhere,
    /// The native that is calling functions.
    Iteration,
    /// The embedder.
    Caller,
}

/// A running function.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub unit: u32,
    pub function: u32,
    pub instance: u32,
    /// The next instruction.
    pub pc: u32,
    /// Its first register.
    pub base: u32,
    /// Behind its last register.
    pub top: u32,
    pub to: ReturnTo,
    pub closure: Value,
}

/// A native that is calling functions.
pub(super) struct Running {
    pub name: &'static str,
    pub iteration: Box<dyn Iteration>,
    pub to: ReturnTo,
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").field("name", &self.name).field("to", &self.to).finish_non_exhaustive()
    }
}

/// The stack.
#[derive(Debug)]
pub(super) struct Calls {
    pub frames: Vec<Frame>,
    pub iterations: Vec<Running>,
    /// Registers of all frames; grows, and keeps what it once had.
    pub registers: Vec<Value>,
    depth: usize,
}

/// Registers of all frames together: 16 MiB. Deep recursion of functions with huge frames ends here rather than at the depth.
pub(super) const MAX_REGISTERS: usize = 1 << 21;

impl Calls {
    pub fn new(depth: u32) -> Self {
        Self { frames: Vec::new(), iterations: Vec::new(), registers: Vec::new(), depth: depth as usize }
    }

    pub fn reset(&mut self, depth: u32) {
        self.clear();
        self.depth = depth as usize;
    }

    pub fn clear(&mut self) {
        self.frames.clear();
        self.iterations.clear();
    }

    /// First free register.
    #[inline]
    pub fn top(&self) -> usize {
        self.frames.last().map_or(0, |f| f.top as usize)
    }

    /// Pushes a frame with `registers` registers; their contents are undefined.
    #[inline]
    pub fn push(&mut self, mut frame: Frame, registers: usize) -> Result<(), Fault> {
        let base = self.top();
        let top = base + registers;
        self.check_depth()?;
        if top > self.registers.len() {
            self.grow(top)?;
        }
        frame.base = base as u32;
        frame.top = top as u32;
        self.frames.push(frame);
        Ok(())
    }

    /// How many more calls may nest.
    pub fn room(&self) -> usize {
        self.depth.saturating_sub(self.frames.len() + self.iterations.len())
    }

    /// Sets the next instruction of the top frame.
    pub fn set_pc(&mut self, pc: u32) {
        if let Some(top) = self.frames.last_mut() {
            top.pc = pc;
        }
    }

    /// Sets the registers of the top frame to those from `from` on.
    pub fn fill(&mut self, registers: &[Value], from: usize) {
        let Some(frame) = self.frames.last() else { return };
        let window = self.registers.get_mut(frame.base as usize..frame.top as usize).unwrap_or_default();
        for (register, value) in window.iter_mut().zip(registers.get(from..).unwrap_or_default()) {
            *register = *value;
        }
    }

    #[inline]
    pub fn check_depth(&self) -> Result<(), Fault> {
        if self.frames.len() + self.iterations.len() >= self.depth {
            return Err(Fault::limit(Limit::Depth));
        }
        Ok(())
    }

    #[cold]
    fn grow(&mut self, top: usize) -> Result<(), Fault> {
        if top > MAX_REGISTERS {
            return Err(Fault::limit(Limit::Depth));
        }
        let len = (top * 2).clamp(256, MAX_REGISTERS);
        self.registers.resize(len, Value::NULL);
        Ok(())
    }
}
