//! Addresses of brokers, parsed once, so that they are not compared as text.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use crate::choice::SecurityProtocol;

/// The port of a broker whose address names none.
const PORT: u16 = 9092;
/// The longest name of a host that DNS has.
const LONGEST: usize = 253;

/// The host and the port of a broker, in one form: `LOCALHOST` is `localhost:9092`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    host: Host,
    port: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Host {
    /// In lower case: names of hosts have no other.
    Name(String),
    V4(Ipv4Addr),
    /// With the interface that it is valid on, such as `eth0`, or none.
    V6(Ipv6Addr, Option<String>),
}

/// A text that is no broker's address, with the reason. It does not quote a login.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidAddress(String);

fn invalid<T>(reason: impl Into<String>) -> Result<T, InvalidAddress> {
    Err(InvalidAddress(reason.into()))
}

impl Address {
    /// The address of a host by its name or number. IPv6 may have brackets or not.
    ///
    /// # Errors
    /// A host that is empty, too long, or holds what no host's name can hold; port 0.
    pub fn new(host: &str, port: u16) -> Result<Self, InvalidAddress> {
        if port == 0 {
            return invalid(format!("{host:?} has the port 0"));
        }
        Ok(Self { host: host.parse()?, port })
    }

    /// The name or the number of the host, as a resolver takes it: without brackets.
    #[must_use]
    pub fn host(&self) -> String {
        match &self.host {
            Host::Name(name) => name.clone(),
            Host::V4(number) => number.to_string(),
            Host::V6(number, None) => number.to_string(),
            Host::V6(number, Some(zone)) => format!("{number}%{zone}"),
        }
    }

    /// The port, never 0.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::V6(..) => write!(f, "[{}]:{}", self.host(), self.port),
            _ => write!(f, "{}:{}", self.host(), self.port),
        }
    }
}

impl FromStr for Host {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        if bare.is_some() || text.contains(':') {
            let bare = bare.unwrap_or(text);
            let (number, zone) = match bare.split_once('%') {
                Some((number, zone)) => (number, Some(zone)),
                None => (bare, None),
            };
            let is_zone = |zone: &str| {
                !zone.is_empty()
                    && zone.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
            };
            return match number.parse() {
                Ok(number) if zone.is_none_or(is_zone) => {
                    Ok(Self::V6(number, zone.map(str::to_owned)))
                }
                _ => invalid(format!("{text:?} is no IPv6 address")),
            };
        }
        if text.is_empty() {
            return invalid("the host is missing");
        }
        if text.len() > LONGEST {
            return invalid(format!("a host's name has at most {LONGEST} letters"));
        }
        if text.starts_with('-') {
            return invalid(format!("{text:?}: a dash cannot begin a host's name"));
        }
        let stands_in_names = |c: char| c.is_alphanumeric() || "._-".contains(c);
        if let Some(wrong) = text.chars().find(|c| !stands_in_names(*c)) {
            return invalid(format!("{text:?}: {wrong:?} cannot stand in a host's name"));
        }
        Ok(match text.parse() {
            Ok(number) => Self::V4(number),
            Err(_) => Self::Name(text.to_ascii_lowercase()),
        })
    }
}

impl FromStr for Address {
    type Err = InvalidAddress;

    /// Reads `HOST`, `HOST:PORT`, `[IPV6]`, `[IPV6]:PORT` or `IPV6`.
    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        let (host, port) = parts(text)?;
        if host.is_empty() {
            return invalid(format!("{text:?} has no host"));
        }
        let port = match port {
            None => PORT,
            Some(port) => match port.parse() {
                Ok(number @ 1..) if port.bytes().all(|byte| byte.is_ascii_digit()) => number,
                _ => {
                    return invalid(format!(
                        "{text:?} has no port between 1 and 65535 behind its colon"
                    ));
                }
            },
        };
        Self::new(host, port)
    }
}

