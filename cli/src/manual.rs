//! The manual: pages of operators, functions and modules, made from the table that the checker and the machine use, and the index of
//! diagnostic codes. `krl explain` prints them; `docs/library.md` and `docs/errors/README.md` hold them.

use krl_lang::{Code, Severity};
use krl_stdlib::signature::{Param, Signature, Yields};
use krl_stdlib::{members, modules, operators};
use krl_vm::native::NativeCall;
use krl_vm::value::Kind;
use std::fmt::Write;

#[cfg(test)]
mod tests;

/// Where a native works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answered {
    /// Everywhere: the machine itself or the cloud answers.
    Here,
    /// It reaches other clouds, of which the cloud in memory has none.
    Alone,
    /// On a host.
    Host,
    /// Nowhere yet.
    Nowhere,
}

/// Natives that the cloud in memory answers though they are requests to a host (`krl_kernel::cloud`).
const ANSWERED: &[&str] = &[
    "ctx:picoId",
    "ctx:rid",
    "ctx:rid_url",
    "ctx:rid_config",
    "ctx:rid_version",
    "ctx:rid_name",
    "ctx:rid_description",
    "ctx:rid_author",
    "ctx:parent",
    "ctx:children",
    "ctx:channels",
    "ctx:channelsTagged",
    "ctx:rulesets",
    "ctx:newChannel",
    "ctx:putChannel",
    "ctx:upsertChannel",
    "ctx:delChannel",
    "ctx:delPico",
    "ctx:uninstall",
    "schedule:list",
    "schedule:get",
    "schedule:remove",
    "schedule:clear",
];

/// Natives that address clouds.
const ADDRESSING: &[&str] = &["ctx:event", "ctx:query", "ctx:eventQuery", "event:send"];

fn answered(signature: &Signature) -> Answered {
    let name = signature.native.name;
    match signature.native.call {
        NativeCall::Request if ADDRESSING.contains(&name) => Answered::Alone,
        NativeCall::Request if name.starts_with("dido:") => Answered::Nowhere,
        NativeCall::Request if !ANSWERED.contains(&name) => Answered::Host,
        _ => Answered::Here,
    }
}

/// The page of an operator or a module member, its heading at `level`.
pub fn entry(signature: &Signature, level: usize) -> String {
    let mut page = format!("{} {}\n\n", "#".repeat(level), signature.native.name);
    let _ = writeln!(page, "`{}`\n\n{}", form(signature), signature.summary);
    for line in signature.doc.lines() {
        let _ = writeln!(page, "{}", line.trim());
    }
    if let Some(instead) = signature.deprecated {
        let _ = writeln!(page, "\nDeprecated: use {instead}.");
    }
    match answered(signature) {
        Answered::Here => {}
        Answered::Alone => page.push_str(
            "\nThe cloud of `krl run` is alone with itself: events reach no other one, and queries to clouds fail.\n",
        ),
        Answered::Host => page.push_str("\nNeeds a host, such as `krl serve`: on the cloud of `krl run` calls fail.\n"),
        Answered::Nowhere => page.push_str("\nNot built yet: calls fail.\n"),
    }
    if !signature.params.is_empty() {
        page.push('\n');
        for param in signature.params {
            let _ = writeln!(page, "- {}", parameter(param));
        }
        if signature.variadic {
            page.push_str("- any number of further arguments\n");
        }
    }
    if !signature.examples.is_empty() {
        page.push_str("\n```text\n");
        for (expression, value) in signature.examples {
            let _ = writeln!(page, "{expression} → {value}");
        }
        page.push_str("```\n");
    }
    page
}

/// How it is written: `xs.map(iter) → Array | Map`.
fn form(signature: &Signature) -> String {
    let (receiver, rest) = match signature.params {
        [first, rest @ ..] if signature.module.is_none() && !is_action(signature) => {
            (format!("{}.", first.name), rest)
        }
        all => (String::new(), all),
    };
    let mut arguments: Vec<String> =
        rest.iter().map(|p| format!("{}{}", p.name, if p.optional { "?" } else { "" })).collect();
    if signature.variadic {
        arguments.push("…".into());
    }
    let arguments = if signature.property { String::new() } else { format!("({})", arguments.join(", ")) };
    let kind = match signature.native.kind {
        Kind::Action => "action ",
        Kind::ActionFunction => "function, action ",
        _ => "",
    };
    format!("{kind}{receiver}{}{arguments} → {}", signature.native.name, result(signature))
}

fn is_action(signature: &Signature) -> bool {
    signature.native.kind == Kind::Action
}

fn result(signature: &Signature) -> String {
    let name = |index: u8| signature.params.get(usize::from(index)).map_or("", |p| p.name);
    match signature.result {
        Yields::Is(types) => types.to_string(),
        Yields::SameAs(i) => format!("the type of {}", name(i)),
        Yields::ElementOf(i) => format!("an element of {}, or Null", name(i)),
        Yields::ResultOf(i) => format!("what {} returns", name(i)),
        Yields::DefaultsTo(i, j) => format!("{}, or {} for Null", name(i), name(j)),
    }
}

/// A parameter, and what happens with values of other types than it is for.
fn parameter(param: &Param) -> String {
    let optional = if param.optional { ", optional" } else { "" };
    let mut text = format!("`{}`: {}{optional}", param.name, param.expects);
    let others = param.accepts.without(param.expects);
    if !others.is_never() {
        let others = if param.accepts == krl_stdlib::types::Types::ANY {
            "other values".to_owned()
        } else {
            others.to_string()
        };
        let _ = write!(text, "; takes {others} without an error");
    }
    text
}

/// A line of a list.
fn line(signature: &Signature) -> String {
    let mark = if answered(signature) == Answered::Nowhere { " (not built yet)" } else { "" };
    format!("{:<22}  {}{mark}\n", signature.native.name, signature.summary)
}

/// The members of a module; `None` if there is no such module.
pub fn module(name: &str) -> Option<String> {
    let members = members(name);
    if members.is_empty() {
        return None;
    }
    Some(format!("# {name}\n\n{}", members.iter().map(line).collect::<String>()))
}

/// All operators and modules, one a line.
pub fn list() -> String {
    let mut list = String::from("Operators\n\n");
    list.extend(operators().iter().map(line));
    list.push_str("\nModules\n\n");
    for name in modules() {
        let names: Vec<_> = members(name).iter().map(|s| s.name).collect();
        let _ = writeln!(list, "{name:<22}  {}", names.join(", "));
    }
    list
}

/// All codes, one a line.
pub fn codes() -> String {
    let line = |code: &Code| {
        let info = code.info();
        format!("{}  {:<7}  {:<34}  {}\n", info.id, level(*code), info.name, info.summary)
    };
    Code::ALL.iter().map(line).collect()
}

fn level(code: Code) -> &'static str {
    match code.info().severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "hint",
    }
}

/// Every name that has a page: codes by name, operators, modules and their members.
pub fn names() -> impl Iterator<Item = &'static str> {
    let codes = Code::ALL.iter().map(|code| code.info()).flat_map(|info| [info.id, info.name]);
    codes.chain(krl_stdlib::all().iter().map(|s| s.native.name)).chain(modules().iter().copied())
}
