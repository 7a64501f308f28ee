//! What runs programs: the axis along which results, errors, budgets, traces and state have to be equal. Every runner of vectors, examples
//! and generated programs gets its machine through [`Setup`]; an engine is plugged in here and nowhere else.

use krl_jit::{CodeCache, Compiler, Jit, Mode, Options};
use krl_kernel::cloud::Environment;
use krl_kernel::library::Library;
use krl_vm::interp::compiled::{JitMode, Tier};
use krl_vm::interp::{Vm, World};
use krl_vm::krlc;
use krl_vm::unit::Unit;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// What executes code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// The interpreter.
    Interpreter,
    /// Machine code for each function, before it first runs.
    Compiled,
    /// Machine code for each function from some call on, as the seed says.
    Mixed(u64),
    /// Machine code that [`Self::Compiled`] has made before, as it comes back from where code is kept; what is not there is made.
    Kept,
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
        vec![Self::Interpreter, Self::Compiled, Self::Mixed(seed), Self::Kept]
    }

    /// The setting of hosts that compile each function before it first runs, where there is machine code at all.
    #[must_use]
    pub fn forced() -> JitMode {
        if Compiler::new().is_ok() { JitMode::Force } else { JitMode::Off }
    }

    /// What makes its machine code.
    fn tier(self) -> Option<Arc<dyn Tier>> {
        let (mode, shelf) = match self {
            Self::Interpreter => return None,
            Self::Compiled => (Mode::Force, Some(Shelf::Filled)),
            Self::Mixed(seed) => (Mode::Scattered(seed), None),
            Self::Kept => (Mode::Force, Some(Shelf::Used)),
        };
        let cache = shelf.map(|shelf| -> Arc<dyn CodeCache> { Arc::new(shelf) });
        // A machine that gets no machine code has one engine only.
        Jit::new(mode, Options { cache, ..Options::default() })
            .ok()
            .map(|jit| -> Arc<dyn Tier> { Arc::new(jit) })
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

    /// Every engine with every form, the reference first. Code that is kept comes with units that were read, as after a restart.
    #[must_use]
    pub fn all(seed: u64) -> Vec<Self> {
        let forms = [Form::Direct, Form::Stored];
        let all = Engine::all(seed).into_iter().flat_map(|engine| forms.map(|form| Self { engine, form }));
        all.filter(|setup| *setup != Self { engine: Engine::Kept, form: Form::Direct }).collect()
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

/// Bytes of code on the shelf before it is cleared: long runs make much of it.
const MOST_BYTES: usize = 64 << 20;

/// The code of this process, as [`krl_jit::Code::encode`] writes it.
static SHELF: LazyLock<Mutex<Kept>> = LazyLock::new(Mutex::default);

#[derive(Debug, Default)]
struct Kept {
    code: HashMap<[u8; 32], Vec<u8>>,
    bytes: usize,
}

/// Where code is kept in memory, for one engine after another.
#[derive(Debug)]
enum Shelf {
    /// By one that makes all its code itself.
    Filled,
    /// By one that takes what it finds.
    Used,
}

impl CodeCache for Shelf {
    fn get(&self, key: &[u8; 32]) -> Option<Vec<u8>> {
        match self {
            Self::Filled => None,
            Self::Used => SHELF.lock().unwrap_or_else(PoisonError::into_inner).code.get(key).cloned(),
        }
    }

    fn put(&self, key: &[u8; 32], code: &[u8]) {
        if matches!(self, Self::Filled) {
            let mut shelf = SHELF.lock().unwrap_or_else(PoisonError::into_inner);
            if shelf.bytes > MOST_BYTES {
                *shelf = Kept::default();
            }
            shelf.bytes += code.len();
            shelf.code.insert(*key, code.to_vec());
        }
    }

    fn damaged(&self) -> u64 {
        0
    }
}
