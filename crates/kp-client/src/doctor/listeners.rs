//! Each broker is reached at the address that it names as its own (`advertised.listeners`).
//!
//! A client asks a bootstrap address only who the brokers are. Everything else goes to the
//! addresses that the answer names.

use std::sync::Arc;
use std::time::Duration;

use kp_settings::Address;
use rdkafka::metadata::{Metadata, MetadataBroker};

use super::dns::sockets_of;
use super::route::Route;
use super::step::Finding;
use crate::addresses::{address_of, at_once};
use crate::advice::Advice;

/// What to change where an address is reached only by the brokers themselves.
pub(crate) const CHANGE: &str = "change that broker's advertised.listeners to an address that is reached from here, or make this one so";

/// How much longer the whole may take than one of its parts.
const GRACE: Duration = Duration::from_millis(500);

/// Reaches all brokers at once.
pub(crate) fn reach(route: &Arc<Route>, metadata: &Metadata) -> Finding {
    let mut named = Vec::new();
    let mut said = Vec::new();
    for broker in metadata.brokers() {
        match address_of(broker) {
            Some(address) => named.push((broker.id(), address)),
            None => said.push(Err(without_address(broker))),
        }
    }
    let addresses: Vec<Address> = named.iter().map(|(_, address)| address.clone()).collect();
    let mut reached: Vec<_> =
        addresses.iter().map(|_| Err(Advice::new("no answer", CHANGE))).collect();
    let shared = Arc::clone(route);
    let act = move |address: &Address| open(&shared, address);
    for (index, result) in at_once(&addresses, route.patience * 2 + GRACE, act) {
        reached[index] = result;
    }
    said.extend(named.iter().zip(reached).map(|((id, address), result)| match result {
        Ok(()) => Ok(vec![format!("broker {id} at {address}")]),
        Err(Advice { cause, change }) => Err(Advice::new(
            format!(
                "broker {id} sends clients to {address}, which cannot be used from here: {cause}"
            ),
            change,
        )),
    }));
    Finding::all_of(said)
}

fn without_address(broker: &MetadataBroker) -> Advice {
    let (id, host, port) = (broker.id(), broker.host(), broker.port());
    Advice::new(format!("broker {id} sends clients to {host:?}, port {port}: no address"), CHANGE)
}

/// Connects, and shakes hands where the settings want TLS.
fn open(route: &Route, address: &Address) -> Result<(), Advice> {
    let listed = std::slice::from_ref(address);
    let sockets = sockets_of(listed, route.patience).pop().unwrap_or(Ok(Vec::new()));
    let elsewhere = |advice: Advice| Advice::new(advice.cause, CHANGE);
    let mut last = Advice::new("no answer", CHANGE);
    for socket in sockets.map_err(elsewhere)? {
        match route.connect(socket) {
            Ok(stream) => return route.secure(&address.host(), stream).map(drop),
            Err(reason) => last = Advice::new(reason, CHANGE),
        }
    }
    Err(last)
}