/// The host, and the port where one is named.
fn parts(text: &str) -> Result<(&str, Option<&str>), InvalidAddress> {
    if let Some(end) = text.find(']').filter(|_| text.starts_with('[')) {
        let (host, after) = text.split_at(end + 1);
        return match (after, after.strip_prefix(':')) {
            ("", _) => Ok((host, None)),
            (_, Some(port)) => Ok((host, Some(port))),
            _ => invalid(format!("{text:?} goes on behind its bracket")),
        };
    }
    match text.rsplit_once(':') {
        None => Ok((text, None)),
        Some((host, port)) if !host.contains(':') => Ok((host, Some(port))),
        Some((host, port)) => {
            let is_number = |text: &str| text.parse::<Ipv6Addr>().is_ok();
            let may_be_port = port.len() > 3 && port.bytes().all(|byte| byte.is_ascii_digit());
            match (is_number(host) && may_be_port, is_number(text)) {
                (false, true) => Ok((text, None)),
                (true, _) => invalid(format!(
                    "{text:?} may end in a port or not; write [{host}]:{port} or [{text}]"
                )),
                // The zone of `fe80::1%eth0` is no part of the number.
                (false, false) if text.contains('%') => Ok((text, None)),
                _ => invalid(format!(
                    "{text:?} has more than one colon; separate addresses by commas, and write \
                     IPv6 in brackets: [::1]:{PORT}"
                )),
            }
        }
    }
}

/// The brokers to contact first: one at least, each once, in the order in which they were given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Servers {
    addresses: Vec<Address>,
    /// The protocol that stands before an address, as in `SSL://HOST:PORT`.
    protocol: Option<SecurityProtocol>,
}

impl Servers {
    /// The addresses: one at least.
    #[must_use]
    pub fn addresses(&self) -> &[Address] {
        &self.addresses
    }

    pub(crate) fn protocol(&self) -> Option<SecurityProtocol> {
        self.protocol
    }

    pub(crate) fn without_protocol(self) -> Self {
        Self { protocol: None, ..self }
    }
}

impl fmt::Display for Servers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, address) in self.addresses.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            match self.protocol {
                Some(protocol) => {
                    write!(f, "{comma}{}://{address}", protocol.as_str().to_uppercase())?;
                }
                None => write!(f, "{comma}{address}")?,
            }
        }
        Ok(())
    }
}

impl FromStr for Servers {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        // Before anything is quoted: a password may stand there.
        if text.contains('@') {
            return invalid(
                "there is an @ in it, and a login does not belong in an address; \
                 set kafka.sasl_username instead",
            );
        }
        let mut servers = Self { addresses: Vec::new(), protocol: None };
        for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
            let (protocol, address) = protocol_of(item)?;
            if let Some(protocol) = protocol {
                match servers.protocol {
                    Some(before) if before != protocol => {
                        return invalid(format!(
                            "{before}:// and {protocol}:// cannot be used at once"
                        ));
                    }
                    _ => servers.protocol = Some(protocol),
                }
            }
            let address = address_of(address)?;
            if !servers.addresses.contains(&address) {
                servers.addresses.push(address);
            }
        }
        if servers.addresses.is_empty() {
            return invalid("the value is empty");
        }
        Ok(servers)
    }
}

/// Takes off a protocol of Kafka's, in any case of letters.
fn protocol_of(item: &str) -> Result<(Option<SecurityProtocol>, &str), InvalidAddress> {
    let Some((scheme, address)) = item.split_once("://") else {
        return Ok((None, item));
    };
    match scheme.to_ascii_lowercase().parse() {
        Ok(protocol) => Ok((Some(protocol), address)),
        Err(_) => invalid(format!(
            "{scheme:?} before :// is no protocol of Kafka's, such as PLAINTEXT:// or SASL_SSL://"
        )),
    }
}

