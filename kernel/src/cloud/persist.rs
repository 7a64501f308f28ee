//! Clouds and their records: how one is made, loaded and saved. What a transaction touched is written, and nothing else.

use super::channels::Channels;
use super::core::{Core, Former, Matches, Transaction};
use super::family::{Child, Family};
use super::install::carried;
use super::lasting::Lasting;
use super::program::Installed;
use super::rest::{Home, Realm, Rest};
use super::{Budgets, Cloud};
use crate::journal::Scope;
use crate::library::{Code, Library};
use crate::machine::MatchState;
use crate::records::cloud::{self, Head, Installation, Source};
use crate::records::key::{Tag, of_cloud};
use crate::records::{channel, job, matches};
use crate::store::{Batch, Read, Space, StoreError, scan_prefix};
use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
use std::sync::Arc;

impl Core {
    /// A cloud that has nothing yet but the channel to itself.
    pub(super) fn bare(
        id: &Arc<str>,
        owner: &Arc<str>,
        now: i64,
        budgets: Budgets,
        library: Library,
    ) -> Box<Self> {
        let lasting = Lasting {
            channels: Channels::of(id),
            family: Family::default(),
            eci: id.clone(),
            id: id.clone(),
            owner: owner.clone(),
            created: now,
            host: None,
            now,
            budgets,
            library,
            unstarted: None,
            formers: Vec::new(),
            home: None,
            journaling: true,
            program: Arc::default(),
            kept: Vec::new(),
            jobs: Vec::new(),
        };
        Box::new(lasting).wake(None, Transaction::default())
    }

    fn head(&self) -> Head {
        let unstarted = self.lasting.unstarted.as_deref().unwrap_or(&self.lasting.program.rulesets);
        let rulesets = unstarted.iter().map(|ruleset| Installation {
            rid: ruleset.rid.clone(),
            url: ruleset.url.clone(),
            hash: ruleset.code.origin().content,
            config: ruleset.config.clone(),
        });
        Head {
            owner: self.lasting.owner.clone(),
            parent: self.lasting.family.parent.clone(),
            created: self.lasting.created,
            rulesets: rulesets.collect(),
        }
    }

    fn match_of(&self, rid: &str, rule: &str) -> Option<&MatchState> {
        let slot = self.lasting.program.slot_of(rid)?;
        let rules = &self.lasting.program.rulesets.get(slot)?.code.unit().rules;
        let at = rules.iter().position(|known| *known.name == *rule)?;
        self.lasting.kept.get(slot)?.matches.get(at)?.as_deref()
    }
}

/// Removes what the records of a cloud keep for a ruleset that is gone.
fn erase_ruleset(read: &dyn Read, cloud: &str, rid: &str, batch: &mut Batch) -> Result<(), StoreError> {
    for tag in [Tag::Variable, Tag::Part, Tag::Match] {
        scan_prefix(read, Space::Clouds, &of_cloud(cloud, tag, &[rid]), &mut |key, _| {
            batch.remove(Space::Clouds, key);
            ControlFlow::Continue(())
        })?;
    }
    Ok(())
}

impl Rest {
    /// A new cloud without a parent.
    #[must_use]
    pub fn found(realm: &dyn Realm, id: &Arc<str>, owner: &Arc<str>, now: i64) -> Self {
        let mut core = Core::bare(id, owner, now, realm.budgets(owner), realm.library().clone());
        core.lasting.host = realm.host();
        core.lasting.journaling = realm.journal() != Scope::Off;
        core.lasting.home = Some(Home::new(realm, id));
        core.transaction.touched.program = true;
        core.lasting.unstarted = Some(Vec::new());
        Self::of(core)
    }

