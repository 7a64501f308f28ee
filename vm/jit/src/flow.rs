//! What is known about a function before code is made of it: its blocks, which registers are needed where, what they hold.

use krl_vm::op::{Insn, NO_REGISTER, Op, Operand};
use krl_vm::unit::{Constant, Function, Unit};
use krl_vm::verify::{ends, reads, target};

/// A set of registers; compiled functions have at most 128.
pub type Registers = u128;

/// What a register holds, as far as its code tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Anything.
    Any,
    /// A finite number: kept as a double.
    Number,
    /// `true` or `false`.
    Boolean,
    /// Text.
    Text,
    /// What global number `.0` holds, and that is always this function of this unit.
    Function(u32),
}

impl Kind {
    fn join(self, other: Self) -> Self {
        if self == other { self } else { Self::Any }
    }
}

/// A stretch of code that is entered at its beginning only.
#[derive(Clone, Debug)]
pub struct Block {
    /// Its first instruction.
    pub start: usize,
    /// Behind its last.
    pub end: usize,
    /// What its registers hold at its beginning; empty where it cannot be reached.
    pub kinds: Vec<Kind>,
    /// Which registers are needed at its beginning.
    pub live: Registers,
    /// Where the unpaid stretch of instructions begins: one place, or the block's own beginning where its ways in differ.
    pub mark: usize,
}

/// A function's flow of control and values.
pub struct Flow<'a> {
    pub unit: &'a Unit,
    /// Which natives of the unit work on values alone.
    pub pure: &'a [bool],
    pub function: &'a Function,
    /// Known functions behind globals.
    pub globals: &'a [Option<u32>],
    /// What it is given.
    given: Given,
    pub blocks: Vec<Block>,
    /// The block that begins at an instruction.
    pub block_at: Vec<Option<usize>>,
}

/// What is a finite number wherever a function is called.
#[derive(Clone, Copy, Debug, Default)]
struct Given {
    /// These parameters.
    numbers: Registers,
    /// All that it has captured, and globals that hold no known function.
    names: bool,
}

impl<'a> Flow<'a> {
    /// The flow of a function that finds anything in its parameters. `None` where the code is not as the verifier leaves it.
    pub fn of(
        unit: &'a Unit,
        function: &'a Function,
        globals: &'a [Option<u32>],
        pure: &'a [bool],
    ) -> Option<Self> {
        Self::with(unit, function, globals, pure, Given::default())
    }

    /// The same function where the parameters `numbers` hold finite numbers.
    pub fn where_numbers(&self, numbers: Registers) -> Option<Self> {
        self.where_given(Given { numbers, names: false })
    }

    /// The same function where the first `count` parameters and what it names are finite numbers. `None` where it uses other parameters.
    pub fn where_all_numbers(&self, count: usize) -> Option<Self> {
        let count = count.min(self.function.params.len()) as u16;
        let numbers = (0..count).map(bit).fold(0, |all, one| all | one);
        let needed = self.blocks.first()?.live;
        if needed & !numbers == 0 { self.where_given(Given { numbers, names: true }) } else { None }
    }

    fn where_given(&self, given: Given) -> Option<Self> {
        Self::with(self.unit, self.function, self.globals, self.pure, given)
    }

    fn with(
        unit: &'a Unit,
        function: &'a Function,
        globals: &'a [Option<u32>],
        pure: &'a [bool],
        given: Given,
    ) -> Option<Self> {
        let mut starts = vec![false; function.code.len() + 1];
        *starts.first_mut()? = true;
        for (at, &insn) in function.code.iter().enumerate() {
            let op = insn.op()?;
            let next = successors(function, at, insn)?;
            if next.len() != 1 || next.first() != Some(&(at + 1)) {
                next.iter().for_each(|&to| starts[to] = true);
                starts[at + 1] = true;
            }
            if op == Op::LoopHead {
                starts[at] = true;
            }
        }
        let mut blocks: Vec<Block> = Vec::new();
        let mut block_at = vec![None; function.code.len()];
        for at in 0..function.code.len() {
            if starts[at] {
                block_at[at] = Some(blocks.len());
                blocks.push(Block { start: at, end: at, kinds: Vec::new(), live: 0, mark: at });
            }
            blocks.last_mut()?.end = at + 1;
        }
        let mut flow = Self { unit, pure, function, globals, given, blocks, block_at };
        flow.find_kinds()?;
        flow.find_live()?;
        flow.find_marks()?;
        Some(flow)
    }

