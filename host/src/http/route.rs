//! Which path is what: one table for dispatch, metrics and the OpenAPI description.

use std::borrow::Cow;

/// What a path stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(usize)]
pub enum Route {
    /// An event whose sender does not wait.
    Fire,
    /// An event whose sender waits for directives.
    Signal,
    /// The same in the older form, with directives for browsers.
    SkyEvent,
    /// An event, then a query.
    SignalThenAsk,
    /// A query.
    Ask,
    /// The same in the older form.
    SkyCloud,
    /// What the developer UI begins with.
    UiContext,
    /// The reference's way to fetch a ruleset again.
    ApiFlush,
    /// The process runs.
    Healthy,
    /// The host can serve.
    Ready,
    /// Counts and times.
    Metrics,
    /// The description of this interface.
    OpenApi,
    /// Owners: list, create.
    Owners,
    /// An owner's clouds stop.
    Suspend,
    /// They run again.
    Resume,
    /// An owner's limits.
    Quota,
    /// An owner's clouds.
    Clouds,
    /// What is known of a cloud.
    Cloud,
    /// A cloud's log.
    Logs,
    /// How an event fared.
    Trace,
    /// A ruleset given as a file.
    Push,
    /// A ruleset for a cloud.
    Install,
    /// A ruleset is fetched again.
    Flush,
    /// A copy of the store.
    Backup,
    /// Counts and sizes.
    Stats,
    /// Static files.
    Files,
}

/// What is known of a route.
#[derive(Debug)]
pub struct RouteInfo {
    /// The route.
    pub route: Route,
    /// Its path; `{name}` is one part.
    pub path: &'static str,
    /// The verbs it takes; empty: any.
    pub methods: &'static [&'static str],
    /// What it does.
    pub summary: &'static str,
}

const fn info(
    route: Route,
    path: &'static str,
    methods: &'static [&'static str],
    summary: &'static str,
) -> RouteInfo {
    RouteInfo { route, path, methods, summary }
}

/// All routes, in the order of [`Route`].
pub const ROUTES: &[RouteInfo] = &[
    info(Route::Fire, "/c/{eci}/event/{domain}/{name}", &[], "Takes an event in and answers its id"),
    info(
        Route::Signal,
        "/c/{eci}/event-wait/{domain}/{name}",
        &[],
        "Takes an event in and answers its directives",
    ),
    info(
        Route::SkyEvent,
        "/sky/event/{eci}/{eid}/{domain}/{name}",
        &[],
        "Takes an event in and answers its directives; `_cookie` and `_redirect` act on browsers",
    ),
    info(
        Route::SignalThenAsk,
        "/c/{eci}/event/{domain}/{name}/query/{rid}/{function}",
        &[],
        "Takes an event in, then answers a query on the same channel",
    ),
    info(Route::Ask, "/c/{eci}/query/{rid}/{function}", &[], "Answers a query"),
    info(Route::SkyCloud, "/sky/cloud/{eci}/{rid}/{function}", &[], "Answers a query"),
    info(Route::UiContext, "/api/ui-context", &["GET"], "The version and the channel of the developer UI"),
    info(Route::ApiFlush, "/api/flush", &["GET", "POST"], "Fetches a ruleset again"),
    info(Route::Healthy, "/healthz", &["GET"], "Whether the process runs"),
    info(Route::Ready, "/readyz", &["GET"], "Whether the host can serve, and why not"),
    info(Route::Metrics, "/metrics", &["GET"], "Counts and times, in Prometheus' text form"),
    info(Route::OpenApi, "/openapi.json", &["GET"], "This description"),
    info(Route::Owners, "/host/v1/owners", &["GET", "POST"], "Lists owners, or makes one"),
    info(Route::Suspend, "/host/v1/owners/{owner}/suspend", &["POST"], "Stops an owner's clouds"),
    info(Route::Resume, "/host/v1/owners/{owner}/resume", &["POST"], "Lets an owner's clouds run again"),
    info(Route::Quota, "/host/v1/owners/{owner}/quota", &["PUT"], "Sets an owner's limits; absent ones stay"),
    info(Route::Clouds, "/host/v1/owners/{owner}/clouds", &["GET"], "Lists an owner's clouds"),
    info(Route::Cloud, "/host/v1/clouds/{id}", &["GET"], "What is known of a cloud without its data"),
    info(
        Route::Logs,
        "/host/v1/clouds/{id}/logs",
        &["GET"],
        "Log entries of a cloud; waits for new ones on request",
    ),
    info(
        Route::Trace,
        "/host/v1/traces/{id}",
        &["GET"],
        "How each rule fared with an event, or what a query did",
    ),
    info(Route::Push, "/host/v1/rulesets", &["POST"], "Takes in a ruleset given as a file"),
    info(Route::Install, "/host/v1/clouds/{id}/rulesets", &["POST"], "Installs a ruleset in a cloud"),
    info(Route::Flush, "/host/v1/flush", &["POST"], "Fetches a ruleset again"),
    info(Route::Backup, "/host/v1/backup", &["POST"], "Writes a copy of the store on the host's disk"),
    info(Route::Stats, "/host/v1/stats", &["GET"], "Counts and sizes"),
    info(Route::Files, "/{path}", &["GET"], "Files of the developer UI"),
];

