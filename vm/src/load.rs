//! Loading: a verified unit becomes shared, immutable code whose constants are values.
//!
//! Constants are addressed by the number of their unit, so that one copy serves all clouds. A number belongs to its unit as long as anybody holds
//! the unit: a table of units holds those that a program needs, and so outlives every value made with it. Then it is given to another.

use crate::fault::Fault;
use crate::heap::{Heap, Region};
use crate::interp::compiled::{CodeTable, Tier};
use crate::native::Native;
use crate::unit::{Constant, Function, Unit};
use crate::value::{RegionId, Value};
use crate::verify::Verified;
use krl_regexp::Regexp;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A unit ready to run.
#[derive(Debug)]
pub struct LoadedUnit {
    unit: Unit,
    region: Region,
    constants: Vec<Value>,
    natives: Vec<NativeImport>,
    number: Number,
    code: CodeTable,
}

/// A native that a unit names.
#[derive(Clone, Copy, Debug)]
pub struct NativeImport {
    /// Its place in the table of natives.
    pub id: u16,
    /// The native.
    pub native: &'static Native,
}

/// Why a unit cannot be loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoadError {
    /// The unit names a native that this engine lacks: it was compiled by another version.
    UnknownNative(Arc<str>),
    /// The constants do not fit into a region.
    TooLarge(Fault),
    /// A million units are in use.
    TooManyUnits,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownNative(name) => {
                write!(f, "the unit calls `{name}`, which this engine does not have")
            }
            Self::TooLarge(_) => f.write_str("the constants of the unit are too large"),
            Self::TooManyUnits => f.write_str("too many units are in use"),
        }
    }
}

impl std::error::Error for LoadError {}

impl LoadedUnit {
    /// A unit without code. It is in no table.
    #[must_use]
    pub fn empty(rid: Arc<str>) -> Self {
        let unit = Unit { rid, ..Unit::default() };
        let (constants, natives) = (Vec::new(), Vec::new());
        Self {
            unit,
            region: Region::default(),
            constants,
            natives,
            number: Number::NONE,
            code: CodeTable::default(),
        }
    }

    /// Its number: no other unit in use has it.
    #[must_use]
    pub const fn number(&self) -> u32 {
        self.number.number
    }

    /// What it was loaded from.
    #[must_use]
    pub fn unit(&self) -> &Unit {
        &self.unit
    }

    /// Its constants as values.
    #[inline]
    #[must_use]
    pub fn constants(&self) -> &[Value] {
        &self.constants
    }

    /// Its natives, in the order of [`Unit::natives`].
    #[inline]
    #[must_use]
    pub fn natives(&self) -> &[NativeImport] {
        &self.natives
    }

    /// Its functions.
    #[inline]
    #[must_use]
    pub fn functions(&self) -> &[Function] {
        &self.unit.functions
    }

    /// Machine code of its functions, where there is any.
    #[inline]
    #[must_use]
    pub fn code(&self) -> &CodeTable {
        &self.code
    }

    /// The text of a string constant; empty for any other.
    #[must_use]
    pub fn name(&self, constant: usize) -> &str {
        match self.unit.constants.get(constant) {
            Some(Constant::String(text)) => text,
            _ => "",
        }
    }
}

/// Loads units, and gives each a number. Clones share the numbers.
#[derive(Clone, Debug, Default)]
pub struct Loader {
    natives: &'static [Native],
    numbers: Arc<Mutex<Numbers>>,
    tier: Option<Arc<dyn Tier>>,
}

/// Unit numbers share the 20 bits of region ids with the event's and the cloud's region.
const MAX_UNITS: u32 = (1 << 20) - 2;

#[derive(Debug, Default)]
struct Numbers {
    /// The lowest number that was never given.
    next: u32,
    /// Numbers that came back; the lowest goes first, so that tables stay short.
    free: BinaryHeap<Reverse<u32>>,
}

/// A number, until it is dropped.
#[derive(Debug)]
struct Number {
    number: u32,
    numbers: Option<Arc<Mutex<Numbers>>>,
}

impl Number {
    const NONE: Self = Self { number: u32::MAX, numbers: None };
}

impl Drop for Number {
    fn drop(&mut self) {
        if let Some(numbers) = &self.numbers {
            lock(numbers).free.push(Reverse(self.number));
        }
    }
}

