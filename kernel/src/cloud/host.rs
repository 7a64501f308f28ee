//! The cloud as running code sees it.

use super::core::{Core, Mode};
use super::environment::LogEntry;
use super::outside::{Ask, Reply};
use super::undo::Undo;
use crate::entities;
use krl_vm::data::Data;
use krl_vm::fault::Fault;
use krl_vm::heap::Heap;
use krl_vm::native::{Host, LogLevel, Property, Raise, Schedule};
use krl_vm::value::{Kind, Value};
use std::sync::Arc;

impl Host for Core {
    fn now(&mut self) -> i64 {
        self.scene.asked = true;
        self.lasting.now
    }

    fn random(&mut self) -> u64 {
        self.scene.asked = true;
        self.random().bits()
    }

    fn property(&mut self, heap: &mut Heap, instance: u32, property: Property) -> Result<Value, Fault> {
        if property == Property::EventAttrs && instance == self.scene.instance {
            return self.event_attrs(heap);
        }
        self.scene.asked |= matches!(property, Property::MetaPicoId | Property::MetaEci);
        let data = self.property_data(instance, property);
        match &data {
            Data::Map(_) | Data::String(_) => heap.import(&data),
            Data::Number(n) => Ok(Value::number(*n)),
            Data::Bool(b) => Ok(Value::bool(*b)),
            _ => Ok(Value::NULL),
        }
    }

    fn ent_get(
        &mut self,
        heap: &mut Heap,
        instance: u32,
        name: &str,
        path: Option<Value>,
    ) -> Result<Value, Fault> {
        self.scene.asked = true;
        let slot = self.slot_of(instance);
        if slot.and_then(|slot| self.lasting.kept.get(slot)).is_some_and(|kept| kept.variables.is_large(name))
        {
            self.takes_long();
        }
        let Some(kept) = slot.and_then(|slot| self.lasting.kept.get_mut(slot)) else {
            return Ok(Value::NULL);
        };
        let found = match path {
            None => kept.variables.get(name)?,
            Some(path) => {
                let keys = path_keys(heap, path);
                if keys.is_empty() { None } else { kept.variables.get_part(name, &keys)? }
            }
        };
        match found {
            Some(Data::Number(n)) => Ok(Value::number(*n)),
            Some(data) => heap.import(data),
            None => Ok(Value::NULL),
        }
    }

    fn ent_set(
        &mut self,
        heap: &Heap,
        instance: u32,
        name: &str,
        path: Option<Value>,
        value: Value,
    ) -> Result<(), Fault> {
        self.may_write()?;
        let data = self.copy_out(heap, value)?;
        let keys = path.map(|path| path_keys(heap, path));
        self.change(instance, |variables| match keys {
            None => variables.set(name, data),
            Some(keys) => variables.set_part(name, &keys, data),
        })
    }

    fn ent_clear(
        &mut self,
        heap: &Heap,
        instance: u32,
        name: &str,
        path: Option<Value>,
    ) -> Result<(), Fault> {
        self.may_write()?;
        let keys = path.map(|path| path_keys(heap, path));
        self.change(instance, |variables| match keys {
            None => variables.remove(name),
            Some(keys) => variables.remove_part(name, &keys),
        })
    }

    fn raise(&mut self, heap: &Heap, _: u32, raise: Raise) -> Result<(), Fault> {
        self.raise_event(heap, raise)
    }

    fn schedule(&mut self, heap: &mut Heap, _: u32, schedule: Schedule) -> Result<Value, Fault> {
        let record = self.add_job(heap, schedule)?;
        heap.import(&record)
    }

    fn directive(&mut self, heap: &mut Heap, _: u32, name: Value, options: Value) -> Result<Value, Fault> {
        self.give_directive(heap, name, options)
    }

    fn log(&mut self, heap: &Heap, instance: u32, level: LogLevel, message: &str, data: Option<Value>) {
        if self.log.is_none() && !self.lasting.setting.journaling {
            return;
        }
        let data = data.map(|value| heap.export(value).unwrap_or_default());
        let (message, value) = match level {
            LogLevel::Klog => (Data::string(message), data),
            _ => (data.unwrap_or_else(|| Data::string(message)), None),
        };
        let rid = self.info(instance).map_or_else(|| Arc::from(""), |info| info.rid.clone());
        self.write_log(|txn_id| LogEntry { level, rid, txn_id, message, value });
    }

    fn raise_error(&mut self, heap: &Heap, _: u32, level: LogLevel, data: Value) -> Result<(), Fault> {
        let data = self.copy_out(heap, data)?;
        self.raise_user_error(level, data)
    }

    fn last(&mut self) {
        self.scene.stop = true;
    }

    fn rule_selected(&mut self) {
        if self.is_traced() {
            self.scene.fired.push(false);
        }
    }

    fn rule_fired(&mut self, fired: bool) {
        if let Some(last) = self.scene.fired.last_mut() {
            *last = fired;
        }
    }

