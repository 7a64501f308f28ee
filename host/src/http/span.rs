//! A span for each request, for those who collect traces (feature `otel`); it continues the trace that the request names in `traceparent`.

use super::route::Route;
use hyper::StatusCode;
use hyper::header::HeaderMap;
use hyper::http::request;

/// What `traceparent` says (W3C Trace Context, version 00).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parent<'a> {
    /// 32 hexadecimal digits.
    pub trace: &'a str,
    /// 16 of them.
    pub span: &'a str,
    /// Is the trace recorded?
    pub sampled: bool,
}

impl<'a> Parent<'a> {
    /// The parent that a request names; none if it is not well formed.
    #[must_use]
    pub fn of(headers: &'a HeaderMap) -> Option<Self> {
        let mut parts = headers.get("traceparent")?.to_str().ok()?.split('-');
        let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let hex = |text: &str, length: usize| {
            text.len() == length && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        };
        let some = |text: &str| text.bytes().any(|b| b != b'0');
        let well = hex(version, 2) && version != "ff" && hex(trace, 32) && hex(span, 16) && hex(flags, 2);
        let sampled = u8::from_str_radix(flags, 16).is_ok_and(|flags| flags & 1 == 1);
        (well && some(trace) && some(span)).then_some(Self { trace, span, sampled })
    }
}

#[cfg(feature = "otel")]
mod recorded {
    use super::{HeaderMap, Parent, Route, StatusCode, request};
    use opentelemetry::global::{self, BoxedSpan};
    use opentelemetry::trace::{
        Span as _, SpanContext, SpanId, SpanKind, Status, TraceContextExt, TraceFlags, TraceId, TraceState,
        Tracer,
    };
    use opentelemetry::{Context, KeyValue};

    /// A span that is recorded.
    pub struct Span(BoxedSpan);

    impl Span {
        /// Of a request that begins.
        pub fn begin(route: Route, head: &request::Parts) -> Self {
            let tracer = global::tracer("krl-host");
            let path = route.info().path;
            let builder = tracer
                .span_builder(format!("{} {path}", head.method))
                .with_kind(SpanKind::Server)
                .with_attributes([
                    KeyValue::new("http.request.method", head.method.to_string()),
                    KeyValue::new("http.route", path),
                ]);
            Self(builder.start_with_context(&tracer, &context(&head.headers)))
        }

        /// The request is answered.
        pub fn end(mut self, status: StatusCode) {
            self.0.set_attribute(KeyValue::new("http.response.status_code", i64::from(status.as_u16())));
            if status.is_server_error() {
                self.0.set_status(Status::error(status.to_string()));
            }
            self.0.end();
        }
    }

    fn context(headers: &HeaderMap) -> Context {
        let parent = Parent::of(headers).and_then(|parent| {
            let (trace, span) = (TraceId::from_hex(parent.trace).ok()?, SpanId::from_hex(parent.span).ok()?);
            let flags = if parent.sampled { TraceFlags::SAMPLED } else { TraceFlags::default() };
            Some(SpanContext::new(trace, span, flags, true, TraceState::default()))
        });
        match parent {
            Some(parent) => Context::new().with_remote_span_context(parent),
            None => Context::new(),
        }
    }
}

#[cfg(feature = "otel")]
pub use recorded::Span;

/// No span: this build records none.
#[cfg(not(feature = "otel"))]
pub struct Span;

#[cfg(not(feature = "otel"))]
impl Span {
    /// Of a request that begins.
    pub fn begin(_: Route, _: &request::Parts) -> Self {
        Self
    }

    /// The request is answered.
    pub fn end(self, _: StatusCode) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_are_well_formed_or_none() {
        const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
        const SPAN: &str = "b7ad6b7169203331";
        let cases = [
            (format!("00-{TRACE}-{SPAN}-01"), Some(true)),
            (format!("00-{TRACE}-{SPAN}-00"), Some(false)),
            (format!("cc-{TRACE}-{SPAN}-01-more"), Some(true)),
            (format!("ff-{TRACE}-{SPAN}-01"), None),
            (format!("00-{}-{SPAN}-01", "0".repeat(32)), None),
            (format!("00-{}-{SPAN}-01", TRACE.to_uppercase()), None),
            (format!("00-{TRACE}-{SPAN}"), None),
            ("x".into(), None),
        ];
        for (text, expected) in cases {
            let mut headers = HeaderMap::new();
            headers.insert("traceparent", text.parse().unwrap());
            let found = Parent::of(&headers);
            assert_eq!(found.map(|parent| parent.sampled), expected, "{text}");
            assert!(found.is_none_or(|parent| (parent.trace, parent.span) == (TRACE, SPAN)), "{text}");
        }
    }
}
