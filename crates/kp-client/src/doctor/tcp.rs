//! Each address is connected to.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::dns::Site;
use super::step::Finding;
use crate::addresses::at_once;
use crate::advice::Advice;

/// What to change where nobody listens.
pub(crate) const CHANGE: &str =
    "is the broker up, and is this its port? A firewall or a container may keep the port closed";

/// Connects to all addresses at once. Of a site stay the sockets that take connections, of the
/// sites those that have one.
pub(crate) fn reach(sites: Vec<Site>, patience: Duration) -> (Finding, Vec<Site>) {
    let sockets: Vec<SocketAddr> =
        sites.iter().flat_map(|site| site.sockets.iter().copied()).collect();
    let mut results = tried(&sockets, patience).into_iter();
    let mut reached = Vec::new();
    let mut said = Vec::new();
    for site in sites {
        let (mut open, mut closed) = (Vec::new(), Vec::new());
        for (socket, result) in site.sockets.iter().zip(results.by_ref()) {
            match result {
                Ok(()) => open.push(*socket),
                Err(reason) => closed.push(format!("{socket}: {reason}")),
            }
        }
        if open.is_empty() {
            said.push(Err(Advice::new(closed.join(", "), CHANGE)));
            continue;
        }
        let list: Vec<String> = open.iter().map(SocketAddr::to_string).collect();
        // A machine's own name often leads to IPv6 as well, where nobody listens.
        let not = match closed.as_slice() {
            [] => String::new(),
            closed => format!(" (not {})", closed.join(", ")),
        };
        said.push(Ok(vec![format!("{}{not}", list.join(", "))]));
        reached.push(Site { sockets: open, ..site });
    }
    (Finding::any_of(said), reached)
}

/// Connects to sockets, all at once.
pub(crate) fn tried(sockets: &[SocketAddr], patience: Duration) -> Vec<Result<(), String>> {
    let late = || Err(no_answer(patience));
    let mut results: Vec<_> = sockets.iter().map(|_| late()).collect();
    let act = move |socket: &SocketAddr| connect(*socket, patience).map(drop);
    for (index, result) in at_once(sockets, patience + GRACE, act) {
        results[index] = result;
    }
    results
}

/// How much longer the whole may take than one of its parts.
const GRACE: Duration = Duration::from_millis(200);

/// Connects, or says why not.
pub(crate) fn connect(socket: SocketAddr, patience: Duration) -> Result<TcpStream, String> {
    let patience = patience.max(Duration::from_millis(1));
    TcpStream::connect_timeout(&socket, patience).map_err(|error| match error.kind() {
        ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        ErrorKind::TimedOut | ErrorKind::WouldBlock => no_answer(patience),
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => "no way there".to_owned(),
        _ => error.to_string(),
    })
}

fn no_answer(patience: Duration) -> String {
    format!("no answer within {patience:?}")
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::super::step::Outcome;
    use super::*;

    #[test]
    fn of_a_site_one_address_is_enough() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let open = listener.local_addr().unwrap();
        let closed: SocketAddr = "127.0.0.1:1".parse().unwrap();
        let site = |sockets: &[SocketAddr]| Site {
            address: "localhost:1".parse().unwrap(),
            sockets: sockets.to_vec(),
        };
        let patience = Duration::from_secs(10);
        let (finding, sites) = reach(vec![site(&[closed, open]), site(&[closed])], patience);
        let Outcome::Doubtful(advice) = finding.outcome else { panic!("{:?}", finding.outcome) };
        assert_eq!(advice.cause, "127.0.0.1:1: connection refused");
        assert_eq!(finding.found, [format!("{open} (not 127.0.0.1:1: connection refused)")]);
        assert_eq!(sites.len(), 1);
        assert_eq!(sites[0].sockets, [open]);
        let (finding, sites) = reach(vec![site(&[closed])], patience);
        assert!(matches!(finding.outcome, Outcome::Failed(_)) && sites.is_empty());
    }
}