    /// Loads a cloud; none if there is no such cloud. Its rulesets start with [`Cloud::start_up`], unless other clouds run the same ones.
    ///
    /// # Errors
    /// The store's.
    pub fn load(realm: &dyn Realm, id: &Arc<str>, read: Arc<dyn Read>) -> Result<Option<Self>, StoreError> {
        let source =
            Source { read: &read, policies: realm.policies(), lists: realm.lists(), seed: realm.seed() };
        let Some(stored) = cloud::load(&source, id)? else { return Ok(None) };
        let Head { owner, parent, created, rulesets } = stored.head;
        let mut core = Core::bare(id, &owner, created, realm.budgets(&owner), realm.library().clone());
        core.lasting.host = realm.host();
        core.lasting.journaling = realm.journal() != Scope::Off;
        let channels = stored.channels.into_iter().map(|(_, channel)| channel);
        core.lasting.channels.restore(id, channels.collect());
        let for_children = core.lasting.channels.for_children();
        let for_children = for_children
            .filter_map(|tie| Some((Arc::<str>::from(tie.family.as_deref()?), Arc::from(&tie.id))));
        let for_children: HashMap<_, _> = for_children.collect();
        let children = stored.children.into_iter().map(|child| {
            let parent = for_children.get(&child.id).cloned().unwrap_or_default();
            Child { cloud: child.id, eci: child.eci, parent, sequence: child.sequence }
        });
        let children = children.collect();
        core.lasting.family = Family { parent, children };
        core.lasting.jobs = stored.jobs.into_iter().map(|(_, job)| job).collect();
        let mut variables: BTreeMap<_, _> = stored.variables.into_iter().collect();
        core.lasting.home = Some(Home { variables: stored.home, lists: realm.lists().clone() });
        let mut installed = Vec::with_capacity(rulesets.len());
        for installation in rulesets {
            let mut kept = core.new_kept(&installation.rid);
            if let Some(stored) = variables.remove(&installation.rid) {
                kept.variables = stored;
                kept.variables.shrink();
            }
            let ruleset = realm.installed(&installation);
            let former = match ruleset.code.origin().content == installation.hash {
                true => None,
                false => realm.former(&installation),
            };
            let own = stored.matches.iter().filter(|(rid, ..)| *rid == installation.rid);
            kept.matches = matches_of(former.as_ref().unwrap_or(&ruleset.code), own);
            if let Some(former) = former {
                let matches = carried(former.unit(), &kept.matches, ruleset.code.unit());
                let matches = std::mem::replace(&mut kept.matches, matches);
                core.lasting.formers.push(Former { code: former, matches });
                core.transaction.touched.program = true;
            }
            installed.push(ruleset);
            core.lasting.kept.push(kept);
        }
        let sound = installed.iter().all(|ruleset| ruleset.broken.is_none());
        match core.lasting.library.program(&installed.iter().map(Installed::part).collect()).filter(|_| sound)
        {
            Some(shared) => core.lasting.program = shared,
            None => core.lasting.unstarted = Some(installed),
        }
        Ok(Some(Self::of(core)))
    }
}

/// Stored matches by rule.
fn matches_of<'a>(
    code: &Code,
    stored: impl Iterator<Item = &'a (Arc<str>, Arc<str>, MatchState)>,
) -> Matches {
    let mut matches = Matches::new();
    for (_, rule, state) in stored {
        let Some(at) = code.unit().rules.iter().position(|known| known.name == *rule) else { continue };
        matches.resize(matches.len().max(at + 1), None);
        if let Some(place) = matches.get_mut(at) {
            *place = Some(Box::new(state.clone()));
        }
    }
    matches
}

impl Cloud {
    /// Adds what the last transaction has touched to a batch, if the cloud has a home.
    ///
    /// # Errors
    /// The store's, when it is asked for what is there already.
    pub fn save(&mut self, batch: &mut Batch) -> Result<(), StoreError> {
        let core = &mut self.core;
        let Some(Home { variables: home, lists }) = core.lasting.home.clone() else { return Ok(()) };
        let read = &home.read;
        let touched = std::mem::take(&mut core.transaction.touched);
        let id = core.lasting.id.clone();
        if touched.program || touched.parent {
            cloud::put_head(&**read, &lists, batch, &id, &core.head())?;
        }
        for eci in touched.channels.iter().filter(|eci| **eci != id) {
            match core.lasting.channels.get(eci) {
                Some(kept) => channel::put_channel(&**read, batch, &id, 0, kept)?,
                None => channel::remove_channel(batch, &id, eci),
            }
        }
        for child in &touched.children {
            match core.lasting.family.children.iter().rev().find(|known| known.cloud == *child) {
                Some(known) => {
                    let Child { cloud: id, eci, sequence, .. } = known.clone();
                    cloud::put_child(batch, &core.lasting.id, &cloud::Child { id, eci, sequence });
                }
                None => cloud::remove_child(batch, &id, child),
            }
        }
        for (name, due) in &touched.jobs {
            match core.lasting.jobs.iter().find(|job| job.id == *name) {
                Some(job) => job::put_job(batch, &id, job.sequence, job, *due),
                None => drop(due.map(|due| job::remove_job(batch, &id, name, due))),
            }
        }
        for (rid, rule) in &touched.matches {
            matches::put_match(batch, &id, rid, rule, core.match_of(rid, rule));
        }
        for rid in std::mem::take(&mut core.transaction.uninstalled) {
            erase_ruleset(&**read, &id, &rid, batch)?;
        }
        for kept in core.lasting.kept.iter_mut().filter(|kept| kept.changed) {
            kept.variables.save(batch);
            kept.changed = false;
        }
        Ok(())
    }
}
