//! What kind of node an arc makes, and which kinds may hang below which (`xdi.md §1.5`).

use crate::address::{Arc, Body, Symbol, Xref};
use std::fmt;

/// The form of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// The root of the graph, the only node without an arc.
    CommonRoot,
    /// `(=ann)`: the graph of another authority, as seen from here.
    PeerRoot,
    /// `(=ann/#says)`: the graph that is the object of a relation.
    InnerRoot,
    /// `=ann`, `#home`
    Entity,
    /// `[#passport]`
    EntityCollection,
    /// `*!:uuid:01`
    EntityMember,
    /// `@~0`
    OrderedEntityMember,
    /// `<#age>`
    Attribute,
    /// `[<#tel>]`
    AttributeCollection,
    /// `<*!:uuid:01>`
    AttributeMember,
    /// `<@~0>`
    OrderedAttributeMember,
    /// `{}`
    AnyVariable,
    /// `||`
    AnyDefinition,
}

/// The form of a node, and whether it is a variable or a definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NodeKind {
    /// The form, without the wrappers `{ }` and `| |`.
    pub form: Form,
    /// Is the arc wrapped in `{ }`?
    pub variable: bool,
    /// Is the arc wrapped in `| |`?
    pub definition: bool,
}

impl Form {
    /// Is it one of the three roots?
    #[must_use]
    pub fn is_root(self) -> bool {
        matches!(self, Self::CommonRoot | Self::PeerRoot | Self::InnerRoot)
    }

    /// May it hold a literal?
    #[must_use]
    pub fn is_attribute(self) -> bool {
        matches!(
            self,
            Self::Attribute
                | Self::AttributeCollection
                | Self::AttributeMember
                | Self::OrderedAttributeMember
        )
    }

    /// Is it an entity, a collection of entities or a member of one?
    #[must_use]
    pub fn is_entity(self) -> bool {
        matches!(self, Self::Entity | Self::EntityCollection | Self::EntityMember | Self::OrderedEntityMember)
    }
}

impl NodeKind {
    /// The kind of the common root.
    pub const COMMON_ROOT: Self = Self { form: Form::CommonRoot, variable: false, definition: false };

    /// The kind of node that an arc makes. Nothing for arcs that are legal in addresses only.
    #[must_use]
    pub fn of(arc: Arc<'_>) -> Option<Self> {
        let form = match arc.symbol() {
            None => without_symbol(arc)?,
            Some(symbol) => with_symbol(arc, symbol)?,
        };
        let any = matches!(form, Form::AnyVariable | Form::AnyDefinition);
        Some(Self { form, variable: arc.is_variable() && !any, definition: arc.is_definition() && !any })
    }

    /// May a node of this kind hang below one of kind `parent`?
    #[must_use]
    pub fn may_be_below(self, parent: Self) -> bool {
        match self.form {
            Form::CommonRoot => false,
            Form::PeerRoot | Form::InnerRoot => parent.form.is_root(),
            form if form.is_entity() => !parent.form.is_attribute(),
            _ => true,
        }
    }
}

fn without_symbol(arc: Arc<'_>) -> Option<Form> {
    let wrapped = arc.is_attribute() || arc.is_collection();
    match arc.body() {
        Body::Xref(Xref::Inner { .. }) if !wrapped => Some(Form::InnerRoot),
        Body::Xref(_) if !wrapped => Some(Form::PeerRoot),
        _ => match arc.text() {
            "{}" => Some(Form::AnyVariable),
            "||" => Some(Form::AnyDefinition),
            _ => None,
        },
    }
}

fn with_symbol(arc: Arc<'_>, symbol: Symbol) -> Option<Form> {
    let body = arc.body();
    if body == Body::None {
        return None;
    }
    let choose = |entity, attribute| if arc.is_attribute() { attribute } else { entity };
    match (symbol, arc.is_collection()) {
        (Symbol::Reserved | Symbol::Class, true) => {
            Some(choose(Form::EntityCollection, Form::AttributeCollection))
        }
        (Symbol::Reserved | Symbol::Class, false) => Some(choose(Form::Entity, Form::Attribute)),
        (Symbol::Person | Symbol::Group, false) if !arc.is_attribute() => Some(Form::Entity),
        (Symbol::Thing, false) => Some(choose(Form::EntityMember, Form::AttributeMember)),
        (Symbol::Ordinal, false) if matches!(body, Body::Name(_)) => {
            Some(choose(Form::OrderedEntityMember, Form::OrderedAttributeMember))
        }
        _ => None,
    }
}

impl fmt::Display for NodeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.form {
            Form::CommonRoot => "root.common",
            Form::PeerRoot => "root.peer",
            Form::InnerRoot => "root.inner",
            Form::Entity => "entity.singleton",
            Form::EntityCollection => "entity.collection",
            Form::EntityMember => "entity.instance.unordered",
            Form::OrderedEntityMember => "entity.instance.ordered",
            Form::Attribute => "attribute.singleton",
            Form::AttributeCollection => "attribute.collection",
            Form::AttributeMember => "attribute.instance.unordered",
            Form::OrderedAttributeMember => "attribute.instance.ordered",
            Form::AnyVariable => "variable.common",
            Form::AnyDefinition => "definition.common",
        })?;
        f.write_str(if self.definition { "+definition" } else { "" })?;
        f.write_str(if self.variable { "+variable" } else { "" })
    }
}
