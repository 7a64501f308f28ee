//! `event`: the event that is being evaluated (krl-runtime §5.2). Everything is `null` outside of one.

use crate::declare::signatures;
use krl_vm::fault::Fault;
use krl_vm::native::{Context, Property, arg};
use krl_vm::value::Value;

signatures! {
    module event;

    /// The channel the event came in on.
    property eci() -> STRING|NULL = Host(|c, _| tell(c, Property::EventEci)) {}
    /// The event's domain.
    property domain() -> STRING|NULL = Host(|c, _| tell(c, Property::EventDomain)) {}
    /// The event's name.
    property name() -> STRING|NULL = Host(|c, _| tell(c, Property::EventName)) {}
    /// The event's attributes.
    property attrs() -> MAP|NULL = Host(|c, _| tell(c, Property::EventAttrs)) {}
    /// The event's id.
    property eid() -> STRING|NULL = Host(|c, _| tell(c, Property::EventEid)) {}
    /// When the event came in, in milliseconds since 1970.
    property time() -> NUMBER|NULL = Host(|c, _| tell(c, Property::EventTime)) {}
    /// One attribute of the event.
    fn attr(name: ANY(STRING)) -> ANY, deprecated "`event:attrs{name}`" = Host(attr) {}
    /// Sends an event to another cloud, after this one is done.
    /// `options` has `domain`, `name` (or `type`), `attrs`, and for the receiver one of `eci`, `sub` (a subscription) and `did`. `host` is the
    /// address of the receiver's host, if it is another one. The action answers the event's id.
    action send(options: MAP; host: STRING|NULL) -> STRING|NULL = Request {}
}

fn tell(context: &mut Context<'_>, property: Property) -> Result<Value, Fault> {
    context.host.property(context.heap, context.instance, property)
}

fn attr(context: &mut Context<'_>, args: &[Value]) -> Result<Value, Fault> {
    let attributes = tell(context, Property::EventAttrs)?;
    let name = context.heap.text(arg(args, 0));
    Ok(context.heap.map_get(attributes, &name).unwrap_or(Value::NULL))
}
