//! The members of each group, and the connection over which each joined.
//!
//! The mock cluster keeps a member that disconnects without leaving until its session is over, and
//! makes the others wait for it. It ends the process when members do not agree on an assignor. So
//! the relay gives members their ids, leaves on behalf of those that are gone, and refuses those
//! that do not fit.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kafka_protocol::messages::{GroupId, JoinGroupRequest};
use kafka_protocol::protocol::StrBytes;

use crate::protocol;

/// The broker is in this process, and answers at once.
const TIMEOUT: Duration = Duration::from_secs(1);

/// A member's group, and its id there.
type Name = (GroupId, StrBytes);

struct Place {
    connection: u64,
    /// How the group assigns its partitions.
    assignor: StrBytes,
}

#[derive(Default)]
struct Known {
    numbers: AtomicU64,
    members: Mutex<HashMap<Name, Place>>,
}

/// All members of all groups, as one connection sees them.
#[derive(Clone)]
pub(crate) struct Members {
    known: Arc<Known>,
    connection: u64,
}

impl Members {
    /// No members yet.
    pub(crate) fn new() -> Self {
        Self { known: Arc::default(), connection: 0 }
    }

    /// The same members, for another connection.
    pub(crate) fn connection(&self) -> Self {
        Self { known: Arc::clone(&self.known), connection: self.next() }
    }

    fn next(&self) -> u64 {
        self.known.numbers.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Name, Place>> {
        self.known.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Prepares a request to join: it gets an id where it has none, and the assignor on which the
    /// group has agreed comes first. False when the request does not have that one.
    pub(crate) fn join(&self, join: &mut JoinGroupRequest, client: &str) -> bool {
        if join.member_id.is_empty() {
            join.member_id = format!("{client}-{}", self.next()).into();
        }
        let name = (join.group_id.clone(), join.member_id.clone());
        let mut members = self.lock();
        let agreed = members
            .iter()
            .find(|(other, _)| other.0 == name.0 && other.1 != name.1)
            .map(|(_, place)| place.assignor.clone());
        let first = match &agreed {
            Some(agreed) => join.protocols.iter().position(|own| own.name == *agreed),
            None => (!join.protocols.is_empty()).then_some(0),
        };
        let Some(first) = first else { return false };
        join.protocols.swap(0, first);
        let place = Place { connection: self.connection, assignor: join.protocols[0].name.clone() };
        members.insert(name, place);
        true
    }

    /// Leaves on behalf of all members that joined over this connection and have not joined over
    /// another since. Returns whether there were any.
    ///
    /// # Errors
    /// The broker does not answer; then it waits for the end of their sessions.
    pub(crate) fn leave(&self, broker: SocketAddr) -> io::Result<bool> {
        let mut gone = Vec::new();
        self.lock().retain(|name, place| {
            let stays = place.connection != self.connection;
            if !stays {
                gone.push(name.clone());
            }
            stays
        });
        for (group, id) in &gone {
            let mut broker = TcpStream::connect_timeout(&broker, TIMEOUT)?;
            broker.set_read_timeout(Some(TIMEOUT))?;
            broker.write_all(&protocol::leave(group, id).map_err(io::Error::other)?)?;
            // Length, number and error. The error is ignored: a member that has left by itself is
            // not known any more.
            broker.read_exact(&mut [0; 10])?;
        }
        Ok(!gone.is_empty())
    }
}
