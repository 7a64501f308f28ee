//! Text of an expression with the strength of its outermost operator, for parentheses where they are needed and nowhere else.

/// Text of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// The text.
    pub text: String,
    level: u8,
}

/// Strengths of operators, the weakest first.
pub mod level {
    /// A function literal, which is called in parentheses only.
    pub const FUNCTION: u8 = 5;
    /// `a => b | c`
    pub const CONDITION: u8 = 10;
    /// `a || b`
    pub const OR: u8 = 20;
    /// `a && b`
    pub const AND: u8 = 30;
    /// `a == b`
    pub const COMPARISON: u8 = 40;
    /// `a + b`
    pub const SUM: u8 = 50;
    /// `a * b`
    pub const PRODUCT: u8 = 60;
    /// `-a`
    pub const PREFIX: u8 = 70;
    /// `a.f()`, and what is whole of itself.
    pub const WHOLE: u8 = 90;
}

impl Code {
    /// What needs no parentheses anywhere.
    #[must_use]
    pub fn whole(text: impl Into<String>) -> Self {
        Self { text: text.into(), level: level::WHOLE }
    }

    /// What has an operator of this strength outermost.
    #[must_use]
    pub fn new(text: String, level: u8) -> Self {
        Self { text, level }
    }

    /// As an operand of an operator of this strength.
    #[must_use]
    pub fn at(&self, level: u8) -> String {
        if self.level >= level { self.text.clone() } else { format!("({})", self.text) }
    }
}
