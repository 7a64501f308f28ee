//! Loaded code: what clouds run, shared and never changed. A million clouds with the same rulesets hold one copy.

use crate::machine::Machine;
use krl_vm::fault::Fault;
use krl_vm::heap::UnitTable;
use krl_vm::load::{LoadError, LoadedUnit};
use krl_vm::native::Native;
use krl_vm::unit::{Select, Unit};
use krl_vm::verify::Verified;
use std::fmt;
use std::sync::Arc;

/// A loaded ruleset with its event machines.
#[derive(Debug)]
pub struct Code {
    /// Number of its unit in the library's table.
    pub number: u32,
    loaded: Arc<LoadedUnit>,
    machines: Vec<Option<Machine>>,
}

impl Code {
    /// The unit.
    #[must_use]
    pub fn unit(&self) -> &Unit {
        self.loaded.unit()
    }

    /// The event machine of a rule; `select where` rules have none.
    #[must_use]
    pub fn machine(&self, rule: u32) -> Option<&Machine> {
        self.machines.get(rule as usize)?.as_ref()
    }
}

/// All code loaded so far. Clones share everything.
#[derive(Clone, Debug)]
pub struct Library {
    units: Arc<UnitTable>,
    codes: Vec<Arc<Code>>,
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
        Self { units: Arc::new(UnitTable::new(natives)), codes: Vec::new() }
    }

    /// Loads a verified unit.
    ///
    /// # Errors
    /// Units of another version.
    pub fn load(&mut self, unit: Verified<Unit>) -> Result<Arc<Code>, CodeError> {
        let (units, number) = self.units.load(unit).map_err(CodeError::Load)?;
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
        let code = Arc::new(Code { number, machines: machines.map_err(CodeError::Machine)?, loaded });
        self.units = Arc::new(units);
        self.codes.push(code.clone());
        Ok(code)
    }

    /// The table of units.
    #[must_use]
    pub fn units(&self) -> &Arc<UnitTable> {
        &self.units
    }

    /// The newest code of a ruleset id.
    #[must_use]
    pub fn newest(&self, rid: &str) -> Option<&Arc<Code>> {
        self.codes.iter().rev().find(|code| &*code.unit().rid == rid)
    }

    /// The code of a unit by its number.
    #[must_use]
    pub fn code(&self, number: u32) -> Option<&Arc<Code>> {
        self.codes.iter().find(|code| code.number == number)
    }
}
