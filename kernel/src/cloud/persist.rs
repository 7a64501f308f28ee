//! Clouds and their records: how one is made, loaded and saved. What a transaction touched is written, and nothing else.

use super::Cloud;
use super::core::{Core, Former, Kept, Matches, Transaction};
use super::family::{Child, Family};
use super::install::carried;
use super::lasting::{Lasting, Unstarted};
use super::program::Installed;
use super::rest::{Realm, Rest};
use super::setting::Shelf;
use crate::library::Code;
use crate::machine::MatchState;
use crate::records::cloud::{self, Head, Installation, Source};
use crate::records::key::{Tag, of_cloud};
use crate::records::{channel, job, matches};
use crate::store::{Batch, Read, Space, StoreError};
use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
use std::sync::Arc;

impl Core {
    fn head(&self) -> Head {
        let rulesets = self.lasting.rulesets().iter().map(|ruleset| Installation {
            rid: ruleset.rid.clone(),
            url: ruleset.url.clone(),
            hash: ruleset.code.origin().content,
            config: ruleset.config.clone(),
        });
        Head {
            owner: self.lasting.setting.owner.clone(),
            parent: self.lasting.family.parent.clone(),
            created: self.lasting.created,
            rulesets: rulesets.collect(),
        }
    }

    fn match_of(&self, rid: &str, rule: &str) -> Option<&MatchState> {
        let slot = self.lasting.program.slot_of(rid)?;
        let rules = &self.lasting.program.rulesets.get(slot)?.code.unit().rules;
        let at = rules.iter().position(|known| *known.name == *rule)?;
        self.lasting.kept.get(slot)?.matches().get(at)?.as_deref()
    }
}

/// Removes what the records of a cloud keep for a ruleset that is gone.
fn erase_ruleset(read: &dyn Read, cloud: &str, rid: &str, batch: &mut Batch) -> Result<(), StoreError> {
    for tag in [Tag::Variable, Tag::Part, Tag::Match] {
        read.scan_keys(Space::Clouds, &of_cloud(cloud, tag, &[rid]), &mut |key| {
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
        let settings = realm.settings();
        let setting = settings.of(realm, owner, &settings.home(realm, &realm.reader()));
        let lasting = Lasting { unstarted: Some(Box::default()), ..*Lasting::bare(id, setting, now) };
        let mut core = Box::new(lasting).wake(None, Transaction::default());
        core.transaction.touched.program = true;
        Self::of(core)
    }

    /// Loads a cloud; none if there is no such cloud. Its rulesets start with [`Cloud::start_up`], unless other clouds run the same ones.
    ///
    /// # Errors
    /// The store's.
    pub fn load(realm: &dyn Realm, id: &Arc<str>, read: Arc<dyn Read>) -> Result<Option<Self>, StoreError> {
        let home = realm.settings().home(realm, &read);
        let source = Source { home: &home, policies: realm.policies(), lists: realm.lists() };
        let Some(stored) = cloud::load(&source, id)? else { return Ok(None) };
        let Head { owner, parent, created, rulesets } = stored.head;
        let setting = realm.settings().of(realm, &owner, &home);
        let mut lasting = Lasting::bare(id, setting, created);
        let channels = stored.channels.into_iter().map(|(_, channel)| channel);
        lasting.channels.restore(id, channels.collect());
        let for_children = lasting.channels.for_children();
        let for_children = for_children
            .filter_map(|tie| Some((Arc::<str>::from(tie.family.as_deref()?), Arc::from(&tie.id))));
        let for_children: HashMap<_, _> = for_children.collect();
        let children = stored.children.into_iter().map(|child| {
            let parent = for_children.get(&child.id).cloned().unwrap_or_default();
            Child { cloud: child.id, eci: child.eci, parent, sequence: child.sequence }
        });
        let children = children.collect();
        lasting.family = Family { parent, children };
        lasting.jobs = stored.jobs.into_iter().map(|(_, job)| job).collect();
        let mut variables: BTreeMap<_, _> = stored.variables.into_iter().collect();
        let mut unstarted = Unstarted::default();
        unstarted.rulesets.reserve_exact(rulesets.len());
        lasting.kept.reserve_exact(rulesets.len());
        for installation in rulesets {
            let mut kept = Kept::default();
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
            kept.replace_matches(matches_of(former.as_ref().unwrap_or(&ruleset.code), own));
            if let Some(former) = former {
                let matches = carried(former.unit(), kept.matches(), ruleset.code.unit());
                let matches = kept.replace_matches(matches);
                unstarted.formers.push(Former { code: former, matches });
            }
            unstarted.rulesets.push(ruleset);
            lasting.kept.push(kept);
        }
        let replaced = !unstarted.formers.is_empty();
        let sound = unstarted.rulesets.iter().all(|ruleset| ruleset.broken.is_none());
        let parts = unstarted.rulesets.iter().map(Installed::part).collect();
        match lasting.setting.library.program(&parts).filter(|_| sound) {
            Some(shared) => lasting.program = shared,
            None => lasting.unstarted = Some(Box::new(unstarted)),
        }
        let mut core = lasting.wake(None, Transaction::default());
        core.transaction.touched.program = replaced;
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
        let Some(Shelf { variables: home, lists, policies }) = core.lasting.setting.home.clone() else {
            return Ok(());
        };
        let read = &home.read;
        let touched = std::mem::take(&mut core.transaction.touched);
        let id = core.lasting.id.clone();
        if touched.program || touched.parent {
            cloud::put_head(&**read, &lists, batch, &id, &core.head())?;
        }
        for eci in touched.channels.iter().filter(|eci| **eci != id) {
            match core.lasting.channels.get(eci) {
                Some(kept) => channel::put_channel(&**read, &policies, batch, &id, 0, kept)?,
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
        let lasting = &mut *core.lasting;
        let mut kept = std::mem::take(&mut lasting.kept);
        for (ruleset, kept) in lasting.rulesets().iter().zip(&mut kept).filter(|(_, kept)| kept.changed) {
            if let Some(place) = lasting.place(&ruleset.rid) {
                kept.variables.save(&place, batch);
            }
            kept.changed = false;
        }
        lasting.kept = kept;
        Ok(())
    }
}
