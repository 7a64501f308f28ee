//! Natives' loops over numbers with the body of what they call in them, as machine code.
//!
//! A loop runs the elements that need nothing but themselves: their items are finite numbers, and so is all that is computed of them. It charges
//! what a call for each would be charged, and stops before the element at which the slice has to be looked at. Any other element
//! is as if it had not begun, and is called for the ordinary way. So a loop has no failures, no suspensions and no frames.

use super::Env;
use crate::heap::{Heap, Items};
use crate::value::Value;

/// What a loop does with what the function yields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Form {
    /// It is given back with the next item: the function takes what was made so far, an item and its position.
    Fold,
    /// It is a result of its own: the function takes an item and its position.
    Each,
    /// The positions for which it is truthy are the result: the function takes an item and its position.
    Keep,
    /// It tells by a number above 0, or by `true`, which of two items comes second: the function takes them.
    Merge,
}

impl Form {
    /// All forms, by number.
    pub const ALL: [Self; 4] = [Self::Fold, Self::Each, Self::Keep, Self::Merge];
}

/// The elements that a loop is to run, and how far it came. `repr(C)`: compiled code reads and writes it.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Stretch {
    /// A [`Form`].
    pub form: u64,
    /// Instructions left of the slice.
    pub fuel: i64,
    /// What has been made so far, a finite number ([`Form::Fold`]).
    pub made: f64,
    /// The position of the next element.
    pub at: u64,
    /// Behind the last position.
    pub end: u64,
    /// The item of position 0; null where items are computed.
    pub items: *const Value,
    /// A computed item: that of the next element.
    pub item: f64,
    /// What computed items differ by.
    pub step: f64,
    /// Where the result of position 0 would go ([`Form::Each`]), or where the next position goes ([`Form::Keep`]), or item ([`Form::Merge`]).
    pub results: *mut u64,
    /// The next item of the left half ([`Form::Merge`]).
    pub left: *const Value,
    /// Behind the last item of the left half.
    pub left_end: *const Value,
    /// What the function has captured.
    pub captures: *const Value,
}

/// What a loop answers that ran its elements, or as many as the slice pays for.
pub const RAN: u64 = 0;
/// What a loop answers before an element that needs more.
pub const GAVE_UP: u64 = 1;
/// What a loop answers that is not made for the form.
pub const NO_LOOP: u64 = 2;

/// Two sorted halves of a list that are being merged into one.
#[derive(Debug, Default)]
pub struct Merge {
    /// The list. Its right half is where it was; the left one is taken away for what is merged.
    pub items: Vec<Value>,
    /// The left half.
    pub left: Vec<Value>,
    /// How much of it is merged.
    pub taken: usize,
    /// The next item of the right half.
    pub right: usize,
    /// Where the right half ends.
    pub end: usize,
    /// Where the next item goes.
    pub out: usize,
}

/// The loops of a function, one entry for all forms.
pub type Loops = unsafe extern "C" fn(*const Env, *mut Stretch) -> u64;

/// Fewer elements than this do not pay for the way into a loop.
const FEW: usize = 64;
/// Positions that there is room for before more is made.
const AT_ONCE: usize = 1_024;
/// After so many such ways in a row no other is tried.
const PATIENCE: u32 = 16;

/// The loops of what a native calls, while it is being driven.
pub struct Looping<'a> {
    pub(super) code: Loops,
    pub(super) env: *const Env,
    /// What is called.
    pub(super) function: Value,
    pub(super) fuel: &'a mut i64,
    /// How often in a row they were not worth it.
    pub(super) vain: &'a mut u32,
}