fn address_of(text: &str) -> Result<Address, InvalidAddress> {
    if let Some((address, _)) = text.split_once(['/', '?', '#']) {
        return invalid(format!("something follows the address {address:?}, as in a web address"));
    }
    if text.contains(char::is_whitespace) {
        return invalid(format!("{text:?} holds a space; separate addresses by commas"));
    }
    text.parse()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(text: &str) -> String {
        text.parse::<Servers>().map_or_else(|error| error.to_string(), |read| read.to_string())
    }

    #[test]
    fn an_address_has_one_form() {
        for (written, read) in [
            ("localhost:9092", "localhost:9092"),
            ("localhost", "localhost:9092"),
            ("Broker-1.Example.COM:1", "broker-1.example.com:1"),
            ("127.0.0.1:065535", "127.0.0.1:65535"),
            ("my_broker", "my_broker:9092"),
            ("[::1]:9093", "[::1]:9093"),
            ("[::1]", "[::1]:9092"),
            ("::1", "[::1]:9092"),
            ("0:0:0:0:0:0:0:1", "[::1]:9092"),
            ("2001:db8::1234", "[2001:db8::1234]:9092"),
            ("[FE80::1%eth0]:1", "[fe80::1%eth0]:1"),
            ("fe80::1%eth0", "[fe80::1%eth0]:9092"),
            ("a:1,b:2", "a:1,b:2"),
            (" a:1 , b:2 ,", "a:1,b:2"),
            ("a:1,\n,A:1,a", "a:1,a:9092"),
            ("PLAINTEXT://b:9092", "PLAINTEXT://b:9092"),
            ("Sasl_Ssl://b,c:1", "SASL_SSL://b:9092,SASL_SSL://c:1"),
        ] {
            assert_eq!(shown(written), read, "{written:?}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_the_reason() {
        for (wrong, reason) in [
            ("", "empty"),
            (" , ,", "empty"),
            ("a b:1", "space; separate addresses by commas"),
            ("a:1;b:2", "more than one colon"),
            ("a;b", "';' cannot stand in a host's name"),
            (":9092", "no host"),
            ("[]:1", "no IPv6 address"),
            ("[::1", "more than one colon"),
            ("[::1]9092", "behind its bracket"),
            ("[localhost]:1", "no IPv6 address"),
            ("[::1%]:1", "no IPv6 address"),
            ("a:", "no port between 1 and 65535"),
            ("a:0", "no port between 1 and 65535"),
            ("a:65536", "no port between 1 and 65535"),
            ("a:+1", "no port between 1 and 65535"),
            ("a:x", "no port between 1 and 65535"),
            ("a:1:2", "more than one colon"),
            ("::1:9092", "write [::1]:9092 or [::1:9092]"),
            ("http://localhost:9092", "\"http\" before :// is no protocol of Kafka's"),
            ("://a:1", "no protocol of Kafka's"),
            ("SSL://", "no host"),
            ("--internal", "cannot begin"),
            ("ssl://a,plaintext://b", "ssl:// and plaintext:// cannot be used at once"),
            ("localhost:9092/x", "something follows the address \"localhost:9092\""),
            ("a\0b:1", "cannot stand"),
        ] {
            let said = wrong.parse::<Servers>().map_err(|error| error.to_string());
            assert!(said.as_ref().is_err_and(|said| said.contains(reason)), "{wrong:?}: {said:?}");
        }
        assert!("x".repeat(253).parse::<Address>().is_ok());
        assert!("x".repeat(254).parse::<Address>().is_err());
    }

    #[test]
    fn a_login_is_not_quoted() {
        for login in ["me:canary@host:9092", "http://me:can,ary@host", "SASL_SSL://canary@a,b"] {
            let said = shown(login);
            assert!(said.contains("kafka.sasl_username") && !said.contains("can"), "{said}");
        }
    }

    proptest! {
        #[test]
        fn what_is_read_is_shown_so_that_it_reads_the_same(text in ".{0,40}") {
            reads_back(&text)?;
        }

        #[test]
        fn so_is_what_looks_like_addresses(
            text in "(ssl://|PLAINTEXT://|http:/)?([a-cA-C0-9.:%@ \\[\\]_-]{0,9}(:[0-9]{0,5})?[,/ ]?){1,4}"
        ) {
            reads_back(&text)?;
        }

        #[test]
        fn an_address_of_parts_reads_back(
            host in "[a-zA-Z][a-z0-9.-]{0,20}",
            number: u128,
            port in 1..=u16::MAX,
        ) {
            for host in [host, Ipv6Addr::from(number).to_string()] {
                let made = Address::new(&host, port).unwrap();
                prop_assert_eq!(made.to_string().parse(), Ok(made.clone()));
                let again = Address::new(&made.host(), made.port());
                prop_assert_eq!(again, Ok(made));
            }
        }
    }

    fn reads_back(text: &str) -> Result<(), TestCaseError> {
        if let Ok(read) = text.parse::<Servers>() {
            prop_assert!(!read.addresses().is_empty());
            prop_assert_eq!(read.to_string().parse(), Ok(read));
        }
        Ok(())
    }
}
