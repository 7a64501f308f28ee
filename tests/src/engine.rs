//! What runs programs: the axis along which results, errors, budgets, traces and state have to be equal. Every runner of vectors, examples
//! and generated programs gets its machine through [`Setup`]; an engine is plugged in here and nowhere else.

use krl_kernel::cloud::Environment;
use krl_vm::interp::{Vm, World};
use krl_vm::krlc;
use krl_vm::unit::Unit;

/// What executes code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// The interpreter.
    Interpreter,
}

/// How a compiled ruleset reaches the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As the compiler made it.
    Direct,
    /// Written as a `.krlc` file and read back.
    Stored,
}

/// An engine and the form of its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setup {
    /// What executes code.
    pub engine: Engine,
    /// How code gets there.
    pub form: Form,
}

impl Engine {
    /// All engines. The seed decides what an engine leaves to chance.
    #[must_use]
    pub fn all(_seed: u64) -> Vec<Self> {
        vec![Self::Interpreter]
    }

    /// The world of a bare machine, made to run on this engine.
    #[must_use]
    pub fn world(self, world: World) -> World {
        match self {
            Self::Interpreter => world,
        }
    }

    /// The surroundings of a cloud in memory, made to run on this engine.
    #[must_use]
    pub fn environment(self, environment: Environment) -> Environment {
        match self {
            Self::Interpreter => environment,
        }
    }
}

impl Setup {
    /// The one that others are compared with.
    pub const REFERENCE: Self = Self { engine: Engine::Interpreter, form: Form::Direct };

    /// Every engine with every form, the reference first.
    #[must_use]
    pub fn all(seed: u64) -> Vec<Self> {
        let forms = [Form::Direct, Form::Stored];
        Engine::all(seed).into_iter().flat_map(|engine| forms.map(|form| Self { engine, form })).collect()
    }

    /// A unit as it reaches the engine.
    ///
    /// # Errors
    /// What keeps it from being written and read back.
    pub fn unit(self, unit: Unit) -> Result<Unit, krlc::KrlcError> {
        match self.form {
            Form::Direct => Ok(unit),
            Form::Stored => Ok(krlc::decode(&krlc::encode(&unit, "conformance tests")?)?.0),
        }
    }

    /// A bare machine.
    #[must_use]
    pub fn machine(self, world: World) -> Vm {
        Vm::new(self.engine.world(world))
    }
}
