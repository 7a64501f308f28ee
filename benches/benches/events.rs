//! Events a second on an in-memory cloud, one core, through the interpreter: `cargo bench --bench events`.

use divan::Bencher;
use divan::counter::ItemsCount;
use krl_benches::case::{event_names, named};
use krl_benches::engine::Engine;

fn main() {
    divan::main();
}

/// Events sent in one sample, at least.
const BATCH: usize = 1_000;

#[divan::bench(args = event_names())]
fn event(bencher: Bencher<'_, '_>, name: &str) {
    let mut engine = Engine::new(&named(name));
    let rounds = BATCH.div_ceil(engine.round_len());
    bencher.counter(ItemsCount::new(rounds * engine.round_len())).bench_local(|| {
        for _ in 0..rounds {
            engine.round();
        }
    });
}
