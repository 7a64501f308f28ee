//! Counts and times, and the registry to which the engine adds its own.

use super::route::{ROUTES, Route};
use hyper::StatusCode;
use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{
    Encoder, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry,
    TextEncoder,
};
use std::sync::Arc;
use std::time::Duration;

/// Upper bounds of the classes of latency, in seconds.
const SECONDS: [f64; 14] =
    [0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5, 10.0];

/// What is counted. Clones count together.
#[derive(Clone, Debug)]
pub struct Metrics(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    registry: Registry,
    requests: IntCounterVec,
    routes: Vec<OfRoute>,
    in_flight: IntGauge,
    connections: IntGauge,
    refused: IntCounter,
    received: IntCounter,
    sent: IntCounter,
}

/// What is looked up by name once for each route.
#[derive(Debug)]
struct OfRoute {
    fine: IntCounter,
    seconds: Histogram,
}

impl Metrics {
    /// Counts of a server, all zero.
    ///
    /// # Errors
    /// Never, unless a name here is no name for Prometheus.
    pub fn new() -> prometheus::Result<Self> {
        let registry = Registry::new();
        let counter = |name, help| added(&registry, IntCounter::new(name, help)?);
        let gauge = |name, help| added(&registry, IntGauge::new(name, help)?);
        let requests = added(
            &registry,
            IntCounterVec::new(
                Opts::new("krl_http_requests_total", "Requests by route and status"),
                &["route", "status"],
            )?,
        )?;
        let seconds =
            HistogramOpts::new("krl_http_request_seconds", "Time from a request's headers to its answer")
                .buckets(SECONDS.to_vec());
        let seconds = added(&registry, HistogramVec::new(seconds, &["route"])?)?;
        let of_route = |path: &str| {
            Ok(OfRoute {
                fine: requests.get_metric_with_label_values(&[path, "200"])?,
                seconds: seconds.get_metric_with_label_values(&[path])?,
            })
        };
        let routes = ROUTES.iter().map(|info| of_route(info.path)).collect::<prometheus::Result<_>>()?;
        let in_flight = gauge("krl_http_in_flight", "Requests that run")?;
        let connections = gauge("krl_http_connections", "Open connections")?;
        let refused = counter("krl_http_connections_refused_total", "Connections beyond the limit")?;
        let received = counter("krl_http_received_bytes_total", "Bytes of requests, without encryption")?;
        let sent = counter("krl_http_sent_bytes_total", "Bytes of answers, without encryption")?;
        let inner = Inner { registry, requests, routes, in_flight, connections, refused, received, sent };
        Ok(Self(Arc::new(inner)))
    }

    /// Where others add their own counts; names begin with `krl_`.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.0.registry
    }

    /// Adds a gauge that is read whenever somebody looks at it.
    ///
    /// # Errors
    /// A name that is none, or is there already.
    pub fn gauge(
        &self,
        name: &str,
        help: &str,
        read: impl Fn() -> i64 + Send + Sync + 'static,
    ) -> prometheus::Result<()> {
        let shown = IntGauge::new(name, help)?;
        self.0.registry.register(Box::new(Read { shown, show: move |shown: &IntGauge| shown.set(read()) }))
    }

    /// Adds a count that is read whenever somebody looks at it.
    ///
    /// # Errors
    /// A name that is none, or is there already.
    pub fn counter(
        &self,
        name: &str,
        help: &str,
        read: impl Fn() -> u64 + Send + Sync + 'static,
    ) -> prometheus::Result<()> {
        let shown = IntCounter::new(name, help)?;
        let show = move |shown: &IntCounter| shown.inc_by(read().saturating_sub(shown.get()));
        self.0.registry.register(Box::new(Read { shown, show }))
    }

    /// All counts, in Prometheus' text form.
    ///
    /// # Errors
    /// A count without a value.
    pub fn text(&self) -> prometheus::Result<Vec<u8>> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.0.registry.gather(), &mut text)?;
        Ok(text)
    }

    /// A request runs until the guard is dropped.
    pub(super) fn in_flight(&self) -> Count {
        Count::up(&self.0.in_flight)
    }

    /// A connection is open until the guard is dropped.
    pub(super) fn connection(&self) -> Count {
        Count::up(&self.0.connections)
    }

    pub(super) fn connection_refused(&self) {
        self.0.refused.inc();
    }

    /// Bytes received and sent.
    pub(super) fn bytes(&self) -> (IntCounter, IntCounter) {
        (self.0.received.clone(), self.0.sent.clone())
    }

    pub(super) fn answered(&self, route: Route, status: StatusCode, time: Duration) {
        let Some(of_route) = self.0.routes.get(route as usize) else { return };
        of_route.seconds.observe(time.as_secs_f64());
        if status == StatusCode::OK {
            of_route.fine.inc();
        } else if let Ok(count) =
            self.0.requests.get_metric_with_label_values(&[route.info().path, status.as_str()])
        {
            count.inc();
        }
    }
}

fn added<C: Collector + Clone + 'static>(registry: &Registry, collector: C) -> prometheus::Result<C> {
    registry.register(Box::new(collector.clone()))?;
    Ok(collector)
}

/// What is brought up to date before it is shown.
struct Read<C, F> {
    shown: C,
    show: F,
}

impl<C: Collector, F: Fn(&C) + Send + Sync> Collector for Read<C, F> {
    fn desc(&self) -> Vec<&Desc> {
        self.shown.desc()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        (self.show)(&self.shown);
        self.shown.collect()
    }
}

/// Counts up now and down when dropped.
#[derive(Debug)]
pub(super) struct Count(IntGauge);

impl Count {
    fn up(gauge: &IntGauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Count {
    fn drop(&mut self) {
        self.0.dec();
    }
}
