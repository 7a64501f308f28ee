//! The host that operators' commands ask: where it is, which token opens it, and what its refusals mean.

use crate::args::Remote;
use crate::exit::{self, Exit};
use krl_host::api::Operation;
use krl_host::client::{Client, ClientError, is_local};
use krl_host::config;
use krl_host::http::TOKEN_FILE;
use krl_vm::data::Data;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::runtime::Runtime;

/// Where a host on this machine listens unless it was told otherwise.
const DEFAULT: &str = "http://localhost:3000";

/// A host to be asked.
pub struct Connection {
    client: Client,
    runtime: Runtime,
    /// Its address.
    pub url: String,
}

fn env(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The folder of the host on this machine, unless a flag names another.
pub fn home(given: Option<&Path>) -> PathBuf {
    given.map_or_else(|| config::home(&env), Path::to_owned)
}

/// The token in a file.
pub fn read_token(path: &Path) -> Result<String, String> {
    let text = std::fs::read_to_string(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => format!(
            "{}: no such file; a host makes it at its first start. Say which token with --token, KRL_TOKEN or --token-file",
            path.display()
        ),
        std::io::ErrorKind::PermissionDenied => {
            format!("{}: only the user of the host may read its token", path.display())
        }
        _ => format!("{}: {error}", path.display()),
    })?;
    match text.trim() {
        "" => Err(format!("{}: the file holds no token", path.display())),
        token => Ok(token.to_owned()),
    }
}

fn token(remote: &Remote, address: &str) -> Result<String, String> {
    if let Some(token) = remote.token.clone() {
        return Ok(token);
    }
    if let Some(path) = &remote.token_file {
        return read_token(path);
    }
    if let Some(token) = env("KRL_TOKEN") {
        return Ok(token);
    }
    // Others must not see the token of this machine's host.
    if !is_local(address) {
        return Err(format!(
            "{address} is not on this machine: say its operator's token with KRL_TOKEN, --token-file or --token"
        ));
    }
    read_token(&home(None).join(TOKEN_FILE))
}

impl Connection {
    /// A host by what the command line and the environment say. Nothing is sent yet.
    pub fn new(remote: &Remote) -> Result<Self, Exit> {
        let url = remote.host.clone().or_else(|| env("KRL_HOST")).unwrap_or_else(|| DEFAULT.to_owned());
        let token = token(remote, &url).map_err(|problem| exit::usage(&problem))?;
        let certificate = remote.certificate.as_ref().map(std::fs::read).transpose();
        let certificate = certificate.map_err(|error| {
            let path = remote.certificate.clone().unwrap_or_default();
            exit::usage(&format!("{}: {error}", path.display()))
        })?;
        let client = Client::new(&url, &token, certificate.as_deref());
        let client = client.map_err(|error| exit::usage(&error.to_string()))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime =
            runtime.map_err(|error| exit::failure(&format!("the system gives no runtime: {error}")))?;
        Ok(Self { client, runtime, url })
    }

    /// Asks; a refusal is told.
    pub fn ask(&self, operation: Operation) -> Result<Data, Exit> {
        self.runtime.block_on(self.client.operate(operation)).map_err(|error| complain(&error))
    }

    /// Log entries of a cloud behind a position; waits for the next if there are none.
    pub fn follow(
        &self,
        id: &str,
        after: Option<String>,
        limit: usize,
        wait: Duration,
    ) -> Result<Data, Exit> {
        let answer = self.runtime.block_on(self.client.follow(id, after, limit, wait));
        answer.map_err(|error| complain(&error))
    }
}

/// Tells why there is no answer, and what to do about it.
fn complain(error: &ClientError) -> Exit {
    let remedy = match error {
        ClientError::Unreachable(..) => "; start one with `krl serve`, or name it with --host",
        ClientError::Unauthorized(_) => "; say it with --token, KRL_TOKEN or --token-file",
        ClientError::NoHost(..) => "; name a host with --host",
        ClientError::Refused(_, code, ..) => match code.as_str() {
            "unknown_owner" => "; `krl host owners` lists them",
            "unknown_cloud" => "; `krl host clouds OWNER` lists them",
            "unknown_ruleset" => "; take it there with `krl push FILE`",
            "unknown_module" => "; push the modules that it uses before it",
            _ => "",
        },
        ClientError::Address(_) | ClientError::Token | ClientError::Certificate(_) => "",
    };
    let findings = if let ClientError::Refused(.., findings) = error { findings.as_slice() } else { &[] };
    findings.iter().for_each(|finding| exit::say_raw(finding));
    let told = error.to_string();
    let told = exit::failure(&format!("{}{remedy}", told.strip_prefix("Error: ").unwrap_or(&told)));
    let misused = matches!(error, ClientError::Address(_) | ClientError::Token | ClientError::Certificate(_));
    if misused { Exit::Usage } else { told }
}

/// A field of a map; nothing of what is no map.
pub fn field<'a>(data: &'a Data, name: &str) -> Option<&'a Data> {
    data.as_map()?.get(name)
}

/// The text of a field, as people read it; empty if there is none.
pub fn text(data: &Data, name: &str) -> String {
    match field(data, name) {
        None | Some(Data::Null) => String::new(),
        Some(Data::String(text)) => text.to_string(),
        Some(other) => other.to_json(),
    }
}

/// The items of a list.
pub fn items(data: &Data) -> &[Data] {
    if let Data::Array(items) = data { items } else { &[] }
}
