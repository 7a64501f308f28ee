//! Syntax tree → instructions for the backtracking matcher.
//!
//! Registers hold text positions: two for each group (the slots of the whole match included), one for each loop
//! whose iterations may be empty, two for each look-around. Inside a look-behind the code runs right to left.

use crate::ast::{Assertion, Ast, Direction, Node, Polarity, Preference, Repeat};
use crate::charset::CharSet;
use crate::members::Members;

/// One step of the matcher. Targets are instruction indexes; `Set` indexes [`Program::sets`].
#[derive(Debug, Clone, Copy)]
pub(crate) enum Inst {
    Char {
        c: char,
        to: Direction,
    },
    Set {
        set: u32,
        to: Direction,
    },
    /// A quantified single character; `memo` indexes [`Program::memos`].
    Run {
        set: u32,
        to: Direction,
        min: u32,
        max: u32,
        preference: Preference,
        memo: u32,
    },
    /// Tries `first`, then `second`.
    Split {
        first: u32,
        second: u32,
        memo: u32,
    },
    Jump(u32),
    /// Puts the position into a register.
    Save(u32),
    /// Clears registers `from..to`: the groups of an iteration that begins.
    Clear {
        from: u32,
        to: u32,
    },
    /// Fails if nothing was consumed since the register was saved.
    Progress(u32),
    Assert(Assertion),
    Backref {
        group: u32,
        to: Direction,
    },
    /// Begins a look-around with its two registers; a negative one goes on at `next` when its body fails.
    LookStart {
        reg: u32,
        polarity: Polarity,
        next: u32,
    },
    LookEnd {
        reg: u32,
        polarity: Polarity,
    },
    Match,
}

/// What tells apart the states in which a choice is met: the choice, and which enclosing loops have progressed.
#[derive(Debug, Clone)]
pub(crate) struct Memo {
    /// Registers of the enclosing loops whose iterations may be empty, outermost first.
    pub loops: Vec<u32>,
    /// Rank of the first of `loops.len() + 1` rows in the table of failed states.
    pub first_row: usize,
}

#[derive(Debug)]
pub(crate) struct Program {
    pub insts: Vec<Inst>,
    pub sets: Vec<Members>,
    pub memos: Vec<Memo>,
    /// Rows of the table of failed states; `None` where back-references make a state more than a position.
    pub memo_rows: Option<usize>,
    pub registers: usize,
    /// Whether a match can only begin at the start of the text.
    pub anchored: bool,
    pub ignore_case: bool,
}

/// Compiles a pattern.
pub(crate) fn compile(ast: &Ast, ignore_case: bool) -> Program {
    let mut compiler = Compiler {
        program: Program {
            insts: Vec::new(),
            sets: Vec::new(),
            memos: Vec::new(),
            memo_rows: Some(0),
            registers: 2 * (ast.groups + 1),
            anchored: is_anchored(&ast.root),
            ignore_case,
        },
        loops: Vec::new(),
        to: Direction::Ahead,
    };
    compiler.emit(Inst::Save(0));
    compiler.node(&ast.root);
    compiler.emit(Inst::Save(1));
    compiler.emit(Inst::Match);
    compiler.program
}

fn is_anchored(node: &Node) -> bool {
    match node {
        Node::Assert(Assertion::TextStart) => true,
        Node::Seq(parts) => parts.first().is_some_and(is_anchored),
        Node::Alt(branches) => branches.iter().all(is_anchored),
        Node::Group { body, .. } => is_anchored(body),
        _ => false,
    }
}

struct Compiler {
    program: Program,
    loops: Vec<u32>,
    to: Direction,
}

impl Compiler {
    fn here(&self) -> u32 {
        index(self.program.insts.len())
    }

    fn emit(&mut self, inst: Inst) -> usize {
        self.program.insts.push(inst);
        self.program.insts.len() - 1
    }

    fn register(&mut self, count: usize) -> u32 {
        self.program.registers += count;
        index(self.program.registers - count)
    }

    fn set(&mut self, set: &CharSet) -> u32 {
        let known = self.program.sets.iter().rev().take(16).position(|other| other.set() == set);
        if let Some(back) = known {
            return index(self.program.sets.len() - 1 - back);
        }
        self.program.sets.push(Members::of(set));
        index(self.program.sets.len() - 1)
    }

    fn memo(&mut self) -> u32 {
        let rows = self.program.memo_rows.unwrap_or(0);
        self.program.memos.push(Memo { loops: self.loops.clone(), first_row: rows });
        self.program.memo_rows = self.program.memo_rows.map(|rows| rows + self.loops.len() + 1);
        index(self.program.memos.len() - 1)
    }

