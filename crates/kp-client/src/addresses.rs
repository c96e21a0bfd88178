//! Addresses, tried all at once.

use std::net::{TcpStream, ToSocketAddrs};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// How long addresses are tried to say what is wrong, all at once; with the default of `kafka.connect_timeout` a failure is told
/// within 5 s.
const PROBE: Duration = Duration::from_millis(800);

/// What comes of doing something with each address, with its place among them, as it comes, until the time is over. In a thread each,
/// because also a name's resolution may take long: nothing comes of what gets no thread, or takes longer.
pub(crate) fn at_once<T: Send + 'static>(
    addresses: &[String],
    patience: Duration,
    act: fn(&str) -> T,
) -> impl Iterator<Item = (usize, T)> {
    let deadline = Instant::now() + patience;
    let (sender, results) = mpsc::channel();
    for (index, address) in addresses.iter().cloned().enumerate() {
        let sender = sender.clone();
        let _ = std::thread::Builder::new().spawn(move || sender.send((index, act(&address))));
    }
    std::iter::from_fn(move || {
        let left = deadline.saturating_duration_since(Instant::now());
        results.recv_timeout(left).ok()
    })
}

/// What came of trying addresses.
pub(crate) struct Probe {
    /// One that takes connections.
    pub(crate) reached: Option<String>,
    /// Why the others do not, in the order given.
    pub(crate) failures: Vec<(String, String)>,
}

/// Tries to connect to addresses.
pub(crate) fn probe(addresses: &[String]) -> Probe {
    let mut failures: Vec<(String, String)> = addresses
        .iter()
        .map(|address| (address.clone(), "no answer".to_owned()))
        .collect();
    for (index, result) in at_once(addresses, PROBE, connects) {
        match result {
            Ok(()) => {
                return Probe {
                    reached: addresses.get(index).cloned(),
                    failures,
                };
            }
            Err(reason) => failures[index].1 = reason,
        }
    }
    Probe {
        reached: None,
        failures,
    }
}

fn connects(address: &str) -> Result<(), String> {
    let unresolved = "the name does not resolve";
    let resolved = address.to_socket_addrs().map_err(|_| unresolved)?;
    let mut last = unresolved;
    for socket in resolved {
        match TcpStream::connect_timeout(&socket, PROBE) {
            Ok(_) => return Ok(()),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
                last = "connection refused";
            }
            Err(_) => last = "no answer",
        }
    }
    Err(last.to_owned())
}
