//! The interpreter on loops, calls and collections: `cargo bench --bench machine`. One query each on a cloud without state.

use divan::Bencher;
use krl_benches::case::{named, query_names};
use krl_benches::engine::Engine;

fn main() {
    divan::main();
}

#[divan::bench(args = query_names())]
fn query(bencher: Bencher<'_, '_>, name: &str) {
    let mut engine = Engine::new(&named(name));
    bencher.bench_local(|| engine.round());
}
