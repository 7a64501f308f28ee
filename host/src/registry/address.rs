//! Addresses of rulesets in their one canonical form (krl-runtime.md §6.4; decision H6: `www.` and credentials are kept).

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use url::{Host, Url};

/// Longer addresses are refused.
pub const MAX_BYTES: usize = 4096;

/// Where a ruleset comes from, in canonical form. What is shown of it holds no password.
#[derive(Clone)]
pub struct Address {
    canonical: Arc<str>,
    shown: Arc<str>,
    place: Place,
}

/// What an address points at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A web server.
    Web,
    /// A file of the host.
    File,
    /// A system ruleset: its id.
    Bundled(Arc<str>),
    /// What was pushed: the SHA-256 of its bytes.
    Content(ContentHash),
}

/// SHA-256 of source text or of a `.krlc` file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContentHash(pub [u8; 32]);

/// Why a text is no address of a ruleset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddressError {
    /// It is empty.
    Empty,
    /// It is longer than 4,096 bytes.
    TooLong,
    /// It begins with a path, and there is nothing it could be relative to.
    Relative,
    /// It does not follow the syntax of URLs; the text says how.
    Syntax(String),
    /// No ruleset can come by this scheme.
    Scheme(String),
    /// A `file:` address names another computer.
    OtherComputer,
    /// A `krl:` address is neither `krl:bundled/RID` nor `krl:sha256/HEX`.
    Internal,
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the address of a ruleset is empty"),
            Self::TooLong => write!(f, "the address of a ruleset is longer than {MAX_BYTES} bytes"),
            Self::Relative => f.write_str("the address of a ruleset must be a whole URL"),
            Self::Syntax(what) => write!(f, "the address of a ruleset is no URL: {what}"),
            Self::Scheme(scheme) => {
                write!(f, "rulesets come by `https`, `http`, `file` or `krl`, not by `{scheme}`")
            }
            Self::OtherComputer => f.write_str("a `file:` address cannot name another computer"),
            Self::Internal => f.write_str("a `krl:` address is `krl:bundled/RID` or `krl:sha256/HEX`"),
        }
    }
}

impl std::error::Error for AddressError {}

impl Address {
    /// Parses and normalises an address.
    ///
    /// ```
    /// use krl_host::registry::Address;
    /// let address = Address::parse("Example.org:80/apps//./shop.krl?utm_source=x").unwrap();
    /// assert_eq!(&**address.canonical(), "http://example.org/apps/shop.krl");
    /// ```
    ///
    /// # Errors
    /// [`AddressError`]
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(AddressError::Empty);
        }
        if text.len() > MAX_BYTES {
            return Err(AddressError::TooLong);
        }
        if let Some(rest) = strip_scheme(text, "krl:") {
            return Self::internal(rest);
        }
        let mut url = Url::parse(&with_scheme(text)?).map_err(|e| AddressError::Syntax(e.to_string()))?;
        let place = match url.scheme() {
            "http" | "https" => Place::Web,
            "file" if url.host().is_some() => return Err(AddressError::OtherComputer),
            "file" => Place::File,
            other => return Err(AddressError::Scheme(other.to_owned())),
        };
        normalise(&mut url)?;
        let canonical = without_end_slash(&url);
        let _ = url.set_username("").and_then(|()| url.set_password(None));
        let shown = without_end_slash(&url);
        Ok(Self { canonical: canonical.into(), shown: shown.into(), place })
    }

    fn internal(rest: &str) -> Result<Self, AddressError> {
        if let Some(hash) = rest.strip_prefix("sha256/").and_then(ContentHash::parse) {
            return Ok(Self::content(hash));
        }
        let rid = rest.strip_prefix("bundled/").filter(|rid| !rid.is_empty() && rid.bytes().all(names_rid));
        rid.map(Self::bundled).ok_or(AddressError::Internal)
    }

    /// The address of a system ruleset.
    #[must_use]
    pub fn bundled(rid: &str) -> Self {
        Self::of(format!("krl:bundled/{rid}"), Place::Bundled(rid.into()))
    }

    /// The address of pushed content.
    #[must_use]
    pub fn content(hash: ContentHash) -> Self {
        Self::of(format!("krl:sha256/{hash}"), Place::Content(hash))
    }

    fn of(text: String, place: Place) -> Self {
        let canonical: Arc<str> = text.into();
        Self { shown: canonical.clone(), canonical, place }
    }

    /// The canonical form, with its credentials: to compare, store and fetch, not to show.
    #[must_use]
    pub fn canonical(&self) -> &Arc<str> {
        &self.canonical
    }

    /// What it points at.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Does it name the same content as long as the host runs?
    #[must_use]
    pub fn is_constant(&self) -> bool {
        matches!(self.place, Place::Bundled(_) | Place::Content(_))
    }
}

