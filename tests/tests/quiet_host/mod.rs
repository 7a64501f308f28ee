//! A host without events, state and neighbours: enough for a query that only computes.

use krl_vm::data::Data;
use krl_vm::fault::Fault;
use krl_vm::heap::Heap;
use krl_vm::native::{Host, LogLevel, Property, Raise, Schedule};
use krl_vm::value::Value;

/// Answers with nulls, counts its random bits.
#[derive(Debug, Default)]
pub struct QuietHost {
    drawn: u64,
    /// Slices of the budget until time is over; none: it never is.
    pub slices: Option<u32>,
}

fn absent<T>(what: &str) -> Result<T, Fault> {
    Err(Fault::error(format!("no {what} here")))
}

impl Host for QuietHost {
    fn now(&mut self) -> i64 {
        1_700_000_000_000
    }

    /// SplitMix64 of a counter.
    fn random(&mut self) -> u64 {
        self.drawn = self.drawn.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.drawn ^ (self.drawn >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn deadline_passed(&mut self) -> bool {
        self.slices = self.slices.map(|slices| slices.saturating_sub(1));
        self.slices == Some(0)
    }

    fn property(&mut self, heap: &mut Heap, _: u32, property: Property) -> Result<Value, Fault> {
        match property {
            Property::MetaRid => heap.string("vec"),
            Property::MetaInQuery => Ok(Value::TRUE),
            Property::MetaInEvent => Ok(Value::FALSE),
            Property::MetaPicoId | Property::MetaEci | Property::MetaTxnId => heap.string("cq0000000000"),
            Property::MetaRidUrl => heap.string("file:///vec.krl"),
            Property::MetaRulesetConfig => heap.import(&Data::Map(Default::default())),
            _ => Ok(Value::NULL),
        }
    }

    fn ent_get(&mut self, _: &mut Heap, _: u32, _: &str, _: Option<Value>) -> Result<Value, Fault> {
        Ok(Value::NULL)
    }

    fn ent_set(&mut self, _: &Heap, _: u32, _: &str, _: Option<Value>, _: Value) -> Result<(), Fault> {
        absent("state")
    }

    fn ent_clear(&mut self, _: &Heap, _: u32, _: &str, _: Option<Value>) -> Result<(), Fault> {
        absent("state")
    }

    fn raise(&mut self, _: &Heap, _: u32, _: Raise) -> Result<(), Fault> {
        absent("events")
    }

    fn schedule(&mut self, _: &mut Heap, _: u32, _: Schedule) -> Result<Value, Fault> {
        absent("schedule")
    }

    fn directive(&mut self, _: &mut Heap, _: u32, _: Value, _: Value) -> Result<Value, Fault> {
        absent("directives")
    }

    fn log(&mut self, _: &Heap, _: u32, _: LogLevel, _: &str, _: Option<Value>) {}

    fn raise_error(&mut self, _: &Heap, _: u32, _: LogLevel, _: Value) -> Result<(), Fault> {
        absent("events")
    }

    fn last(&mut self) {}

    fn rule_selected(&mut self) {}

    fn rule_fired(&mut self, _: bool) {}

    fn module_member(&mut self, _: u32, _: u16, _: &str) -> Result<Value, Fault> {
        absent("modules")
    }

    fn request(&mut self, heap: &mut Heap, _: u32, name: &str, _: &[Value]) -> Result<Option<Value>, Fault> {
        match name {
            "ctx:rid" => heap.string("vec").map(Some),
            "ctx:children" => heap.array_from(&[]).map(Some),
            "schedule:get" => Ok(Some(Value::NULL)),
            _ => absent(name),
        }
    }
}
