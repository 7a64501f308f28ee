//! Natives that reach beyond the cloud: other clouds, the network, code (`krl-runtime.md` §5.1, §5.2, §5.4; decisions R6, R9).

use super::core::{Core, Mode, Patience, Target};
use super::event::Event;
use super::family::Child;
use super::outside::Listing;
use super::outside::{self, Ask, Delivery, Reply};
use super::{Cloud, Configuration, Query};
use crate::library::Code;
use krl_vm::data::{Data, DataMap};
use krl_vm::fault::{Fault, Limit};
use krl_vm::interp::Vm;
use std::sync::Arc;

/// What a query of a ruleset that starts counts for: to answer it others may have to start, which ask in turn.
const START_HOPS: u32 = 25;

/// What a request to a web server counts for, which may be another host that asks this one: while it is under way it holds a connection on both,
/// and one of the few that a cloud may have.
pub const HTTP_HOPS: u32 = 8;

impl Core {
    /// Natives that reach beyond the cloud; none if `name` is no such native.
    pub(super) fn reach_out(&mut self, name: &str, args: &[Data]) -> Option<Result<Data, Fault>> {
        let arg = |index: usize| args.get(index).cloned().unwrap_or_default();
        Some(match name {
            "ctx:query" => self.query_other(&arg(0), &arg(1), &arg(2), arg(3)),
            "ctx:eventQuery" => self.event_query(args),
            "ctx:install" => self.install_from(&arg(0), arg(1)),
            "ctx:uninstall" => self.uninstall_own(&arg(0)),
            "ctx:flush" => self.flush(&arg(0)),
            "ctx:newPico" => self.new_cloud(&arg(0)),
            "ctx:delPico" => self.delete_child(&arg(0)),
            "ctx:logs" => self.ask(Ask::Logs).and_then(outside::data),
            _ => return self.http(name.strip_prefix("http:")?, args),
        })
    }

    /// Asks the host.
    fn ask(&mut self, ask: Ask) -> Result<Reply, Fault> {
        let Some(outside) = &mut self.outside else { return Err(no_host()) };
        if self.patience == Patience::Waits {
            return Ok(outside.ask(ask));
        }
        outside.at_once(&ask).ok_or_else(|| {
            self.patience = Patience::GaveUp;
            Fault::error("this would have to wait")
        })
    }

    fn query_other(&mut self, eci: &Data, rid: &Data, name: &Data, args: Data) -> Result<Data, Fault> {
        let query = self.question(eci, rid, name, args)?;
        if let Some(newborn) = query.eci.as_deref().and_then(|eci| self.newborn_with(eci)) {
            return self.with_newborn(newborn, |cloud| answer(cloud, &query));
        }
        self.check_alone(&query)?;
        self.ask(Ask::Query(Box::new(query))).and_then(outside::data)
    }

    /// An event for another cloud, and a query behind it (`ctx:eventQuery`).
    fn event_query(&mut self, args: &[Data]) -> Result<Data, Fault> {
        self.may_write()?;
        let arg = |index: usize| args.get(index).cloned().unwrap_or_default();
        let query = self.question(&arg(0), &arg(4), &arg(5), arg(6))?;
        let eci = query.eci.clone().unwrap_or_default();
        let text = |index: usize| arg(index).as_str().unwrap_or_default().to_owned();
        let event = Event::clean(&eci, &text(1), &text(2), self.passed_on(arg(3)), self.lasting.now);
        let event = event.map_err(|refusal| Fault::error(refusal.to_string()))?;
        if let Some(newborn) = self.newborn_with(&eci) {
            let sender = self.lasting.id.clone();
            return self.with_newborn(newborn, |cloud| {
                let Event { eci, domain, name, attrs, .. } = event;
                let done = cloud.signal_on(&eci, Some(&sender), &domain, &name, Data::Map(attrs));
                let done = done.map_err(|refusal| Fault::error(refusal.to_string()))?;
                match done.errors.into_iter().next() {
                    Some(error) => Err(Fault::error(error.message)),
                    None => answer(cloud, &query),
                }
            });
        }
        self.check_alone(&query)?;
        let Event { eci, domain, name, attrs, .. } = event;
        let delivery = Delivery { eci, domain, name, attrs };
        self.ask(Ask::EventQuery(Box::new(delivery), Box::new(query))).and_then(outside::data)
    }

    /// A cloud without a host knows no channels but its own.
    fn check_alone(&self, query: &Query) -> Result<(), Fault> {
        match &query.eci {
            Some(eci) if self.outside.is_none() && self.lasting.channels.get(eci).is_none() => {
                Err(Fault::error(format!("ECI not found {eci}")))
            }
            _ => Ok(()),
        }
    }