impl Route {
    /// What is known of it.
    #[must_use]
    pub fn info(self) -> &'static RouteInfo {
        ROUTES.get(self as usize).unwrap_or(&UNLISTED)
    }

    /// Does it need the operator's token (decision H2)?
    #[must_use]
    pub fn is_operators(self) -> bool {
        self == Self::ApiFlush || self.info().path.starts_with("/host/")
    }

    /// Is it an event or query, with the channel as its first part?
    #[must_use]
    pub fn is_channels(self) -> bool {
        self.info().path.starts_with("/c/{eci}") || matches!(self, Self::SkyEvent | Self::SkyCloud)
    }

    /// Does it read a request's body? Others leave it where it is.
    #[must_use]
    pub fn reads_body(self) -> bool {
        use Route::{Files, Healthy, Metrics, OpenApi, Ready, UiContext};
        !matches!(self, Healthy | Ready | Metrics | OpenApi | UiContext | Files)
    }

    /// Does it take the verb?
    #[must_use]
    pub fn takes(self, method: &str) -> bool {
        let methods = self.info().methods;
        methods.is_empty() || methods.contains(&method) || method == "HEAD" && methods.contains(&"GET")
    }
}

const UNLISTED: RouteInfo = info(Route::Files, "/", &["GET"], "");

/// The variable parts of a path, as they stand in it.
pub type Parts<'a> = [&'a str; 5];

/// Longest path in parts, and one more to see that a path is longer.
const PARTS: usize = 9;

/// The route of a path with its variable parts in order; none for paths of files.
#[must_use]
pub fn find(path: &str) -> Option<(Route, Parts<'_>)> {
    let path = path.strip_prefix('/')?;
    let path = path.strip_suffix('/').unwrap_or(path);
    let mut parts = [""; PARTS];
    let mut count = 0;
    for (slot, part) in parts.iter_mut().zip(path.split('/')) {
        *slot = part;
        count += 1;
    }
    let parts = parts.get(..count)?;
    if parts.iter().any(|part| part.is_empty()) {
        return None;
    }
    Some(match parts {
        ["c", eci, "event", domain, name] => (Route::Fire, [*eci, domain, name, "", ""]),
        ["c", eci, "event-wait", domain, name] => (Route::Signal, [*eci, domain, name, "", ""]),
        ["c", eci, "query", rid, name] => (Route::Ask, [*eci, rid, name, "", ""]),
        ["c", eci, "event", domain, name, "query", rid, function] => {
            (Route::SignalThenAsk, [*eci, domain, name, rid, function])
        }
        ["sky", "event", eci, eid, domain, name] => (Route::SkyEvent, [*eci, eid, domain, name, ""]),
        ["sky", "cloud", eci, rid, name] => (Route::SkyCloud, [*eci, rid, name, "", ""]),
        ["host", "v1", rest @ ..] => return operators(rest),
        [one] => (single(one)?, [""; 5]),
        ["api", "ui-context"] => (Route::UiContext, [""; 5]),
        ["api", "flush"] => (Route::ApiFlush, [""; 5]),
        _ => return None,
    })
}

