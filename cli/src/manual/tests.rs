//! The documents that are made from the tables, and that they tell the truth about hosts. `KRL_BLESS=1` writes the documents.

use super::*;
use crate::command::Context;
use crate::config::Config;
use crate::files::SourceFile;
use crate::session::{Options, Session};
use std::path::{Path, PathBuf};

/// The reference of the standard library.
fn reference() -> String {
    let mut text = String::from(
        "# Library\n\nAll operators and modules, made from the table that the checker and the machine use (`KRL_BLESS=1 cargo test -p krl` \
         writes this page).\n`krl explain NAME` prints an entry. An operator is called on its first parameter, a module's member \
         by `module:name`;\n`?` marks what may be left out. What stands behind `→` in an example is the value as JSON.\n\n",
    );
    text.push_str("## Operators\n\n");
    text.extend(operators().iter().map(|s| entry(s, 3) + "\n"));
    for name in modules() {
        let _ = writeln!(text, "## Module {name}\n");
        text.extend(members(name).iter().map(|s| entry(s, 3) + "\n"));
    }
    format!("{}\n", text.trim_end())
}

/// The index of the codes' pages.
fn index() -> String {
    let mut text = String::from(
        "# Findings\n\nEvery diagnostic code with its level unless a project chooses another one. `krl explain CODE` prints a page.\n\n\
         | code | level | name | it is about |\n|---|---|---|---|\n",
    );
    for code in Code::ALL {
        let info = code.info();
        let summary = info.summary.replace('|', "\\|");
        let _ =
            writeln!(text, "| [{0}]({0}.md) | {1} | `{2}` | {summary} |", info.id, level(*code), info.name);
    }
    text
}

#[test]
fn documents_are_up_to_date() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    for (name, text) in [("library.md", reference()), ("errors/README.md", index())] {
        let path = docs.join(name);
        if std::env::var_os("KRL_BLESS").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(found == text, "{name} is stale: write it anew with KRL_BLESS=1");
    }
}

/// A call with an argument of a suitable type for each parameter that must be given, as an action or in an expression.
fn ruleset(signature: &Signature) -> String {
    use krl_stdlib::types::Types;
    let argument = |p: &Param| {
        let literal = match p.expects {
            types if types.contains(Types::STRING) => r#""x""#,
            types if types.contains(Types::MAP) => r#"{"eci": "x"}"#,
            _ => "[]",
        };
        format!("{} = {literal}", p.name)
    };
    let given: Vec<_> = signature.params.iter().filter(|p| !p.optional).map(argument).collect();
    let name = signature.native.name;
    let call = if signature.property { name.to_owned() } else { format!("{name}({})", given.join(", ")) };
    if is_action(signature) {
        format!("ruleset t {{ rule r {{ select when t t {call} }} }}")
    } else {
        format!("ruleset t {{ rule r {{ select when t t pre {{ x = {call} }} noop() }} }}")
    }
}

/// What the cloud in memory says to the call.
fn call(signature: &Signature) -> String {
    let context = Context {
        config: Config::default(),
        config_path: None,
        printer: crate::report::Printer::new(crate::args::Colour::Never),
    };
    let file = SourceFile { path: PathBuf::from("t.krl"), bytes: ruleset(signature).into_bytes() };
    let program = crate::program::compile(&context.printer, &file).unwrap();
    let options = Options {
        seed: 0,
        now: 0,
        budgets: crate::session::budgets(&Default::default()),
        trace: false,
        tier: None,
    };
    let mut session = Session::new(options);
    session.install_all(vec![program]).unwrap();
    let step = crate::script::parse("event t:t").unwrap().remove(0);
    let answer = session.step(&step);
    let told: Vec<_> = answer.errors.iter().map(|e| e.message.to_string()).collect();
    told.join("\n")
}

/// Pages say that a native needs a host, or is not built, where, and only where, the cloud in memory says so.
#[test]
fn what_needs_a_host_is_marked() {
    let requests = krl_stdlib::all().iter().filter(|s| matches!(s.native.call, NativeCall::Request));
    for signature in requests {
        let told = call(signature);
        let found = match told.as_str() {
            "" if signature.native.name != "event:send" => Answered::Here,
            "" => Answered::Alone,
            told if told.contains("needs a host") => Answered::Host,
            told if told.contains("not built") => Answered::Nowhere,
            told if told.contains("not found in children") => Answered::Here,
            told if told.contains("ECI not found") && signature.native.name.ends_with("Channel") => {
                Answered::Here
            }
            told if told.contains("ECI not found") => Answered::Alone,
            told => panic!("{}: {told}", signature.native.name),
        };
        assert_eq!(answered(signature), found, "{}: {told}", signature.native.name);
    }
}
