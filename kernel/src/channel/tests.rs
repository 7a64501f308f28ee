//! Channels, case by case.

use super::*;

fn data(json: &str) -> Data {
    Data::parse(json).unwrap()
}

/// A policy in JSON with spaces left out as `read` gives it back, or the error.
fn policy<R: Rule>(json: &str) -> Result<String, String> {
    Policy::<R>::parse(&data(json)).map(|policy| policy.to_data().to_json()).map_err(|e| e.to_string())
}

#[test]
fn policies_have_a_strict_shape() {
    const NO_POLICY: &str = "EventPolicy expects {allow: EventPolicyRule[], deny: EventPolicyRule[]}";
    const NO_RULE: &str = "EventPolicyRule expects {domain: string, name: string}";
    for bad in [
        "null",
        "{}",
        "[]",
        r#""allow""#,
        r#"{"allow":1,"deny":2}"#,
        r#"{"allow":[]}"#,
        r#"{"allow":[],"dany":[]}"#,
        r#"{"allow":{"domain":"hi","name":"bye"},"deny":[]}"#,
        r#"{"allow":[],"deny":[],"extra":[]}"#,
    ] {
        assert_eq!(policy::<EventRule>(bad), Err(NO_POLICY.into()), "{bad}");
        assert_eq!(policy::<QueryRule>(bad), Err(NO_POLICY.replace("Event", "Query")), "{bad}");
    }
    for bad in [
        "null",
        "{}",
        r#""*""#,
        r#"{"domain":"hi"}"#,
        r#"{"name":"bye"}"#,
        r#"{"domain":"hi","name":1}"#,
        r#"{"domain":" \t","name":"bye"}"#,
        r#"{"domain":"hi","name":""}"#,
        r#"{"domain":"hi","name":"bye","extra":"thing"}"#,
    ] {
        let of_query = bad.replace("domain", "rid");
        let query_error = NO_RULE.replace("Event", "Query").replace("domain", "rid");
        for place in [r#"{"allow":[RULE],"deny":[]}"#, r#"{"allow":[],"deny":[RULE]}"#] {
            let (event, query) = (place.replace("RULE", bad), place.replace("RULE", &of_query));
            assert_eq!(policy::<EventRule>(&event), Err(NO_RULE.into()), "{event}");
            assert_eq!(policy::<QueryRule>(&query), Err(query_error.clone()), "{query}");
        }
    }
}

