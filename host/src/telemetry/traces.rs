//! Sends spans to a collector, as OTLP over HTTP (feature `otel`).

use super::TelemetryError;

/// Sends what is recorded until it is dropped.
#[derive(Debug)]
#[must_use = "what is not sent yet is lost without it"]
pub struct Traces {
    #[cfg(feature = "otel")]
    provider: opentelemetry_sdk::trace::SdkTracerProvider,
}

#[cfg(feature = "otel")]
impl Traces {
    /// Begins to send the spans of this process to a collector.
    ///
    /// # Errors
    /// An address that is of no use.
    pub fn start(collector: &str) -> Result<Self, TelemetryError> {
        use opentelemetry_otlp::WithExportConfig;
        let failed = |problem: String| TelemetryError::Collector(collector.to_owned(), problem);
        let mut url = url::Url::parse(collector).map_err(|e| failed(e.to_string()))?;
        if url.path() == "/" {
            url.set_path("/v1/traces");
        }
        // The sender's client wants to know of encryption before it is asked for; another part may have chosen it already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let exporter = opentelemetry_otlp::SpanExporter::builder()
            .with_http()
            .with_endpoint(url.as_str())
            .build()
            .map_err(|e| failed(e.to_string()))?;
        let resource = opentelemetry_sdk::Resource::builder().with_service_name("krl-host").build();
        let provider = opentelemetry_sdk::trace::SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(resource)
            .build();
        opentelemetry::global::set_tracer_provider(provider.clone());
        Ok(Self { provider })
    }
}

#[cfg(not(feature = "otel"))]
impl Traces {
    /// This build records no traces.
    ///
    /// # Errors
    /// Always.
    pub fn start(collector: &str) -> Result<Self, TelemetryError> {
        let problem = "this build has no traces; build it with `--features otel`, or leave `traces` out";
        Err(TelemetryError::Collector(collector.to_owned(), problem.to_owned()))
    }
}

#[cfg(feature = "otel")]
impl Drop for Traces {
    fn drop(&mut self) {
        if let Err(e) = self.provider.shutdown() {
            tracing::warn!(error = %e, "the last traces were not sent");
        }
    }
}
