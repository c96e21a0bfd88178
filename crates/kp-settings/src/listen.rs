//! An address to listen on, as `9102`, `:9102` or `0.0.0.0:9102`.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;

/// An address to listen on. A port alone is one of this machine, which others cannot reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listen(SocketAddr);

/// A text that is no such address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected {}", Listen::EXPECTED)]
pub struct InvalidListen;

impl Listen {
    pub(crate) const EXPECTED: &'static str = "a port such as 9102, which only this machine reaches, or an IP address and a \
         port such as 0.0.0.0:9102, which others reach too";

    /// The address. Port 0 stands for any free one.
    #[must_use]
    pub fn address(self) -> SocketAddr {
        self.0
    }

    /// Where a program on this machine reaches what listens here.
    #[must_use]
    pub fn from_here(self) -> SocketAddr {
        let ip = match self.0.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => std::net::Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        };
        SocketAddr::new(ip, self.0.port())
    }
}

impl FromStr for Listen {
    type Err = InvalidListen;

    fn from_str(text: &str) -> Result<Self, InvalidListen> {
        let port = text.strip_prefix(':').unwrap_or(text);
        let port = text.strip_prefix("localhost:").unwrap_or(port);
        // `+1` would be a number, too.
        if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) {
            let port = port.parse().map_err(|_| InvalidListen)?;
            return Ok(Self(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port)));
        }
        text.parse().map(Self).map_err(|_| InvalidListen)
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_alone_is_one_that_only_this_machine_reaches() {
        for (text, shown) in [
            ("9102", "127.0.0.1:9102"),
            (":9102", "127.0.0.1:9102"),
            ("localhost:9102", "127.0.0.1:9102"),
            ("0", "127.0.0.1:0"),
            ("0.0.0.0:9102", "0.0.0.0:9102"),
            ("[::]:65535", "[::]:65535"),
        ] {
            let read: Listen = text.parse().unwrap();
            assert_eq!(read.to_string(), shown);
            assert_eq!(shown.parse(), Ok(read));
        }
        for not in
            ["", ":", "-1", "+1", "65536", "host:9102", "0.0.0.0", "::1:9102", "9102 ", "http://:1"]
        {
            assert!(not.parse::<Listen>().is_err(), "{not}");
        }
    }

    #[test]
    fn what_listens_everywhere_is_reached_on_this_machine() {
        let from_here = |text: &str| text.parse::<Listen>().unwrap().from_here().to_string();
        assert_eq!(from_here("0.0.0.0:9102"), "127.0.0.1:9102");
        assert_eq!(from_here("[::]:9102"), "[::1]:9102");
        assert_eq!(from_here("10.1.2.3:9102"), "10.1.2.3:9102");
    }
}
