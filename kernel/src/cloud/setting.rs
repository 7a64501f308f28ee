//! What a cloud has alike with the others of its owner: clouds hold it together.

use super::environment::Budgets;
use super::rest::Realm;
use crate::entities::Home;
use crate::journal::Scope;
use crate::library::Library;
use crate::records::channel::PolicyTable;
use crate::records::rulesets::ListTable;
use crate::store::Read;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// So many owners are kept track of.
const OWNERS: usize = 1024;

/// What a cloud runs in.
#[derive(Clone)]
pub(super) struct Setting {
    pub owner: Arc<str>,
    pub host: Option<Arc<str>>,
    pub budgets: Budgets,
    pub library: Library,
    /// Is a durable log kept?
    pub journaling: bool,
    /// Where it is stored, if it is.
    pub home: Option<Shelf>,
}

/// Where clouds are stored.
#[derive(Clone)]
pub(super) struct Shelf {
    /// Where their entity variables are.
    pub variables: Arc<Home>,
    pub lists: Arc<ListTable>,
    pub policies: Arc<PolicyTable>,
}

impl Setting {
    fn of(realm: &dyn Realm, owner: &str, home: &Arc<Home>) -> Self {
        Self {
            owner: owner.into(),
            host: realm.host(),
            budgets: realm.budgets(owner),
            library: realm.library().clone(),
            journaling: realm.journal() != Scope::Off,
            home: Some(Shelf {
                variables: home.clone(),
                lists: realm.lists().clone(),
                policies: realm.policies().clone(),
            }),
        }
    }

    fn is_stored_at(&self, home: &Arc<Home>) -> bool {
        self.home.as_ref().is_some_and(|shelf| Arc::ptr_eq(&shelf.variables, home))
    }
}

/// Settings in memory, each once. Shared by all that load clouds of one store.
#[derive(Default)]
pub struct SettingTable(Mutex<Known>);

#[derive(Default)]
struct Known {
    home: Option<Arc<Home>>,
    settings: HashMap<Arc<str>, Arc<Setting>>,
}

impl SettingTable {
    /// Where clouds are stored that are read from here. Only what the realm itself reads from is kept.
    pub(super) fn home(&self, realm: &dyn Realm, read: &Arc<dyn Read>) -> Arc<Home> {
        let same = |home: &&Arc<Home>| std::ptr::addr_eq(Arc::as_ptr(&home.read), Arc::as_ptr(read));
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(home) = known.home.as_ref().filter(same) {
            return home.clone();
        }
        let home = Home::new(read.clone(), realm.seed());
        if std::ptr::addr_eq(Arc::as_ptr(&realm.reader()), Arc::as_ptr(read)) {
            known.home = Some(home.clone());
        }
        home
    }

    /// The setting of an owner's clouds that are stored there, as it is now.
    pub(super) fn of(&self, realm: &dyn Realm, owner: &str, home: &Arc<Home>) -> Arc<Setting> {
        let (budgets, journaling) = (realm.budgets(owner), realm.journal() != Scope::Off);
        let same = |known: &&Arc<Setting>| known.budgets == budgets && known.journaling == journaling;
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known.settings.get(owner).filter(same);
        if let Some(setting) = found.filter(|setting| setting.is_stored_at(home)) {
            return setting.clone();
        }
        let setting = Arc::new(Setting::of(realm, owner, home));
        if known.home.as_ref().is_some_and(|known| Arc::ptr_eq(known, home)) {
            if known.settings.len() >= OWNERS {
                known.settings.retain(|_, setting| Arc::strong_count(setting) > 1);
            }
            if known.settings.len() < OWNERS {
                known.settings.insert(setting.owner.clone(), setting.clone());
            }
        }
        setting
    }
}
