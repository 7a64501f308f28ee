//! The system rulesets: what they are, and the cases that one cloud in memory can run.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a set-up that fails fails the test")]

use krl_conformance::engine::Setup;
use krl_conformance::system::{Address, Answer, Asked, Sent, World, hosts, run};
use krl_kernel::cloud::{Cloud, Configuration, Environment, Query};
use krl_stdlib::rulesets::{BUNDLED, Bundled};
use krl_vm::data::{Data, DataMap};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

/// One cloud without children or other clouds. What a host does for it is done by hand: installing, and telling it that it is set up.
struct Alone {
    cloud: Cloud,
    published: BTreeMap<String, String>,
    setup: Setup,
}

impl Alone {
    fn new(setup: Setup) -> Self {
        let cloud = Cloud::new(setup.engine.environment(Environment::default()));
        let mut alone = Self { cloud, published: BTreeMap::new(), setup };
        for bundled in BUNDLED {
            alone.install(&bundled.url(), bundled.source);
        }
        alone.signal("engine_ui", "setup", Data::Null);
        for bundled in BUNDLED {
            alone.installed(bundled.rid);
        }
        alone.signal("engine", "started", Data::Null);
        alone
    }

    /// Installs a ruleset; answers its id.
    fn install(&mut self, url: &str, source: &str) -> Arc<str> {
        let unit = krl_compiler::compile(source).unit.unwrap_or_else(|| panic!("{url}"));
        let rid = unit.rid.clone();
        let unit = self.setup.unit(unit).unwrap();
        let configuration = Configuration { url: Some(url.into()), ..Configuration::default() };
        self.cloud.install(krl_vm::verify::verify(unit).unwrap(), configuration).unwrap();
        rid
    }

    fn installed(&mut self, rid: &str) {
        let rids = Data::Array(vec![Data::string(rid)]);
        self.signal("wrangler", "ruleset_installed", Data::Map(DataMap::from_iter([("rids".into(), rids)])));
    }

    fn signal(&mut self, domain: &str, name: &str, attrs: Data) {
        let answer = self.cloud.signal(domain, name, attrs).unwrap();
        assert!(answer.errors.is_empty(), "{domain}:{name}: {:?}", answer.errors);
        self.cloud.settle();
    }
}

impl World for Alone {
    fn root(&mut self, _: &str) -> String {
        let rid = "io.picolabs.pico-engine-ui".into();
        let query = Query { rid, name: "uiECI".into(), ..Query::default() };
        self.cloud.query(&query).unwrap().as_str().unwrap().to_owned()
    }

    fn address(&mut self, _: &str) -> String {
        String::new()
    }

    fn publish(&mut self, url: &str, source: &str) {
        self.published.insert(url.to_owned(), source.to_owned());
    }

    fn event(&mut self, to: &Address, event: &Sent) -> Result<Answer, String> {
        if (event.domain.as_str(), event.name.as_str()) == ("engine_ui", "install") {
            let url = event.attrs.as_map().unwrap()["url"].as_str().unwrap();
            let source = self.published[url].clone();
            let rid = self.install(url, &source);
            self.installed(&rid);
            return Ok(Answer::default());
        }
        let answer = self.cloud.signal_on(&to.eci, None, &event.domain, &event.name, event.attrs.clone());
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

    fn query(&mut self, to: &Address, query: &Asked) -> Result<Data, String> {
        let Asked { rid, name, args } = query.clone();
        let query = Query { eci: Some(to.eci.as_str().into()), rid, name, args, ..Query::default() };
        self.cloud.query(&query).map_err(|error| error.to_string())
    }

    fn settle(&mut self) {
        for answer in self.cloud.settle() {
            assert!(answer.errors.is_empty(), "{:?}", answer.errors);
        }
    }

    fn restart(&mut self, _: &str) {
        let state = self.cloud.state();
        self.cloud.restart().unwrap();
        self.cloud.restore(state);
    }
}

const FILES: [&str; 5] = ["wrangler.json", "subscription.json", "pds.json", "ui.json", "host.json"];

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
    let is_alone = |case: &Data| case.as_map().unwrap().get("alone") == Some(&Data::Bool(true));
    let cases: Vec<_> =
        FILES.iter().flat_map(|file| cases(file)).filter(|(_, case)| is_alone(case)).collect();
    assert!(cases.len() > 15, "{} cases", cases.len());
    for setup in Setup::all(2) {
        let failed: Vec<String> = cases
            .iter()
            .filter_map(|(id, case)| Some(format!("{id}: {}", run(case, &mut Alone::new(setup)).err()?)))
            .collect();
        assert!(failed.is_empty(), "{setup:?}: {}", failed.join("\n"));
    }
}

/// Every case has an id of its own, steps, and hosts that its steps name.
#[test]
fn cases_are_well_formed() {
    let mut seen = BTreeSet::new();
    for file in FILES {
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
