//! Loaded code: what clouds run, shared and never changed. A million clouds with the same rulesets hold one copy; what no cloud runs any more
//! is free again, but for the programs that were used last.

use crate::cloud::program::{Parts, Program};
use crate::machine::Machine;
use krl_stdlib::digest::{Algorithm, Output};
use krl_vm::data::Data;
use krl_vm::fault::Fault;
use krl_vm::heap::UnitTable;
use krl_vm::interp::compiled::Tier;
use krl_vm::load::{LoadError, LoadedUnit, Loader};
use krl_vm::native::Native;
use krl_vm::unit::{Select, Unit};
use krl_vm::verify::Verified;
use programs::Programs;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, Weak};

mod programs;

/// A loaded ruleset with its event machines.
#[derive(Debug)]
pub struct Code {
    /// Number of its unit: no other code in use has it.
    pub number: u32,
    loaded: Arc<LoadedUnit>,
    machines: Vec<Option<Machine>>,
    origin: Origin,
    hash: OnceLock<Arc<str>>,
}

/// Where code comes from, as `ctx:rulesets` tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct Origin {
    /// When its source was fetched, in milliseconds.
    pub flushed: i64,
    /// The version of the compiler that made it.
    pub compiler: Arc<str>,
    /// What the compiler warned of.
    pub warnings: Vec<Data>,
    /// The hash of the file it was made from; clouds are saved with it.
    pub content: [u8; 32],
}

impl Default for Origin {
    /// Of a compiler of this version, without warnings, at the beginning of time.
    fn default() -> Self {
        Self {
            flushed: 0,
            compiler: env!("CARGO_PKG_VERSION").into(),
            warnings: Vec::new(),
            content: [0; 32],
        }
    }
}

impl Code {
    /// The unit.
    #[must_use]
    pub fn unit(&self) -> &Unit {
        self.loaded.unit()
    }

    /// Where it comes from.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The SHA-256 digest of its source, in hexadecimal digits.
    #[must_use]
    pub fn hash(&self) -> &Arc<str> {
        self.hash.get_or_init(|| {
            let algorithm = Algorithm::named("sha256");
            algorithm.map(|a| a.hash(&self.unit().source, Output::Hex)).unwrap_or_default().into()
        })
    }

    /// The event machine of a rule; `select where` rules have none.
    #[must_use]
    pub fn machine(&self, rule: u32) -> Option<&Machine> {
        self.machines.get(rule as usize)?.as_ref()
    }
}

/// The code that clouds run, and the programs made of it. Clones share everything.
#[derive(Clone, Debug)]
pub struct Library(Arc<Shelves>);

#[derive(Debug)]
struct Shelves {
    loader: Loader,
    loaded: Mutex<Loaded>,
    programs: RwLock<Programs>,
}

/// What somebody holds.
#[derive(Debug, Default)]
struct Loaded {
    /// Code by the number of its unit.
    codes: HashMap<u32, Weak<Code>>,
    /// Tables by the numbers of their units, in order.
    tables: HashMap<Box<[u32]>, Weak<UnitTable>>,
    /// How many there may be before those that nobody holds are removed.
    room: (usize, usize),
}

impl Loaded {
    fn add_code(&mut self, code: &Arc<Code>) {
        if self.codes.len() >= self.room.0 {
            self.codes.retain(|_, code| code.strong_count() > 0);
            self.room.0 = 2 * self.codes.len() + 16;
        }
        self.codes.insert(code.number, Arc::downgrade(code));
    }

    fn add_table(&mut self, numbers: Box<[u32]>, table: &Arc<UnitTable>) {
        if self.tables.len() >= self.room.1 {
            self.tables.retain(|_, table| table.strong_count() > 0);
            self.room.1 = 2 * self.tables.len() + 16;
        }
        self.tables.insert(numbers, Arc::downgrade(table));
    }
}

/// Why a unit cannot be loaded.
#[derive(Debug)]
pub enum CodeError {
    /// The machine refuses it.
    Load(LoadError),
    /// One of its event expressions cannot be prepared.
    Machine(Fault),
}

impl fmt::Display for CodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Load(error) => error.fmt(f),
            Self::Machine(fault) => fault.fmt(f),
        }
    }
}

impl std::error::Error for CodeError {}

