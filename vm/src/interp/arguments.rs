//! Arguments by name (krl-language §2.3): a name wins over a position, digits name positions, unknown names are ignored.

use super::Vm;
use crate::data::DataMap;
use crate::fault::Fault;
use crate::heap::{Heap, UnitTable};
use crate::number::array_index;
use crate::unit::{CallShape, Function};
use crate::value::Value;

/// Positions that digits may name in calls of natives with any number of arguments.
const MAX_POSITIONS: usize = 256;

/// The parameters of what is called.
enum Parameters<'a> {
    Closure(&'a Function),
    Native(&'static [&'static str]),
}

impl<'a> Parameters<'a> {
    /// Of values that cannot be called: none.
    fn of(callee: Value, heap: &Heap, units: &'a UnitTable) -> Self {
        if let Some(closure) = heap.closure(callee)
            && let Some(unit) = units.unit(closure.unit)
            && let Some(function) = unit.functions().get(closure.function as usize)
        {
            return Self::Closure(function);
        }
        let native = callee.as_native().and_then(|id| units.natives().get(usize::from(id)));
        Self::Native(native.map_or(&[], |n| n.params))
    }

    fn named(&self, name: &str) -> Option<usize> {
        match self {
            Self::Closure(function) => function.params.iter().position(|p| **p == *name),
            Self::Native(params) => params.iter().position(|p| *p == name),
        }
    }

    fn numbered(&self, name: &str) -> Option<usize> {
        let positions = match self {
            Self::Closure(function) => function.params.len(),
            Self::Native(_) => MAX_POSITIONS,
        };
        array_index(name).map(|i| i as usize).filter(|&i| i < positions)
    }

    /// Sets arguments by name. Names come after digits, so that they win.
    fn place<'n>(&self, named: impl Iterator<Item = (&'n str, Value)> + Clone, args: &mut Vec<Value>) {
        let digits = named.clone().filter_map(|(name, v)| Some((self.numbered(name)?, v)));
        let names = named.filter_map(|(name, v)| Some((self.named(name)?, v)));
        for (position, value) in digits.chain(names) {
            if args.len() <= position {
                args.resize(position + 1, Value::NULL);
            }
            if let Some(arg) = args.get_mut(position) {
                *arg = value;
            }
        }
    }
}

/// Puts the arguments of a call with a shape into the order of the parameters.
pub(super) fn of_shape(
    callee: Value,
    shape: &CallShape,
    given: &[Value],
    heap: &Heap,
    units: &UnitTable,
    args: &mut Vec<Value>,
) {
    let (positional, named) = given.split_at(usize::from(shape.positional).min(given.len()));
    args.clear();
    args.extend_from_slice(positional);
    let named = shape.names.iter().map(|n| &**n).zip(named.iter().copied());
    Parameters::of(callee, heap, units).place(named, args);
}

impl Vm {
    /// The arguments of a query in the order of the function's parameters. Arguments the function does not have are not even copied.
    pub(super) fn query_arguments(&mut self, callee: Value, args: &DataMap) -> Result<Vec<Value>, Fault> {
        let units = self.heap.units().clone();
        let parameters = Parameters::of(callee, &self.heap, &units);
        let mut named = Vec::with_capacity(args.len());
        for (name, data) in args {
            if parameters.named(name).is_some() || parameters.numbered(name).is_some() {
                named.push((&**name, self.heap.import(data)?));
            }
        }
        let mut placed = Vec::new();
        parameters.place(named.into_iter(), &mut placed);
        Ok(placed)
    }
}
