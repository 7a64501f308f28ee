//! The records of a cloud together: its head, loading it, deleting it.

use super::channel::{self, PolicyTable};
use super::key::{self, CloudKey, Tag, of_cloud};
use super::rulesets::{ListHash, ListTable};
use super::{Damage, agenda, decode, encode, job, matches, plain};
use crate::channel::Channel;
use crate::entities::{Home, Place, Variables};
use crate::id::LENGTH;
use crate::machine::MatchState;
use crate::schedule::Job;
use crate::store::{Batch, Read, Space, StoreError, prefix_end};
use krl_vm::data::Data;
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;
use std::sync::Arc;

/// What a cloud is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// Whom it belongs to.
    pub owner: Arc<str>,
    /// The channel to its parent.
    pub parent: Option<Arc<str>>,
    /// When it was made, in milliseconds.
    pub created: i64,
    /// Its rulesets in install order.
    pub rulesets: Vec<Installation>,
}

/// An installed ruleset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Installation {
    /// Its id.
    pub rid: Arc<str>,
    /// Where it came from.
    pub url: Option<Arc<str>>,
    /// The BLAKE3 hash of its source, which tells which code it is.
    pub hash: [u8; 32],
    /// Its configuration.
    #[serde(with = "plain")]
    pub config: Data,
}

/// A head as it is stored: the rulesets are a record of their own.
#[derive(Serialize, Deserialize)]
struct StoredHead {
    owner: Arc<str>,
    parent: Option<Arc<str>>,
    created: i64,
    rulesets: ListHash,
}

/// What the stored form of a head begins with. In the first form, with [`super::VERSION`], the rulesets stand in it.
const HEAD: u8 = 2;

/// A head, or what leads to it.
enum Found {
    First(Head),
    Stored(StoredHead),
}

fn read_head(record: &[u8]) -> Result<Found, Damage> {
    match record.split_first() {
        Some((&HEAD, fields)) => match postcard::take_from_bytes(fields) {
            Ok((head, [])) => Ok(Found::Stored(head)),
            Ok(_) => Err(Damage::Trailing),
            Err(postcard::Error::DeserializeUnexpectedEnd) => Err(Damage::Short),
            Err(_) => Err(Damage::Fields),
        },
        _ => decode(record).map(Found::First),
    }
}

impl Found {
    fn resolve(self, read: &dyn Read, lists: &ListTable) -> Result<Head, StoreError> {
        match self {
            Self::First(head) => Ok(head),
            Self::Stored(StoredHead { owner, parent, created, rulesets }) => {
                let rulesets = lists.get(read, &rulesets)?.to_vec();
                Ok(Head { owner, parent, created, rulesets })
            }
        }
    }
}

/// Checks the record of a head.
pub(super) fn check_head(record: &[u8]) -> Result<(), Damage> {
    read_head(record).map(drop)
}

/// A child of a cloud.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Child {
    /// The child's id.
    pub id: Arc<str>,
    /// The channel to it.
    pub eci: Arc<str>,
    /// Children are in the order of these numbers.
    pub sequence: u64,
}

/// A cloud as it is stored. Lists are in order.
#[derive(Debug)]
pub struct StoredCloud {
    /// Its id.
    pub id: Arc<str>,
    /// What it is.
    pub head: Head,
    /// Its channels, with their numbers.
    pub channels: Vec<(u64, Channel)>,
    /// Its children.
    pub children: Vec<Child>,
    /// Its jobs, with their numbers.
    pub jobs: Vec<(u64, Job)>,
    /// Matches in progress: ruleset, rule, state.
    pub matches: Vec<(Arc<str>, Arc<str>, MatchState)>,
    /// Entity variables of the rulesets that have any.
    pub variables: Vec<(Arc<str>, Variables)>,
}

/// What loading needs besides the cloud's id.
pub struct Source<'a> {
    /// The store, or a snapshot of it. Variables hold on to it for what is read later.
    pub home: &'a Arc<Home>,
    /// Policies that are in memory already.
    pub policies: &'a PolicyTable,
    /// Lists of rulesets that are.
    pub lists: &'a ListTable,
}

/// Writes the head of a cloud, and its list of rulesets unless `read` has it.
///
/// # Errors
/// The store's.
pub fn put_head(
    read: &dyn Read,
    lists: &ListTable,
    batch: &mut Batch,
    cloud: &str,
    head: &Head,
) -> Result<(), StoreError> {
    let Head { owner, parent, created, rulesets } = head;
    let rulesets = lists.put(read, batch, rulesets)?;
    let stored = StoredHead { owner: owner.clone(), parent: parent.clone(), created: *created, rulesets };
    // The types of records have only lengths that are known beforehand, with which this cannot fail.
    let record = postcard::to_extend(&stored, vec![HEAD]).unwrap_or_default();
    batch.put(Space::Clouds, of_cloud(cloud, Tag::Head, &[]), record);
    Ok(())
}