impl Library {
    /// A library without units, whose code may call these natives.
    #[must_use]
    pub fn new(natives: &'static [Native]) -> Self {
        Self::compiled_by(natives, None)
    }

    /// A library without units, whose functions `tier` makes machine code of.
    #[must_use]
    pub fn compiled_by(natives: &'static [Native], tier: Option<Arc<dyn Tier>>) -> Self {
        let loader = Loader::new(natives).compiled_by(tier);
        Self(Arc::new(Shelves { loader, loaded: Mutex::default(), programs: RwLock::default() }))
    }

    /// Loads a verified unit.
    ///
    /// # Errors
    /// Units of another version.
    pub fn load(&self, unit: Verified<Unit>, origin: Origin) -> Result<Arc<Code>, CodeError> {
        let loaded = self.0.loader.load(unit).map_err(CodeError::Load)?;
        let unit = loaded.unit();
        let machine = |select: &Select, settings: usize| match select {
            Select::When { automaton, .. } => Machine::new(automaton, &unit.constants, settings).map(Some),
            Select::Where(_) => Ok(None),
        };
        let machines: Result<Vec<_>, Fault> =
            unit.rules.iter().map(|rule| machine(&rule.select, rule.settings.len())).collect();
        let (number, machines) = (loaded.number(), machines.map_err(CodeError::Machine)?);
        let code = Arc::new(Code { number, machines, loaded, origin, hash: OnceLock::new() });
        self.loaded().add_code(&code);
        Ok(code)
    }

    /// Code that does nothing, in the place of a ruleset whose code is not to be had.
    #[must_use]
    pub(crate) fn stub(&self, rid: &Arc<str>, content: [u8; 32]) -> Arc<Code> {
        let loaded = Arc::new(LoadedUnit::empty(rid.clone()));
        let origin = Origin { content, ..Origin::default() };
        let (number, machines) = (loaded.number(), Vec::new());
        Arc::new(Code { number, loaded, machines, origin, hash: OnceLock::new() })
    }

    fn loaded(&self) -> MutexGuard<'_, Loaded> {
        self.0.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many units are in memory.
    #[must_use]
    pub fn units_in_use(&self) -> usize {
        self.0.loader.in_use()
    }

    /// What makes machine code of its functions.
    #[must_use]
    pub fn tier(&self) -> Option<&Arc<dyn Tier>> {
        self.0.loader.tier()
    }

    /// A table of the units of these codes; programs with the same ones share it.
    pub(crate) fn table<'a>(&self, codes: impl Iterator<Item = &'a Arc<Code>>) -> Arc<UnitTable> {
        // What has no code has no number.
        let mut codes: Vec<_> = codes.filter(|code| code.number != u32::MAX).collect();
        codes.sort_by_key(|code| code.number);
        codes.dedup_by_key(|code| code.number);
        let numbers: Box<[u32]> = codes.iter().map(|code| code.number).collect();
        let mut loaded = self.loaded();
        if let Some(known) = loaded.tables.get(&numbers).and_then(Weak::upgrade) {
            return known;
        }
        let table = Arc::new(self.0.loader.table(codes.iter().map(|code| &code.loaded)));
        loaded.add_table(numbers, &table);
        table
    }

    /// Is there code of a ruleset id?
    #[must_use]
    pub fn has(&self, rid: &str) -> bool {
        let codes = self.loaded().codes.values().filter_map(Weak::upgrade).collect::<Vec<_>>();
        codes.iter().any(|code| &*code.unit().rid == rid)
    }

    /// The code of a unit by its number.
    #[must_use]
    pub fn code(&self, number: u32) -> Option<Arc<Code>> {
        self.loaded().codes.get(&number)?.upgrade()
    }

    /// A program of these parts that clouds share.
    pub(crate) fn program(&self, parts: &Parts) -> Option<Arc<Program>> {
        self.0.programs.read().unwrap_or_else(PoisonError::into_inner).get(parts)
    }

    /// Offers a program to other clouds.
    pub(crate) fn share(&self, parts: Parts, program: Arc<Program>) {
        // What is removed is dropped behind the lock: it may be large.
        let removed = self.0.programs.write().unwrap_or_else(PoisonError::into_inner).put(parts, program);
        drop(removed);
    }
}
