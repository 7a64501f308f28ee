//! The state of a cloud as statements: every row of the table in `docs/graph.md`.

#![expect(clippy::unwrap_used, reason = "a set-up that fails fails the test")]

use krl_kernel::cloud::{Child, Cloud, Configuration, Environment};
use krl_kernel::graph::project;
use krl_vm::data::Data;
use krl_xdi::format::{WriteOptions, text};
use krl_xdi::graph::Implied;

const SOURCE: &str = r#"ruleset io.test {
    rule var { select when t var fired { ent:v := event:attrs{"v"} } }
    rule named { select when t named fired { ent:_n := {"a b": 1, "7": [true], "": null} } }
    rule pair { select when t first k re#(.+)# setting(k) before t second }
    rule at { select when t at fired { schedule t event "tick" at "2023-11-14T23:00:00Z" attributes {"n": 1} } }
    rule repeat { select when t repeat fired { schedule t event "tick" repeat "0 0 * * *" } }
    rule channel { select when t channel
        ctx:newChannel(["a", "b"], {"allow": [], "deny": [{"domain": "x", "name": "*"}]}) }
    rule del { select when t del ctx:delChannel(event:eci) }
}"#;

fn cloud() -> Cloud {
    let unit = krl_compiler::compile(SOURCE).unit.unwrap();
    let mut cloud = Cloud::new(Environment { now: 1_700_000_000_000, ..Environment::default() });
    let configuration = Configuration {
        config: Data::parse(r#"{"size": 3}"#).unwrap(),
        url: Some("https://example.org/t.krl".into()),
    };
    cloud.install(krl_vm::verify::verify(unit).unwrap(), configuration).unwrap();
    cloud
}

/// The statements, with names in place of ids that are drawn: `OPEN` the channel of the events, `SELF` the cloud, `NEW` anything else.
fn statements(cloud: &Cloud) -> Vec<String> {
    let graph = project(cloud).unwrap();
    for statement in graph.statements(Implied::Hide) {
        statement.validate().unwrap();
    }
    let mut text = text::write(&graph, WriteOptions::ordered());
    text = text.replace(&**cloud.id(), "SELF").replace(&**cloud.eci(), "OPEN");
    let state = cloud.state();
    let drawn =
        state.channels.iter().map(|channel| &*channel.id).chain(state.jobs.iter().map(|job| &*job.id));
    for id in drawn.filter(|id| id.starts_with('c')) {
        text = text.replace(id, "NEW");
    }
    text.lines().map(str::to_owned).collect()
}

/// What an event adds to the graph.
fn check(event: &str, attrs: &str, expected: &[&str]) {
    let mut cloud = cloud();
    let before = statements(&cloud);
    let answer = cloud.signal("t", event, Data::parse(attrs).unwrap()).unwrap();
    assert_eq!(answer.errors, [], "{event}");
    let added: Vec<_> = statements(&cloud).into_iter().filter(|line| !before.contains(line)).collect();
    assert_eq!(added, expected, "{event} {attrs}");
}

#[test]
fn values_are_attributes_by_path() {
    let variable = |v: &str, expected: &[&str]| check("var", &format!(r#"{{"v": {v}}}"#), expected);
    variable("1.5", &["[#ruleset]*io.test<#v>/&/1.5"]);
    variable(r#""a\"b""#, &[r#"[#ruleset]*io.test<#v>/&/"a\"b""#]);
    variable("{}", &["[#ruleset]*io.test<#v>/&/{}"]);
    variable("[]", &["[#ruleset]*io.test<#v>/&/[]"]);
    variable(
        r#"{"x": {"y": [1, {"z": []}]}}"#,
        &["[#ruleset]*io.test<#v><#x><#y><@~0>/&/1", "[#ruleset]*io.test<#v><#x><#y><@~1><#z>/&/[]"],
    );
    check(
        "named",
        "{}",
        &[
            "[#ruleset]*io.test<#_n><#()>/&/null",
            "[#ruleset]*io.test<#_n><#(7)><@~0>/&/true",
            "[#ruleset]*io.test<#_n><#(a%20b)>/&/1",
        ],
    );
}

#[test]
fn matches_and_jobs_belong_to_their_ruleset() {
    check(
        "first",
        r#"{"k": "v"}"#,
        &[
            "[#ruleset]*io.test[#rule]*pair<#match><#active><@~0>/&/2",
            "[#ruleset]*io.test[#rule]*pair<#match><#aggregates>/&/[]",
            "[#ruleset]*io.test[#rule]*pair<#match><#settings><@~0>/&/\"v\"",
            "[#ruleset]*io.test[#rule]*pair<#match><#times>/&/[]",
        ],
    );
    check(
        "at",
        "{}",
        &[
            "[#ruleset]*io.test[#job]*NEW/#on/[#channel]*OPEN",
            "[#ruleset]*io.test[#job]*NEW<#attrs><#n>/&/1",
            "[#ruleset]*io.test[#job]*NEW<#domain>/&/\"t\"",
            "[#ruleset]*io.test[#job]*NEW<#due>/&/\"2023-11-14T23:00:00.000Z\"",
            "[#ruleset]*io.test[#job]*NEW<#name>/&/\"tick\"",
        ],
    );
    check(
        "repeat",
        "{}",
        &[
            "[#ruleset]*io.test[#job]*NEW/#on/[#channel]*OPEN",
            "[#ruleset]*io.test[#job]*NEW<#attrs>/&/{}",
            "[#ruleset]*io.test[#job]*NEW<#domain>/&/\"t\"",
            "[#ruleset]*io.test[#job]*NEW<#due>/&/\"2023-11-15T00:00:00.000Z\"",
            "[#ruleset]*io.test[#job]*NEW<#name>/&/\"tick\"",
            "[#ruleset]*io.test[#job]*NEW<#repeat>/&/\"0 0 * * *\"",
        ],
    );
}

#[test]
fn a_channel_shows_its_policies() {
    check(
        "channel",
        "{}",
        &[
            "[#channel]*NEW<#eventPolicy><#allow>/&/[]",
            "[#channel]*NEW<#eventPolicy><#deny><@~0><#domain>/&/\"x\"",
            "[#channel]*NEW<#eventPolicy><#deny><@~0><#name>/&/\"*\"",
            "[#channel]*NEW<#queryPolicy><#allow><@~0><#name>/&/\"*\"",
            "[#channel]*NEW<#queryPolicy><#allow><@~0><#rid>/&/\"*\"",
            "[#channel]*NEW<#queryPolicy><#deny>/&/[]",
            "[#channel]*NEW<#tags><@~0>/&/\"a\"",
            "[#channel]*NEW<#tags><@~1>/&/\"b\"",
        ],
    );
}

#[test]
fn a_cloud_begins_with_itself_its_channels_and_its_rulesets() {
    let hash = krl_stdlib::digest::Algorithm::named("sha256").unwrap();
    let hash = hash.hash(SOURCE, krl_stdlib::digest::Output::Hex);
    let expected = [
        "#cloud<#id>/&/\"SELF\"",
        "#cloud<#time>/&/\"2023-11-14T22:13:20.000Z\"",
        "[#channel]*OPEN<#tags>/&/[]",
        "[#channel]*SELF<#family>/&/\"SELF\"",
        "[#channel]*SELF<#tags><@~0>/&/\"system\"",
        "[#channel]*SELF<#tags><@~1>/&/\"self\"",
        "[#ruleset]*io.test#install<#config><#size>/&/3",
        &format!("[#ruleset]*io.test#install<#hash>/&/\"{hash}\""),
        "[#ruleset]*io.test#install<#url>/&/\"https://example.org/t.krl\"",
    ];
    let mut found: Vec<_> =
        statements(&cloud()).into_iter().filter(|line| !line.contains("Policy>")).collect();
    found.sort();
    assert_eq!(found, expected);
}

#[test]
fn relatives_are_peers() {
    let mut cloud = cloud();
    let before = statements(&cloud);
    cloud.adopt(Child { cloud: "c2".into(), eci: "down".into(), parent: "for-child".into(), sequence: 0 });
    let tie = Child { cloud: cloud.id().clone(), eci: "for-parent".into(), parent: "up".into(), sequence: 0 };
    cloud.be_born(&"c3".into(), &tie);
    let added = statements(&cloud).into_iter().filter(|line| !before.contains(line));
    let added: Vec<_> = added.filter(|line| !line.contains("Policy>") && !line.contains("<#tags>")).collect();
    let expected = [
        "/#child/(*down)",
        "/#parent/(*up)",
        "[#channel]*for-child/#for/(*down)",
        "[#channel]*for-child<#family>/&/\"c2\"",
        "[#channel]*for-parent<#family>/&/\"c3\"",
    ];
    assert_eq!(added, expected);
}

#[test]
fn a_job_outlives_the_channel_it_names() {
    let mut cloud = cloud();
    cloud.signal("t", "at", Data::Null).unwrap();
    let on = |cloud: &Cloud| statements(cloud).iter().any(|line| line.contains("/#on/"));
    assert!(on(&cloud));
    cloud.signal("t", "del", Data::Null).unwrap();
    assert!(!on(&cloud));
}