    fn question(&self, eci: &Data, rid: &Data, name: &Data, args: Data) -> Result<Query, Fault> {
        let text = |data: &Data, field: &str| match data {
            Data::String(text) if !krl_vm::number::trim(text).is_empty() => Ok(text.clone()),
            _ => Err(Fault::type_error(format!("missing {field}"))),
        };
        let hops = self.hops + if self.scene.mode == Mode::Start { START_HOPS } else { 1 };
        if hops > self.lasting.setting.budgets.hops {
            return Err(Fault::limit(Limit::Cascade));
        }
        Ok(Query {
            eci: Some(text(eci, "query.eci")?),
            sender: Some(self.lasting.id.clone()),
            rid: text(rid, "query.rid")?.to_string(),
            name: text(name, "query.name")?.to_string(),
            args,
            hops,
            waits: Arc::default(),
        })
    }

    /// The code at an address, and the address in its canonical form.
    fn code_at(&mut self, url: &Data) -> Result<(Arc<Code>, Arc<str>), Fault> {
        let Data::String(url) = url else {
            return Err(Fault::type_error(format!("expects a url string but was given {}", url.to_json())));
        };
        self.code_of(Ask::Load(url.clone()))
    }

    fn code_of(&mut self, ask: Ask) -> Result<(Arc<Code>, Arc<str>), Fault> {
        match self.ask(ask)? {
            Reply::Code(code, url) => Ok((code, url)),
            other => outside::data(other).and(Err(Fault::internal("an answer to another question"))),
        }
    }

    /// `ctx:install`; answers the ruleset's id.
    fn install_from(&mut self, url: &Data, config: Data) -> Result<Data, Fault> {
        self.may_write()?;
        let (code, url) = self.code_at(url)?;
        let configuration = Configuration { config, url: Some(url) };
        let left = self.install(&mut Vm::default(), &code, configuration);
        for (rid, error) in left.map_err(|error| Fault::error(error.to_string()))? {
            self.log_error(rid, error.to_string());
        }
        Ok(Data::String(code.unit().rid.clone()))
    }

    fn uninstall_own(&mut self, rid: &Data) -> Result<Data, Fault> {
        self.may_write()?;
        let Data::String(rid) = rid else { return Ok(Data::Null) };
        let gone = self.uninstall(&mut Vm::default(), rid);
        gone.map(|()| Data::Null).map_err(|in_use| Fault::error(in_use.to_string()))
    }

    /// `ctx:flush`: the newest version, for every cloud that has the ruleset from this address.
    fn flush(&mut self, url: &Data) -> Result<Data, Fault> {
        self.may_write()?;
        let Data::String(url) = url else {
            return Err(Fault::type_error(format!("expects a url string but was given {}", url.to_json())));
        };
        let (code, url) = self.code_of(Ask::Flush(url.clone()))?;
        self.switch_to(&code, &url)?;
        Ok(Data::Null)
    }

    /// Lets the rulesets that were installed from `url` run `code`.
    pub(super) fn switch_to(&mut self, code: &Arc<Code>, url: &Arc<str>) -> Result<(), Fault> {
        let from = |ruleset: &&super::program::Installed| {
            ruleset.url.as_ref() == Some(url) && ruleset.rid == code.unit().rid
        };
        let Some(ruleset) = self.lasting.program.rulesets.iter().find(from) else { return Ok(()) };
        if Arc::ptr_eq(&ruleset.code, code) {
            return Ok(());
        }
        let configuration = Configuration { config: ruleset.config.clone(), url: Some(url.clone()) };
        let left = self.install(&mut Vm::default(), code, configuration);
        left.map(drop).map_err(|error| Fault::error(error.to_string()))
    }

    /// `ctx:newPico`: a child, born in this transaction; answers its channel for this cloud.
    fn new_cloud(&mut self, rulesets: &Data) -> Result<Data, Fault> {
        self.may_write()?;
        if self.outside.is_none() {
            return Err(no_host());
        }
        if self.outside.as_ref().is_some_and(|outside| !outside.has_room(&self.lasting.setting.owner)) {
            return Err(Fault::error("the owner has as many clouds as it may have"));
        }
        let Data::Array(rulesets) = rulesets else {
            return Err(Fault::type_error("ctx:newPico expects an array of {url, config} maps"));
        };
        let mut codes = Vec::with_capacity(rulesets.len());
        for ruleset in rulesets {
            let part =
                |name: &str| ruleset.as_map().and_then(|map| map.get(name)).cloned().unwrap_or_default();
            let (url, config) = match self.installed_as(&part("rid")) {
                Some(found) => found,
                None => (part("url"), part("config")),
            };
            let (code, url) = self.code_at(&url)?;
            codes.push((code, Configuration { config, url: Some(url) }));
        }
        let now = self.lasting.now;
        let random = self.random();
        let (cloud, eci, parent) = (random.cloud_id(now), random.id(), random.id());
        let sequence = self.lasting.family.children.last().map_or(0, |last| last.sequence + 1);
        let tie = Child { cloud, eci, parent, sequence };
        let mut child = Cloud::newborn(self, &tie);
        self.lend(&mut child.core);
        let installed = codes.iter().try_for_each(|(code, configuration)| {
            let left = child.core.install(&mut child.machine.vm, code, configuration.clone());
            left.map(drop).map_err(|error| Fault::error(error.to_string()))
        });
        self.take_again(&mut child.core);
        installed?;
        let eci = tie.eci.clone();
        self.adopt(tie);
        self.transaction.newborn.push(Some(child.core));
        Ok(Data::String(eci))
    }

