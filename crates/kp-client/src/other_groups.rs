//! Groups that are no consumer groups: share groups, groups of Kafka Streams, of Kafka Connect, of
//! a schema registry.
//!
//! librdkafka's admin requests leave them out. So brokers without TLS and login get a request of
//! our own. Elsewhere librdkafka's older list has their names, and the protocol of classic ones.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use kp_rdkafka::admin::{self, GroupState};
use kp_settings::Address;
use rdkafka::groups::GroupInfo;

use crate::addresses::{at_once, resolve};
use crate::connect::Connection;

/// How long one broker is asked by our own request.
const PATIENCE: Duration = Duration::from_secs(2);
/// No list of groups is as long as this, in bytes.
const LONGEST: u32 = 64 << 20;
/// ListGroups, version 4, of all states, with its length before it.
const REQUEST: [u8; 19] = [0, 0, 0, 15, 0, 16, 0, 4, 0, 0, 0, 1, 0, 2, b'k', b'p', 0, 1, 0];

/// A group of another kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OtherGroup {
    pub(crate) id: String,
    /// Kafka's name for what its members speak, such as `share` or `connect`; empty where it cannot
    /// be told.
    pub(crate) protocol: String,
    /// Kafka's name for what it is doing; empty where it cannot be told.
    pub(crate) state: String,
}

impl OtherGroup {
    /// As it reads after "group g is".
    pub(crate) fn is_what(&self) -> String {
        match self.protocol.as_str() {
            "share" => "a share group".to_owned(),
            "streams" => "a group of Kafka Streams (type streams)".to_owned(),
            "connect" => "a group of Kafka Connect (protocol connect)".to_owned(),
            "" => "a share group or a group of Kafka Streams".to_owned(),
            protocol => format!("a group of another kind (protocol {protocol})"),
        }
    }
}

/// The groups that are no consumer groups; with a name only that one. What does not answer in time
/// is left out.
pub(crate) fn other_groups(
    connection: &Connection,
    name: Option<&str>,
    patience: Duration,
) -> Vec<OtherGroup> {
    if let Some(mut told) = told_by_brokers(connection, patience) {
        // Offsets alone have no protocol.
        told.retain(|group| !["", "consumer"].contains(&group.protocol.as_str()));
        told.retain(|group| name.is_none_or(|name| name == group.id));
        return told;
    }
    let Ok(list) = connection.client.older_groups(name, patience) else {
        return Vec::new();
    };
    let is_other = |group: &&GroupInfo| match group.protocol_type() {
        "consumer" => false,
        // Not a classic group, or offsets alone: only the first is dead as one.
        "" => group.state() == "Dead" && !is_consumer_group(connection, group.name(), patience),
        _ => true,
    };
    list.groups()
        .iter()
        .filter(is_other)
        .map(|group| OtherGroup {
            id: group.name().to_owned(),
            protocol: group.protocol_type().to_owned(),
            state: String::new(),
        })
        .collect()
}

fn is_consumer_group(connection: &Connection, name: &str, patience: Duration) -> bool {
    let described = admin::describe_groups(&connection.client, &[name], patience);
    let group = described.unwrap_or_default().pop();
    let group = group.and_then(|group| group.result.ok());
    group.is_some_and(|group| group.state != GroupState::Dead)
}

/// All groups, if all brokers can be asked.
fn told_by_brokers(connection: &Connection, patience: Duration) -> Option<Vec<OtherGroup>> {
    if !connection.speaks_plain() {
        return None;
    }
    let metadata = connection.client.metadata(None, patience).ok()?;
    let addresses: Option<Vec<Address>> = metadata
        .brokers()
        .iter()
        .map(|broker| Address::new(broker.host(), u16::try_from(broker.port()).ok()?).ok())
        .collect();
    let addresses = addresses?;
    let answers: Vec<_> = at_once(&addresses, PATIENCE.min(patience), ask).collect();
    let groups: Vec<Vec<OtherGroup>> =
        answers.into_iter().filter_map(|(_, answer)| answer.ok()).collect();
    (groups.len() == addresses.len()).then(|| groups.concat())
}

/// All groups of a broker.
fn ask(address: &Address) -> io::Result<Vec<OtherGroup>> {
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for socket in resolve(address)? {
        match TcpStream::connect_timeout(&socket, PATIENCE) {
            Ok(mut stream) => {
                stream.set_read_timeout(Some(PATIENCE))?;
                stream.set_write_timeout(Some(PATIENCE))?;
                stream.write_all(&REQUEST)?;
                return read(&mut stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn read(stream: &mut impl Read) -> io::Result<Vec<OtherGroup>> {
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length);
    if length > LONGEST {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut body = vec![0; length as usize];
    stream.read_exact(&mut body)?;
    let mut answer = Answer(&body);
    answer.groups().ok_or(io::ErrorKind::InvalidData.into())
}

/// What is left of an answer to be read.
struct Answer<'a>(&'a [u8]);

impl Answer<'_> {
    /// None where it is cut off, or is an error.
    fn groups(&mut self) -> Option<Vec<OtherGroup>> {
        // The number of the request, no tags, how long this client is to wait; then an error code.
        self.skip(9)?;
        let error = self.skip(2)?;
        if error != [0, 0] {
            return None;
        }
        let count = self.number()?.checked_sub(1)?;
        let mut groups = Vec::new();
        for _ in 0..count {
            groups.push(OtherGroup {
                id: self.text()?,
                protocol: self.text()?,
                state: self.text()?,
            });
            self.tags()?;
        }
        Some(groups)
    }

    fn skip(&mut self, length: usize) -> Option<&[u8]> {
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    /// A number of seven bits a byte, the lowest first.
    fn number(&mut self) -> Option<usize> {
        let mut number = 0;
        for shift in [0, 7, 14, 21, 28] {
            let byte = *self.skip(1)?.first()?;
            number |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn text(&mut self) -> Option<String> {
        let length = self.number()?.checked_sub(1)?;
        Some(String::from_utf8_lossy(self.skip(length)?).into_owned())
    }

    fn tags(&mut self) -> Option<()> {
        for _ in 0..self.number()? {
            self.number()?;
            let length = self.number()?;
            self.skip(length)?;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: [u8; 11] = [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0];

    fn answer(groups: &[u8]) -> Vec<u8> {
        let body = [&HEAD[..], groups].concat();
        let length = u32::try_from(body.len()).unwrap();
        [&length.to_be_bytes()[..], &body].concat()
    }

    fn group(id: &str, protocol: &str, state: &str) -> OtherGroup {
        let [id, protocol, state] = [id, protocol, state].map(str::to_owned);
        OtherGroup { id, protocol, state }
    }

    #[test]
    fn an_answer_is_read_whole_or_not_at_all() {
        let groups = b"\x03\x02a\x06share\x07Stable\0\x02b\x08connect\x06Empty\x01\0\x01x\0";
        let whole = answer(groups);
        let both = [group("a", "share", "Stable"), group("b", "connect", "Empty")];
        assert_eq!(read(&mut whole.as_slice()).unwrap(), both);
        for cut in 0..groups.len() - 1 {
            assert!(read(&mut &whole[..whole.len() - groups.len() + cut]).is_err(), "{cut}");
            assert!(read(&mut answer(&groups[..cut]).as_slice()).is_err(), "{cut}");
        }
        assert!(read(&mut [255, 255, 255, 255].as_slice()).is_err());
        assert_eq!(read(&mut answer(b"\x01\0").as_slice()).unwrap(), []);
        let mut refused = answer(b"\x01\0");
        refused[14] = 35;
        assert!(read(&mut refused.as_slice()).is_err());
    }
}
