//! Encryption: certificate and key from PEM files, HTTP/2 and HTTP/1.1 by ALPN.

use crate::config::Tls;
use rustls::ServerConfig;
use rustls_pki_types::pem::{self, PemObject};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

/// Why there is no encryption.
#[derive(Debug)]
pub enum TlsError {
    /// A file cannot be read.
    Unreadable(PathBuf, String),
    /// A file holds no PEM section of the kind.
    Missing(PathBuf, &'static str),
    /// Certificate and key do not go together, or are of no use.
    Unusable(PathBuf, String),
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(path, problem) => write!(f, "{}: {problem}", path.display()),
            Self::Missing(path, what) => write!(
                f,
                "{}: no {what} in this file; it must be in PEM form (`-----BEGIN …-----`)",
                path.display()
            ),
            Self::Unusable(path, problem) => {
                write!(f, "{}: this certificate and its key cannot be used: {problem}", path.display())
            }
        }
    }
}

impl std::error::Error for TlsError {}

/// What encrypts connections.
///
/// # Errors
/// Files that are absent, hold something else, or do not go together.
pub fn acceptor(files: &Tls) -> Result<TlsAcceptor, TlsError> {
    let certificates = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|e| failed(&files.certificate, e, "certificate"))?;
    if certificates.is_empty() {
        return Err(TlsError::Missing(files.certificate.clone(), "certificate"));
    }
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|e| failed(&files.key, e, "private key"))?;
    let unusable = |e: rustls::Error| TlsError::Unusable(files.certificate.clone(), e.to_string());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .map_err(unusable)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn failed(path: &Path, error: pem::Error, what: &'static str) -> TlsError {
    match error {
        pem::Error::NoItemsFound => TlsError::Missing(path.into(), what),
        pem::Error::Io(e) if e.kind() == std::io::ErrorKind::NotFound => {
            TlsError::Unreadable(path.into(), "no such file".into())
        }
        pem::Error::Io(e) => TlsError::Unreadable(path.into(), e.to_string()),
        other => TlsError::Unreadable(path.into(), format!("not a PEM file: {other}")),
    }
}
