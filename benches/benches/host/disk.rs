//! What the disk itself takes to make an appended block safe.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

/// Syncs measured.
const ROUNDS: usize = 1_000;
/// Bytes appended before each.
const BLOCK: [u8; 4096] = [7; 4096];

/// Median, 99th and 99.9th percentile, in milliseconds.
pub fn sync_times(folder: &Path) -> [f64; 3] {
    let mut file = File::create(folder.join("sync")).unwrap();
    let mut times: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            file.write_all(&BLOCK).unwrap();
            let began = Instant::now();
            file.sync_data().unwrap();
            began.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    [500, 990, 999].map(|per_mille| times[ROUNDS * per_mille / 1_000])
}
