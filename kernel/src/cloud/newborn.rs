//! Clouds that are born in a transaction: how they work within it, and with the cloud that bears them.
//!
//! What a newborn cloud is sent in the transaction of its birth it takes in at once: each event is a transaction of its own, but all are
//! committed together with the birth, so that a child and all it begins with cost one commit. An event that would have to wait for others
//! leaves no trace and goes the usual way, as a message that is delivered once the birth is committed.

use super::Cloud;
use super::core::{Core, Outgoing, Patience, Target, Transaction};
use super::event::Event;
use super::family::Child;
use super::lasting::{Lasting, Unstarted};
use crate::channel::{Channel, Kinship};
use krl_vm::data::Data;
use krl_vm::fault::Fault;
use std::collections::VecDeque;
use std::sync::Arc;

impl Cloud {
    /// A child of `parent`, born in its transaction.
    pub(super) fn newborn(parent: &mut Core, tie: &Child) -> Self {
        let lasting = Lasting::bare(&tie.cloud, parent.lasting.setting.clone(), parent.lasting.now);
        let mut core = lasting.wake(Some(Box::new(parent.random().fork())), Transaction::default());
        core.unborn = true;
        core.transaction.touched.program = true;
        let mut child = Self { core, machine: Box::default() };
        child.core.start_program(&mut child.machine.vm, Unstarted::default());
        child.be_born(&parent.lasting.id, tie);
        child
    }

    /// Lets the clouds born in the transaction that has just ended take in what was sent to them.
    pub(super) fn settle_newborn(&mut self) {
        let is_hurried = self.core.patience != Patience::Waits;
        if self.core.transaction.newborn.is_empty() || self.core.lasting.setting.home.is_none() || is_hurried
        {
            return;
        }
        for at in 0..self.core.transaction.newborn.len() {
            let Some(id) = self.newborn_at(at).map(|newborn| newborn.lasting.id.clone()) else { continue };
            let is_for_it = |sent: &Outgoing| sent.target == Target::Cloud(id.clone());
            let (mut own, others): (VecDeque<_>, VecDeque<_>) =
                std::mem::take(&mut self.core.outbox).into_iter().partition(is_for_it);
            self.core.outbox = others;
            while let Some(sent) = own.pop_front() {
                if !self.give_at_once(at, &sent) {
                    own.push_front(sent);
                    break;
                }
            }
            self.core.outbox.append(&mut own);
            self.hear_from(at);
        }
    }

    fn newborn_at(&self, at: usize) -> Option<&Core> {
        self.core.transaction.newborn.get(at)?.as_deref()
    }

    /// Lets a newborn cloud take in an event; false if it would have to wait.
    fn give_at_once(&mut self, at: usize, sent: &Outgoing) -> bool {
        let place = self.core.transaction.newborn.get_mut(at);
        let Some(mut newborn) = place.and_then(Option::take) else { return false };
        let sender = self.core.lasting.id.clone();
        self.core.lend(&mut newborn);
        // The machine has nothing left to do for this transaction.
        std::mem::swap(&mut self.core, &mut newborn);
        let done = self.take_in_at_once(&sender, sent);
        std::mem::swap(&mut self.core, &mut newborn);
        self.core.take_again(&mut newborn);
        if let Some(place) = self.core.transaction.newborn.get_mut(at) {
            *place = Some(newborn);
        }
        done
    }

    /// Takes in an event of a relative; false if it would have to wait. One that is refused is done with, like a message.
    fn take_in_at_once(&mut self, sender: &Arc<str>, sent: &Outgoing) -> bool {
        let Outgoing { eid, eci, domain, name, attrs, hops, .. } = sent;
        let event = Event::clean(eci, domain, name, Data::Map(attrs.clone()), self.core.lasting.now);
        let Ok(event) = event else { return true };
        let admitted = self.core.admit_event(eci, Some(sender), &event.domain, &event.name);
        admitted.is_err() || self.transact_at_once(event, eid.clone(), *hops).is_some()
    }

    /// Takes in what a newborn cloud sends to this one, as long as it concerns no rule: it only leaves its mark in the log.
    fn hear_from(&mut self, at: usize) {
        let Some(newborn) = self.core.transaction.newborn.get_mut(at).and_then(Option::as_deref_mut) else {
            return;
        };
        let (id, mut sent) = (newborn.lasting.id.clone(), std::mem::take(&mut newborn.outbox));
        let here = Target::Cloud(self.core.lasting.id.clone());
        while let Some(first) = sent.front() {
            let concerns_no_rule =
                self.core.lasting.program.index.salient(&first.domain, &first.name).is_empty();
            if first.target != here || !concerns_no_rule || !self.take_in_at_once(&id, first) {
                break;
            }
            sent.pop_front();
        }
        if let Some(Some(newborn)) = self.core.transaction.newborn.get_mut(at) {
            newborn.outbox = sent;
        }
    }
}

impl Core {
    /// The parent and its channel for this cloud, as long as its side of the tie is not committed.
    pub(super) fn parent_of_unborn(&self, eci: &Arc<str>) -> Option<(Arc<str>, Channel)> {
        if !self.unborn || self.lasting.family.parent.as_ref() != Some(eci) {
            return None;
        }
        let tie = self.lasting.channels.for_relative(Kinship::Child)?;
        let channel = Channel::family(eci.clone(), Kinship::Parent, self.lasting.id.clone());
        Some((tie.family.as_deref()?.into(), channel))
    }

    /// A cloud that works within this transaction reaches the host, and draws its ids, through this one.
    pub(super) fn lend(&mut self, newborn: &mut Self) {
        newborn.outside = self.outside.take();
        newborn.random = self.random.take();
    }

    pub(super) fn take_again(&mut self, newborn: &mut Self) {
        self.outside = newborn.outside.take();
        self.random = newborn.random.take();
    }

    /// Which cloud born in this transaction has a channel.
    pub(super) fn newborn_with(&self, eci: &str) -> Option<usize> {
        let has = |newborn: &Option<Box<Self>>| {
            newborn.as_ref().is_some_and(|n| n.lasting.channels.get(eci).is_some())
        };
        self.transaction.newborn.iter().position(has)
    }

    /// Lets a newborn cloud work within this transaction, while the machine is in the middle of it.
    pub(super) fn with_newborn<T>(
        &mut self,
        at: usize,
        work: impl FnOnce(&mut Cloud) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let Some(core) = self.transaction.newborn.get_mut(at).and_then(Option::take) else {
            return Err(Fault::error("a cloud that is at work already cannot be asked"));
        };
        let mut cloud = Cloud { core, machine: Box::default() };
        self.lend(&mut cloud.core);
        cloud.core.hops = self.hops + 1;
        cloud.core.patience = self.patience;
        let done = work(&mut cloud);
        if cloud.core.patience == Patience::GaveUp {
            self.patience = Patience::GaveUp;
        }
        cloud.core.patience = Patience::Waits;
        self.take_again(&mut cloud.core);
        if let Some(place) = self.transaction.newborn.get_mut(at) {
            *place = Some(cloud.core);
        }
        done
    }
}
