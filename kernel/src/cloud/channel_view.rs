//! Channels as programs see them, made right in the memory of the machine: they are shown often, and have many rules.

use super::core::Core;
use crate::channel::{Channel, Policy, Rule};
use krl_vm::data::Data;
use krl_vm::fault::Fault;
use krl_vm::heap::Heap;
use krl_vm::value::Value;

impl Core {
    /// Natives that answer channels; none if `name` is no such native.
    pub(super) fn show_channels(
        &mut self,
        heap: &mut Heap,
        name: &str,
        args: &[Data],
    ) -> Option<Result<Value, Fault>> {
        Some(match (name, args) {
            ("ctx:channels", _) => list(heap, self.lasting.channels.iter()),
            ("ctx:channelsTagged", [tags, ..]) => list(heap, self.channels_tagged(tags).into_iter()),
            ("ctx:newChannel", args) => self.new_channel(args).and_then(|channel| view(heap, &channel)),
            _ => return None,
        })
    }
}

fn list<'a>(heap: &mut Heap, channels: impl Iterator<Item = &'a Channel>) -> Result<Value, Fault> {
    let views = channels.map(|channel| view(heap, channel)).collect::<Result<Vec<_>, _>>()?;
    heap.array_from(&views)
}

/// [`Channel::to_data`] as a value.
fn view(heap: &mut Heap, channel: &Channel) -> Result<Value, Fault> {
    let tags = channel.tags.iter().map(|tag| heap.string(tag)).collect::<Result<Vec<_>, _>>()?;
    let family = channel.family.as_ref().map_or(Ok(Value::NULL), |user| heap.string(user))?;
    let entries = [
        (heap.string("id")?, heap.string(&channel.id)?),
        (heap.string("tags")?, heap.array_from(&tags)?),
        (heap.string("eventPolicy")?, policy(heap, &channel.policies.event)?),
        (heap.string("queryPolicy")?, policy(heap, &channel.policies.query)?),
        (heap.string("familyChannelPicoID")?, family),
    ];
    heap.map_from(&entries)
}

fn policy<R: Rule>(heap: &mut Heap, policy: &Policy<R>) -> Result<Value, Fault> {
    let (first, second) = (heap.string(R::FIRST)?, heap.string("name")?);
    let mut list = |rules: &[R]| {
        let rules = rules.iter().map(|rule| {
            let (of, name) = rule.parts();
            let entries = [(first, heap.string(of)?), (second, heap.string(name)?)];
            heap.map_from(&entries)
        });
        let rules = rules.collect::<Result<Vec<_>, Fault>>()?;
        heap.array_from(&rules)
    };
    let (allow, deny) = (list(&policy.allow)?, list(&policy.deny)?);
    let entries = [(heap.string("allow")?, allow), (heap.string("deny")?, deny)];
    heap.map_from(&entries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::{EventPolicy, Kinship, Policies};
    use std::sync::Arc;

    #[test]
    fn values_are_what_data_says() {
        let rules = r#"{"allow": [{"domain": "a", "name": "*"}, {"domain": "b", "name": "c"}], "deny": []}"#;
        let event = EventPolicy::parse(&Data::parse(rules).unwrap()).unwrap();
        let policies = Policies::new(event, Default::default()).into();
        let shop = Channel { tags: ["x".into(), "y".into()].into(), policies, ..Channel::open("c1") };
        for channel in [shop, Channel::family("c2", Kinship::Child, "c3"), Channel::open("c4")] {
            let mut heap = Heap::new(Arc::default(), Arc::default(), 1 << 20);
            let value = view(&mut heap, &channel).unwrap();
            let data = channel.to_data();
            assert_eq!(heap.export(value).unwrap().to_json(), data.to_json());
            assert_eq!(channel.weight(), crate::cloud::weight::of(&data));
        }
    }
}
