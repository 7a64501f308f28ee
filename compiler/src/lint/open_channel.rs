//! KRL0611 open-channel: a channel made without policies lets everybody do everything (decision H5).

use crate::project::{Unit, calls};
use krl_lang::{Code, Diagnostic};
use krl_stdlib::types::Types;

/// What makes channels: the event policy is the second argument, the query policy the third.
const MAKERS: [&str; 3] = ["ctx:newChannel", "ctx:upsertChannel", "io.picolabs.wrangler:createChannel"];

pub(super) fn check(unit: &Unit<'_>, found: &mut Vec<Diagnostic>) {
    for call in calls(unit).into_iter().filter(|c| MAKERS.contains(&&*c.name)) {
        let given = |index, name| call.type_of(index, name).is_some_and(|t| !t.is_within(Types::NULL));
        let missing = match (given(1, "eventPolicy"), given(2, "queryPolicy")) {
            (true, true) => continue,
            (false, false) => "event or query policy",
            (false, true) => "event policy",
            (true, false) => "query policy",
        };
        let allowed = if missing == "query policy" { "ask every query" } else { "raise every event" };
        let message = format!("a channel without {missing}: whoever knows it may {allowed}");
        let help =
            "give policies, for example `{\"allow\":[{\"domain\":\"shop\",\"name\":\"*\"}],\"deny\":[]}`";
        found.push(Diagnostic::new(Code::OpenChannel, call.span, message).help(help));
    }
}
