//! The threads of lanes: evaluations that take long run there, with a lower priority than all else of the host, so that the system lets those go
//! first who have little to do.

use super::Core;
use crate::priority::step_back;
use crossbeam_channel::Receiver;
use krl_kernel::shard::{Lane, Order};

/// How far the threads step back behind the rest of the host.
const NICENESS: i32 = 10;

/// Runs a lane of a shard until nobody can send it orders any more.
pub fn run(core: &Core, shard: usize, mut lane: Lane, orders: &Receiver<Order>) {
    step_back(NICENESS);
    loop {
        if lane.is_idle() {
            match orders.recv() {
                Ok(order) => lane.take(order),
                Err(_) => return,
            }
        }
        orders.try_iter().for_each(|order| lane.take(order));
        if let Some(task) = lane.step(core.clock.now())
            && let Some(seat) = core.shards.get(shard)
        {
            seat.give(task);
        }
    }
}
