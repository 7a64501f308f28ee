//! Owners of a host: what they begin with, that they do not reach each other's clouds, and what operators do with them.

#![expect(clippy::unwrap_used, reason = "a set-up that fails fails the test")]

use krl_conformance::house::{House, Way};
use krl_conformance::system::{Address, Answer, Asked, Sent, World};
use krl_host::api::Operation;
use krl_host::config::distro::Distro;
use krl_vm::data::Data;

const WAYS: [Way; 2] = [Way::Http, Way::Direct];

/// Asks and sends as it is told.
const PROBE: &str = r#"ruleset test.probe {
  meta { shares reach, got }
  global {
    reach = function(eci) { ctx:query(eci, "io.picolabs.wrangler", "name") }
    got = function() { ent:got }
  }
  rule send { select when probe send event:send({"eci": event:attrs{"eci"}, "domain": "probe", "type": "got"}) }
  rule got { select when probe got fired { ent:got := ent:got.defaultsTo(0) + 1 } }
}"#;

fn parsed(json: &str) -> Data {
    Data::parse(json).unwrap()
}

fn part<'a>(data: &'a Data, name: &str) -> &'a Data {
    data.as_map().and_then(|map| map.get(name)).unwrap_or(&Data::Null)
}

fn at(eci: &Data) -> Address {
    Address { host: "a".into(), eci: eci.as_str().unwrap_or_default().into() }
}

fn send(house: &mut House, eci: &Data, name: &str, attrs: &str) -> Result<Answer, String> {
    let (domain, name) = name.split_once(':').unwrap();
    let sent = Sent { domain: domain.into(), name: name.into(), attrs: parsed(attrs), id: None };
    let answer = house.event(&at(eci), &sent);
    house.settle();
    answer
}

fn ask(house: &mut House, eci: &Data, name: &str, args: &str) -> Result<Data, String> {
    let (rid, name) = name.split_once('/').unwrap();
    house.query(&at(eci), &Asked { rid: rid.into(), name: name.into(), args: parsed(args) })
}

/// An owner: its id, the channel of its user interface, and an open channel to its root cloud, which has the probe.
struct Owner {
    id: String,
    ui: Data,
    open: Data,
}

