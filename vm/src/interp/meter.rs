//! Budgets of an evaluation (`spec/decisions.md` R5).

use crate::fault::{Fault, Limit};
use crate::heap::Heap;
use crate::native::Host;
use crate::value::Value;

/// Budgets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Instructions; natives count by the size of what they read and make.
    pub instructions: u64,
    /// Bytes of values.
    pub memory_bytes: usize,
    /// Nested calls.
    pub depth: u32,
}

impl Default for Limits {
    /// Far more than any useful ruleset needs, and at most a second or two of a machine's time.
    fn default() -> Self {
        Self { instructions: 200_000_000, memory_bytes: 64 << 20, depth: 10_000 }
    }
}

/// Instructions between two looks at the clock: some tens of microseconds, since others may wait for the thread.
const SLICE: u64 = 1 << 13;

/// The charge of a single operation that others had better not wait for: that of a text of 64 KB.
const LONG: i64 = 1 << 9;

/// Tells the host before an operation with such a charge.
#[inline]
pub(super) fn announce(host: &mut dyn Host, charge: i64) -> i64 {
    if charge >= LONG {
        host.takes_long();
    }
    charge
}

/// Counts instructions. The budget is handed out in slices; at the end of each the host is asked for the deadline.
#[derive(Clone, Copy, Debug)]
pub(super) struct Meter {
    /// What is left of the slice; negative when it is used up.
    pub fuel: i64,
    reserve: u64,
}

impl Meter {
    pub fn new(instructions: u64) -> Self {
        let slice = instructions.min(SLICE);
        Self { fuel: slice as i64, reserve: instructions - slice }
    }

    pub fn left(&self) -> u64 {
        self.reserve.saturating_add_signed(self.fuel)
    }

    /// The next slice, once `fuel` has reached zero.
    #[cold]
    pub fn refill(&mut self, host: &mut dyn Host) -> Result<(), Fault> {
        if self.fuel < -(SLICE as i64) {
            host.takes_long();
        }
        if host.deadline_passed() {
            return Err(Fault::limit(Limit::Deadline));
        }
        let debt = self.fuel.min(0).unsigned_abs();
        let Some(reserve) = self.reserve.checked_sub(debt).filter(|&left| left > 0) else {
            self.reserve = 0;
            self.fuel = 0;
            return Err(Fault::limit(Limit::Instructions));
        };
        let slice = reserve.min(SLICE);
        self.fuel = slice as i64;
        self.reserve = reserve - slice;
        Ok(())
    }
}

/// What a native is charged before it runs: a part of the size of what it may look at. With [`charge_after`], work that grows with
/// the data is paid for without the natives' help.
pub(super) fn charge_before(heap: &Heap, args: &[Value]) -> i64 {
    (args.iter().map(|&v| heap.size_of(v)).sum::<usize>() / 16) as i64
}

/// What is charged for an operation after it ran: the bytes it made, `used` being those in use before, and the parts it walked over.
pub(super) fn charge_after(heap: &Heap, used: usize) -> i64 {
    let made = heap.used_bytes().saturating_sub(used) / 64;
    made as i64 + heap.take_work() as i64
}
