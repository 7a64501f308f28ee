//! The channels of a cloud, and the natives of `ctx` that show and change them (`krl-runtime.md` §1.2, §5.1).

use super::Cloud;
use super::channel_table::Table;
use super::core::Core;
use super::event::Refusal;
use super::undo::Undo;
use crate::channel::{Channel, EventPolicy, Kinship, Policies, QueryPolicy, tags};
use krl_vm::data::Data;
use krl_vm::fault::Fault;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Channels by id, which is the order they are shown in.
#[derive(Debug, Default)]
pub(super) struct Channels {
    /// All but those for children.
    own: Table,
    /// Those for children, apart: nothing looks through them that does not look for them, however many children there are.
    children: Option<Box<Table>>,
}

/// What a transaction may have changed of the ties to others, kept until the next one begins.
#[derive(Debug, Default)]
pub(super) struct Touched {
    /// Channels that it has created, changed or deleted.
    pub channels: BTreeSet<Arc<str>>,
    pub parent: bool,
    /// Clouds of children.
    pub children: Vec<Arc<str>>,
    /// The list of rulesets.
    pub program: bool,
    /// Jobs, with the time they were due before.
    pub jobs: Vec<(Arc<str>, Option<i64>)>,
    /// Matches in progress: ruleset and rule.
    pub matches: Vec<(Arc<str>, Arc<str>)>,
}

impl Channels {
    /// The channel of a cloud to itself, and one that allows everything.
    pub fn new(cloud: &Arc<str>, open: &Arc<str>) -> Self {
        let mut channels = Self::of(cloud);
        channels.replace(open, Some(Channel::open(open.clone())));
        channels
    }

    /// The channel of a cloud to itself.
    pub fn of(cloud: &Arc<str>) -> Self {
        let mut channels = Self::default();
        channels.replace(cloud, Some(Channel::family(cloud.clone(), Kinship::Own, cloud.clone())));
        channels
    }

    pub fn get(&self, eci: &str) -> Option<&Channel> {
        self.own.get(eci).or_else(|| self.children.as_ref()?.get(eci))
    }

    pub fn iter(&self) -> impl Iterator<Item = &Channel> {
        let (mut own, mut children) = (self.own.iter().peekable(), self.for_children().peekable());
        let next = move || match (own.peek(), children.peek()) {
            (Some(one), Some(other)) if other.id < one.id => children.next(),
            (None, Some(_)) => children.next(),
            _ => own.next(),
        };
        std::iter::from_fn(next)
    }

    /// Those with just these tags.
    pub fn tagged<T: AsRef<str>>(&self, tags: &[T]) -> impl Iterator<Item = &Channel> {
        let mut tagged: Vec<_> = self.own.iter().filter(|channel| channel.has_tags(tags)).collect();
        if has_tags_of(Kinship::Parent, tags) {
            tagged.extend(self.for_children());
        }
        tagged.sort_unstable_by(|one, other| one.id.cmp(&other.id));
        tagged.into_iter()
    }

    /// The channel for a child or a parent.
    pub fn for_relative(&self, kinship: Kinship) -> Option<&Channel> {
        self.own.iter().find(|channel| kinship.is_of(channel))
    }

    /// The channels for children.
    pub fn for_children(&self) -> impl Iterator<Item = &Channel> {
        self.children.iter().flat_map(|children| children.iter())
    }

    /// Those that are stored: all but the self channel, which follows from the cloud.
    pub fn stored(&self, cloud: &str) -> impl Iterator<Item = &Channel> {
        self.iter().filter(move |channel| channel.id != *cloud)
    }

    /// Replaces all that are stored.
    pub fn restore(&mut self, cloud: &str, stored: Vec<Channel>) {
        *self = Self { own: Table::of(self.own.take(cloud)), ..Self::default() };
        for channel in stored {
            self.put(channel);
        }
        self.own.shrink();
    }