#[test]
fn policies_are_read_trimmed_and_written_back() {
    for (given, kept) in [
        (r#"{"deny":[],"allow":[]}"#, r#"{"allow":[],"deny":[]}"#),
        (
            r#"{"allow":[{"domain":" hi ","name":"\tbye"}],"deny":[{"name":"*","domain":"*"}]}"#,
            r#"{"allow":[{"domain":"hi","name":"bye"}],"deny":[{"domain":"*","name":"*"}]}"#,
        ),
    ] {
        assert_eq!(policy::<EventRule>(given), Ok(kept.into()));
        let (given, kept) = (given.replace("domain", "rid"), kept.replace("domain", "rid"));
        assert_eq!(policy::<QueryRule>(&given), Ok(kept));
    }
}

#[test]
fn deny_goes_before_allow_and_nothing_passes_by_itself() {
    const DENIED: &str = "Denied by channel policy";
    const NOT_ALLOWED: &str = "Not allowed by channel policy";
    let cases = [
        ("", "", "one:foo", NOT_ALLOWED),
        ("*:*", "", "one:foo", ""),
        ("one:*", "", "one:foo", ""),
        ("one:*", "", "two:foo", NOT_ALLOWED),
        ("*:foo", "", "two:foo", ""),
        ("*:foo", "", "two:bar", NOT_ALLOWED),
        ("one:foo two:bar", "", "two:bar", ""),
        ("one:foo two:bar", "", "one:bar", NOT_ALLOWED),
        ("o*:*", "", "one:foo", NOT_ALLOWED),
        ("*:*", "one:foo", "one:foo", DENIED),
        ("*:*", "one:foo", "one:bar", ""),
        ("one:foo", "*:foo", "one:foo", DENIED),
        ("", "*:*", "one:foo", DENIED),
        ("", "two:*", "one:foo", NOT_ALLOWED),
    ];
    for (allow, deny, asked, expected) in cases {
        let check = |outcome: Result<(), Refusal>| {
            let found = outcome.err().map(|refusal| refusal.to_string()).unwrap_or_default();
            assert_eq!(found, expected, "allow {allow}, deny {deny}, asked {asked}");
        };
        let (first, name) = asked.split_once(':').unwrap();
        let policies = Policies::new(
            Policy { allow: rules(allow), deny: rules(deny) },
            Policy { allow: rules(allow), deny: rules(deny) },
        );
        let channel = Channel { policies: Arc::new(policies), ..Channel::open("c") };
        check(channel.check_event(None, first, name));
        check(channel.check_query(Some("c1"), first, name));
    }
}

fn rules<R: Rule>(text: &str) -> Vec<R> {
    let pairs = text.split_whitespace().filter_map(|rule| rule.split_once(':'));
    pairs.map(|(first, name)| R::new(first.into(), name.into())).collect()
}

#[test]
fn a_family_channel_is_for_one_cloud() {
    let channel = Channel::family("c1", Kinship::Parent, "c2");
    for (sender, passes) in [(Some("c2"), true), (Some("c1"), false), (Some(""), false), (None, false)] {
        let expected = if passes { Ok(()) } else { Err(Refusal::Family) };
        assert_eq!(channel.check_event(sender, "any", "thing"), expected, "{sender:?}");
        assert_eq!(channel.check_query(sender, "any", "thing"), expected, "{sender:?}");
    }
    assert_eq!(Refusal::Family.to_string(), "This is a family channel and only the owner can use it.");
}

#[test]
fn tags_are_cleaned() {
    const NO_TAGS: &str = "Channel `tags` must be an array of non-empty strings.";
    const BLANK: &str = "Channel tag cannot be a blank string.";
    let cases = [
        ("[]", Ok("")),
        (r#"["a", "a"]"#, Ok("a,a")),
        (r#"["  Foo--bar_baz 123 "]"#, Ok("foo-bar_baz-123")),
        (r#"[" -- some-\t-- thing Else?\nI think."]"#, Ok("some-thing-else-i-think")),
        (r#"["Ünder", "_x_", "a/b"]"#, Ok("nder,_x_,a-b")),
        (r#""wat""#, Err(NO_TAGS)),
        ("null", Err(NO_TAGS)),
        ("[1]", Err(NO_TAGS)),
        (r#"["ok", null]"#, Err(NO_TAGS)),
        (r#"["\t\n "]"#, Err(BLANK)),
        (r#"["ok", "--"]"#, Err(BLANK)),
        (r#"[" System "]"#, Err("Cannot tag channel as \"system\".")),
        (r#"["system-x"]"#, Ok("system-x")),
    ];
    for (given, expected) in cases {
        let found = tags::parse(&data(given)).map(|tags| tags.join(",")).map_err(|e| e.to_string());
        assert_eq!(found, expected.map(str::to_owned).map_err(str::to_owned), "{given}");
    }
}

#[test]
fn tags_are_compared_without_order() {
    let channel = Channel { tags: Arc::from(["b".into(), "a".into()]), ..Channel::open("c") };
    for (tags, same) in [("a b", true), ("b a", true), ("a", false), ("a b b", false), ("a c", false)] {
        let tags: Vec<Arc<str>> = tags.split(' ').map(Arc::from).collect();
        assert_eq!(channel.has_tags(&tags), same, "{tags:?}");
    }
}

#[test]
fn programs_see_channels_as_maps() {
    let any = |first: &str| format!(r#"{{"allow":[{{"{first}":"*","name":"*"}}],"deny":[]}}"#);
    let view = |id: &str, tags: &str, family: &str| {
        let (event, query) = (any("domain"), any("rid"));
        format!(
            r#"{{"id":"{id}","tags":{tags},"eventPolicy":{event},"queryPolicy":{query},"familyChannelPicoID":{family}}}"#
        )
    };
    for (channel, expected) in [
        (Channel::open("c1"), view("c1", "[]", "null")),
        (Channel::family("c1", Kinship::Own, "c1"), view("c1", r#"["system","self"]"#, r#""c1""#)),
        (Channel::family("c1", Kinship::Parent, "c2"), view("c1", r#"["system","parent"]"#, r#""c2""#)),
        (Channel::family("c1", Kinship::Child, "c2"), view("c1", r#"["system","child"]"#, r#""c2""#)),
    ] {
        assert_eq!(channel.to_data().to_json(), expected);
        let stored = serde_json::to_string(&channel).unwrap();
        assert_eq!(serde_json::from_str::<Channel>(&stored).unwrap(), channel);
    }
}
