//! Evaluations that can stop anywhere: each runs on a small stack of its own, which the thread that drives it leaves and enters again.
//!
//! A rule that waits for the network, a query that asks another cloud, and code that has used up its slice of instructions all do the
//! same: they ask ([`Ask`]), and whoever drives them answers when it can ([`Fiber::resume`]).

use crate::cloud::{Ask, Cloud, Directory, Listing, Outside, Reply};
use corosensei::stack::DefaultStack;
use corosensei::{Coroutine, CoroutineResult, Yielder};
use std::fmt;
use std::sync::Arc;

/// Bytes of a stack; only what is touched takes memory. The machine has frames of its own: what recurses here are walks over nested values,
/// whose depth is limited.
const STACK_BYTES: usize = 4 << 20;
/// Stacks that are kept for the next evaluations.
const MAX_SPARE: usize = 64;

/// An evaluation on its own stack; `T` is what it ends with, beside the cloud.
pub struct Fiber<T> {
    coroutine: Coroutine<Reply, Ask, (Cloud, T), DefaultStack>,
}

/// What an evaluation does next.
pub enum Turn<T> {
    /// It waits for the answer.
    Asks(Ask),
    /// It is done; here is the cloud back.
    Done(Cloud, T),
}

/// Why an evaluation cannot begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoStack(pub String);

impl fmt::Display for NoStack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no memory for another evaluation: {}", self.0)
    }
}

impl std::error::Error for NoStack {}

/// Stacks for fibers.
#[derive(Default)]
pub struct Stacks(Vec<DefaultStack>);

impl Stacks {
    fn take(&mut self) -> Result<DefaultStack, NoStack> {
        match self.0.pop() {
            Some(stack) => Ok(stack),
            None => DefaultStack::new(STACK_BYTES).map_err(|e| NoStack(e.to_string())),
        }
    }

    fn put_back(&mut self, stack: DefaultStack) {
        if self.0.len() < MAX_SPARE {
            self.0.push(stack);
        }
    }
}

impl<T: 'static> Fiber<T> {
    /// Gets `work` on `cloud` ready; it begins with the first [`Self::resume`].
    ///
    /// # Errors
    /// No memory for a stack; the cloud is given back.
    pub fn new(
        stacks: &mut Stacks,
        directory: Arc<dyn Directory>,
        mut cloud: Cloud,
        work: impl FnOnce(&mut Cloud) -> T + 'static,
    ) -> Result<Self, (Box<Cloud>, NoStack)> {
        let stack = match stacks.take() {
            Ok(stack) => stack,
            Err(none) => return Err((Box::new(cloud), none)),
        };
        let coroutine = Coroutine::with_stack(stack, move |yielder: &Yielder<Reply, Ask>, _| {
            cloud.attach(Box::new(Gate { yielder, directory }));
            let result = work(&mut cloud);
            cloud.detach();
            (cloud, result)
        });
        Ok(Self { coroutine })
    }

    /// Runs until the evaluation asks or is done. The first answer is not looked at.
    pub fn resume(mut self, reply: Reply, stacks: &mut Stacks) -> (Turn<T>, Option<Self>) {
        match self.coroutine.resume(reply) {
            CoroutineResult::Yield(ask) => (Turn::Asks(ask), Some(self)),
            CoroutineResult::Return((cloud, result)) => {
                stacks.put_back(self.coroutine.into_stack());
                (Turn::Done(cloud, result), None)
            }
        }
    }
}

/// The way out of a fiber.
struct Gate {
    yielder: *const Yielder<Reply, Ask>,
    directory: Arc<dyn Directory>,
}

// SAFETY: a gate lives in the cloud of its fiber, from `attach` to `detach`, and so on the fiber's stack; a fiber is not `Send`, so the gate
// never leaves the thread of its yielder.
#[expect(unsafe_code, reason = "clouds must be `Send` while they are at rest, and then they have no gate")]
unsafe impl Send for Gate {}

impl Outside for Gate {
    fn ask(&mut self, ask: Ask) -> Reply {
        if let Some(reply) = self.at_once(&ask) {
            return reply;
        }
        // SAFETY: the gate is in use between `attach` and `detach` only, which both lie within the life of the yielder; code that unwinds
        // drops the cloud, and with it the gate, before the yielder's frame ends.
        #[expect(unsafe_code, reason = "a reference to the yielder would tie every cloud to one stack")]
        let yielder = unsafe { &*self.yielder };
        yielder.suspend(ask)
    }

    fn at_once(&self, ask: &Ask) -> Option<Reply> {
        self.directory.at_once(ask)
    }

    fn channel(&self, eci: &str) -> Result<Option<Listing>, String> {
        self.directory.channel(eci)
    }

    fn has_room(&self, owner: &str) -> bool {
        self.directory.has_room(owner)
    }
}

impl<T> fmt::Debug for Fiber<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fiber").field("done", &self.coroutine.done()).finish()
    }
}

impl fmt::Debug for Stacks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Stacks").field(&self.0.len()).finish()
    }
}
