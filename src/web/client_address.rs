//! Whose address a request comes from, when proxies that we trust stand in between.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use ipnet::IpNet;

/// The other end of the TCP connection; the server puts it into each request's extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

/// The person's network address, as far as it can be believed; an extractor that never fails.
///
/// Without [`super::wrap`] it is the peer, and for a request that came by no socket the unspecified address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

impl<S: Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let resolved = parts.extensions.get::<Self>().copied();
        let peer = || parts.extensions.get::<Peer>().map(|peer| Self(peer.0.ip().to_canonical()));
        Ok(resolved.or_else(peer).unwrap_or(Self(Ipv4Addr::UNSPECIFIED.into())))
    }
}

/// The right-most hop of `X-Forwarded-For` that is not one of `trusted`, if `peer` itself is.
///
/// Everything to the left of that hop was written by someone we do not know. A hop that is no address makes
/// the whole header unusable, and the peer counts. IPv4 addresses in IPv6 form are returned as IPv4.
pub fn resolve(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let peer = peer.to_canonical();
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    if !is_trusted(&peer) {
        return peer;
    }
    let mut furthest = peer;
    // Further header lines go on where the one before ended (RFC 9110 section 5.3).
    for line in headers.get_all("x-forwarded-for").iter().rev() {
        let Ok(line) = line.to_str() else { return peer };
        for hop in line.rsplit(',') {
            let Some(address) = parse_hop(hop.trim()) else { return peer };
            if !is_trusted(&address) {
                return address;
            }
            furthest = address;
        }
    }
    furthest
}

/// An address with or without a port, an IPv6 one with or without brackets.
fn parse_hop(hop: &str) -> Option<IpAddr> {
    let bare = || hop.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    let address = hop.parse::<IpAddr>().ok().or_else(bare);
    let address = address.or_else(|| hop.parse::<SocketAddr>().ok().map(|address| address.ip()))?;
    Some(address.to_canonical())
}

/// The key under which an address is counted: for IPv6 its /64, which is what one household or machine is given.
pub fn budget_key(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forwarded_address_is_believed_only_from_a_trusted_peer() {
        let trusted = ["10.0.0.0/8", "2001:db8:aaaa::/48"].map(|network| network.parse().expect("a network"));
        let cases: [(&str, &[&str], &str); 18] = [
            ("198.51.100.7", &[], "198.51.100.7"),
            ("198.51.100.7", &["203.0.113.9"], "198.51.100.7"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", &["1.1.1.1, 203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", &["1.1.1.1, 203.0.113.9, 10.2.0.1"], "203.0.113.9"),
            ("10.0.0.1", &["1.1.1.1", "203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", &["203.0.113.9", "10.2.0.1"], "203.0.113.9"),
            ("10.0.0.1", &["10.9.9.9, 10.2.0.1"], "10.9.9.9"),
            ("10.0.0.1", &["203.0.113.9:4711"], "203.0.113.9"),
            ("10.0.0.1", &["[2001:db8::5]:4711"], "2001:db8::5"),
            ("10.0.0.1", &["[2001:db8::5]"], "2001:db8::5"),
            ("10.0.0.1", &["::ffff:203.0.113.9"], "203.0.113.9"),
            ("::ffff:10.0.0.1", &["203.0.113.9"], "203.0.113.9"),
            ("2001:db8:aaaa::1", &["2001:db8::5"], "2001:db8::5"),
            ("10.0.0.1", &["1.1.1.1, unknown"], "10.0.0.1"),
            ("10.0.0.1", &["1.1.1.1,, 10.2.0.1"], "10.0.0.1"),
            ("10.0.0.1", &["unknown, 203.0.113.9"], "203.0.113.9"),
        ];
        for (peer, lines, expected) in cases {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append("x-forwarded-for", line.parse().expect("a header value"));
            }
            let address = resolve(peer.parse().expect("an address"), &headers, &trusted);
            assert_eq!(address.to_string(), expected, "{peer} with {lines:?}");
        }
    }

    #[test]
    fn one_household_is_one_budget() {
        let key = |address: &str| budget_key(address.parse().expect("an address")).to_string();
        assert_eq!(key("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(key("::ffff:192.0.2.1"), "192.0.2.1");
        assert_eq!(key("192.0.2.1"), "192.0.2.1");
    }
}