/// Writes a child of a cloud.
pub fn put_child(batch: &mut Batch, cloud: &str, child: &Child) {
    batch.put(Space::Clouds, of_cloud(cloud, Tag::Child, &[&child.id]), encode(child));
}

/// Removes a child of a cloud.
pub fn remove_child(batch: &mut Batch, cloud: &str, id: &str) {
    batch.remove(Space::Clouds, of_cloud(cloud, Tag::Child, &[id]));
}

/// The head of a cloud, without the rest of it.
///
/// # Errors
/// The store's.
pub fn load_head(read: &dyn Read, cloud: &str) -> Result<Option<Head>, StoreError> {
    let key = of_cloud(cloud, Tag::Head, &[]);
    let Some(record) = read.get(Space::Clouds, &key)? else { return Ok(None) };
    let found = read_head(&record).map_err(|damage| damage.at(&key))?;
    found.resolve(read, &ListTable::default()).map(Some)
}

/// A reader of what heads of clouds say; it says when it has enough.
pub type Reader<'a, T> = &'a mut dyn FnMut(&str, Result<T, StoreError>) -> ControlFlow<()>;

/// A reader of heads of clouds.
pub type HeadVisitor<'a> = Reader<'a, Head>;

/// Visits the heads of all clouds behind an id, in the order of ids.
///
/// # Errors
/// The store's.
pub fn heads(read: &dyn Read, after: Option<&str>, visit: HeadVisitor<'_>) -> Result<(), StoreError> {
    let lists = ListTable::default();
    each(read, after, &mut |cloud, found| visit(cloud, found.and_then(|found| found.resolve(read, &lists))))
}

/// Visits the lists of rulesets that heads name, as [`heads`].
pub(super) fn listed(
    read: &dyn Read,
    after: Option<&str>,
    visit: Reader<'_, Option<ListHash>>,
) -> Result<(), StoreError> {
    let list = |found| match found {
        Found::Stored(StoredHead { rulesets, .. }) => Some(rulesets),
        Found::First(_) => None,
    };
    each(read, after, &mut |cloud, found| visit(cloud, found.map(list)))
}

fn each(read: &dyn Read, after: Option<&str>, visit: Reader<'_, Found>) -> Result<(), StoreError> {
    let mut from = after.map(|after| prefix_end(after.as_bytes()).unwrap_or_default()).unwrap_or_default();
    loop {
        let mut found = None;
        read.scan(Space::Clouds, &from, None, &mut |key, record| {
            found = key.get(..LENGTH).map(|id| (id.to_vec(), key.to_vec(), record.to_vec()));
            ControlFlow::Break(())
        })?;
        let Some((id, key, record)) = found else { return Ok(()) };
        let name = String::from_utf8_lossy(&id);
        if key == of_cloud(&name, Tag::Head, &[])
            && visit(&name, read_head(&record).map_err(|damage| damage.at(&key))).is_break()
        {
            return Ok(());
        }
        let Some(next) = prefix_end(&id) else { return Ok(()) };
        from = next;
    }
}

/// Loads a cloud with one scan; large variables are read when they are first used. What has no head is no cloud, or one that is being
/// deleted.
///
/// # Errors
/// The store's; records that are damaged.
pub fn load(source: &Source<'_>, id: &Arc<str>) -> Result<Option<StoredCloud>, StoreError> {
    let mut loading = Loading::default();
    let (from, to) = (id.as_bytes(), of_cloud(id, Tag::Part, &[]));
    let mut result = Ok(());
    source.home.read.scan(Space::Clouds, from, Some(&to), &mut |key, record| match loading
        .add(source, id, key, record)
    {
        Ok(()) => ControlFlow::Continue(()),
        Err(damage) => {
            result = Err(damage.at(key));
            ControlFlow::Break(())
        }
    })?;
    result?;
    loading.finish(source, id)
}

#[derive(Default)]
struct Loading {
    head: Option<Found>,
    channels: Vec<(Arc<str>, channel::Kept)>,
    children: Vec<Child>,
    jobs: Vec<(u64, Job)>,
    matches: Vec<(Arc<str>, Arc<str>, MatchState)>,
    variables: Vec<(Place, Variables)>,
}