/// The canonical form without credentials.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({})", self.shown)
    }
}

impl PartialEq for Address {
    fn eq(&self, other: &Self) -> bool {
        self.canonical == other.canonical
    }
}

impl Eq for Address {}

impl Hash for Address {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.canonical.hash(state);
    }
}

impl ContentHash {
    /// Reads 64 hexadecimal digits.
    #[must_use]
    pub fn parse(hex: &str) -> Option<Self> {
        let (pairs, []) = hex.as_bytes().as_chunks::<2>() else { return None };
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let bytes: Option<Vec<u8>> =
            pairs.iter().map(|&[high, low]| Some((digit(high)? * 16 + digit(low)?) as u8)).collect();
        bytes?.try_into().ok().map(Self)
    }
}

/// 64 lower-case hexadecimal digits.
impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContentHash({self})")
    }
}

/// May this byte stand in a ruleset id?
fn names_rid(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')
}

fn strip_scheme<'a>(text: &'a str, scheme: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(scheme.len())?;
    head.eq_ignore_ascii_case(scheme).then_some(rest)
}

/// The address with `http:` before it where it has no scheme; `host:port` looks like a scheme and is none.
fn with_scheme(text: &str) -> Result<String, AddressError> {
    if text.starts_with("//") {
        return Ok(format!("http:{text}"));
    }
    if text.starts_with('/') || text.starts_with("./") || text.starts_with("../") {
        return Err(AddressError::Relative);
    }
    let scheme = text.split_once("://").map(|(scheme, _)| scheme);
    let named = scheme.is_some_and(|s| s.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b)));
    if named || strip_scheme(text, "file:").is_some() {
        return Ok(text.to_owned());
    }
    Ok(format!("http://{text}"))
}

/// What the parser leaves open: it has already lowered the host, dropped the default port and resolved dots.
fn normalise(url: &mut Url) -> Result<(), AddressError> {
    if let Some(Host::Domain(domain)) = url.host()
        && let Some(plain) = domain.strip_suffix('.').map(str::to_owned)
    {
        url.set_host(Some(&plain)).map_err(|e| AddressError::Syntax(e.to_string()))?;
    }
    let mut path = collapse_slashes(&normal_escapes(url.path()));
    if path.len() > 1 && path.ends_with('/') {
        path.pop();
    }
    url.set_path(&path);
    let query = url.query().map(normal_query).filter(|query| !query.is_empty());
    url.set_query(query.as_deref());
    if url.fragment().is_some_and(str::is_empty) {
        url.set_fragment(None);
    }
    Ok(())
}

/// The text of a URL; a path that is only `/` is left out.
fn without_end_slash(url: &Url) -> String {
    let text = url.to_string();
    let bare =
        url.scheme() != "file" && url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    if bare { text.trim_end_matches('/').to_owned() } else { text }
}

/// Slashes beside each other become one, but for those of a URL inside the path (`/proxy/https://host/x`).
fn collapse_slashes(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for c in path.chars() {
        let doubled = c == '/' && out.ends_with('/');
        if !doubled || ends_with_scheme(out.strip_suffix('/').unwrap_or_default()) {
            out.push(c);
        }
    }
    out
}

fn ends_with_scheme(path: &str) -> bool {
    let scheme = path.strip_suffix(':').and_then(|head| head.rsplit('/').next()).unwrap_or_default();
    scheme.len() > 1
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
}

/// Parameters in the order of their names; without those that only count visitors.
fn normal_query(query: &str) -> String {
    let name = |parameter: &str| parameter.split('=').next().unwrap_or_default().to_owned();
    let counts = |name: &str| strip_scheme(name, "utm_").is_some_and(|rest| !rest.is_empty());
    let mut parameters: Vec<String> = query.split('&').map(normal_escapes).collect();
    parameters.retain(|parameter| !parameter.is_empty() && !counts(&name(parameter)));
    parameters.sort_by_key(|parameter| name(parameter));
    parameters.join("&")
}

/// Escapes of characters that need none are undone, the digits of the others are capitals (RFC 3986 §6.2.2).
fn normal_escapes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('%') {
        out.push_str(before);
        rest = behind;
        let Some((digits, after)) = behind.split_at_checked(2) else {
            out.push('%');
            continue;
        };
        match u8::from_str_radix(digits, 16) {
            Ok(byte) if digits.bytes().all(|b| b.is_ascii_hexdigit()) => {
                if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                    out.push(char::from(byte));
                } else {
                    out.push('%');
                    out.push_str(&digits.to_ascii_uppercase());
                }
                rest = after;
            }
            _ => out.push('%'),
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests;
