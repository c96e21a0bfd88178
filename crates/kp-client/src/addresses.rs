//! Addresses, tried all at once.

use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use kp_settings::Address;
use rdkafka::metadata::MetadataBroker;

/// How long addresses are tried to say what is wrong, all at once; with the default of
/// `kafka.connect_timeout` a failure is told within 5 s.
const PROBE: Duration = Duration::from_millis(800);

/// Where a broker says that it is.
pub(crate) fn address_of(broker: &MetadataBroker) -> Option<Address> {
    Address::new(broker.host(), broker.port().try_into().ok()?).ok()
}

/// What comes of doing something with each address, with its place among them, as it comes, until
/// the time is over. In a thread each, because also a name's resolution may take long: nothing
/// comes of what gets no thread, or takes longer.
pub(crate) fn at_once<A: Clone + Send + 'static, T: Send + 'static>(
    addresses: &[A],
    patience: Duration,
    act: impl Fn(&A) -> T + Clone + Send + 'static,
) -> impl Iterator<Item = (usize, T)> {
    let deadline = Instant::now() + patience;
    let (sender, results) = mpsc::channel();
    for (index, address) in addresses.iter().cloned().enumerate() {
        let (sender, act) = (sender.clone(), act.clone());
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
    pub(crate) reached: Option<Address>,
    /// Why the others do not, in the order given.
    pub(crate) failures: Vec<(Address, String)>,
}

/// Tries to connect to addresses.
pub(crate) fn probe(addresses: &[Address]) -> Probe {
    let mut failures: Vec<(Address, String)> =
        addresses.iter().map(|address| (address.clone(), "no answer".to_owned())).collect();
    for (index, result) in at_once(addresses, PROBE, connects) {
        match result {
            Ok(()) => {
                return Probe { reached: addresses.get(index).cloned(), failures };
            }
            Err(reason) => failures[index].1 = reason,
        }
    }
    Probe { reached: None, failures }
}

/// The sockets that an address leads to.
pub(crate) fn resolve(address: &Address) -> io::Result<impl Iterator<Item = SocketAddr>> {
    (address.host().as_str(), address.port()).to_socket_addrs()
}

fn connects(address: &Address) -> Result<(), String> {
    let unresolved = "the name does not resolve";
    let resolved = resolve(address).map_err(|_| unresolved)?;
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
