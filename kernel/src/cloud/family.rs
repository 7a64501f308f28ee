//! Parents and children (`krl-runtime.md` §1.2, §1.3). Each side of the tie is a channel that only the other cloud may use.

use super::Cloud;
use super::core::Core;
use super::undo::Undo;
use crate::channel::{Channel, Kinship};
use krl_vm::data::Data;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// What a cloud knows of its relatives.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Family {
    /// The parent's channel for this cloud; none for the root of a tree.
    pub parent: Option<Arc<str>>,
    /// The children, oldest first.
    pub children: Vec<Child>,
}

/// A child.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Child {
    /// The id of its cloud.
    pub cloud: Arc<str>,
    /// Its channel for the parent, by which programs name it.
    pub eci: Arc<str>,
    /// The parent's channel for it.
    pub parent: Arc<str>,
    /// Children are in the order of these numbers.
    pub sequence: u64,
}

/// A channel that leads to no child.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoChild(pub Arc<str>);

impl fmt::Display for NoChild {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "delPico({}) - not found in children ECIs", self.0)
    }
}

impl std::error::Error for NoChild {}

impl Cloud {
    /// Its relatives.
    #[must_use]
    pub fn family(&self) -> &Family {
        &self.core.lasting.family
    }

    /// The parent's side of a birth: a channel for the child, and the child among the children.
    pub fn adopt(&mut self, child: Child) {
        self.core.adopt(child);
    }

    /// The parent's side of a death: the child goes, and the channel for it.
    ///
    /// # Errors
    /// The channel leads to no child.
    pub fn disown(&mut self, eci: &str) -> Result<Child, NoChild> {
        self.core.disown(eci)
    }

    /// The child's side of a birth: a channel for the cloud `parent`, and the way to it.
    pub fn be_born(&mut self, parent: &Arc<str>, tie: &Child) {
        self.core.lasting.family.parent = Some(tie.parent.clone());
        self.core.transaction.touched.parent = true;
        let channel = Channel::family(tie.eci.clone(), Kinship::Child, parent.clone());
        self.core.change_channel(&tie.eci, Some(channel));
    }
}

impl Core {
    pub(super) fn adopt(&mut self, child: Child) {
        let channel = Channel::family(child.parent.clone(), Kinship::Parent, child.cloud.clone());
        self.change_channel(&child.parent, Some(channel));
        self.touch_child(child.cloud.clone());
        self.transaction.undo.push(Undo::ChildAdded);
        self.lasting.family.children.push(child);
    }

    pub(super) fn disown(&mut self, eci: &str) -> Result<Child, NoChild> {
        let at = self.lasting.family.children.iter().position(|child| *child.eci == *eci);
        let at = at.ok_or_else(|| NoChild(eci.into()))?;
        let child = self.lasting.family.children.remove(at);
        self.change_channel(&child.parent, None);
        self.touch_child(child.cloud.clone());
        self.transaction.undo.push(Undo::ChildRemoved(at, Box::new(child.clone())));
        Ok(child)
    }

    /// `ctx:parent`.
    pub(super) fn parent(&self) -> Data {
        self.lasting.family.parent.clone().map_or(Data::Null, Data::String)
    }

    /// `ctx:children`.
    pub(super) fn children(&self) -> Data {
        Data::Array(
            self.lasting.family.children.iter().map(|child| Data::String(child.eci.clone())).collect(),
        )
    }

    /// A child came or went.
    fn touch_child(&mut self, cloud: Arc<str>) {
        self.transaction.touched.children.push(cloud);
    }
}