    /// The blocks behind the block.
    pub fn next(&self, block: usize) -> Option<Vec<usize>> {
        let at = self.blocks.get(block)?.end - 1;
        let next = successors(self.function, at, *self.function.code.get(at)?)?;
        next.into_iter().map(|to| *self.block_at.get(to)?).collect()
    }

    fn find_kinds(&mut self) -> Option<()> {
        let numbers = self.given.numbers;
        let registers = 0..self.function.registers;
        let kind = |register| if numbers & bit(register) == 0 { Kind::Any } else { Kind::Number };
        self.blocks.first_mut()?.kinds = registers.map(kind).collect();
        let mut again = true;
        while again {
            again = false;
            for block in 0..self.blocks.len() {
                let mut kinds = self.blocks[block].kinds.clone();
                if kinds.is_empty() {
                    continue;
                }
                for at in self.blocks[block].start..self.blocks[block].end {
                    self.apply(&mut kinds, *self.function.code.get(at)?)?;
                }
                for next in self.next(block)? {
                    let there = &mut self.blocks[next].kinds;
                    let joined = if there.is_empty() {
                        kinds.clone()
                    } else {
                        there.iter().zip(&kinds).map(|(a, b)| a.join(*b)).collect()
                    };
                    if *there != joined {
                        *there = joined;
                        again = true;
                    }
                }
            }
        }
        Some(())
    }

    /// What an instruction does to what is known of the registers.
    pub fn apply(&self, kinds: &mut [Kind], insn: Insn) -> Option<()> {
        let op = insn.op()?;
        let of = |register: u16| kinds.get(usize::from(register)).copied().unwrap_or(Kind::Any);
        let made = match op {
            Op::Move => of(insn.b()),
            Op::Int => Kind::Number,
            Op::Const => match self.unit.constants.get(insn.bc() as usize) {
                Some(Constant::Number(n)) if n.is_finite() => Kind::Number,
                Some(Constant::String(_)) => Kind::Text,
                _ => Kind::Any,
            },
            Op::Text => Kind::Text,
            Op::Compare | Op::Cmp => Kind::Number,
            Op::Neg if of(insn.b()) == Kind::Number => Kind::Number,
            Op::True | Op::False | Op::Not | Op::Like | Op::Member | Op::IterLast => Kind::Boolean,
            Op::Eq | Op::Ne | Op::Lt | Op::Le | Op::Gt | Op::Ge => Kind::Boolean,
            Op::Sub | Op::Mul | Op::Div | Op::Rem => Kind::Number,
            Op::Add => match (of(insn.b()), of(insn.c())) {
                (Kind::Number, Kind::Number) => Kind::Number,
                (Kind::Text, _) | (_, Kind::Text) => Kind::Text,
                _ => Kind::Any,
            },
            Op::Global => match self.globals.get(usize::from(insn.b())).copied().flatten() {
                Some(function) => Kind::Function(function),
                None if self.given.names => Kind::Number,
                None => Kind::Any,
            },
            Op::Capture if self.given.names => Kind::Number,
            _ => Kind::Any,
        };
        for_writes(op, insn, |register| {
            if let Some(kind) = kinds.get_mut(usize::from(register)) {
                *kind = made;
            }
        });
        Some(())
    }

    /// The parameters the function computes with and never overwrites: worth a body of their own for when they are numbers.
    pub fn number_parameters(&self) -> Option<Registers> {
        let parameters = (0..self.function.params.len() as u16).map(bit).fold(0, |all, one| all | one);
        let (mut read, mut written) = (0, 0);
        for block in self.blocks.iter().filter(|block| !block.kinds.is_empty()) {
            let mut kinds = block.kinds.clone();
            for &insn in self.function.code.get(block.start..block.end)? {
                let op = insn.op()?;
                let text = |register: u16| kinds.get(usize::from(register)) == Some(&Kind::Text);
                let computes = match op {
                    Op::Add => !text(insn.b()) && !text(insn.c()),
                    Op::Sub | Op::Mul | Op::Div | Op::Rem | Op::Compare => true,
                    Op::Lt | Op::Le | Op::Gt | Op::Ge => true,
                    _ => false,
                };
                if computes {
                    read |= bit(insn.b()) | bit(insn.c());
                }
                for_writes(op, insn, |register| written |= bit(register));
                self.apply(&mut kinds, insn)?;
            }
        }
        Some(parameters & read & !written)
    }