fn lock(numbers: &Mutex<Numbers>) -> MutexGuard<'_, Numbers> {
    numbers.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Loader {
    /// A loader of units that may call these natives.
    #[must_use]
    pub fn new(natives: &'static [Native]) -> Self {
        Self { natives, numbers: Arc::default(), tier: None }
    }

    /// The same loader, whose functions `tier` compiles.
    #[must_use]
    pub fn compiled_by(self, tier: Option<Arc<dyn Tier>>) -> Self {
        Self { tier, ..self }
    }

    /// How many units are in use: loaded, and still held by somebody.
    #[must_use]
    pub fn in_use(&self) -> usize {
        let numbers = lock(&self.numbers);
        numbers.next as usize - numbers.free.len()
    }

    fn number(&self) -> Result<Number, LoadError> {
        let mut numbers = lock(&self.numbers);
        let number = match numbers.free.pop() {
            Some(Reverse(number)) => number,
            None if numbers.next < MAX_UNITS => {
                numbers.next += 1;
                numbers.next - 1
            }
            None => return Err(LoadError::TooManyUnits),
        };
        Ok(Number { number, numbers: Some(self.numbers.clone()) })
    }

    /// Loads a unit. Its memory and its number are free again when the last holder lets it go.
    ///
    /// # Errors
    /// Natives this engine lacks; constants that need more memory than a region has.
    pub fn load(&self, unit: Verified<Unit>) -> Result<Arc<LoadedUnit>, LoadError> {
        let unit = unit.into_inner();
        let number = self.number()?;
        let natives = unit.natives.iter().map(|name| self.import(name)).collect::<Result<Vec<_>, _>>()?;
        let mut builder =
            Builder { heap: Heap::unbounded(), region: RegionId::unit(number.number), natives: &natives };
        let constants = unit.constants.iter().map(|c| builder.constant(c)).collect::<Result<Vec<_>, _>>();
        let constants = constants.map_err(LoadError::TooLarge)?;
        let region = builder.heap.into_region();
        let code = CodeTable::new(unit.functions.len());
        Ok(Arc::new(LoadedUnit { unit, region, constants, natives, number, code }))
    }

    fn import(&self, name: &Arc<str>) -> Result<NativeImport, LoadError> {
        let at = self.natives.iter().position(|n| n.name == &**name);
        let (id, native) = at
            .and_then(|at| Some((u16::try_from(at).ok()?, self.natives.get(at)?)))
            .ok_or_else(|| LoadError::UnknownNative(Arc::clone(name)))?;
        Ok(NativeImport { id, native })
    }

    /// What makes machine code of the units' functions.
    #[must_use]
    pub fn tier(&self) -> Option<&Arc<dyn Tier>> {
        self.tier.as_ref()
    }

    /// A table of these units, which all must come from this loader.
    #[must_use]
    pub fn table<'a>(&self, units: impl IntoIterator<Item = &'a Arc<LoadedUnit>>) -> UnitTable {
        let mut table = UnitTable { loader: self.clone(), units: Vec::new() };
        units.into_iter().for_each(|unit| table.put(unit.clone()));
        table
    }
}

/// The units that a program needs, by number, and the natives they may call.
#[derive(Clone, Debug, Default)]
pub struct UnitTable {
    loader: Loader,
    units: Vec<Option<Arc<LoadedUnit>>>,
}

impl UnitTable {
    /// A table without units.
    #[must_use]
    pub fn new(natives: &'static [Native]) -> Self {
        Loader::new(natives).table([])
    }

    /// The same table, whose functions `tier` compiles.
    #[must_use]
    pub fn compiled_by(self, tier: Option<Arc<dyn Tier>>) -> Self {
        Self { loader: self.loader.compiled_by(tier), ..self }
    }

    /// What compiles its functions.
    #[inline]
    #[must_use]
    pub fn tier(&self) -> Option<&Arc<dyn Tier>> {
        self.loader.tier.as_ref()
    }

    /// A table with one unit more, and the number of that unit.
    ///
    /// # Errors
    /// As [`Loader::load`].
    pub fn load(&self, unit: Verified<Unit>) -> Result<(Self, u32), LoadError> {
        let unit = self.loader.load(unit)?;
        let (mut table, number) = (self.clone(), unit.number());
        table.put(unit);
        Ok((table, number))
    }

    fn put(&mut self, unit: Arc<LoadedUnit>) {
        let at = unit.number() as usize;
        self.units.resize(self.units.len().max(at + 1), None);
        if let Some(place) = self.units.get_mut(at) {
            *place = Some(unit);
        }
    }

    /// The natives.
    #[must_use]
    pub const fn natives(&self) -> &'static [Native] {
        self.loader.natives
    }

    /// The unit with this number.
    #[inline]
    #[must_use]
    pub fn unit(&self, number: u32) -> Option<&Arc<LoadedUnit>> {
        self.units.get(number as usize)?.as_ref()
    }

    /// The constants of a unit.
    #[inline]
    #[must_use]
    pub fn region(&self, number: u32) -> Option<&Region> {
        self.unit(number).map(|unit| &unit.region)
    }
}

/// Makes constants in the event region of a heap of their own; the region then becomes the unit's.
struct Builder<'a> {
    heap: Heap,
    region: RegionId,
    natives: &'a [NativeImport],
}

impl Builder<'_> {
    /// Verified constants nest at most `unit::MAX_CONSTANT_DEPTH` deep.
    fn constant(&mut self, constant: &Constant) -> Result<Value, Fault> {
        let value = match constant {
            Constant::Null => Value::NULL,
            Constant::Bool(b) => Value::bool(*b),
            Constant::Number(n) => Value::number(*n),
            Constant::String(text) => self.heap.string(text)?,
            Constant::RegExp { source, flags } => {
                let regexp = Regexp::new(source, flags).map_err(|e| Fault::error(e.to_string()))?;
                self.heap.regexp_from(regexp)?
            }
            Constant::Native(index) => {
                let import = self.natives.get(usize::from(*index));
                import.map_or(Value::NULL, |i| Value::native(i.id, i.native.kind))
            }
            Constant::Array(items) => {
                let items = items.iter().map(|item| self.constant(item)).collect::<Result<Vec<_>, _>>()?;
                self.heap.array_from(&items)?
            }
            Constant::Map(entries) => {
                let mut values = Vec::with_capacity(entries.len());
                for (key, item) in entries {
                    values.push((self.heap.string(key)?, self.constant(item)?));
                }
                self.heap.map_from(&values)?
            }
        };
        Ok(self.heap.rehome(value, self.region))
    }
}
