//! Threads that let others go first where processors are few. A thread hands its priority down to those that it starts.

/// Lowers the priority of this thread by so many steps of `nice`: by five it gets a third of what others get that want the same processor, by ten a
/// tenth. Elsewhere than on Linux that is not to be had for a thread alone.
pub fn step_back(steps: i32) {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{getpriority_process, setpriority_process};
        let thread = Some(rustix::thread::gettid());
        let stepped = getpriority_process(thread).and_then(|nice| setpriority_process(thread, nice + steps));
        if let Err(error) = stepped {
            tracing::warn!(%error, "a thread keeps its priority");
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = steps;
}
