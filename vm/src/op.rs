//! The instruction set, from one table: encoding, listing, verification and the interpreter's dispatch all read it.
//!
//! An instruction is 64 bits: `op: u8 | flags: u8 | a: u16 | b: u16 | c: u16`, low bits first; `bc` is `b | c << 16`, read as a signed
//! number for jumps (relative to the next instruction). 16-bit operands instead of 8 spare wide forms and register spilling, at the price
//! of larger code that a million clouds share.

use std::fmt;

/// What an operand means to the verifier and the listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operand {
    /// Not used, must be 0.
    None,
    /// A register that is read.
    In,
    /// A register that is written.
    Out,
    /// A register that is read and written.
    InOut,
    /// The first of several registers that are read; how many is told by the instruction (`verify`).
    InMany,
    /// The first of four registers of an iterator.
    Iterator,
    /// A register that is read, or [`NO_REGISTER`].
    InOptional,
    /// A register that is written, or [`NO_REGISTER`].
    OutOptional,
    /// Index of a constant.
    Const,
    /// Index of a constant that is a string.
    Name,
    /// Index of a global of the unit.
    Global,
    /// Index of a captured value of the running closure.
    Capture,
    /// Index of a function of the unit.
    Function,
    /// Index of a native import of the unit.
    Native,
    /// Index of a `use module` clause of the unit.
    Use,
    /// Index of a call shape (named arguments) of the unit.
    Shape,
    /// A count.
    Count,
    /// With the next operand: an index of a constant.
    WideConst,
    /// With the next operand: a relative jump.
    Jump,
    /// With the next operand: a signed integer.
    Integer,
    /// The second half of a wide operand.
    Wide,
}

/// "No register" in an optional operand.
pub const NO_REGISTER: u16 = 0xFFFF;

macro_rules! ops {
    ($($name:ident($a:ident $b:ident $c:ident) $doc:literal;)*) => {
        /// An operation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Op { $(#[doc = $doc] $name,)* }

        impl Op {
            /// Every operation, in encoding order.
            pub const ALL: &'static [Op] = &[$(Op::$name,)*];

            /// The operands `a`, `b`, `c`.
            #[must_use]
            pub const fn operands(self) -> [Operand; 3] {
                match self { $(Op::$name => [Operand::$a, Operand::$b, Operand::$c],)* }
            }

            /// Its name in listings.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Op::$name => stringify!($name),)* }
            }

            /// What it does.
            #[must_use]
            pub const fn doc(self) -> &'static str {
                match self { $(Op::$name => $doc,)* }
            }

            /// The operation with this encoding.
            #[inline]
            #[must_use]
            pub const fn decode(byte: u8) -> Option<Self> {
                $(if byte == Op::$name as u8 {
                    return Some(Op::$name);
                })*
                None
            }
        }
    };
}

