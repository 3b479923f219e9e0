//! The address of the client: the peer's, or, behind trusted proxies, the first one from the right of `X-Forwarded-For` that is no
//! trusted proxy. What a client writes there itself is never believed.

use std::net::IpAddr;

use anyhow::Context;
use http::HeaderMap;

/// The networks of trusted proxies.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(Vec<(IpAddr, u8)>);

impl TrustedProxies {
    /// Reads addresses and networks (`10.0.0.0/8`).
    ///
    /// # Errors
    /// One of them is neither.
    pub fn new(networks: &[String]) -> anyhow::Result<Self> {
        let read = |network: &String| -> anyhow::Result<(IpAddr, u8)> {
            let (address, length) = network
                .split_once('/')
                .map_or((network.as_str(), None), |(address, length)| (address, Some(length)));
            let address: IpAddr = address.parse()?;
            let whole = if address.is_ipv4() { 32 } else { 128 };
            let length = length.map_or(Ok(whole), str::parse)?;
            anyhow::ensure!(length <= whole, "the prefix is too long");
            Ok((address, length))
        };
        networks
            .iter()
            .map(|network| read(network).with_context(|| format!("gateway.trusted_proxies: {network}")))
            .collect::<anyhow::Result<_>>()
            .map(Self)
    }

    /// The client's address.
    #[must_use]
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        let lines = headers.get_all("x-forwarded-for").iter().rev();
        for hop in lines.flat_map(|line| line.to_str().unwrap_or("?").rsplit(',')) {
            if !self.trusts(client) {
                break;
            }
            let Ok(hop) = hop.trim().parse::<IpAddr>() else { break };
            client = hop.to_canonical();
        }
        client
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|(network, length)| match (network, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let shift = 32 - u32::from(*length);
                u32::from(*network).checked_shr(shift).unwrap_or(0) == u32::from(address).checked_shr(shift).unwrap_or(0)
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let shift = 128 - u32::from(*length);
                u128::from(*network).checked_shr(shift).unwrap_or(0) == u128::from(address).checked_shr(shift).unwrap_or(0)
            }
            _ => false,
        })
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn client(trusted: &[&str], peer: &str, forwarded: &[&'static str]) -> String {
        let trusted: Vec<_> = trusted.iter().map(ToString::to_string).collect();
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", HeaderValue::from_static(line));
        }
        TrustedProxies::new(&trusted)
            .unwrap()
            .client(peer.parse().unwrap(), &headers)
            .to_string()
    }

    #[test]
    fn forwarded_addresses_count_only_from_trusted_proxies() {
        assert_eq!(client(&[], "203.0.113.9", &["1.1.1.1"]), "203.0.113.9");
        assert_eq!(client(&["10.0.0.0/8"], "10.1.2.3", &["6.6.6.6, 198.51.100.7"]), "198.51.100.7");
        assert_eq!(
            client(&["10.0.0.0/8"], "10.1.2.3", &["6.6.6.6", "198.51.100.7, 10.9.9.9"]),
            "198.51.100.7"
        );
        assert_eq!(client(&["10.0.0.0/8"], "10.1.2.3", &["198.51.100.7, garbage"]), "10.1.2.3");
        assert_eq!(client(&["::1"], "::1", &["2001:db8::1"]), "2001:db8::1");
        assert_eq!(client(&["0.0.0.0/0"], "::ffff:10.1.2.3", &["1.2.3.4"]), "1.2.3.4");
    }

    #[test]
    fn networks_are_checked_at_start() {
        for wrong in ["10.0.0.0/33", "ten", "10.0.0.0/x"] {
            assert!(TrustedProxies::new(&[wrong.to_owned()]).is_err(), "{wrong}");
        }
    }
}
