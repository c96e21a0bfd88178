//! A login on a connection of our own, with a name and a password.
//!
//! librdkafka logs in for everything else. What it has no request for is asked on such a
//! connection.

use kafka_protocol::messages::{SaslAuthenticateRequest, SaslHandshakeRequest};
use kafka_protocol::protocol::StrBytes;
use rsasl::prelude::{Mechname, MessageSent, SASLClient, SASLConfig, State};

use super::route::Route;
use super::wire::Wire;

/// SCRAM takes two rounds, PLAIN one.
const ROUNDS: usize = 4;

/// Logs in; none where this mechanism is another, or the broker refuses.
pub(crate) fn log_in(route: &Route, wire: &mut Wire) -> Option<()> {
    let mechanism = route.value("sasl.mechanisms");
    let shake =
        SaslHandshakeRequest::default().with_mechanism(StrBytes::from_string(mechanism.clone()));
    let answer = wire.ask_for_list(1, &shake, 2).ok()?;
    if answer.error_code != 0 {
        return None;
    }
    let (user, password) = (route.value("sasl.username"), route.value("sasl.password"));
    let config = SASLConfig::with_credentials(None, user, password).ok()?;
    let name = Mechname::parse(mechanism.as_bytes()).ok()?;
    let mut session = SASLClient::new(config).start_suggested(&[name]).ok()?;
    let mut told = None;
    for _ in 0..ROUNDS {
        let mut said = Vec::new();
        let state = session.step(told.as_deref(), &mut said).ok()?;
        if matches!(state, State::Finished(MessageSent::No)) {
            return Some(());
        }
        let request = SaslAuthenticateRequest::default().with_auth_bytes(said.into());
        let answer = wire.ask(0, &request).ok()?;
        if answer.error_code != 0 {
            return None;
        }
        if matches!(state, State::Finished(MessageSent::Yes)) {
            return Some(());
        }
        told = Some(answer.auth_bytes);
    }
    None
}
