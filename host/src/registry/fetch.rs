//! The bytes behind an address: from a web server, a file of the host, or the host itself.

use super::address::{Address, Place};
use super::{Files, Limits, RegistryError};
use crate::outside::{Request, Transport};
use std::path::{Path, PathBuf};
use tokio::io::AsyncReadExt;
use url::Url;

/// Fetches what `address` points at from outside: a web server or a file.
pub(super) async fn fetch(
    address: &Address,
    transport: &Transport,
    files: &Files,
    limits: &Limits,
) -> Result<Vec<u8>, RegistryError> {
    let limit = limits.source_bytes.max(limits.krlc_bytes);
    match address.place() {
        Place::Web => web(address, transport, limit).await,
        Place::File => file(address, files, limit).await,
        Place::Bundled(_) | Place::Content(_) => Err(RegistryError::Unknown { address: address.clone() }),
    }
}

async fn web(address: &Address, transport: &Transport, limit: usize) -> Result<Vec<u8>, RegistryError> {
    let failed = |why: String| RegistryError::Fetch { address: address.clone(), why };
    let url = Url::parse(address.canonical()).map_err(|e| failed(e.to_string()))?;
    let reply = transport.exchange(Request::get(url, limit)).await.map_err(|e| failed(e.to_string()))?;
    if !reply.status.is_success() {
        return Err(RegistryError::Status { address: address.clone(), status: reply.status.as_u16() });
    }
    Ok(reply.body)
}

async fn file(address: &Address, files: &Files, limit: usize) -> Result<Vec<u8>, RegistryError> {
    let failed = |why: String| RegistryError::Fetch { address: address.clone(), why };
    let url = Url::parse(address.canonical()).map_err(|e| failed(e.to_string()))?;
    let path = url.to_file_path().map_err(|()| failed("it names no file of this computer".to_owned()))?;
    let path = allowed(&path, files).await.map_err(failed)?;
    let read = async {
        // To open a pipe would wait for its writer.
        if !tokio::fs::metadata(&path).await?.is_file() {
            return Err(std::io::Error::other("it is not a file"));
        }
        let file = tokio::fs::File::open(&path).await?;
        let mut bytes = Vec::new();
        file.take(limit as u64 + 1).read_to_end(&mut bytes).await?;
        Ok(bytes)
    };
    let bytes = read.await.map_err(|e| failed(e.to_string()))?;
    if bytes.len() > limit {
        return Err(RegistryError::TooLarge { address: address.clone(), limit });
    }
    Ok(bytes)
}

/// The real path of a file, links resolved, if files may be read there.
async fn allowed(path: &Path, files: &Files) -> Result<PathBuf, String> {
    const REFUSED: &str = "the operator of this host does not allow files from there";
    let folders = match files {
        Files::Nowhere => return Err(REFUSED.to_owned()),
        Files::Anywhere => return Ok(path.to_owned()),
        Files::Below(folders) => folders,
    };
    // Outside of the folders nothing is told, not even whether a file exists.
    let real = tokio::fs::canonicalize(path).await.ok();
    let judged = real.as_deref().unwrap_or(path);
    for folder in folders {
        let folder = tokio::fs::canonicalize(folder).await.unwrap_or_else(|_| folder.clone());
        if judged.starts_with(&folder) {
            return Ok(judged.to_owned());
        }
    }
    Err(REFUSED.to_owned())
}
