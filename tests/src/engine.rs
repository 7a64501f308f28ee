//! What runs programs: the axis along which results, errors, budgets, traces and state have to be equal. Every runner of vectors, examples
//! and generated programs gets its machine through [`Setup`]; an engine is plugged in here and nowhere else.

use krl_jit::{Jit, Mode, Options};
use krl_kernel::cloud::Environment;
use krl_kernel::library::Library;
use krl_vm::interp::compiled::Tier;
use krl_vm::interp::{Vm, World};
use krl_vm::krlc;
use krl_vm::unit::Unit;
use std::sync::Arc;

/// What executes code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// The interpreter.
    Interpreter,
    /// Machine code for each function, before it first runs.
    Compiled,
    /// Machine code for each function from some call on, as the seed says.
    Mixed(u64),
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
    pub fn all(seed: u64) -> Vec<Self> {
        vec![Self::Interpreter, Self::Compiled, Self::Mixed(seed)]
    }

    /// What makes its machine code.
    fn tier(self) -> Option<Arc<dyn Tier>> {
        let mode = match self {
            Self::Interpreter => return None,
            Self::Compiled => Mode::Force,
            Self::Mixed(seed) => Mode::Scattered(seed),
        };
        // A machine that gets no machine code has one engine only.
        Jit::new(mode, Options::default()).ok().map(|jit| -> Arc<dyn Tier> { Arc::new(jit) })
    }

    /// The world of a bare machine, made to run on this engine.
    #[must_use]
    pub fn world(self, world: World) -> World {
        let units = (*world.units).clone().compiled_by(self.tier());
        World { units: Arc::new(units), ..world }
    }

    /// The surroundings of a cloud in memory, made to run on this engine.
    #[must_use]
    pub fn environment(self, environment: Environment) -> Environment {
        let library = Library::compiled_by(krl_stdlib::natives(), self.tier());
        Environment { library, ..environment }
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