fn new_owner(house: &mut House, name: &str) -> Owner {
    let made = house.operate("a", Operation::CreateOwner { name: name.into() }).unwrap();
    let id = part(&made, "id").as_str().unwrap().to_owned();
    let ui = part(&made, "ui").clone();
    let url = format!("{}/probe.krl", house.rulesets());
    house.publish(&url, PROBE);
    send(house, &ui, "engine_ui:install", &format!(r#"{{"url":"{url}"}}"#)).unwrap();
    let policies = r#""eventPolicy":{"allow":[{"domain":"*","name":"*"}],"deny":[]},"queryPolicy":{"allow":[{"rid":"*","name":"*"}],"deny":[]}"#;
    send(house, &ui, "engine_ui:new_channel", &format!(r#"{{"tags":["open"],{policies}}}"#)).unwrap();
    let open = channel(house, &ui, "open");
    Owner { id, ui, open: part(&open, "id").clone() }
}

fn channel(house: &mut House, ui: &Data, tag: &str) -> Data {
    let pico = ask(house, ui, "io.picolabs.pico-engine-ui/pico", "{}").unwrap();
    let Data::Array(channels) = part(&pico, "channels").clone() else { return Data::Null };
    let tags = Data::Array(vec![Data::string(tag)]);
    channels.into_iter().find(|channel| *part(channel, "tags") == tags).unwrap_or_default()
}

#[test]
fn owners_do_not_reach_each_others_families() {
    for way in WAYS {
        let mut house = House::new(way);
        let (ann, bob) = (new_owner(&mut house, "Ann"), new_owner(&mut house, "Bob"));
        let listed = house.operate("a", Operation::Owners).unwrap();
        let Data::Array(listed) = listed else { panic!("no list") };
        let names: Vec<_> = listed.iter().filter_map(|owner| part(owner, "name").as_str()).collect();
        assert_eq!(names, ["owner", "Ann", "Bob"]);
        send(&mut house, &bob.ui, "engine_ui:new", r#"{"name":"Kid"}"#).unwrap();
        let Data::Array(children) =
            ask(&mut house, &bob.open, "io.picolabs.wrangler/children", "{}").unwrap()
        else {
            panic!("no children")
        };
        let kid = part(children.first().expect("a child"), "eci").as_str().unwrap().to_owned();
        let reach = format!(r#"{{"eci":"{kid}"}}"#);
        let refusal = "This is a family channel and only the owner can use it.";
        assert_eq!(ask(&mut house, &bob.open, "test.probe/reach", &reach), Ok(Data::string("Kid")));
        assert_eq!(ask(&mut house, &ann.open, "test.probe/reach", &reach), Err(refusal.into()));
        assert_eq!(
            ask(&mut house, &Data::string(&*kid), "io.picolabs.wrangler/name", "{}"),
            Err(refusal.into())
        );
        send(&mut house, &ann.open, "probe:send", &reach).unwrap();
        let open = format!(r#"{{"eci":"{}"}}"#, bob.open.as_str().unwrap());
        send(&mut house, &ann.open, "probe:send", &open).unwrap();
        assert_eq!(ask(&mut house, &bob.open, "test.probe/got", "{}"), Ok(Data::Number(1.0)), "{way:?}");
    }
}

#[test]
fn clouds_of_a_suspended_owner_rest() {
    const REFUSAL: &str = "the clouds of this owner are suspended";
    for way in WAYS {
        let mut house = House::new(way);
        let (ann, bob) = (new_owner(&mut house, "Ann"), new_owner(&mut house, "Bob"));
        let suspend = |house: &mut House, suspended| {
            house.operate("a", Operation::Suspend { owner: bob.id.clone(), suspended }).unwrap();
        };
        let got = |house: &mut House| ask(house, &bob.open, "test.probe/got", "{}");
        let open = format!(r#"{{"eci":"{}"}}"#, bob.open.as_str().unwrap());
        suspend(&mut house, true);
        for waiting in 1..=2 {
            assert_eq!(send(&mut house, &bob.open, "probe:got", "{}"), Err(REFUSAL.into()));
            assert_eq!(got(&mut house), Err(REFUSAL.into()));
            assert_eq!(ask(&mut house, &ann.open, "test.probe/reach", &open), Err(REFUSAL.into()));
            house.expect_waiting(waiting);
            send(&mut house, &ann.open, "probe:send", &open).unwrap();
            house.restart("a");
        }
        house.expect_waiting(0);
        suspend(&mut house, false);
        send(&mut house, &bob.open, "probe:got", "{}").unwrap();
        assert_eq!(
            got(&mut house),
            Ok(Data::Number(3.0)),
            "{way:?}: what other clouds sent meanwhile waited"
        );
    }
}

#[test]
fn new_owners_begin_with_what_the_distro_says() {
    let examples = format!("{}/../examples", env!("CARGO_MANIFEST_DIR"));
    let manifest = std::fs::read_to_string(format!("{examples}/distros/home.toml")).unwrap();
    let shopping = std::fs::read_to_string(format!("{examples}/shopping/shopping.krl")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for way in WAYS {
        let mut house = House::new(way);
        let base = house.rulesets();
        house.publish(&format!("{base}/shopping.krl"), &shopping);
        let path = folder.path().join("home.toml");
        std::fs::write(&path, manifest.replace("../shopping", &base)).unwrap();
        house.settings().distro = Distro::read(&path).unwrap().0;
        let root = Data::string(house.root("a"));
        let pico = ask(&mut house, &root, "io.picolabs.pico-engine-ui/pico", "{}").unwrap();
        let Data::Array(rulesets) = part(&pico, "rulesets") else { panic!("no rulesets") };
        let last = rulesets.last().expect("a ruleset");
        assert_eq!(part(last, "url"), &Data::string(format!("{base}/shopping.krl")));
        assert_eq!(part(last, "config"), &parsed(r#"{"currency":"EUR"}"#));
        let device = channel(&mut house, &root, "device");
        let id = part(&device, "id").clone();
        assert_eq!(
            part(&device, "eventPolicy"),
            &parsed(r#"{"allow":[{"domain":"sensor","name":"*"}],"deny":[]}"#)
        );
        send(&mut house, &id, "sensor:heat", "{}").unwrap();
        let refused = Err("Not allowed by channel policy".to_owned());
        assert_eq!(send(&mut house, &id, "other:heat", "{}").map(drop), refused, "{way:?}");
        assert_eq!(ask(&mut house, &id, "shopping/list", "{}").map(drop), refused);
    }
}