    /// Address and configuration of a ruleset of this cloud.
    fn installed_as(&self, rid: &Data) -> Option<(Data, Data)> {
        let known = self.lasting.program.rulesets.get(self.lasting.program.slot_of(rid.as_str()?)?)?;
        Some((Data::String(known.url.clone()?), known.config.clone()))
    }

    /// `ctx:delPico`: the child and all below it go when this transaction is done.
    fn delete_child(&mut self, eci: &Data) -> Result<Data, Fault> {
        self.may_write()?;
        let eci = eci.as_str().unwrap_or_default();
        let child = self.disown(eci).map_err(|none| Fault::error(none.to_string()))?;
        self.transaction.deleted.push(child.cloud);
        Ok(Data::Null)
    }

    fn http(&mut self, method: &str, args: &[Data]) -> Option<Result<Data, Fault>> {
        const METHODS: [&str; 6] = ["get", "head", "post", "put", "patch", "delete"];
        const AUTORAISE: usize = 8;
        const AUTOSEND: usize = 9;
        let method = METHODS.iter().copied().find(|known| *known == method)?;
        if !matches!(method, "get" | "head")
            && let Err(fault) = self.may_write()
        {
            return Some(Err(fault));
        }
        if self.scene.mode == Mode::Event && args.get(AUTOSEND).is_some_and(|event| *event != Data::Null) {
            self.transaction.calls.push((method, args.to_vec()));
            return Some(Ok(Data::Null));
        }
        // The answer may come from a cloud of another host, which asks this one.
        if self.hops + HTTP_HOPS > self.lasting.setting.budgets.hops {
            return Some(Err(Fault::limit(Limit::Cascade)));
        }
        let answer = self.ask(Ask::Http(method, args.to_vec())).and_then(outside::data);
        let label = args.get(AUTORAISE).filter(|label| **label != Data::Null);
        Some(match (answer, label) {
            (Ok(Data::Map(answer)), Some(label)) if self.scene.mode == Mode::Event => {
                let mut attrs: DataMap = answer.clone();
                attrs.insert("label".into(), label.clone());
                self.raise_answer(method, attrs).map(|()| Data::Map(answer))
            }
            (answer, _) => answer,
        })
    }

    /// Where an event for a channel goes, if the channel lets it through.
    pub(super) fn target(&self, eci: &Arc<str>, host: &Data, event: &Event) -> Result<Target, Fault> {
        if let Data::String(host) = host
            && self.lasting.setting.host.as_deref() != Some(host.trim_end_matches('/'))
        {
            return match &self.outside {
                Some(_) => Ok(Target::Host(host.trim_end_matches('/').into())),
                None => {
                    Err(Fault::error("events to other hosts need a host, and this cloud runs without one"))
                }
            };
        }
        let own = |core: &Self| core.lasting.channels.get(eci).cloned();
        let newborn = || {
            let clouds = self.transaction.newborn.iter().flatten();
            clouds.filter_map(|cloud| Some((cloud.lasting.id.clone(), own(cloud)?))).next()
        };
        let here = own(self).map(|channel| (self.lasting.id.clone(), channel));
        let here = here.or_else(newborn).or_else(|| self.parent_of_unborn(eci));
        let (cloud, refused) = match here {
            Some((cloud, channel)) => {
                (cloud, channel.check_event(Some(&self.lasting.id), &event.domain, &event.name).err())
            }
            None => {
                let found = self.outside.as_ref().map(|outside| outside.channel(eci)).transpose();
                let found = found.map_err(|why| Fault::error(format!("storage: {why}")))?.flatten();
                let Some(Listing { cloud, channel }) = found else {
                    return Err(Fault::error(format!("ECI not found {eci}")));
                };
                let refused = channel.check_event(Some(&self.lasting.id), &event.domain, &event.name).err();
                (cloud, refused)
            }
        };
        match refused {
            None => Ok(Target::Cloud(cloud)),
            Some(refusal) => Err(Fault::error(refusal.to_string())),
        }
    }
}

fn answer(cloud: &mut Cloud, query: &Query) -> Result<Data, Fault> {
    cloud.query(query).map_err(|error| Fault::error(error.to_string()))
}

fn no_host() -> Fault {
    Fault::error("this needs a host, and the cloud runs without one")
}