    fn find_live(&mut self) -> Option<()> {
        let mut again = true;
        while again {
            again = false;
            for block in (0..self.blocks.len()).rev() {
                let mut live = 0;
                for next in self.next(block)? {
                    live |= self.blocks[next].live;
                }
                for at in (self.blocks[block].start..self.blocks[block].end).rev() {
                    live = self.live_before(live, *self.function.code.get(at)?)?;
                }
                if live != self.blocks[block].live {
                    self.blocks[block].live = live;
                    again = true;
                }
            }
        }
        Some(())
    }

    /// Which registers are needed before an instruction, given those behind it.
    pub fn live_before(&self, behind: Registers, insn: Insn) -> Option<Registers> {
        let op = insn.op()?;
        let mut live = behind;
        // An iterator that ends writes nothing.
        if op != Op::IterNext {
            for_writes(op, insn, |register| live &= !bit(register));
        }
        self.for_reads(op, insn, |register| live |= bit(register))?;
        Some(live)
    }

    /// Which registers are needed behind each instruction of a block.
    pub fn live_behind(&self, block: usize) -> Option<Vec<Registers>> {
        let mut live = 0;
        for next in self.next(block)? {
            live |= self.blocks.get(next)?.live;
        }
        let block = self.blocks.get(block)?;
        let mut all = vec![0; block.end - block.start];
        for at in (block.start..block.end).rev() {
            *all.get_mut(at - block.start)? = live;
            live = self.live_before(live, *self.function.code.get(at)?)?;
        }
        Some(all)
    }

    /// The registers an instruction reads.
    pub fn for_reads(&self, op: Op, insn: Insn, mut f: impl FnMut(u16)) -> Option<()> {
        for (kind, first) in op.operands().into_iter().zip([insn.a(), insn.b(), insn.c()]) {
            let count = match kind {
                Operand::In | Operand::InOut => 1,
                Operand::InOptional if first != NO_REGISTER => 1,
                Operand::InMany => reads(self.unit, op, insn).ok()?,
                Operand::Iterator if op != Op::IterStart => 4,
                _ => 0,
            };
            (0..count).for_each(|i| f(first + i as u16));
        }
        Some(())
    }

    fn find_marks(&mut self) -> Option<()> {
        let mut marks: Vec<Option<usize>> = vec![None; self.blocks.len()];
        *marks.first_mut()? = Some(0);
        for block in 0..self.blocks.len() {
            let mut mark = marks[block].unwrap_or(self.blocks[block].start);
            self.blocks[block].mark = mark;
            for at in self.blocks[block].start..self.blocks[block].end {
                if self.pays(*self.function.code.get(at)?)? {
                    mark = at + 1;
                }
            }
            for next in self.next(block)? {
                let own = self.blocks[next].start;
                let head = self.function.code.get(own)?.is(Op::LoopHead);
                let there = marks.get_mut(next)?;
                *there = Some(match *there {
                    None if !head => mark,
                    Some(known) if known == mark && !head => mark,
                    _ => own,
                });
            }
        }
        Some(())
    }

    /// Are the instructions so far paid for here: because control leaves the function, or goes round again?
    pub fn pays(&self, insn: Insn) -> Option<bool> {
        Some(match insn.op()? {
            Op::Call | Op::CallNamed | Op::LoopHead => true,
            Op::CallNative => !self.is_pure(insn),
            _ => false,
        })
    }
}

impl Flow<'_> {
    /// Does a native call work on values alone?
    pub fn is_pure(&self, insn: Insn) -> bool {
        self.pure.get(usize::from(insn.b())).copied().unwrap_or(false)
    }
}

/// The set of one register.
pub fn bit(register: u16) -> Registers {
    1 << (register & 127)
}

/// The registers an instruction writes.
pub fn for_writes(op: Op, insn: Insn, mut f: impl FnMut(u16)) {
    for (kind, first) in op.operands().into_iter().zip([insn.a(), insn.b(), insn.c()]) {
        match kind {
            Operand::Out | Operand::InOut => f(first),
            Operand::OutOptional if first != NO_REGISTER => f(first),
            Operand::Iterator if op == Op::IterStart || op == Op::IterNext => {
                (first..first + 4).for_each(&mut f)
            }
            _ => {}
        }
    }
}

/// Where control goes from an instruction.
fn successors(function: &Function, at: usize, insn: Insn) -> Option<Vec<usize>> {
    let op = insn.op()?;
    Some(match op {
        Op::Jump => vec![target(function, at, insn)?],
        Op::JumpIf | Op::JumpIfNot | Op::JumpIfNotNull => vec![target(function, at, insn)?, at + 1],
        Op::IterNext => vec![at + 2, at + 1],
        _ if ends(op) => vec![],
        _ => vec![at + 1],
    })
}
