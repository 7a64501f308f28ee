//! Natives that the cloud itself answers: its properties, its schedule, and events it sends.

use super::core::{Core, Outgoing};
use super::environment::LogEntry;
use super::event::Event;
use super::rulesets;
use crate::schedule::Job;
use krl_vm::data::Data;
use krl_vm::fault::{Fault, Limit};
use krl_vm::native::LogLevel;
use std::sync::Arc;

impl Core {
    /// Natives that the cloud itself answers.
    pub(super) fn answer(&mut self, instance: u32, name: &str, args: &[Data]) -> Result<Data, Fault> {
        if let Some(answer) = self.reach_out(name, args) {
            return answer;
        }
        let arg = |index: usize| args.get(index).cloned().unwrap_or_default();
        match name {
            "schedule:list" => Ok(Data::Array(self.own_jobs().map(Job::record).collect())),
            "schedule:get" => {
                Ok(self.own_jobs().find(|job| is_text(&arg(0), &job.id)).map_or(Data::Null, Job::record))
            }
            "schedule:remove" => self.remove_jobs(|job| is_text(&arg(0), &job.id)),
            "schedule:clear" => self.remove_jobs(|_| true),
            "event:send" => self.send(&arg(0), &arg(1)),
            "ctx:event" => self.send_to(&arg(0), &arg(1), &arg(2), arg(3), &arg(4)),
            _ => self.answer_of_channels(name, args).unwrap_or_else(|| {
                let property = name.strip_prefix("ctx:");
                let data = property.and_then(|property| self.context(instance, property));
                data.ok_or_else(|| Fault::error(format!("{name} is not built into this engine yet")))
            }),
        }
    }

    fn context(&self, instance: u32, property: &str) -> Option<Data> {
        let info = self.info(instance)?;
        let ruleset = self.slot_of(instance).and_then(|slot| self.ruleset(slot));
        let meta = &info.code.unit().meta;
        let text = |text: &Option<Arc<str>>| text.clone().map_or(Data::Null, Data::String);
        Some(match property {
            "picoId" => Data::String(self.lasting.id.clone()),
            "rid" => Data::String(info.rid.clone()),
            "rid_url" => text(&ruleset?.url),
            "rid_config" => ruleset?.config.clone(),
            "rid_version" => text(&meta.version),
            "rid_name" => text(&meta.name),
            "rid_description" => text(&meta.description),
            "rid_author" => text(&meta.author),
            "parent" => self.parent(),
            "children" => self.children(),
            "rulesets" => {
                let views = self
                    .lasting
                    .program
                    .rulesets
                    .iter()
                    .map(|r| rulesets::view(&r.rid, r.url.as_ref(), &r.config, &r.code));
                Data::Array(views.collect())
            }
            _ => return None,
        })
    }

    /// `event:send`: an event that cannot be delivered is logged, and answers null (`krl-runtime.md` §5.2).
    fn send(&mut self, options: &Data, host: &Data) -> Result<Data, Fault> {
        let option = |name: &str| options.as_map().and_then(|o| o.get(name)).cloned().unwrap_or_default();
        let eci = option("eci");
        if eci.as_str().is_none() {
            let kind = plain_text(&eci);
            return Err(Fault::type_error(format!("eci was {kind} instead of a string")));
        }
        let name = Some(option("name")).filter(|name| *name != Data::Null).unwrap_or_else(|| option("type"));
        match self.send_to(&eci, &option("domain"), &name, option("attrs"), host) {
            Ok(eid) => Ok(eid),
            Err(fault) => {
                let (rid, message) = (self.own_rid(), Data::string(fault.to_string()));
                self.write_log(|txn_id| LogEntry {
                    level: LogLevel::Error,
                    rid,
                    txn_id,
                    message,
                    value: None,
                });
                Ok(Data::Null)
            }
        }
    }

    /// Puts an event into the outbox; it leaves when the transaction is done (decision R8).
    fn send_to(
        &mut self,
        eci: &Data,
        domain: &Data,
        name: &Data,
        attrs: Data,
        host: &Data,
    ) -> Result<Data, Fault> {
        self.may_write()?;
        let eci: Arc<str> = plain_text(eci).into();
        let part = |data: &Data| data.as_str().unwrap_or_default().to_owned();
        let event = Event::clean(&eci, &part(domain), &part(name), self.passed_on(attrs), 0);
        let event = event.map_err(|refusal| Fault::error(refusal.to_string()))?;
        let target = self.target(&eci, host, &event)?;
        let Event { domain, name, attrs, .. } = event;
        let eid = self.random().id();
        let hops = self.transaction.hops + 1;
        if hops > self.lasting.setting.budgets.hops {
            return Err(Fault::limit(Limit::Cascade));
        }
        let rid = self.own_rid();
        self.outbox.push_back(Outgoing { eid: eid.clone(), eci, domain, name, attrs, hops, target, rid });
        Ok(Data::String(eid))
    }
}

fn is_text(data: &Data, text: &str) -> bool {
    data.as_str() == Some(text)
}

/// The String form of plain data.
fn plain_text(data: &Data) -> String {
    match data {
        Data::String(text) => text.to_string(),
        Data::Array(_) => "[Array]".into(),
        Data::Map(_) => "[Map]".into(),
        scalar => scalar.to_json(),
    }
}
