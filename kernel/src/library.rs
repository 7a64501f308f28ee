//! Loaded code: what clouds run, shared and never changed. A million clouds with the same rulesets hold one copy.

use crate::cloud::program::{Parts, Program};
use crate::machine::Machine;
use krl_stdlib::digest::{Algorithm, Output};
use krl_vm::data::Data;
use krl_vm::fault::Fault;
use krl_vm::heap::UnitTable;
use krl_vm::load::{LoadError, LoadedUnit};
use krl_vm::native::Native;
use krl_vm::unit::{Select, Unit};
use krl_vm::verify::Verified;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard};

/// A loaded ruleset with its event machines.
#[derive(Debug)]
pub struct Code {
    /// Number of its unit in the library's table.
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

/// All code loaded so far, and the programs made of it. Clones share everything.
#[derive(Clone, Debug)]
pub struct Library(Arc<Shelves>);

#[derive(Debug)]
struct Shelves {
    loaded: RwLock<Loaded>,
    programs: RwLock<Programs>,
}

#[derive(Debug)]
struct Loaded {
    units: Arc<UnitTable>,
    /// By number of their units.
    codes: Vec<Arc<Code>>,
}

type Programs = HashMap<Parts, Arc<Program>>;

/// Programs nobody uses are dropped once there are so many.
const MAX_PROGRAMS: usize = 4_096;

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
        let loaded = Loaded { units: Arc::new(UnitTable::new(natives)), codes: Vec::new() };
        Self(Arc::new(Shelves { loaded: RwLock::new(loaded), programs: RwLock::default() }))
    }

    /// Loads a verified unit.
    ///
    /// # Errors
    /// Units of another version.
    pub fn load(&self, unit: Verified<Unit>, origin: Origin) -> Result<Arc<Code>, CodeError> {
        let mut shelf = self.0.loaded.write().unwrap_or_else(PoisonError::into_inner);
        let (units, number) = shelf.units.load(unit).map_err(CodeError::Load)?;
        let Some(loaded) = units.unit(number).cloned() else {
            return Err(CodeError::Machine(Fault::internal("a loaded unit is missing")));
        };
        let unit = loaded.unit();
        let machine = |select: &Select, settings: usize| match select {
            Select::When { automaton, .. } => Machine::new(automaton, &unit.constants, settings).map(Some),
            Select::Where(_) => Ok(None),
        };
        let machines: Result<Vec<_>, Fault> =
            unit.rules.iter().map(|rule| machine(&rule.select, rule.settings.len())).collect();
        let code = Arc::new(Code {
            number,
            machines: machines.map_err(CodeError::Machine)?,
            loaded,
            origin,
            hash: OnceLock::new(),
        });
        shelf.units = Arc::new(units);
        shelf.codes.push(code.clone());
        Ok(code)
    }

    /// Code that does nothing, in the place of a ruleset whose code is not to be had.
    #[must_use]
    pub(crate) fn stub(&self, rid: &Arc<str>, content: [u8; 32]) -> Arc<Code> {
        let loaded = LoadedUnit::empty(rid.clone());
        let origin = Origin { content, ..Origin::default() };
        Arc::new(Code {
            number: u32::MAX,
            loaded: Arc::new(loaded),
            machines: Vec::new(),
            origin,
            hash: OnceLock::new(),
        })
    }

    fn loaded(&self) -> RwLockReadGuard<'_, Loaded> {
        self.0.loaded.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The table of units.
    #[must_use]
    pub fn units(&self) -> Arc<UnitTable> {
        self.loaded().units.clone()
    }

    /// The newest code of a ruleset id.
    #[must_use]
    pub fn newest(&self, rid: &str) -> Option<Arc<Code>> {
        self.loaded().codes.iter().rev().find(|code| &*code.unit().rid == rid).cloned()
    }

    /// The code of a unit by its number.
    #[must_use]
    pub fn code(&self, number: u32) -> Option<Arc<Code>> {
        self.loaded().codes.get(number as usize).cloned()
    }

    /// A program of these parts that clouds share.
    pub(crate) fn program(&self, parts: &Parts) -> Option<Arc<Program>> {
        self.0.programs.read().unwrap_or_else(PoisonError::into_inner).get(parts).cloned()
    }

    /// Offers a program to other clouds.
    pub(crate) fn share(&self, parts: Parts, program: Arc<Program>) {
        let mut programs = self.0.programs.write().unwrap_or_else(PoisonError::into_inner);
        if programs.len() >= MAX_PROGRAMS {
            programs.retain(|_, program| Arc::strong_count(program) > 1);
        }
        programs.insert(parts, program);
    }
}
