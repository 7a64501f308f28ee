//! The system rulesets: what they are, and the cases that one cloud in memory can run.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a set-up that fails fails the test")]

use krl_conformance::system::{Address, Answer, Asked, Sent, World, hosts, run};
use krl_kernel::cloud::{Cloud, Configuration, Environment, Query};
use krl_stdlib::rulesets::{BUNDLED, Bundled};
use krl_vm::data::{Data, DataMap};
use std::path::PathBuf;

/// One cloud without channels, children or other clouds.
struct Alone(Cloud);

impl Alone {
    fn new() -> Self {
        let mut cloud = Cloud::new(Environment::default());
        for bundled in BUNDLED {
            let compiled = krl_compiler::compile(bundled.source);
            let unit = compiled.unit.unwrap_or_else(|| panic!("{}", bundled.rid));
            let configuration = Configuration { url: Some(bundled.url().into()), ..Configuration::default() };
            cloud.install(krl_vm::verify::verify(unit).unwrap(), configuration).unwrap();
        }
        Self(cloud)
    }
}

impl World for Alone {
    fn root(&mut self, _: &str) -> String {
        self.0.eci().to_string()
    }

    fn address(&mut self, _: &str) -> String {
        String::new()
    }

    fn publish(&mut self, _: &str, _: &str) {}

    fn event(&mut self, _: &Address, event: &Sent) -> Result<Answer, String> {
        let answer = self.0.signal(&event.domain, &event.name, event.attrs.clone());
        let answer = answer.map_err(|refusal| refusal.to_string())?;
        let errors = answer.errors.iter().map(|error| {
            let entry = |key: &str, text: &str| (key.into(), Data::string(text));
            let rule = error.rule.as_deref().unwrap_or_default();
            let entries = [entry("rid", &error.rid), entry("rule", rule), entry("code", error.code)];
            let message = entry("message", &error.message);
            Data::Map(DataMap::from_iter(entries.into_iter().chain([message])))
        });
        let directives = answer.directives.iter().map(krl_kernel::cloud::Directive::to_data).collect();
        Ok(Answer { directives, errors: errors.collect() })
    }

    fn query(&mut self, _: &Address, query: &Asked) -> Result<Data, String> {
        let Asked { rid, name, args } = query.clone();
        self.0.query(&Query { rid, name, args, ..Query::default() }).map_err(|error| error.to_string())
    }

    fn settle(&mut self) {
        self.0.settle();
    }

    fn restart(&mut self, _: &str) {
        self.0.restart().unwrap();
    }
}

/// The cases of a file by id.
fn cases(file: &str) -> Vec<(String, Data)> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors/system").join(file);
    let Data::Array(cases) = Data::parse(&std::fs::read_to_string(&path).unwrap()).unwrap() else {
        panic!("{file} is no array");
    };
    let id = |case: &Data| case.as_map().unwrap()["id"].as_str().unwrap().to_owned();
    cases.into_iter().map(|case| (id(&case), case)).collect()
}

#[test]
fn cases_of_one_cloud_hold() {
    let failed: Vec<String> = cases("alone.json")
        .into_iter()
        .filter_map(|(id, case)| Some(format!("{id}: {}", run(&case, &mut Alone::new()).err()?)))
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// Every case has an id of its own, steps, and hosts that its steps name.
#[test]
fn cases_are_well_formed() {
    let mut seen = std::collections::BTreeSet::new();
    for file in ["alone.json", "wrangler.json", "subscription.json", "pds.json", "ui.json"] {
        let cases = cases(file);
        assert!(!cases.is_empty(), "{file}");
        for (id, case) in cases {
            assert!(seen.insert(id.clone()), "{id} twice");
            let Some(Data::Array(steps)) = case.as_map().unwrap().get("steps") else {
                panic!("{id}: no steps")
            };
            for step in steps {
                let step = step.as_map().unwrap();
                let what = ["event", "query", "open"].iter().find_map(|kind| step.get(*kind));
                let host = what.and_then(|what| what.as_map()?.get("host")?.as_str()).unwrap_or("a");
                assert!(hosts(&case).iter().any(|known| known == host), "{id}: {host}");
            }
        }
    }
}

#[test]
fn bundled_rulesets_say_what_they_are() {
    for bundled in BUNDLED {
        let unit = krl_compiler::compile(bundled.source).unit.unwrap();
        assert_eq!(&*unit.rid, bundled.rid);
        let meta = &unit.meta;
        for (what, text) in [
            ("name", &meta.name),
            ("description", &meta.description),
            ("author", &meta.author),
            ("version", &meta.version),
        ] {
            assert!(text.as_deref().is_some_and(|text| !text.is_empty()), "{}: {what}", bundled.rid);
        }
        assert_eq!(Bundled::at(&bundled.url()), Some(bundled));
    }
}
