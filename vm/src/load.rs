//! Loading: a verified unit becomes shared, immutable code whose constants are values.

use crate::fault::Fault;
use crate::heap::{Heap, Region};
use crate::native::Native;
use crate::unit::{Constant, Function, Unit};
use crate::value::{RegionId, Value};
use crate::verify::Verified;
use krl_regexp::Regexp;
use std::fmt;
use std::sync::Arc;

/// A unit ready to run.
#[derive(Debug)]
pub struct LoadedUnit {
    unit: Unit,
    region: Region,
    constants: Vec<Value>,
    natives: Vec<NativeImport>,
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
    /// A million units are loaded.
    TooManyUnits,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownNative(name) => {
                write!(f, "the unit calls `{name}`, which this engine does not have")
            }
            Self::TooLarge(_) => f.write_str("the constants of the unit are too large"),
            Self::TooManyUnits => f.write_str("too many units are loaded"),
        }
    }
}

impl std::error::Error for LoadError {}

impl LoadedUnit {
    /// A unit without code. It is in no table.
    #[must_use]
    pub fn empty(rid: Arc<str>) -> Self {
        let unit = Unit { rid, ..Unit::default() };
        Self { unit, region: Region::default(), constants: Vec::new(), natives: Vec::new() }
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

    /// The text of a string constant; empty for any other.
    #[must_use]
    pub fn name(&self, constant: usize) -> &str {
        match self.unit.constants.get(constant) {
            Some(Constant::String(text)) => text,
            _ => "",
        }
    }
}

/// All loaded units, by number, and the natives they may call. Append-only: a number is never given twice.
#[derive(Clone, Debug, Default)]
pub struct UnitTable {
    natives: &'static [Native],
    units: Vec<Arc<LoadedUnit>>,
}

/// Unit numbers share the 20 bits of region ids with the event's and the cloud's region.
const MAX_UNITS: usize = (1 << 20) - 2;

impl UnitTable {
    /// A table without units.
    #[must_use]
    pub const fn new(natives: &'static [Native]) -> Self {
        Self { natives, units: Vec::new() }
    }

    /// The natives.
    #[must_use]
    pub const fn natives(&self) -> &'static [Native] {
        self.natives
    }

    /// The unit with this number.
    #[inline]
    #[must_use]
    pub fn unit(&self, number: u32) -> Option<&Arc<LoadedUnit>> {
        self.units.get(number as usize)
    }

    /// The constants of a unit.
    #[inline]
    #[must_use]
    pub fn region(&self, number: u32) -> Option<&Region> {
        self.units.get(number as usize).map(|u| &u.region)
    }

    /// Number of units.
    #[must_use]
    pub fn len(&self) -> usize {
        self.units.len()
    }

    /// Are there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.units.is_empty()
    }

    /// A table with one unit more, and the number of that unit.
    ///
    /// # Errors
    /// Natives this engine lacks; constants that need more memory than a region has.
    pub fn load(&self, unit: Verified<Unit>) -> Result<(Self, u32), LoadError> {
        let unit = unit.into_inner();
        if self.units.len() >= MAX_UNITS {
            return Err(LoadError::TooManyUnits);
        }
        let number = self.units.len() as u32;
        let natives = unit.natives.iter().map(|name| self.import(name)).collect::<Result<Vec<_>, _>>()?;
        let mut builder =
            Builder { heap: Heap::unbounded(), region: RegionId::unit(number), natives: &natives };
        let constants = unit.constants.iter().map(|c| builder.constant(c)).collect::<Result<Vec<_>, _>>();
        let constants = constants.map_err(LoadError::TooLarge)?;
        let region = builder.heap.into_region();
        let mut units = self.units.clone();
        units.push(Arc::new(LoadedUnit { unit, region, constants, natives }));
        Ok((Self { natives: self.natives, units }, number))
    }

    fn import(&self, name: &Arc<str>) -> Result<NativeImport, LoadError> {
        let at = self.natives.iter().position(|n| n.name == &**name);
        let (id, native) = at
            .and_then(|at| Some((u16::try_from(at).ok()?, self.natives.get(at)?)))
            .ok_or_else(|| LoadError::UnknownNative(Arc::clone(name)))?;
        Ok(NativeImport { id, native })
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
                let mut map = self.heap.map_with_room(entries.len())?;
                for (key, item) in entries {
                    let key = self.heap.string(key)?;
                    let item = self.constant(item)?;
                    map = self.heap.map_put(map, key, item)?;
                }
                map
            }
        };
        Ok(self.heap.rehome(value, self.region))
    }
}
