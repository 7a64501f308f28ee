//! A closed loop: each connection sends a request, waits for the whole answer, sends the next. One thread, and as little work for an answer
//! as there can be: the engine that is measured shares the machine with it.

use crate::usage;
use mio::{Events, Interest, Poll, Token};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// What a run gave: answers a second, and how long they took, in milliseconds.
pub struct Figures {
    pub answers: usize,
    pub rate: f64,
    pub p50: f64,
    pub p99: f64,
    pub p999: f64,
    /// Processor time of the load generator for each answer, in microseconds.
    pub micros: Option<f64>,
}

/// Connections and what is sent on them.
pub struct Load {
    request: Vec<u8>,
    connections: Vec<TcpStream>,
}

impl Load {
    /// Connects to a server.
    pub fn connect(address: SocketAddr, path: &str, connections: usize) -> Self {
        let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\naccept: */*\r\n\r\n").into_bytes();
        let connect = |_| {
            let stream = TcpStream::connect(address).expect("the server takes connections");
            stream.set_nodelay(true).unwrap();
            stream
        };
        Self { request, connections: (0..connections).map(connect).collect() }
    }

    /// Runs for a while.
    pub fn run(&mut self, time: Duration) -> Figures {
        let mut times = Vec::with_capacity((time.as_secs_f64() * 200_000.0) as usize);
        let (before, began) = (usage::own_seconds(), Instant::now());
        match &mut self.connections[..] {
            [one] => alternate(one, &self.request, began + time, &mut times),
            many => interleave(many, &self.request, began + time, &mut times),
        }
        let taken = began.elapsed();
        let used = usage::own_seconds().zip(before).map(|(after, before)| after - before);
        times.sort_unstable();
        let at = |share: f64| f64::from(times[((times.len() - 1) as f64 * share) as usize]) / 1e6;
        let answers = times.len();
        Figures {
            answers,
            rate: answers as f64 / taken.as_secs_f64(),
            p50: at(0.5),
            p99: at(0.99),
            p999: at(0.999),
            micros: used.map(|used| used * 1e6 / answers as f64),
        }
    }
}

/// Times are nanoseconds: 4 seconds and more look like 4 seconds.
fn nanos(time: Duration) -> u32 {
    u32::try_from(time.as_nanos()).unwrap_or(u32::MAX)
}

/// One connection, in blocking calls.
fn alternate(stream: &mut TcpStream, request: &[u8], until: Instant, times: &mut Vec<u32>) {
    let (mut shape, mut buffer) = (Shape::default(), vec![0; 64 << 10]);
    let mut began = Instant::now();
    while began < until {
        stream.write_all(request).unwrap();
        let mut filled = 0;
        while !shape.is_whole(&buffer[..filled]) {
            let read = stream.read(&mut buffer[filled..]).unwrap();
            assert!(read > 0, "the server ended a connection");
            filled += read;
        }
        let now = Instant::now();
        times.push(nanos(now - began));
        began = now;
    }
}

/// A connection among many.
struct Lane {
    stream: mio::net::TcpStream,
    buffer: Vec<u8>,
    filled: usize,
    began: Instant,
}

impl Lane {
    fn send(&mut self, request: &[u8]) {
        self.began = Instant::now();
        let sent = self.stream.write(request).unwrap();
        assert_eq!(sent, request.len(), "a request fits into an empty socket");
    }

    /// Takes what came; true once the answer is whole. Readiness is told when bytes come, so that nothing is read in vain.
    fn receive(&mut self, shape: &mut Shape) -> bool {
        match self.stream.read(&mut self.buffer[self.filled..]) {
            Ok(read) => {
                assert!(read > 0, "the server ended a connection");
                self.filled += read;
            }
            Err(e) if e.kind() == ErrorKind::WouldBlock => return false,
            Err(e) => panic!("{e}"),
        }
        let whole = shape.is_whole(&self.buffer[..self.filled]);
        if whole {
            self.filled = 0;
        }
        whole
    }
}

/// Many connections, in the order in which they are answered.
fn interleave(streams: &mut [TcpStream], request: &[u8], until: Instant, times: &mut Vec<u32>) {
    let mut poll = Poll::new().unwrap();
    let mut lanes = Vec::new();
    for (at, stream) in streams.iter().enumerate() {
        let stream = stream.try_clone().unwrap();
        stream.set_nonblocking(true).unwrap();
        let mut stream = mio::net::TcpStream::from_std(stream);
        poll.registry().register(&mut stream, Token(at), Interest::READABLE).unwrap();
        lanes.push(Lane { stream, buffer: vec![0; 16 << 10], filled: 0, began: Instant::now() });
    }
    lanes.iter_mut().for_each(|lane| lane.send(request));
    let (mut shape, mut events) = (Shape::default(), Events::with_capacity(lanes.len()));
    let mut running = lanes.len();
    while running > 0 {
        poll.poll(&mut events, None).unwrap();
        for event in &events {
            let lane = &mut lanes[event.token().0];
            if !lane.receive(&mut shape) {
                continue;
            }
            times.push(nanos(lane.began.elapsed()));
            if Instant::now() < until {
                lane.send(request);
            } else {
                running -= 1;
            }
        }
    }
}

/// Where the last answer said how long it was: answers to one request rarely differ in more than the number.
#[derive(Default)]
struct Shape {
    /// Of the length's digits.
    digits: usize,
    /// Of the body.
    body: usize,
}

const NAME: &[u8] = b"content-length:";

impl Shape {
    /// Is an answer all there?
    fn is_whole(&mut self, answer: &[u8]) -> bool {
        if answer.is_empty() {
            return false;
        }
        let length = self.length(answer).or_else(|| {
            let length = length(answer)?;
            self.learn(answer);
            Some(length)
        });
        let whole = length.is_some_and(|length| answer.len() >= length);
        assert!(!whole || answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(answer));
        whole
    }

    fn length(&self, answer: &[u8]) -> Option<usize> {
        let before = self.digits.checked_sub(NAME.len() + 1)?;
        let name = answer.get(before..self.digits - 1)?;
        let ended = answer.get(self.body.checked_sub(4)?..self.body)? == b"\r\n\r\n";
        if !name.eq_ignore_ascii_case(NAME) || !ended {
            return None;
        }
        let digits = answer[self.digits..].iter().take_while(|byte| byte.is_ascii_digit());
        Some(self.body + digits.fold(0, |sum, digit| sum * 10 + usize::from(digit - b'0')))
    }

    fn learn(&mut self, answer: &[u8]) {
        let is_name = |part: &[u8]| part.eq_ignore_ascii_case(NAME);
        let name = answer.windows(NAME.len()).position(is_name).unwrap_or_default();
        let body = answer.windows(4).position(|part| part == b"\r\n\r\n").unwrap_or_default();
        *self = Self { digits: name + NAME.len() + 1, body: body + 4 };
    }
}

/// The length of an answer, once its head is there.
pub fn length(answer: &[u8]) -> Option<usize> {
    let mut at = 0;
    let mut body: Option<usize> = None;
    loop {
        let line = answer.get(at..)?;
        let end = line.iter().position(|byte| *byte == b'\n')?;
        at += end + 1;
        if end <= 1 {
            return Some(at + body.expect("answers that tell their length"));
        }
        if line.get(..NAME.len()).is_some_and(|name| name.eq_ignore_ascii_case(NAME)) {
            let digits = std::str::from_utf8(&line[NAME.len()..end]).ok()?;
            body = digits.trim().parse().ok();
        }
    }
}
