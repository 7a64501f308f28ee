//! Clouds that ask while they work: for the network, for other clouds, for a pause. Each piece of work has a stack of its own, as on a host,
//! and leaves it at each question with whatever stands on it.

use krl_kernel::cloud::{Ask, Cloud, Directory, Listing, Reply};
use krl_kernel::fiber::{Fiber, Stacks, Turn};
use krl_vm::data::{Data, DataMap};
use std::sync::Arc;

/// Work on a cloud, with what it asked for.
#[derive(Debug, Default)]
pub struct Asking {
    stacks: Stacks,
    /// The questions so far, in their order; pauses are `pause`.
    pub asked: Vec<String>,
}

/// Nobody is known.
struct Alone;

impl Directory for Alone {
    fn channel(&self, _eci: &str) -> Result<Option<Listing>, String> {
        Ok(None)
    }
}

impl Asking {
    /// Does the work, and answers what it asks: what it comes to, and the cloud.
    ///
    /// # Panics
    /// Without memory for a stack.
    pub fn done<T: 'static>(
        &mut self,
        cloud: Cloud,
        work: impl FnOnce(&mut Cloud) -> T + 'static,
    ) -> (Cloud, T) {
        let mut reply = Reply::Go;
        let mut fiber = Some(self.begun(cloud, work));
        loop {
            let (turn, rest) = fiber.take().expect("work to go on with").resume(reply, &mut self.stacks);
            match turn {
                Turn::Done(cloud, result) => return (cloud, result),
                Turn::Asks(ask) => reply = self.answer(&ask),
            }
            fiber = rest;
        }
    }

    /// Begins the work, and gives it up when it has asked `questions` times: was it that long?
    ///
    /// # Panics
    /// Without memory for a stack.
    pub fn given_up<T: 'static>(
        &mut self,
        cloud: Cloud,
        questions: usize,
        work: impl FnOnce(&mut Cloud) -> T + 'static,
    ) -> bool {
        let mut reply = Reply::Go;
        let mut fiber = self.begun(cloud, work);
        for _ in 0..questions {
            let (turn, rest) = fiber.resume(reply, &mut self.stacks);
            let (Turn::Asks(ask), Some(rest)) = (turn, rest) else { return false };
            reply = self.answer(&ask);
            fiber = rest;
        }
        true
    }

    fn begun<T: 'static>(&mut self, cloud: Cloud, work: impl FnOnce(&mut Cloud) -> T + 'static) -> Fiber<T> {
        let fiber = Fiber::new(&mut self.stacks, Arc::new(Alone), cloud, work);
        fiber.unwrap_or_else(|(_, none)| panic!("{none}"))
    }

    /// The network knows the length of each address, but for `…/broken`; clouds answer with their arguments; nothing else is there.
    fn answer(&mut self, ask: &Ask) -> Reply {
        match ask {
            Ask::Pause => {
                self.asked.push("pause".into());
                Reply::Go
            }
            Ask::Http(method, args) => {
                let url = args.first().and_then(Data::as_str).unwrap_or_default();
                self.asked.push(format!("{method} {url}"));
                if url.ends_with("/broken") {
                    return Reply::Failed("nobody there".into());
                }
                let length = Data::Number(url.len() as f64);
                Reply::Data(Data::Map(DataMap::from_iter([("content".into(), length)])))
            }
            Ask::Query(query) => {
                self.asked.push(format!("query {} {}", query.rid, query.args.to_json()));
                Reply::Data(query.args.clone())
            }
            other => {
                self.asked.push(format!("{other:?}"));
                Reply::Failed("there is no host".into())
            }
        }
    }
}