    /// Puts a channel in its place, or leaves the place empty; answers what was there.
    pub fn replace(&mut self, id: &str, channel: Option<Channel>) -> Option<Channel> {
        let former = self.own.take(id).or_else(|| self.children.as_mut()?.take(id));
        channel.into_iter().for_each(|channel| self.put(channel));
        former
    }

    fn put(&mut self, channel: Channel) {
        match Kinship::Parent.is_of(&channel) {
            true => self.children.get_or_insert_default().put(channel),
            false => self.own.put(channel),
        }
    }
}

/// Are these the tags of channels between relatives of a kind, in whatever order?
fn has_tags_of<T: AsRef<str>>(kinship: Kinship, tags: &[T]) -> bool {
    let own = kinship.tags();
    own.len() == tags.len() && own.iter().all(|tag| tags.iter().any(|other| other.as_ref() == &**tag))
}

impl Cloud {
    /// Its channels, in the order of their ids.
    pub fn channels(&self) -> impl Iterator<Item = &Channel> {
        self.core.lasting.channels.iter()
    }

    /// Makes a channel, between two transactions: tags, which events it takes, and which queries.
    ///
    /// # Errors
    /// Tags or policies that are none.
    pub fn open_channel(&mut self, channel: &[Data; 3]) -> Result<(), String> {
        self.core.create_channel(&Change::of(channel)).map(drop).map_err(|fault| fault.to_string())
    }

    /// The channels that the last transaction may have created, changed or deleted, as they are now.
    pub fn touched_channels(&self) -> impl Iterator<Item = (&Arc<str>, Option<&Channel>)> {
        self.core.transaction.touched.channels.iter().map(|id| (id, self.core.lasting.channels.get(id)))
    }

    /// Whether the last transaction may have changed the family.
    #[must_use]
    pub fn touched_family(&self) -> bool {
        let touched = &self.core.transaction.touched;
        touched.parent || !touched.children.is_empty()
    }
}

impl Core {
    /// Lets an event of `sender` through, which is another cloud, this one, or none.
    pub(super) fn admit_event(
        &self,
        eci: &Arc<str>,
        sender: Option<&str>,
        domain: &str,
        name: &str,
    ) -> Result<(), Refusal> {
        let channel = self.lasting.channels.get(eci).ok_or_else(|| Refusal::UnknownChannel(eci.clone()))?;
        channel.check_event(sender, domain, name).map_err(Refusal::Channel)
    }

    /// Lets a query of `sender` through, which is another cloud, this one, or none.
    pub(super) fn admit_query(
        &self,
        eci: &Arc<str>,
        sender: Option<&str>,
        rid: &str,
        name: &str,
    ) -> Result<(), Refusal> {
        let channel = self.lasting.channels.get(eci).ok_or_else(|| Refusal::UnknownChannel(eci.clone()))?;
        channel.check_query(sender, rid, name).map_err(Refusal::Channel)
    }

    /// Natives about channels; none if `name` is no such native.
    pub(super) fn answer_of_channels(&mut self, name: &str, args: &[Data]) -> Option<Result<Data, Fault>> {
        Some(match (name, args) {
            ("ctx:putChannel", [eci, args @ ..]) => self.put_channel(eci, &Change::of(args)),
            ("ctx:upsertChannel", args) => self.upsert_channel(&Change::of(args)),
            ("ctx:delChannel", [eci, ..]) => self.delete_channel(eci),
            _ => return None,
        })
    }

    pub(super) fn channels_tagged(&self, tags: &Data) -> Vec<&Channel> {
        let Data::Array(tags) = tags else { return Vec::new() };
        let tags: Option<Vec<&str>> = tags.iter().map(Data::as_str).collect();
        // A channel has no tags but texts.
        tags.map(|tags| self.lasting.channels.tagged(&tags).collect()).unwrap_or_default()
    }

    pub(super) fn new_channel(&mut self, args: &[Data]) -> Result<Channel, Fault> {
        self.may_write()?;
        self.create_channel(&Change::of(args))
    }

    fn create_channel(&mut self, change: &Change<'_>) -> Result<Channel, Fault> {
        let channel = self.changed(&Channel::open(""), change)?;
        let channel = Channel { id: self.random().id().into(), ..channel };
        self.charge_bytes(channel.weight())?;
        self.put_in_place(channel.clone());
        Ok(channel)
    }

