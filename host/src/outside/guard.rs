//! Which computers programs may reach: those of the public internet, and what the operator allows.
//!
//! Names are judged by the addresses they resolve to, in the resolver that the connection uses, so that a name cannot change its
//! address between the check and the connection. Literal addresses never come to a resolver and are judged with the URL.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use url::{Host, Url};

/// What the operator allows besides the public internet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allow {
    /// Everything.
    All,
    /// A host by its name, whatever its address.
    Host(String),
    /// All hosts below a domain: `*.example.org`.
    Below(String),
    /// A network.
    Network {
        /// One of its addresses.
        address: IpAddr,
        /// How many leading bits all its addresses share.
        prefix: u8,
    },
}

/// A text that allows nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowError(pub String);

impl fmt::Display for AllowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is neither a host, a domain (`*.example.org`), an address nor a network (`10.0.0.0/8`)",
            self.0
        )
    }
}

impl std::error::Error for AllowError {}

impl std::str::FromStr for Allow {
    type Err = AllowError;

    fn from_str(text: &str) -> Result<Self, AllowError> {
        let error = || AllowError(text.to_owned());
        if text == "*" {
            return Ok(Self::All);
        }
        let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
        let address = address.trim_start_matches('[').trim_end_matches(']');
        if let Ok(address) = address.parse::<IpAddr>() {
            let bits = if address.is_ipv4() { 32 } else { 128 };
            let prefix = prefix.map_or(Ok(bits), str::parse::<u8>).map_err(|_| error())?;
            return if prefix <= bits { Ok(Self::Network { address, prefix }) } else { Err(error()) };
        }
        let (name, below) = text.strip_prefix("*.").map_or((text, false), |name| (name, true));
        match Host::parse(name).map_err(|_| error())? {
            Host::Domain(name) if name.contains('*') => Err(error()),
            Host::Domain(name) if prefix.is_none() && below => Ok(Self::Below(name)),
            Host::Domain(name) if prefix.is_none() => Ok(Self::Host(name)),
            _ => Err(error()),
        }
    }
}

impl Allow {
    fn name(&self, host: &str) -> bool {
        match self {
            Self::All => true,
            Self::Host(name) => host == name,
            Self::Below(domain) => host.strip_suffix(domain.as_str()).is_some_and(|rest| rest.ends_with('.')),
            Self::Network { .. } => false,
        }
    }

    fn address(&self, given: IpAddr) -> bool {
        match *self {
            Self::All => true,
            Self::Network { address, prefix } => match (address, given) {
                (IpAddr::V4(a), IpAddr::V4(b)) => {
                    same_prefix(a.to_bits().into(), b.to_bits().into(), prefix, 32)
                }
                (IpAddr::V6(a), IpAddr::V6(b)) => same_prefix(a.to_bits(), b.to_bits(), prefix, 128),
                _ => false,
            },
            Self::Host(_) | Self::Below(_) => false,
        }
    }
}

fn same_prefix(a: u128, b: u128, prefix: u8, bits: u8) -> bool {
    (a ^ b).checked_shr(u32::from(bits - prefix)).unwrap_or(0) == 0
}

/// A computer that may not be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Its name or address.
    pub host: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} is not on the public internet, and the operator of this host does not allow it",
            self.host
        )
    }
}

impl std::error::Error for Refused {}

/// The judge. Clones share the list.
#[derive(Clone, Debug, Default)]
pub struct Guard {
    allowed: Arc<[Allow]>,
}

impl Guard {
    /// Allows the public internet and these.
    #[must_use]
    pub fn new(allowed: Vec<Allow>) -> Self {
        Self { allowed: allowed.into() }
    }

    /// Judges what can be judged by the URL alone: a literal address. Names are judged when they are resolved.
    ///
    /// # Errors
    /// [`Refused`]
    pub fn url(&self, url: &Url) -> Result<(), Refused> {
        let address = match url.host() {
            Some(Host::Ipv4(address)) => IpAddr::V4(address),
            Some(Host::Ipv6(address)) => IpAddr::V6(address),
            Some(Host::Domain(_)) => return Ok(()),
            None => return Err(Refused { host: "a URL without a host".to_owned() }),
        };
        if self.address(address) { Ok(()) } else { Err(Refused { host: address.to_canonical().to_string() }) }
    }

    /// May this address be reached?
    #[must_use]
    pub fn address(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        is_public(address) || self.allowed.iter().any(|allow| allow.address(address))
    }

    /// Those of a name's addresses that may be reached.
    ///
    /// # Errors
    /// [`Refused`] if there are addresses, but none of them may be reached.
    pub fn resolved(&self, name: &str, addresses: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, Refused> {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        if addresses.is_empty() || self.allowed.iter().any(|allow| allow.name(&name)) {
            return Ok(addresses);
        }
        let reachable: Vec<_> = addresses.into_iter().filter(|a| self.address(a.ip())).collect();
        if reachable.is_empty() { Err(Refused { host: name }) } else { Ok(reachable) }
    }
}

/// Does this address belong to the public internet?
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// IPv4 networks that are not the public internet: IANA's special-purpose registry, multicast, and the address by which virtual
/// machines of one provider reach the computer they run on.
const SPECIAL_V4: &[([u8; 4], u8)] = &[
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([168, 63, 129, 16], 32),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 3),
];

fn is_public_v4(address: Ipv4Addr) -> bool {
    let bits = u128::from(address.to_bits());
    !SPECIAL_V4.iter().any(|&(network, prefix)| {
        same_prefix(bits, Ipv4Addr::from_octets(network).to_bits().into(), prefix, 32)
    })
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, c, d, e, f, high, low] = address.segments();
    let v4 = |high: u16, low: u16| is_public_v4(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)));
    match [a, b, c, d, e, f] {
        // IPv4 behind a translator (NAT64), written as IPv6.
        [0x64, 0xff9b, 0, 0, 0, 0] => v4(high, low),
        // IPv4 in a tunnel (6to4).
        [0x2002, from, to, ..] => v4(from, to),
        // Tunnels through Teredo, benchmarks and other protocols' own addresses; examples.
        [0x2001, 0..0x200, ..] | [0x2001, 0xdb8, ..] | [0x3fff, 0..0x1000, ..] => false,
        // What else is given out so far.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests;
