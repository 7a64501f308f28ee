//! The thread of a shard: takes tasks, gives turns, hands on what comes out. The connections whose requests go to its clouds are served on
//! the same thread, between turns, so that their requests and answers change threads only where they have to wait.

use super::Core;
use super::commit::Commits;
use super::seat::Message;
use crossbeam_channel::Sender;
use krl_kernel::shard::{Order, Shard};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, Sleep, sleep};

/// Messages taken in before a turn: each is put to those of its cloud, no more, so that nobody waits behind the many of another.
const INTAKE: usize = 16_384;
/// The longest sleep.
const IDLE: Duration = Duration::from_secs(1);

/// Runs a shard until it is told to stop, or the last sender of messages is gone. The threads of its lanes read the other ends of `lanes`.
pub async fn run(
    core: &Arc<Core>,
    number: usize,
    mut shard: Shard,
    mut messages: UnboundedReceiver<Message>,
    commits: &Commits,
    lanes: &[Sender<Order>],
) {
    let mut losses = core.losses(number);
    let mut alarm = Alarm::new();
    loop {
        let mut first = None;
        if shard.is_runnable() || !messages.is_empty() {
            // Sockets have their turn.
            tokio::task::yield_now().await;
        } else if shard.is_done() && core.has_released_all(number) {
            return;
        } else {
            alarm.set(shard.next_deadline().map_or(IDLE, |at| {
                Duration::from_millis(at.saturating_sub(core.clock.now()).max(0).unsigned_abs()).min(IDLE)
            }));
            tokio::select! {
                biased;
                message = messages.recv() => match message {
                    Some(message) => first = Some(message),
                    None => return,
                },
                () = alarm.0.as_mut() => {}
            }
        }
        let now = core.clock.now();
        shard.set_now(now);
        let mut taken = 0;
        for _ in 0..INTAKE {
            match first.take().or_else(|| messages.try_recv().ok()) {
                Some(Message::Task(task)) => {
                    shard.submit(task);
                    taken += 1;
                }
                Some(Message::Settled(settled)) => {
                    settled.into_iter().for_each(|settled| core.take_effect(number, settled));
                }
                None => break,
            }
        }
        if let Some(error) = core.lost_since(number, &mut losses) {
            shard.forget(&error);
        }
        let begun = std::time::Instant::now();
        let mut output = shard.turn(now, &|| begun.elapsed());
        for (lane, order) in output.orders.drain(..) {
            // The threads live as long as there are senders.
            lanes.get(lane).map(|lane| lane.send(order));
        }
        for asking in output.asks.drain(..) {
            core.ask(number, asking);
        }
        if !output.is_empty() {
            commits.hand_over(core, number, losses, output);
        }
        core.counts.add(shard.take_tally());
        let busy = shard.is_runnable() || shard.is_waiting();
        core.note_turn(number, taken, busy, shard.counts());
    }
}

/// Ends a shard's sleep. It may ring early: setting it anew for each sleep would cost more than a turn in vain now and then.
struct Alarm(Pin<Box<Sleep>>);

impl Alarm {
    fn new() -> Self {
        Self(Box::pin(sleep(IDLE)))
    }

    /// Rings in this time at the latest.
    fn set(&mut self, within: Duration) {
        let at = Instant::now() + within;
        if at < self.0.deadline() || self.0.is_elapsed() {
            self.0.as_mut().reset(at);
        }
    }
}