impl Looping<'_> {
    /// Makes one number of `made` and items of a list from `at` on, as far as that goes; answers what is made, and leaves in `at` where it
    /// stopped.
    pub fn fold(&mut self, heap: &Heap, list: Value, at: &mut usize, made: Value) -> Value {
        let Some(number) = made.as_number().filter(|n| n.is_finite()) else { return made };
        let stretch = Stretch { made: number, ..self.stretch(Form::Fold, heap, list, *at) };
        let ran = self.run(stretch, at);
        if ran.at > stretch.at { Value::number(ran.made) } else { made }
    }

    /// Adds what the function yields for the items of a list from `at` on to the results, as far as that goes and the results have room; leaves
    /// in `at` where it stopped.
    pub fn each(&mut self, heap: &Heap, list: Value, at: &mut usize, results: &mut Vec<Value>) {
        if !list.is_array() {
            return self.is_useless();
        }
        let mut stretch = self.stretch(Form::Each, heap, list, *at);
        let room = results.spare_capacity_mut();
        stretch.end = stretch.end.min(stretch.at + room.len() as u64);
        stretch.results = room.as_mut_ptr().cast::<u64>().wrapping_sub(*at);
        let begun = *at;
        self.run(stretch, at);
        // SAFETY: a loop stores the results of the elements that it has run, of which there are no more than there is room.
        unsafe { results.set_len(results.len() + (*at - begun)) };
    }

    /// Adds the positions, from `at` on, of the items of a list for which the function yields something truthy, as far as that goes; leaves in `at`
    /// where it stopped.
    pub fn keep(&mut self, heap: &Heap, list: Value, at: &mut usize, kept: &mut Vec<usize>) {
        if !list.is_array() {
            return self.is_useless();
        }
        loop {
            kept.reserve(AT_ONCE);
            let room = kept.spare_capacity_mut();
            let places = room.as_mut_ptr().cast::<u64>();
            let mut stretch = self.stretch(Form::Keep, heap, list, *at);
            let all = stretch.end;
            stretch.end = all.min(stretch.at + room.len() as u64);
            stretch.results = places;
            let ran = self.run(stretch, at);
            let added = (ran.results as usize - places as usize) / size_of::<u64>();
            // SAFETY: the loop has stored so many positions, no more than elements that it has run, of which there are no more than there is room.
            unsafe { kept.set_len(kept.len() + added) };
            if ran.at < stretch.end || ran.at == all {
                return;
            }
        }
    }

    /// Merges two halves, as far as that goes.
    pub fn merge(&mut self, heap: &Heap, merge: &mut Merge) {
        let Merge { items, left, taken, right, end, out } = merge;
        let rest = left.len().saturating_sub(*taken);
        if *end > items.len() || *right > *end || *out + rest != *right {
            return self.is_useless();
        }
        let places = items.as_mut_ptr();
        let mut stretch = self.stretch(Form::Merge, heap, Value::NULL, *right);
        (stretch.items, stretch.end) = (places, *end as u64);
        // SAFETY: it is in the list, by the test above.
        stretch.results = unsafe { places.add(*out) }.cast();
        let left = left.as_ptr_range();
        (stretch.left, stretch.left_end) = (left.end.wrapping_sub(rest), left.end);
        let ran = self.run(stretch, right);
        *taken += (ran.left as usize - stretch.left as usize) / size_of::<Value>();
        *out += (ran.results as usize - stretch.results as usize) / size_of::<Value>();
    }

    fn stretch(&self, form: Form, heap: &Heap, list: Value, at: usize) -> Stretch {
        let (items, item, step, end) = match heap.items(list) {
            Items::Laid(items) => (items.as_ptr(), 0.0, 0.0, items.len()),
            Items::Computed { first, step, len } => (std::ptr::null(), first + step * at as f64, step, len),
        };
        Stretch {
            form: form as u64,
            fuel: *self.fuel,
            made: 0.0,
            at: at as u64,
            end: end.max(at) as u64,
            items,
            item,
            step,
            results: std::ptr::null_mut(),
            left: std::ptr::null(),
            left_end: std::ptr::null(),
            captures: heap.captures(self.function).as_ptr(),
        }
    }

    fn run(&mut self, mut stretch: Stretch, at: &mut usize) -> Stretch {
        // SAFETY: the loops of `function`, in the environment of its instance (`Callee`); the stretch tells where the items, results and
        // captures are, which nobody changes meanwhile: a loop calls nothing of the machine's.
        let answer = unsafe { (self.code)(self.env, &raw mut stretch) };
        *self.fuel = stretch.fuel;
        let ran = stretch.at as usize - *at;
        *at = stretch.at as usize;
        *self.vain = match answer {
            NO_LOOP => PATIENCE,
            _ if ran >= FEW => 0,
            RAN => *self.vain,
            _ => *self.vain + 1,
        };
        stretch
    }

    /// Says that the native has no use for loops.
    pub(crate) fn is_useless(&mut self) {
        *self.vain = PATIENCE;
    }

    /// Is it time to stop trying?
    pub(super) fn is_vain(&self) -> bool {
        *self.vain >= PATIENCE
    }
}
