//! What processes take of the machine.

use std::fs;

/// Seconds of processor time that this thread has used. It is the main thread: the whole load generator.
pub fn own_seconds() -> Option<f64> {
    let stat = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(stat.split(' ').next()?.parse::<f64>().ok()? / 1e9)
}

/// What another process has used so far.
#[derive(Clone, Copy)]
pub struct Usage {
    /// Processor time in seconds.
    pub seconds: f64,
    /// How often one of its threads gave up a processor, or lost it.
    pub switches: f64,
}

impl Usage {
    /// Of a process, by what its threads that still run have used.
    pub fn of(process: u32) -> Option<Self> {
        let mut usage = Self { seconds: 0.0, switches: 0.0 };
        for thread in fs::read_dir(format!("/proc/{process}/task")).ok()? {
            let thread = thread.ok()?.path();
            let Ok(stat) = fs::read_to_string(thread.join("schedstat")) else { continue };
            usage.seconds += stat.split(' ').next()?.parse::<f64>().ok()? / 1e9;
            let status = fs::read_to_string(thread.join("status")).ok()?;
            let counts = status.lines().filter_map(|line| {
                let (name, count) = line.split_once(":\t")?;
                name.ends_with("ctxt_switches").then(|| count.trim().parse::<f64>().ok())?
            });
            usage.switches += counts.sum::<f64>();
        }
        Some(usage)
    }
}
