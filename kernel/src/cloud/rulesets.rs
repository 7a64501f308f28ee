//! `ctx:rulesets`: what programs see of the installed rulesets (`krl-runtime.md` §5.1).

use super::Cloud;
use super::program::Installed;
use crate::library::Code;
use krl_vm::data::Data;
use krl_vm::unit::{Prologue, Unit, Use};
use std::sync::Arc;

impl Cloud {
    /// The installed rulesets, in install order.
    pub(crate) fn installed(&self) -> &[Installed] {
        &self.core.lasting.program.rulesets
    }
}

/// An installed ruleset.
pub(super) fn view(rid: &Arc<str>, url: Option<&Arc<str>>, config: &Data, code: &Code) -> Data {
    map([
        ("rid", text(rid)),
        ("url", url.map_or(Data::Null, text)),
        ("config", config.clone()),
        ("meta", code_view(code)),
    ])
}

fn code_view(code: &Code) -> Data {
    let origin = code.origin();
    let compiler =
        map([("version", text(&origin.compiler)), ("warnings", Data::Array(origin.warnings.clone()))]);
    map([
        ("krl", text(&code.unit().source)),
        ("krlMeta", meta(code.unit())),
        ("hash", text(code.hash())),
        ("flushed", Data::string(krl_stdlib::datetime::format_iso(origin.flushed))),
        ("compiler", compiler),
    ])
}

/// The `meta` block; what it does not say is left out.
fn meta(unit: &Unit) -> Data {
    let said = |text: &Option<Arc<str>>| text.clone().map(Data::String);
    let list = |items: Vec<Data>| Some(Data::Array(items)).filter(|list| *list != Data::Array(Vec::new()));
    let configured = unit.prologue.iter().filter_map(|step| match step {
        Prologue::Configure { global, .. } => unit.globals.get(usize::from(*global)).map(text),
        Prologue::Use(_) => None,
    });
    let entries = [
        ("version", said(&unit.meta.version)),
        ("name", said(&unit.meta.name)),
        ("description", said(&unit.meta.description)),
        ("author", said(&unit.meta.author)),
        ("shares", list(unit.shares.iter().map(|shared| text(&shared.name)).collect())),
        ("provides", list(unit.provides.iter().map(|(name, _)| text(name)).collect())),
        ("use", list(unit.uses.iter().map(clause).collect())),
        ("configure", list(configured.collect())),
        ("logging", unit.meta.logging.map(Data::Bool)),
    ];
    Data::Map(entries.into_iter().filter_map(|(key, value)| Some((key.into(), value?))).collect())
}

/// A `use module` clause.
fn clause(clause: &Use) -> Data {
    let mut entries =
        vec![("kind", Data::string("module")), ("rid", text(&clause.rid)), ("alias", text(&clause.alias))];
    if !clause.with.is_empty() {
        entries.push(("with", Data::Array(clause.with.iter().map(text).collect())));
    }
    map(entries)
}

fn text(text: &Arc<str>) -> Data {
    Data::String(text.clone())
}

fn map<'a>(entries: impl IntoIterator<Item = (&'a str, Data)>) -> Data {
    Data::Map(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
}
