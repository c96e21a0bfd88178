//! Ports for brokers that tell their clients where they are, and so must know it before they start.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::{Ipv4Addr, TcpListener};

/// Below the ports that the system hands out to clients by itself, or one of those could take it while its broker is away.
const FIRST: u64 = 15_000;
const COUNT: u64 = 15_000;

/// A port of 127.0.0.1 that nobody listens on.
pub(crate) fn find() -> u16 {
    loop {
        let random = RandomState::new().build_hasher().finish();
        let Ok(port) = u16::try_from(FIRST + random % COUNT) else {
            continue;
        };
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}
