//! `schedule`: what this ruleset has scheduled (krl-runtime §5.7, §7; decision R10). Its host answers.

use crate::declare::signatures;

signatures! {
    module schedule;

    /// The jobs of this ruleset, in the order in which they were scheduled.
    fn list() -> ARRAY = Request {}
    /// The job with this id, if there is one.
    fn get(id: ANY(STRING)) -> MAP|NULL = Request {}
    /// Removes the job with this id.
    action remove(id: ANY(STRING)) -> NULL = Request {}
    /// Removes all jobs of this ruleset.
    action clear() -> NULL = Request {}
}