    fn node(&mut self, node: &Node) {
        let to = self.to;
        match node {
            Node::Empty => {}
            Node::Char(c) => drop(self.emit(Inst::Char { c: *c, to })),
            Node::Set(set) => {
                let set = self.set(set);
                self.emit(Inst::Set { set, to });
            }
            Node::Assert(assertion) => drop(self.emit(Inst::Assert(*assertion))),
            Node::Seq(parts) if to == Direction::Behind => {
                parts.iter().rev().for_each(|part| self.node(part))
            }
            Node::Seq(parts) => parts.iter().for_each(|part| self.node(part)),
            Node::Alt(branches) => self.alternation(branches),
            Node::Group { index: group, body } => {
                let (open, close) = (index(2 * group), index(2 * group + 1));
                let (first, last) = if to == Direction::Ahead { (open, close) } else { (close, open) };
                self.emit(Inst::Save(first));
                self.node(body);
                self.emit(Inst::Save(last));
            }
            Node::Repeat(repeat) => self.repeat(repeat),
            Node::Look { direction, polarity, body } => self.look(*direction, *polarity, body),
            Node::Backref(group) => {
                self.program.memo_rows = None;
                self.emit(Inst::Backref { group: index(*group), to });
            }
        }
    }

    fn alternation(&mut self, branches: &[Node]) {
        let mut jumps = Vec::new();
        for (position, branch) in branches.iter().enumerate() {
            if position + 1 == branches.len() {
                self.node(branch);
                break;
            }
            let split = self.split(Preference::Greedy);
            self.node(branch);
            jumps.push(self.emit(Inst::Jump(0)));
            self.leave_to_here(split);
        }
        let end = self.here();
        for jump in jumps {
            self.program.insts[jump] = Inst::Jump(end);
        }
    }

    /// Emits a choice between what follows and a target still unknown; greedy tries what follows first.
    fn split(&mut self, preference: Preference) -> usize {
        let memo = self.memo();
        let next = self.here() + 1;
        let (first, second) = match preference {
            Preference::Greedy => (next, UNKNOWN),
            Preference::Lazy => (UNKNOWN, next),
        };
        self.emit(Inst::Split { first, second, memo })
    }

    fn leave_to_here(&mut self, split: usize) {
        let here = self.here();
        if let Inst::Split { first, second, .. } = &mut self.program.insts[split] {
            let target = if *first == UNKNOWN { first } else { second };
            *target = here;
        }
    }

    fn repeat(&mut self, repeat: &Repeat) {
        match &repeat.body {
            Node::Set(set) => return self.run(set, repeat),
            Node::Char(c) => {
                return self.run(&CharSet::single(*c), repeat);
            }
            _ => {}
        }
        for _ in 0..repeat.min {
            self.iteration(repeat);
        }
        let optional = repeat.max.map(|max| max - repeat.min);
        if optional == Some(0) {
            return;
        }
        let progress = repeat.body.is_nullable().then(|| self.register(1));
        match optional {
            None => {
                let split = self.split(repeat.preference);
                self.guarded_iteration(repeat, progress);
                self.emit(Inst::Jump(index(split)));
                self.leave_to_here(split);
            }
            Some(count) => {
                let splits: Vec<usize> = (0..count)
                    .map(|_| {
                        let split = self.split(repeat.preference);
                        self.guarded_iteration(repeat, progress);
                        split
                    })
                    .collect();
                splits.into_iter().for_each(|split| self.leave_to_here(split));
            }
        }
    }

    fn run(&mut self, set: &CharSet, repeat: &Repeat) {
        let (set, memo) = (self.set(set), self.memo());
        let (min, max) = (repeat.min, repeat.max.unwrap_or(u32::MAX));
        self.emit(Inst::Run { set, to: self.to, min, max, preference: repeat.preference, memo });
    }

    fn iteration(&mut self, repeat: &Repeat) {
        if !repeat.groups.is_empty() {
            let (from, to) = (index(2 * repeat.groups.start), index(2 * repeat.groups.end));
            self.emit(Inst::Clear { from, to });
        }
        self.node(&repeat.body);
    }

    /// An optional iteration: it must consume something (ECMAScript `RepeatMatcher`).
    fn guarded_iteration(&mut self, repeat: &Repeat, progress: Option<u32>) {
        let Some(reg) = progress else { return self.iteration(repeat) };
        self.emit(Inst::Save(reg));
        self.loops.push(reg);
        self.iteration(repeat);
        self.loops.pop();
        self.emit(Inst::Progress(reg));
    }

    fn look(&mut self, direction: Direction, polarity: Polarity, body: &Node) {
        let reg = self.register(2);
        let start = self.emit(Inst::LookStart { reg, polarity, next: UNKNOWN });
        let outer = (std::mem::take(&mut self.loops), std::mem::replace(&mut self.to, direction));
        self.node(body);
        (self.loops, self.to) = outer;
        self.emit(Inst::LookEnd { reg, polarity });
        self.program.insts[start] = Inst::LookStart { reg, polarity, next: self.here() };
    }
}

/// A target not filled in yet.
const UNKNOWN: u32 = u32::MAX;

/// Instruction and register counts stay far below `u32::MAX` because the parser bounds a pattern's terms.
fn index(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(UNKNOWN)
}