    fn put_channel(&mut self, eci: &Data, change: &Change<'_>) -> Result<Data, Fault> {
        self.may_write()?;
        let channel = self.own_channel(eci)?;
        match &channel.family {
            Some(_) if channel.id == *self.lasting.id => {
                return Err(Fault::error("Cannot edit the self channel."));
            }
            Some(_) => {}
            None => {
                let changed = self.changed(channel, change)?;
                self.put_in_place(changed);
            }
        }
        Ok(Data::Null)
    }

    /// Changes the first channel with just these tags, or creates it; its tags are sorted then.
    fn upsert_channel(&mut self, change: &Change<'_>) -> Result<Data, Fault> {
        self.may_write()?;
        let mut tags = tags::parse(change.tags.unwrap_or(&Data::Null))?;
        tags.sort_unstable();
        let known = self.lasting.channels.tagged(&tags).next().cloned();
        let channel = match known {
            Some(channel) => channel,
            None => Channel::open(self.random().id()),
        };
        let channel = Channel { tags: tags.into(), ..self.changed(&channel, change)? };
        self.charge_bytes(channel.weight())?;
        self.put_in_place(channel);
        Ok(Data::Null)
    }

    fn delete_channel(&mut self, eci: &Data) -> Result<Data, Fault> {
        self.may_write()?;
        let channel = self.own_channel(eci)?;
        if channel.family.is_some() {
            return Err(Fault::error("Cannot delete family channels."));
        }
        let id = Arc::from(&channel.id);
        self.change_channel(&id, None);
        Ok(Data::Null)
    }

    fn own_channel(&self, eci: &Data) -> Result<&Channel, Fault> {
        let channel = eci.as_str().and_then(|eci| self.lasting.channels.get(eci));
        channel.ok_or_else(|| Fault::error(format!("ECI not found {}", eci.as_str().unwrap_or_default())))
    }

    /// A channel with a change, and with the one copy of its policies.
    fn changed(&self, channel: &Channel, change: &Change<'_>) -> Result<Channel, Fault> {
        let mut changed = change.apply(channel)?;
        if let Some(shelf) = &self.lasting.setting.home {
            changed.policies = shelf.policies.intern(changed.policies);
        }
        Ok(changed)
    }

    fn put_in_place(&mut self, channel: Channel) {
        self.change_channel(&Arc::from(&channel.id), Some(channel));
    }

    /// Puts a channel in its place, or leaves the place empty, and remembers how to take it back.
    pub(super) fn change_channel(&mut self, id: &Arc<str>, channel: Option<Channel>) {
        let former = self.lasting.channels.replace(id, channel);
        self.transaction.touched.channels.insert(id.clone());
        self.transaction.undo.push(Undo::Channel(id.clone(), former.map(Box::new)));
    }
}

/// What a native gives of a channel; null leaves it as it is.
struct Change<'a> {
    tags: Option<&'a Data>,
    event: Option<&'a Data>,
    query: Option<&'a Data>,
}

impl<'a> Change<'a> {
    fn of(args: &'a [Data]) -> Self {
        let given = |index| args.get(index).filter(|arg| **arg != Data::Null);
        Self { tags: given(0), event: given(1), query: given(2) }
    }

    fn apply(&self, channel: &Channel) -> Result<Channel, Fault> {
        let mut channel = channel.clone();
        if let Some(tags) = self.tags {
            channel.tags = tags::parse(tags)?.into();
        }
        let event = self.event.map(EventPolicy::parse).transpose()?;
        let query = self.query.map(QueryPolicy::parse).transpose()?;
        if event.is_some() || query.is_some() {
            let former = &channel.policies;
            let event = event.unwrap_or_else(|| former.event.clone());
            let query = query.unwrap_or_else(|| former.query.clone());
            channel.policies = Arc::new(Policies::new(event, query));
        }
        Ok(channel)
    }
}
