//! Channels and family as the host sees them: what a transaction touches, and who may use the ties between clouds.

#![expect(clippy::unwrap_used, reason = "a set-up that fails fails the test")]

use krl_kernel::cloud::{Child, Cloud, Configuration, Environment, Query};
use krl_vm::data::Data;
use std::sync::Arc;

const SOURCE: &str = r#"ruleset c {
    meta { shares family }
    global {
        family = function() { {"parent": ctx:parent, "children": ctx:children} }
        find = function(tag) { ctx:channels.filter(function(c) { c{"tags"} >< tag }).head(){"id"} }
    }
    rule new { select when c new ctx:newChannel([event:attrs{"tag"}]) }
    rule del { select when c del ctx:delChannel(find(event:attrs{"tag"})) }
    rule put { select when c put ctx:putChannel(find(event:attrs{"tag"}), ["changed"]) }
    rule lost { select when c lost ctx:newChannel(["lost"]) fired { ent:x := 1 - "x" } }
}"#;

fn cloud(seed: u64) -> Cloud {
    let unit = krl_compiler::compile(SOURCE).unit.unwrap();
    let mut cloud = Cloud::new(Environment { seed, ..Environment::default() });
    cloud.install(krl_vm::verify::verify(unit).unwrap(), Configuration::default()).unwrap();
    cloud
}

fn tag(tag: &str) -> Data {
    Data::Map([("tag".into(), Data::string(tag))].into_iter().collect())
}

fn tags(cloud: &Cloud) -> Vec<String> {
    let mut tags: Vec<_> = cloud.channels().map(|channel| channel.tags.join(" ")).collect();
    tags.sort_unstable();
    tags
}

#[test]
fn a_transaction_tells_which_channels_it_touched() {
    let mut cloud = cloud(1);
    let steps = [
        ("new", "a", "a"),
        ("new", "b", "b"),
        ("put", "a", "changed"),
        ("put", "self", ""),
        ("del", "b", "gone"),
        ("lost", "", "gone"),
        ("none", "", ""),
    ];
    for (name, given, expected) in steps {
        cloud.signal("c", name, tag(given)).unwrap();
        let touched = cloud.touched_channels();
        let found: Vec<_> = touched
            .map(|(_, channel)| channel.map_or("gone".into(), |channel| channel.tags.join(" ")))
            .collect();
        assert_eq!(found.join(", "), expected, "{name} {given}");
    }
    assert_eq!(tags(&cloud), ["", "changed", "system self"]);
}

#[test]
fn relatives_reach_each_other_and_nobody_else_does() {
    let (mut parent, mut child) = (cloud(1), cloud(2));
    let tie =
        Child { cloud: child.id().clone(), eci: "to-child".into(), parent: "to-parent".into(), sequence: 0 };
    parent.adopt(tie.clone());
    child.be_born(&parent.id().clone(), &tie);
    assert!(parent.touched_family() && child.touched_family());
    assert_eq!(tags(&parent), ["", "system parent", "system self"]);
    assert_eq!(tags(&child), ["", "system child", "system self"]);

    let family = |cloud: &mut Cloud, eci: Option<&str>, sender: Option<&Arc<str>>| {
        let (rid, name) = ("c".into(), "family".into());
        let query = Query { eci: eci.map(Arc::from), sender: sender.cloned(), rid, name, ..Query::default() };
        cloud.query(&query).map_or_else(|refusal| refusal.to_string(), |answer| answer.to_json())
    };
    const OF_PARENT: &str = r#"{"parent":null,"children":["to-child"]}"#;
    const OF_CHILD: &str = r#"{"parent":"to-parent","children":[]}"#;
    const REFUSED: &str = "This is a family channel and only the owner can use it.";
    let (parent_id, child_id) = (parent.id().clone(), child.id().clone());
    assert_eq!(family(&mut parent, None, None), OF_PARENT);
    assert_eq!(family(&mut child, None, None), OF_CHILD);
    for (sender, to_parent, to_child) in [
        (Some(&child_id), OF_PARENT, REFUSED),
        (Some(&parent_id), REFUSED, OF_CHILD),
        (Some(&Arc::from("c0")), REFUSED, REFUSED),
        (None, REFUSED, REFUSED),
    ] {
        assert_eq!(family(&mut parent, Some("to-parent"), sender), to_parent, "{sender:?}");
        assert_eq!(family(&mut child, Some("to-child"), sender), to_child, "{sender:?}");
    }
    // Programs neither change nor delete such a channel.
    for (name, error) in [("put", None), ("del", Some("Cannot delete family channels."))] {
        let answer = child.signal("c", name, tag("child")).unwrap();
        assert_eq!(answer.errors.first().map(|error| &*error.message), error);
        assert_eq!(tags(&child), ["", "system child", "system self"]);
    }

    assert_eq!(parent.disown("c0").unwrap_err().to_string(), "delPico(c0) - not found in children ECIs");
    assert_eq!(parent.disown("to-child"), Ok(tie));
    assert_eq!(tags(&parent), ["", "system self"]);
    assert_eq!(family(&mut parent, None, None), r#"{"parent":null,"children":[]}"#);
}

#[test]
fn channels_and_family_are_part_of_the_state() {
    let mut first = cloud(1);
    first.signal("c", "new", tag("a")).unwrap();
    first.adopt(Child {
        cloud: "c2".into(),
        eci: "to-child".into(),
        parent: "to-parent".into(),
        sequence: 0,
    });
    let state = first.state();
    let mut second = cloud(2);
    second.restore(state.clone());
    assert_eq!(second.state(), state);
    assert_eq!(tags(&second), tags(&first));
    assert!(second.signal("c", "new", tag("b")).is_ok());
}
