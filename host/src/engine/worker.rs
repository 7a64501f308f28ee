//! The thread of a shard: takes tasks, gives turns, hands on what comes out.

use super::Core;
use super::commit::Commits;
use crossbeam_channel::{Receiver, RecvTimeoutError, TryRecvError};
use krl_kernel::shard::{Shard, Task};
use std::sync::Arc;
use std::time::Duration;

/// Tasks taken in before a turn.
const INTAKE: usize = 1_024;
/// The longest sleep.
const IDLE: Duration = Duration::from_secs(1);

/// Runs a shard until the last sender of tasks is gone.
pub fn run(core: &Arc<Core>, number: usize, mut shard: Shard, tasks: &Receiver<Task>, commits: &Commits) {
    let mut losses = core.losses(number);
    loop {
        let mut taken = 0;
        if !shard.is_runnable() && !shard.is_done() {
            let sleep = shard.next_deadline().map_or(IDLE, |at| {
                Duration::from_millis(at.saturating_sub(core.clock.now()).max(0).unsigned_abs()).min(IDLE)
            });
            match tasks.recv_timeout(sleep) {
                Ok(task) => {
                    shard.set_now(core.clock.now());
                    shard.submit(task);
                    taken += 1;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
        let now = core.clock.now();
        shard.set_now(now);
        for _ in 0..INTAKE {
            match tasks.try_recv() {
                Ok(task) => {
                    shard.submit(task);
                    taken += 1;
                }
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => return,
            }
        }
        if let Some(error) = core.lost_since(number, &mut losses) {
            shard.forget(&error);
        }
        let mut output = shard.turn(now);
        for asking in output.asks.drain(..) {
            core.ask(number, asking);
        }
        if !output.is_empty() {
            commits.hand_over(core, number, losses, output);
        }
        core.counts.add(shard.take_tally());
        let busy = shard.is_runnable() || shard.is_waiting();
        core.note_turn(number, taken, busy, shard.counts());
        if shard.is_done() {
            return;
        }
    }
}
