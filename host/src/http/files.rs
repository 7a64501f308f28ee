//! Static files of the developer UI; without them a page that says the host runs.

use super::answer::{self, Answer, Refusal};
use super::route;
use hyper::StatusCode;
use hyper::header::HeaderValue;
use std::io;
use std::path::{Component, Path, PathBuf};

const OWN_PAGE: &str = include_str!("page.html");

/// The file that a path names, in the folder.
///
/// # Errors
/// Paths that name no file in the folder.
pub async fn serve(folder: Option<&Path>, path: &str) -> Result<Answer, Refusal> {
    let Some(folder) = folder else {
        return match path {
            "/" => Ok(answer::bytes(StatusCode::OK, answer::HTML, OWN_PAGE)),
            _ => Err(missing()),
        };
    };
    let name = relative(path).ok_or_else(missing)?;
    match read(folder, &name).await {
        Ok((bytes, kind)) => Ok(answer::bytes(StatusCode::OK, HeaderValue::from_static(kind), bytes)),
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Err(missing())
        }
        Err(e) => {
            tracing::warn!(file = %folder.join(&name).display(), error = %e, "a file of the UI cannot be read");
            Err(Refusal::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "unreadable",
                "Error: the file cannot be read",
            ))
        }
    }
}

async fn read(folder: &Path, name: &Path) -> io::Result<(Vec<u8>, &'static str)> {
    let mut file = folder.join(name);
    if tokio::fs::metadata(&file).await?.is_dir() {
        file.push("index.html");
    }
    // A link may lead out of the folder: its end counts.
    let (folder, file) = (tokio::fs::canonicalize(folder).await?, tokio::fs::canonicalize(&file).await?);
    if !file.starts_with(&folder) {
        return Err(io::ErrorKind::NotFound.into());
    }
    let kind = kind(&file);
    Ok((tokio::fs::read(file).await?, kind))
}

/// There is no such file.
pub fn missing() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "not_found", "Error: there is nothing at this address")
}

/// The path of a file below the folder; none for paths that would lead out of it.
fn relative(path: &str) -> Option<PathBuf> {
    let decoded = route::decode(path.strip_prefix('/')?).ok()?;
    if decoded.contains(['\\', '\0', ':']) {
        return None;
    }
    let path = PathBuf::from(&*decoded);
    let plain = path.components().all(|part| matches!(part, Component::Normal(name) if !hidden(name)));
    plain.then_some(path)
}

fn hidden(name: &std::ffi::OsStr) -> bool {
    name.as_encoded_bytes().first() == Some(&b'.')
}

fn kind(file: &Path) -> &'static str {
    match file.extension().and_then(|extension| extension.to_str()).unwrap_or_default() {
        "html" | "htm" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff" => "font/woff",
        "woff2" => "font/woff2",
        "ttf" => "font/ttf",
        "wasm" => "application/wasm",
        "txt" | "md" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_in_the_folder() {
        let cases = [
            ("/", Some("")),
            ("/a.js", Some("a.js")),
            ("/a/b%20c.css", Some("a/b c.css")),
            ("/../x", None),
            ("/a/../../x", None),
            ("/%2e%2e/x", None),
            ("/a%2f..%2f..%2fx", None),
            ("//etc/passwd", None),
            ("/%2fetc/passwd", None),
            ("/a\\..\\x", None),
            ("/.git/config", None),
            ("/a%00b", None),
            ("/%ff", None),
        ];
        for (path, expected) in cases {
            assert_eq!(relative(path), expected.map(PathBuf::from), "{path}");
        }
    }
}
