//! What the connections of a relay have in common, and the way of each.

use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

/// What the relay's connections have in common.
#[derive(Default)]
pub(super) struct Line {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) cut: bool,
    pub(super) closed: bool,
    pub(super) delay: Duration,
    pub(super) answers_are_lost: bool,
    /// Those that have ended are left out when a new one comes.
    pub(super) connections: Vec<Weak<Connection>>,
}

/// A client, and its way on.
pub(super) struct Connection {
    pub(super) client: TcpStream,
    /// Empty until the broker has taken the connection.
    pub(super) broker: OnceLock<TcpStream>,
    /// Whether a part of what the broker said never reached the client.
    pub(super) has_lost: AtomicBool,
}

/// Where a direction leads.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Towards {
    Broker,
    Client,
}

impl Line {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
        self.changed.notify_all();
    }

    /// Waits as long as the line is cut. Returns whether it is still there.
    pub(super) fn passable(&self) -> bool {
        let state = self
            .changed
            .wait_while(self.state(), |state| state.cut && !state.closed)
            .unwrap_or_else(PoisonError::into_inner);
        !state.closed
    }

    /// A new connection, which can be ended from now on.
    pub(super) fn take_in(&self, client: TcpStream) -> Arc<Connection> {
        let connection = Arc::new(Connection {
            client,
            broker: OnceLock::new(),
            has_lost: AtomicBool::new(false),
        });
        let connections = &mut self.state().connections;
        connections.retain(|known| known.strong_count() > 0);
        connections.push(Arc::downgrade(&connection));
        connection
    }

    pub(super) fn end_those(&self, ends: impl Fn(&Connection) -> bool) {
        let present: Vec<_> = self.state().connections.iter().filter_map(Weak::upgrade).collect();
        for connection in present.iter().filter(|connection| ends(connection)) {
            connection.end();
        }
    }

    /// Whether what goes this way is dropped now. It is noted before the state can change, so
    /// `Relay::mend` misses no connection.
    pub(super) fn loses(&self, connection: &Connection, towards: Towards) -> bool {
        let state = self.state();
        // Once something is lost, what follows would be an answer with a hole.
        let has_lost = connection.has_lost.load(Ordering::Relaxed);
        let is_lost = towards == Towards::Client && (state.answers_are_lost || has_lost);
        if is_lost {
            connection.has_lost.store(true, Ordering::Relaxed);
        }
        is_lost
    }
}

impl Connection {
    /// A connection whose broker has not taken it yet ends with its client: there is nothing to
    /// carry.
    pub(super) fn end(&self) {
        end(&self.client);
        if let Some(broker) = self.broker.get() {
            end(broker);
        }
    }
}

/// The other side may have ended the connection already.
pub(super) fn end(connection: &TcpStream) {
    let _ = connection.shutdown(Shutdown::Both);
}
