//! What clients do until the host is gone, and what they were told.

use crate::server::Connection;
use serde_json::json;
use std::sync::Arc;

/// A sequence of numbers that follows from a seed (SplitMix64).
#[derive(Clone)]
pub struct Dice(pub u64);

impl Dice {
    /// A number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// The kinds of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Changes variables of two rulesets.
    Add,
    /// Sends an event to another cloud as well.
    Pass,
    /// Sets a job for the near future as well.
    Later,
    /// One of two rulesets fails.
    Split,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Add, Self::Pass, Self::Later, Self::Split];

    fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Pass => "pass",
            Self::Later => "later",
            Self::Split => "split",
        }
    }
}

/// An event that was sent.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Its id.
    pub id: String,
    /// What it does.
    pub kind: Kind,
    /// The number of the cloud.
    pub cloud: usize,
    /// The number of the other cloud it may send to.
    pub to: usize,
    /// The client was told that it is done, or cannot be lost.
    pub acknowledged: bool,
}

/// A client: sends events until the connection breaks.
pub struct Client {
    /// Where its ids begin.
    pub name: String,
    /// Where the host listens.
    pub port: u16,
    /// The channels of the clouds.
    pub channels: Arc<[String]>,
    /// What it does.
    pub dice: Dice,
}

impl Client {
    /// Answers what was sent, and whether it was acknowledged.
    pub fn run(mut self) -> Vec<Sent> {
        let mut sent = Vec::new();
        let Ok(mut connection) = Connection::open(self.port) else { return sent };
        loop {
            let event = self.next(sent.len());
            sent.push(event);
            let Some(event) = sent.last_mut() else { return sent };
            match self.send(&mut connection, event) {
                Some(()) => event.acknowledged = true,
                None => return sent,
            }
        }
    }

    fn next(&mut self, number: usize) -> Sent {
        let clouds = self.channels.len() as u64;
        // Some clouds get more than others, so that events wait for each other.
        let range = [clouds, clouds, 3][self.dice.below(3) as usize];
        Sent {
            id: format!("{}.{number}", self.name),
            kind: Kind::ALL[self.dice.below(4) as usize],
            cloud: self.dice.below(range) as usize,
            to: self.dice.below(clouds) as usize,
            acknowledged: false,
        }
    }

    fn send(&mut self, connection: &mut Connection, event: &Sent) -> Option<()> {
        let (channel, to) = (&self.channels[event.cloud], &self.channels[event.to]);
        let waits = self.dice.below(2) == 0;
        let verb = if waits { "event-wait" } else { "event" };
        let path = format!("/c/{channel}/{verb}/crash/{}", event.kind.name());
        let attrs = json!({"id": event.id, "to": to, "delay": self.dice.below(400)});
        let (status, answer) = connection.ask("POST", &path, &attrs).ok()?;
        let expected = if waits && event.kind == Kind::Split { 500 } else { 200 };
        assert_eq!(status, expected, "{path} {attrs}: {answer}");
        if expected == 500 {
            assert_eq!(answer["errors"][0]["rid"], "crash.witness", "{answer}");
        }
        if waits && self.dice.below(8) == 0 {
            let path = format!("/c/{channel}/query/crash.member/seen");
            let (_, seen) = connection.ask("POST", &path, &json!({"id": event.id})).ok()?;
            assert_eq!(seen, 1, "{event:?} was answered, and a query does not see it");
        }
        Some(())
    }
}
