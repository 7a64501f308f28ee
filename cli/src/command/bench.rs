//! `krl bench`: what this machine can do.

use crate::args::{Bench, BenchClouds};
use crate::bench::clouds;
use crate::bench::figures::Figures;
use crate::bench::home::Home;
use crate::bench::probe;
use crate::exit::{self, Exit};
use std::future::Future;

/// Measures.
pub fn run(what: &Bench) -> Exit {
    let Bench::Clouds(args) = what;
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return exit::failure(&format!("the system gives no threads: {error}")),
    };
    let printed = match args.probe {
        Some(awake) => runtime.block_on(until_stopped(probe::run(args, awake))),
        None => runtime.block_on(measure(args)),
    };
    runtime.shutdown_background();
    match printed {
        Ok(text) => {
            exit::print(&text);
            Exit::Ok
        }
        Err(problem) => exit::failure(&problem),
    }
}

async fn measure(args: &BenchClouds) -> Result<String, String> {
    let home = Home::open(args)?;
    let figures: Figures = until_stopped(clouds::run(args, &home)).await?;
    Ok(if args.json { figures.json()? } else { figures.table() })
}

/// Work that the user may end; what it holds is dropped then.
async fn until_stopped<T>(work: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    tokio::select! {
        done = work => done,
        _ = tokio::signal::ctrl_c() => Err("stopped".into()),
    }
}
