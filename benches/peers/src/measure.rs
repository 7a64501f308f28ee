//! How long one piece of work takes: the median of several samples, after a warm-up.

use crate::child::{Answer, Child};
use serde_json::Value;
use std::time::Duration;

/// The least time of warming up, so that compilers have compiled.
const WARM_UP: f64 = 0.4;
/// The least time of a sample; short work is repeated in it.
const SAMPLE: f64 = 0.04;
/// The least time of all samples.
const SAMPLES: f64 = 0.4;
/// The least number of samples.
const COUNT: usize = 5;
/// Work that takes longer than this is neither warmed up nor repeated.
const SLOW: f64 = 1.5;
/// Work that takes longer than this is stopped.
const LIMIT: Duration = Duration::from_secs(12);

/// What came of it.
pub enum Figure {
    Seconds {
        median: f64,
        result: Value,
    },
    /// More than this.
    Above(f64),
    Failed(String),
}

/// Measures a row in a process. What was [`Figure::Above`] has to be started anew.
pub fn measure(child: &mut Child, row: &str) -> Figure {
    match samples(child, row) {
        Ok((mut samples, result)) => {
            samples.sort_by(f64::total_cmp);
            Figure::Seconds { median: samples[samples.len() / 2], result }
        }
        Err(figure) => figure,
    }
}

fn samples(child: &mut Child, row: &str) -> Result<(Vec<f64>, Value), Figure> {
    let mut run = |times: u32| match child.run(row, times, LIMIT) {
        Answer::Done { seconds, result } => Ok((seconds, result)),
        Answer::Failed(why) => Err(Figure::Failed(why)),
        Answer::TooSlow => Err(Figure::Above(LIMIT.as_secs_f64())),
    };
    let (first, result) = run(1)?;
    if first > SLOW {
        return Ok((vec![first], result));
    }
    let (mut times, mut taken, mut all) = (1, first, first);
    while all < WARM_UP || taken < SAMPLE {
        if taken < SAMPLE {
            times *= 2;
        }
        taken = run(times)?.0;
        all += taken;
    }
    let (mut samples, mut all, mut last) = (Vec::new(), 0.0, result);
    while samples.len() < COUNT || all < SAMPLES {
        let (seconds, result) = run(times)?;
        samples.push(seconds / f64::from(times));
        (all, last) = (all + seconds, result);
    }
    Ok((samples, last))
}