    fn module_member(&mut self, instance: u32, module: u16, name: &str) -> Result<Value, Fault> {
        let user = self.info(instance);
        let used = user.and_then(|info| info.modules.get(usize::from(module))).copied();
        let Some((used, info)) = used.and_then(|used| Some((used, self.info(used)?))) else {
            return Err(Fault::internal("a module that was not started"));
        };
        let provided = info.code.unit().provides.iter().find(|(provided, _)| &**provided == name);
        let Some(&(_, global)) = provided else {
            return Err(Fault::error(format!("module {} does not provide {name}", info.rid)));
        };
        let program = if self.scene.mode == Mode::Start { &self.lasting.program } else { &self.staged };
        let globals = program.instances.get(used as usize).map(|i| &i.globals);
        let value = globals.and_then(|globals| globals.get(usize::from(global))).copied();
        Ok(value.filter(|value| !value.is_unset()).unwrap_or(Value::NULL))
    }

    fn deadline_passed(&mut self) -> bool {
        if let Some(outside) = &mut self.outside {
            return matches!(outside.ask(Ask::Pause), Reply::TimedOut);
        }
        self.overdue.as_mut().is_some_and(|overdue| overdue())
    }

    fn takes_long(&mut self) {
        if let Some(outside) = &mut self.outside {
            outside.ask(Ask::Apart);
        }
    }

    fn request(
        &mut self,
        heap: &mut Heap,
        instance: u32,
        name: &str,
        args: &[Value],
    ) -> Result<Option<Value>, Fault> {
        self.scene.asked = true;
        let args: Vec<Data> = args.iter().map(|&arg| self.copy_out(heap, arg)).collect::<Result<_, _>>()?;
        if let Some(shown) = self.show_channels(heap, name, &args) {
            return shown.map(Some);
        }
        let answer = self.answer(instance, name, &args)?;
        heap.import(&answer).map(Some)
    }
}

impl Core {
    /// `event:attrs`, made once for all rules of a reaction.
    fn event_attrs(&mut self, heap: &mut Heap) -> Result<Value, Fault> {
        if let Some(value) = self.scene.attrs {
            return Ok(value);
        }
        let Some(event) = &self.scene.event else { return Ok(Value::NULL) };
        let map = heap.import_map(&event.attrs)?;
        self.scene.attrs = Some(map);
        Ok(map)
    }

    /// Properties of code of a module tell of the module and the host, and nothing of the event (`krl-runtime.md` §5.3, difference L15).
    fn property_data(&self, instance: u32, property: Property) -> Data {
        let text = |text: &Arc<str>| Data::String(text.clone());
        let info = self.info(instance);
        let ruleset = self.slot_of(instance).and_then(|slot| self.ruleset(slot));
        let own = instance == self.scene.instance;
        let event = self.scene.event.as_ref().filter(|_| own);
        let of_event = |part: fn(&super::event::Event) -> Data| event.map_or(Data::Null, |event| part(event));
        match property {
            Property::EventEci => of_event(|event| Data::String(event.eci.clone())),
            Property::EventDomain => of_event(|event| Data::String(event.domain.clone())),
            Property::EventName => of_event(|event| Data::String(event.name.clone())),
            Property::EventTime => of_event(|event| Data::Number(event.time as f64)),
            Property::EventEid => event.map_or(Data::Null, |_| text(&self.scene.txn_id)),
            Property::EventAttrs => Data::Null,
            Property::MetaRid => info.map_or(Data::Null, |info| text(&info.rid)),
            Property::MetaRidUrl => ruleset.and_then(|r| r.url.as_ref()).map_or(Data::Null, text),
            Property::MetaRulesetConfig => ruleset.map_or(Data::Null, |ruleset| ruleset.config.clone()),
            Property::MetaInEvent => Data::Bool(own && self.scene.mode == Mode::Event),
            Property::MetaInQuery => Data::Bool(own && self.scene.mode == Mode::Query),
            Property::MetaPicoId if own => text(&self.lasting.id),
            Property::MetaEci if own => self.scene.eci.as_ref().map_or(Data::Null, text),
            Property::MetaHost => self.lasting.setting.host.as_ref().map_or(Data::Null, text),
            Property::MetaTxnId if own && self.scene.mode != Mode::Start => text(&self.scene.txn_id),
            Property::MetaRuleName if own => self.rule_name().map_or(Data::Null, text),
            _ => Data::Null,
        }
    }

    /// Changes the variables that code of an instance sees, and remembers how to take it back.
    fn change(
        &mut self,
        instance: u32,
        change: impl FnOnce(&mut entities::Variables) -> Result<Option<entities::Undo>, Fault>,
    ) -> Result<(), Fault> {
        let slot = self.slot_of(instance);
        let Some((slot, kept)) = slot.and_then(|slot| Some((slot, self.lasting.kept.get_mut(slot)?))) else {
            return Err(Fault::internal("no ruleset to write to"));
        };
        if let Some(undo) = change(&mut kept.variables)? {
            kept.changed = true;
            self.transaction.undo.push(Undo::Variable(slot, undo));
        }
        Ok(())
    }
}

/// The keys of a path: the String forms of an array's items, or of the one key.
fn path_keys(heap: &Heap, path: Value) -> Vec<Arc<str>> {
    match heap.kind(path) {
        Kind::Array => heap.array(path).iter().map(|&key| heap.text(key).into()).collect(),
        _ => vec![heap.text(path).into()],
    }
}
