//! A host that remembers what it is told, and natives as the standard library has them.

use crate::data::Data;
use crate::fault::Fault;
use crate::heap::Heap;
use crate::native::*;
use crate::value::{Kind, Value};
use std::collections::HashMap;

#[derive(Default)]
pub struct TestHost {
    pub told: Vec<String>,
    pub entities: HashMap<String, Data>,
    pub expired: bool,
}

impl Host for TestHost {
    fn now(&mut self) -> i64 {
        0
    }
    fn random(&mut self) -> u64 {
        7
    }
    fn property(&mut self, _: &mut Heap, _: u32, _: Property) -> Result<Value, Fault> {
        Ok(Value::NULL)
    }
    fn ent_get(&mut self, heap: &mut Heap, _: u32, name: &str, path: Option<Value>) -> Result<Value, Fault> {
        let v = heap.import(self.entities.get(name).unwrap_or(&Data::Null))?;
        Ok(path.map_or(v, |p| heap.get_path(v, p)))
    }
    fn ent_set(
        &mut self,
        heap: &Heap,
        _: u32,
        name: &str,
        path: Option<Value>,
        v: Value,
    ) -> Result<(), Fault> {
        self.told.push(format!("set {name} {:?}", path.map(|p| heap.text(p).into_owned())));
        self.entities.insert(name.to_owned(), heap.export(v)?);
        Ok(())
    }
    fn ent_clear(&mut self, _: &Heap, _: u32, name: &str, _: Option<Value>) -> Result<(), Fault> {
        self.entities.remove(name);
        Ok(())
    }
    fn raise(&mut self, heap: &Heap, _: u32, raise: Raise) -> Result<(), Fault> {
        self.told.push(format!("raise {}:{}", heap.text(raise.domain), heap.text(raise.event)));
        Ok(())
    }
    fn schedule(&mut self, heap: &mut Heap, _: u32, schedule: Schedule) -> Result<Value, Fault> {
        self.told.push(format!("schedule {} {}", schedule.repeat, heap.text(schedule.time)));
        heap.string("job")
    }
    fn directive(&mut self, _: &mut Heap, _: u32, name: Value, _: Value) -> Result<Value, Fault> {
        Ok(name)
    }
    fn log(&mut self, _: &Heap, _: u32, level: LogLevel, message: &str, _: Option<Value>) {
        self.told.push(format!("{} {message}", level.name()));
    }
    fn raise_error(&mut self, heap: &Heap, _: u32, level: LogLevel, data: Value) -> Result<(), Fault> {
        self.told.push(format!("raise error {} {}", level.name(), heap.text(data)));
        Ok(())
    }
    fn last(&mut self) {
        self.told.push("last".into());
    }
    fn rule_selected(&mut self) {
        self.told.push("selected".into());
    }
    fn rule_fired(&mut self, fired: bool) {
        self.told.push(format!("fired {fired}"));
    }
    fn module_member(&mut self, _: u32, module: u16, name: &str) -> Result<Value, Fault> {
        Err(Fault::error(format!("module {module} provides no {name}")))
    }
    fn request(&mut self, _: &mut Heap, _: u32, _: &str, args: &[Value]) -> Result<Option<Value>, Fault> {
        Ok(args.first().copied().filter(|v| v.is_number()))
    }
    fn deadline_passed(&mut self) -> bool {
        self.expired
    }
}

fn length(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    Ok(Value::number(heap.array(arg(args, 0)).len() as f64))
}

fn collect(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    heap.array_from(args)
}

fn range(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    let count = arg(args, 0).as_number().unwrap_or(0.0) as usize;
    let items: Vec<Value> = (0..count).map(|i| Value::number(i as f64)).collect();
    heap.array_from(&items)
}

fn random(context: &mut Context<'_>, _: &[Value]) -> Result<Value, Fault> {
    Ok(Value::number(context.host.random() as f64))
}

enum Kept {
    All,
    Truthy,
    Folded,
}

/// `map`, `filter` and `reduce` as one state machine.
struct Walk {
    array: Value,
    function: Value,
    at: usize,
    kept: Kept,
    made: Vec<Value>,
    folded: Value,
}

impl Iteration for Walk {
    fn next(&mut self, heap: &mut Heap, result: Value) -> Result<Step, Fault> {
        if self.at > 0 {
            match self.kept {
                Kept::All => self.made.push(result),
                Kept::Truthy if heap.is_truthy(result) => self.made.push(heap.array(self.array)[self.at - 1]),
                Kept::Truthy => {}
                Kept::Folded => self.folded = result,
            }
        }
        let Some(&item) = heap.array(self.array).get(self.at) else {
            return Ok(Step::Done(match self.kept {
                Kept::Folded => self.folded,
                _ => heap.array_from(&self.made)?,
            }));
        };
        let index = Value::number(self.at as f64);
        self.at += 1;
        let (args, count) = match self.kept {
            Kept::Folded => ([self.folded, item, index, self.array], 4),
            _ => ([item, index, self.array, Value::NULL], 3),
        };
        Ok(Step::Call { function: self.function, args, count })
    }
}

fn walk(args: &[Value], kept: Kept) -> Result<Start, Fault> {
    let (array, function, folded) = (arg(args, 0), arg(args, 1), arg(args, 2));
    Ok(Start::Iterate(Box::new(Walk { array, function, at: 0, kept, made: Vec::new(), folded })))
}

fn map(_: &mut Heap, args: &[Value]) -> Result<Start, Fault> {
    walk(args, Kept::All)
}

fn filter(_: &mut Heap, args: &[Value]) -> Result<Start, Fault> {
    walk(args, Kept::Truthy)
}

fn reduce(_: &mut Heap, args: &[Value]) -> Result<Start, Fault> {
    walk(args, Kept::Folded)
}

const fn native(name: &'static str, kind: Kind, params: &'static [&'static str], call: NativeCall) -> Native {
    Native { name, kind, params, call }
}

pub static NATIVES: &[Native] = &[
    native("length", Kind::Function, &["val"], NativeCall::Pure(length)),
    native("collect", Kind::Function, &["a", "b"], NativeCall::Pure(collect)),
    native("range", Kind::Function, &["count"], NativeCall::Pure(range)),
    native("random", Kind::Function, &[], NativeCall::Host(random)),
    native("map", Kind::Function, &["val", "iter"], NativeCall::Iterate(map)),
    native("filter", Kind::Function, &["val", "iter"], NativeCall::Iterate(filter)),
    native("reduce", Kind::Function, &["val", "iter", "dflt"], NativeCall::Iterate(reduce)),
    native("http:post", Kind::Action, &["url"], NativeCall::Request),
    native("noop", Kind::ActionFunction, &[], NativeCall::Pure(length)),
];