fn single(part: &str) -> Option<Route> {
    Some(match part {
        "healthz" => Route::Healthy,
        "readyz" => Route::Ready,
        "metrics" => Route::Metrics,
        "openapi.json" => Route::OpenApi,
        _ => return None,
    })
}

fn operators<'a>(parts: &[&'a str]) -> Option<(Route, Parts<'a>)> {
    let (route, id) = match parts {
        ["owners"] => (Route::Owners, ""),
        ["owners", owner, "suspend"] => (Route::Suspend, *owner),
        ["owners", owner, "resume"] => (Route::Resume, *owner),
        ["owners", owner, "quota"] => (Route::Quota, *owner),
        ["owners", owner, "clouds"] => (Route::Clouds, *owner),
        ["clouds", id] => (Route::Cloud, *id),
        ["clouds", id, "logs"] => (Route::Logs, *id),
        ["clouds", id, "rulesets"] => (Route::Install, *id),
        ["traces", id] => (Route::Trace, *id),
        ["rulesets"] => (Route::Push, ""),
        ["flush"] => (Route::Flush, ""),
        ["backup"] => (Route::Backup, ""),
        ["stats"] => (Route::Stats, ""),
        _ => return None,
    };
    Some((route, [id, "", "", "", ""]))
}

/// A part of a path, percent-decoded.
///
/// # Errors
/// `%` without two hexadecimal digits, or bytes that are not UTF-8.
pub fn decode(part: &str) -> Result<Cow<'_, str>, BadPart> {
    if !part.contains('%') {
        return Ok(Cow::Borrowed(part));
    }
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digit = |b: Option<u8>| (b? as char).to_digit(16);
            let (Some(high), Some(low)) = (digit(rest.next()), digit(rest.next())) else {
                return Err(BadPart);
            };
            bytes.push((high * 16 + low) as u8);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).map(Cow::Owned).map_err(|_| BadPart)
}

/// A part of a path that is not percent-encoded UTF-8.
#[derive(Debug, PartialEq, Eq)]
pub struct BadPart;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_route_is_found_by_its_path_and_listed_in_its_place() {
        for (at, info) in ROUTES.iter().enumerate() {
            assert_eq!(info.route as usize, at, "{}", info.path);
            if info.route != Route::Files {
                let (route, parts) = find(info.path).unwrap();
                assert_eq!(route, info.route, "{}", info.path);
                let named: Vec<_> = info.path.split('/').filter(|part| part.starts_with('{')).collect();
                assert_eq!(&parts[..named.len()], &named[..], "{}", info.path);
            }
        }
    }

    #[test]
    fn other_paths_are_of_files() {
        for path in
            ["/", "", "/c", "/c/x", "/c//event/a/b", "/c/x/event/a", "/c/x/event/a/b/c", "/host/v2/owners"]
        {
            assert_eq!(find(path), None, "{path}");
        }
        assert_eq!(find("/c/x/event/a/b/").unwrap().0, Route::Fire);
        assert_eq!(find("/c/x/event/a/b/query/r/f/g/h/i"), None);
    }

    #[test]
    fn parts_are_decoded() {
        let cases = [
            ("plain", Ok("plain")),
            ("a%20b%2Fc", Ok("a b/c")),
            ("%C3%A9+", Ok("é+")),
            ("%", Err(BadPart)),
            ("%4", Err(BadPart)),
            ("%zz", Err(BadPart)),
            ("%+1", Err(BadPart)),
            ("%ff", Err(BadPart)),
        ];
        for (part, decoded) in cases {
            assert_eq!(decode(part), decoded.map(Cow::from), "{part}");
        }
    }
}
