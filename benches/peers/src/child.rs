//! The processes that do the work: lines in, lines out.
//!
//! The first line to a process is the [`Input`]; each later one is `ROW TIMES`, answered by `{"seconds": …, "result": …}` or `{"error": …}`.

use crate::input::Input;
use crate::{Failure, boa, krl, rhai, rune};
use serde_json::{Value, json};
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child as Process, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// The argument that makes this program one of the processes.
pub const FLAG: &str = "--peer";

/// A language in this process.
pub trait Peer {
    /// Does a row's work some times over; how long that took, and the last result.
    fn run(&mut self, row: &str, times: u32) -> Result<(Duration, Value), Failure>;
}

/// Does something some times over; how long that took, and the last result.
pub fn timed<T>(times: u32, mut work: impl FnMut() -> Result<T, Failure>) -> Result<(Duration, T), Failure> {
    let began = Instant::now();
    let mut last = None;
    for _ in 0..times {
        last = Some(work()?);
    }
    let taken = began.elapsed();
    Ok((taken, last.ok_or("nothing to do")?))
}

/// Answers the driver until it closes the pipe.
pub fn serve(peer: &str) -> Result<(), Failure> {
    let mut lines = io::stdin().lines();
    let input = Input::read(&lines.next().ok_or("no input")??)?;
    let mut peer: Box<dyn Peer> = match peer {
        "krl" => Box::new(krl::Krl::new(input)?),
        "rhai" => Box::new(rhai::Rhai::new(&input)?),
        "rune" => Box::new(rune::Rune::new(input)?),
        "boa" => Box::new(boa::Boa::new(&input)?),
        other => return Err(format!("there is no peer `{other}`").into()),
    };
    for line in lines {
        let line = line?;
        let (row, times) = line.split_once(' ').ok_or("a line without a number")?;
        let answer = match peer.run(row, times.parse()?) {
            Ok((taken, result)) => json!({ "seconds": taken.as_secs_f64(), "result": result }),
            Err(error) => json!({ "error": error.to_string() }),
        };
        println!("{answer}");
    }
    Ok(())
}

/// What a process answered.
pub enum Answer {
    Done {
        seconds: f64,
        result: Value,
    },
    Failed(String),
    /// It was still at work when its time was over, and has been stopped.
    TooSlow,
}

/// A process of a language. It ends with this value.
pub struct Child {
    process: Process,
    answers: Receiver<String>,
}

impl Child {
    /// Starts it and gives it the input.
    pub fn start(mut command: Command, input: &Input) -> Result<Self, Failure> {
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (sender, answers) = channel();
        let output = process.stdout.take().ok_or("no output")?;
        std::thread::spawn(move || {
            let lines = BufReader::new(output).lines().map_while(Result::ok);
            lines.take_while(|line| sender.send(line.clone()).is_ok()).for_each(drop);
        });
        let mut child = Self { process, answers };
        child.tell(&input.line())?;
        Ok(child)
    }

    fn tell(&mut self, line: &str) -> Result<(), Failure> {
        let stdin = self.process.stdin.as_mut().ok_or("no input")?;
        Ok(writeln!(stdin, "{line}")?)
    }

    /// Has a row's work done some times over.
    pub fn run(&mut self, row: &str, times: u32, limit: Duration) -> Answer {
        if let Err(error) = self.tell(&format!("{row} {times}")) {
            return Answer::Failed(error.to_string());
        }
        let line = match self.answers.recv_timeout(limit) {
            Ok(line) => line,
            Err(RecvTimeoutError::Timeout) => return Answer::TooSlow,
            Err(RecvTimeoutError::Disconnected) => return Answer::Failed("the process ended".to_owned()),
        };
        let Ok(mut answer) = serde_json::from_str::<Value>(&line) else {
            return Answer::Failed(format!("not an answer: {line}"));
        };
        match answer["seconds"].as_f64() {
            Some(seconds) => Answer::Done { seconds, result: answer["result"].take() },
            None => Answer::Failed(answer["error"].as_str().unwrap_or("no reason given").to_owned()),
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