impl Loading {
    fn add(&mut self, source: &Source<'_>, id: &Arc<str>, key: &[u8], record: &[u8]) -> Result<(), Damage> {
        let CloudKey { tag, names, .. } = key::read(key).ok_or(Damage::Stray)?;
        let mut names = names.into_iter().map(Arc::<str>::from);
        let mut name = || names.next().unwrap_or_default();
        match tag {
            Tag::Head => self.head = Some(read_head(record)?),
            Tag::Channel => self.channels.push((name(), decode(record)?)),
            Tag::Child => self.children.push(decode(record)?),
            Tag::Job => {
                let kept: job::Kept = decode(record)?;
                self.jobs.push((kept.sequence, kept.revive(name()).ok_or(Damage::Fields)?));
            }
            Tag::Match => self.matches.push((name(), name(), matches::read_match(record)?)),
            Tag::Variable => {
                let [rid, variable] = [name(), name()].map(|name| source.policies.name(&name));
                if self.variables.last().is_none_or(|(last, _)| last.rid != rid) {
                    let place = Place { home: source.home.clone(), cloud: id.clone(), rid };
                    self.variables.push((place, Variables::default()));
                }
                if let Some((place, variables)) = self.variables.last_mut() {
                    variables.adopt(place, variable, record)?;
                }
            }
            Tag::Part => return Err(Damage::Stray),
        }
        Ok(())
    }

    fn finish(self, source: &Source<'_>, id: &Arc<str>) -> Result<Option<StoredCloud>, StoreError> {
        let Self { head, channels, mut children, mut jobs, matches, variables } = self;
        let Some(head) = head else { return Ok(None) };
        let mut head = head.resolve(&*source.home.read, source.lists)?;
        head.owner = source.policies.name(&head.owner);
        let channels = channels.into_iter().map(|(id, kept)| {
            let policies = source.policies.get(&*source.home.read, &kept.policies)?;
            let tags = source.policies.tags(&kept.tags);
            Ok((kept.sequence, Channel { id: id.into(), tags, policies, family: kept.family }))
        });
        let mut channels: Vec<_> = channels.collect::<Result<_, StoreError>>()?;
        channels.sort_by_key(|(sequence, _)| *sequence);
        children.sort_by_key(|child| child.sequence);
        jobs.sort_by_key(|(sequence, _)| *sequence);
        let variables = variables.into_iter().map(|(place, variables)| (place.rid, variables)).collect();
        Ok(Some(StoredCloud { id: id.clone(), head, channels, children, jobs, matches, variables }))
    }
}

/// Removes records of a cloud, at most so many: all that is stored with it, its channels, its timers, its inbox, and which messages it
/// has seen. Answers whether nothing is left. The head goes first: what is half deleted is no cloud.
///
/// # Errors
/// The store's.
pub fn erase(read: &dyn Read, cloud: &str, limit: usize, batch: &mut Batch) -> Result<bool, StoreError> {
    let prefixes = [
        (Space::Clouds, cloud.as_bytes().to_vec()),
        (Space::Agenda, agenda::inbox(cloud)),
        (Space::Agenda, agenda::seen_key(cloud, "")),
    ];
    let mut left = limit;
    for (space, prefix) in prefixes {
        let mut failed = None;
        read.scan_keys(space, &prefix, &mut |key| {
            let Some(fewer) = left.checked_sub(1) else { return ControlFlow::Break(()) };
            left = fewer;
            if space == Space::Clouds
                && let Err(error) = erase_elsewhere(read, key, batch)
            {
                failed = Some(error);
                return ControlFlow::Break(());
            }
            batch.remove(space, key);
            ControlFlow::Continue(())
        })?;
        if let Some(error) = failed {
            return Err(error);
        }
    }
    Ok(left > 0)
}

/// Removes what a record of a cloud has in other spaces.
fn erase_elsewhere(read: &dyn Read, key: &[u8], batch: &mut Batch) -> Result<(), StoreError> {
    let Some(CloudKey { cloud, tag, names, .. }) = key::read(key) else { return Ok(()) };
    match (tag, names.first()) {
        (Tag::Channel, Some(id)) => batch.remove(Space::Channels, id.as_bytes()),
        (Tag::Job, Some(id)) => {
            let record = read.get(Space::Clouds, key)?.unwrap_or_default();
            if let Ok(kept) = decode::<job::Kept>(&record) {
                batch.remove(Space::Agenda, agenda::timer_key(kept.due, cloud, id));
            }
        }
        _ => {}
    }
    Ok(())
}
