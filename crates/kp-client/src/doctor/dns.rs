//! The names of the bootstrap addresses are looked up.

use std::net::SocketAddr;
use std::time::Duration;

use kp_settings::Address;

use super::step::Finding;
use crate::addresses::{at_once, resolve};
use crate::advice::Advice;

/// What to change where a name leads nowhere.
pub(crate) const CHANGE: &str =
    "check the spelling of the address (-b HOST:PORT), and this machine's resolver";

/// A bootstrap address, and where it leads.
#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) address: Address,
    pub(crate) sockets: Vec<SocketAddr>,
}

/// Looks up all names at once; with what was found, the sites whose names lead somewhere.
pub(crate) fn look_up(addresses: &[Address], patience: Duration) -> (Finding, Vec<Site>) {
    let parts = sockets_of(addresses, patience);
    let mut sites = Vec::new();
    let mut said = Vec::new();
    for (address, part) in addresses.iter().zip(parts) {
        said.push(part.map(|sockets| {
            let words = words(address, &sockets);
            sites.push(Site { address: address.clone(), sockets });
            vec![words]
        }));
    }
    (Finding::any_of(said), sites)
}

/// Where each address leads, or why nowhere.
pub(crate) fn sockets_of(
    addresses: &[Address],
    patience: Duration,
) -> Vec<Result<Vec<SocketAddr>, Advice>> {
    let late = |address: &Address| {
        let cause = format!("{}: the resolver gives no answer within {patience:?}", address.host());
        Err(Advice::new(cause, CHANGE))
    };
    let mut found: Vec<_> = addresses.iter().map(late).collect();
    for (index, sockets) in at_once(addresses, patience, sockets) {
        found[index] = sockets;
    }
    found
}

fn sockets(address: &Address) -> Result<Vec<SocketAddr>, Advice> {
    let mut sockets: Vec<SocketAddr> = resolve(address).into_iter().flatten().collect();
    sockets.dedup();
    if sockets.is_empty() {
        let cause = format!("{}: the name does not resolve", address.host());
        return Err(Advice::new(cause, CHANGE));
    }
    Ok(sockets)
}

fn words(address: &Address, sockets: &[SocketAddr]) -> String {
    let host = address.host();
    let numbers: Vec<String> = sockets.iter().map(|socket| socket.ip().to_string()).collect();
    if numbers == [host.as_str()] {
        return format!("{host}, an IP address");
    }
    format!("{host} -> {}", numbers.join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::step::Outcome;
    use super::*;

    #[test]
    fn a_name_that_leads_nowhere_is_a_doubt_beside_one_that_does() {
        let named = |names: &[&str]| -> Vec<Address> {
            names.iter().map(|name| name.parse().unwrap()).collect()
        };
        let patience = Duration::from_secs(20);
        let (finding, sites) = look_up(&named(&["nowhere.invalid:1", "127.0.0.1:2"]), patience);
        assert!(matches!(finding.outcome, Outcome::Doubtful(_)), "{:?}", finding.outcome);
        assert_eq!(finding.found, ["127.0.0.1, an IP address"]);
        assert_eq!(sites.len(), 1);
        let (finding, sites) = look_up(&named(&["nowhere.invalid:1"]), patience);
        let Outcome::Failed(advice) = finding.outcome else { panic!("it leads nowhere") };
        assert_eq!(advice.cause, "nowhere.invalid: the name does not resolve");
        assert!(sites.is_empty());
    }
}