ops! {
    Move(Out In None) "a ← b";
    Const(Out WideConst Wide) "a ← constant";
    Int(Out Integer Wide) "a ← the integer as a number";
    Null(Out None None) "a ← null";
    True(Out None None) "a ← true";
    False(Out None None) "a ← false";
    Unset(Out None None) "a ← no value yet (a name declared further down)";
    CheckSet(In WideConst Wide) "raise unless a has a value; the constant is the name for the message";
    Global(Out Global None) "a ← global; raise while it has no value";
    SetGlobal(In Global None) "global ← a";
    Capture(Out Capture Name) "a ← captured value; raise while it has no value; the constant is the name for the message";
    Closure(Out Function InMany) "a ← closure of the function over the registers from c, as many as it captures";
    Patch(In Count In) "captured value number b of closure a ← c (a later declaration that an earlier function names)";
    Add(Out In In) "a ← b + c";
    Sub(Out In In) "a ← b - c";
    Mul(Out In In) "a ← b * c";
    Div(Out In In) "a ← b / c; division by zero is 0 and logged";
    Rem(Out In In) "a ← b % c";
    Eq(Out In In) "a ← b == c";
    Ne(Out In In) "a ← b != c";
    Lt(Out In In) "a ← b < c";
    Le(Out In In) "a ← b <= c";
    Gt(Out In In) "a ← b > c";
    Ge(Out In In) "a ← b >= c";
    Like(Out In In) "a ← b like c";
    Member(Out In In) "a ← b >< c";
    Compare(Out In In) "a ← b <=> c";
    Cmp(Out In In) "a ← b cmp c";
    Neg(Out In None) "a ← -b";
    Not(Out In None) "a ← not b";
    Jump(None Jump Wide) "go on at the target";
    JumpIf(In Jump Wide) "jump if a is truthy";
    JumpIfNot(In Jump Wide) "jump if a is falsy";
    JumpIfNotNull(In Jump Wide) "jump unless a is null (parameter defaults)";
    LoopHead(None None None) "the only target of backward jumps: budgets are checked here";
    Text(Out InMany Count) "a ← the String forms of c registers from b, concatenated";
    Array(Out InMany Count) "a ← array of c registers from b";
    Push(InOut In None) "a ← a with b behind its last (long array literals)";
    Map(Out InMany Count) "a ← map of c pairs of key and value in registers from b; keys are strings";
    Put(InOut In In) "a ← a with key b set to c (long map literals)";
    Index(Out In In) "a ← element c of b (`b[c]`)";
    Path(Out In In) "a ← b{c}";
    Call(OutOptional InMany Count) "a ← call b with c arguments in the registers behind b; flags: 0 function, 1 action";
    CallNamed(OutOptional InMany Shape) "as Call, the arguments named by a call shape";
    CallNative(OutOptional Native InMany) "a ← native b with `flags` arguments in registers from c";
    CallIfFunction(Out In None) "a ← b called without arguments if it is a function, else b itself (`module:name` outside a call)";
    ModuleMember(Out Use Name) "a ← the value module b provides under name c; raise if it provides none";
    Return(In None None) "leave the function with a";
    IterStart(Iterator In None) "start iterating b: array items, map values, characters of text; nothing for other values";
    IterNext(Iterator Out OutOptional) "if there is another element: b ← value, c ← key, skip the next instruction";
    IterLast(Out Iterator None) "a ← whether iterator b stands on its last element";
    Random(Out Count None) "a ← a random integer below b";
    EntGet(Out Name InOptional) "a ← entity variable b, or its part at path c";
    EntSet(In Name InOptional) "entity variable b, or its part at path c, ← a";
    EntClear(None Name InOptional) "remove entity variable b, or its part at path c";
    Raise(InMany None None) "raise: registers a.. hold domain (null: dynamic form), event, for, attributes";
    Schedule(OutOptional InMany None) "a ← schedule: registers b.. hold domain, event, time, attributes; flags: 0 at, 1 repeat";
    Log(In None None) "log a at level `flags` (0 error, 1 warn, 2 info, 3 debug)";
    RaiseError(In None None) "the statement `error level a`; level error leaves the rule";
    Last(None None None) "leave the rule and stop its ruleset for this event";
    Selected(None None None) "one more iteration of the rule body begins (trace, log)";
    Fired(In None None) "a tells whether the rule fired (trace, log)";
}

/// One encoded instruction.
#[derive(Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[repr(transparent)]
pub struct Insn(pub u64);

impl Insn {
    /// Encodes an instruction.
    #[must_use]
    pub const fn new(op: Op, flags: u8, a: u16, b: u16, c: u16) -> Self {
        Self(op as u64 | (flags as u64) << 8 | (a as u64) << 16 | (b as u64) << 32 | (c as u64) << 48)
    }

    /// Encodes an instruction whose `b` and `c` are one 32-bit operand.
    #[must_use]
    pub const fn wide(op: Op, a: u16, bc: u32) -> Self {
        Self::new(op, 0, a, bc as u16, (bc >> 16) as u16)
    }

    /// The operation, if the byte is one.
    #[inline]
    #[must_use]
    pub const fn op(self) -> Option<Op> {
        Op::decode(self.0 as u8)
    }

    /// Is it this operation?
    #[inline]
    #[must_use]
    pub const fn is(self, op: Op) -> bool {
        self.0 as u8 == op as u8
    }

    /// The flags byte.
    #[inline]
    #[must_use]
    pub const fn flags(self) -> u8 {
        (self.0 >> 8) as u8
    }

    /// First operand.
    #[inline]
    #[must_use]
    pub const fn a(self) -> u16 {
        (self.0 >> 16) as u16
    }

    /// Second operand.
    #[inline]
    #[must_use]
    pub const fn b(self) -> u16 {
        (self.0 >> 32) as u16
    }

    /// Third operand.
    #[inline]
    #[must_use]
    pub const fn c(self) -> u16 {
        (self.0 >> 48) as u16
    }

    /// Second and third operand as one.
    #[inline]
    #[must_use]
    pub const fn bc(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// The jump or integer in `bc`.
    #[inline]
    #[must_use]
    pub const fn signed(self) -> i32 {
        self.bc() as i32
    }
}

impl fmt::Debug for Insn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.op() {
            Some(op) => write!(f, "{} .{} {} {} {}", op.name(), self.flags(), self.a(), self.b(), self.c()),
            None => write!(f, "bad {:#018x}", self.0),
        }
    }
}
