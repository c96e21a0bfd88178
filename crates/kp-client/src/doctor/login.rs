//! A login on a connection of our own, with a name and a password.
//!
//! librdkafka logs in for everything else. What it has no request for is asked on such a
//! connection.

use kafka_protocol::messages::{SaslAuthenticateRequest, SaslHandshakeRequest};
use kafka_protocol::protocol::StrBytes;
use rsasl::prelude::{Mechname, MessageSent, SASLClient, SASLConfig, Session, SessionError, State};

use super::route::Route;
use super::wire::Wire;

/// SCRAM takes two rounds, PLAIN one.
const ROUNDS: usize = 4;

/// What it is in a sentence: librdkafka's login was the first.
const LOGIN: &str = "a second login to ask for it";

/// Logs in.
///
/// # Errors
/// Why not, in words: kp cannot by this mechanism, the broker refuses, or there is no answer.
pub(crate) fn log_in(route: &Route, wire: &mut Wire) -> Result<(), String> {
    let mechanism = route.value("sasl.mechanisms");
    // Before the broker is asked: what cannot be ended is not begun.
    let Some(mut session) = begin(route, &mechanism) else {
        return Err(format!("kp makes no login of its own by {mechanism} to ask for it"));
    };
    let shake = SaslHandshakeRequest::default().with_mechanism(StrBytes::from_string(mechanism));
    let answer = wire.ask_for_list(1, &shake, 2).map_err(|silence| silence.at(LOGIN))?;
    if answer.error_code != 0 {
        return Err(refused(answer.error_code, None));
    }
    let mut told = None;
    for _ in 0..ROUNDS {
        let mut said = Vec::new();
        let state = session.step(told.as_deref(), &mut said).map_err(|error| broken(&error))?;
        if matches!(state, State::Finished(MessageSent::No)) {
            return Ok(());
        }
        let request = SaslAuthenticateRequest::default().with_auth_bytes(said.into());
        let answer = wire.ask(0, &request).map_err(|silence| silence.at(LOGIN))?;
        if answer.error_code != 0 {
            return Err(refused(answer.error_code, answer.error_message.as_deref()));
        }
        if matches!(state, State::Finished(MessageSent::Yes)) {
            return Ok(());
        }
        told = Some(answer.auth_bytes);
    }
    Err(format!("{LOGIN} had no end after {ROUNDS} rounds"))
}

/// A login that waits for its first step; none by a mechanism that takes more than a name and a
/// password.
fn begin(route: &Route, mechanism: &str) -> Option<Session> {
    let (user, password) = (route.value("sasl.username"), route.value("sasl.password"));
    let config = SASLConfig::with_credentials(None, user, password).ok()?;
    let name = Mechname::parse(mechanism.as_bytes()).ok()?;
    SASLClient::new(config).start_suggested(&[name]).ok()
}

/// The broker's no; Kafka gives a reason with a refused password, and none with other things.
fn refused(code: i16, reason: Option<&str>) -> String {
    match reason.filter(|reason| !reason.is_empty()) {
        Some(reason) => format!("{LOGIN} was refused: {reason}"),
        None => format!("{LOGIN} was refused: Kafka's error {code}"),
    }
}

/// What the broker said makes no sense to the mechanism, or the name and password do not.
fn broken(error: &SessionError) -> String {
    match error {
        SessionError::MechanismError(error) => format!("{LOGIN} came to nothing: {error}"),
        error => format!("{LOGIN} came to nothing: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::thread;
    use std::time::Duration;

    use bytes::BytesMut;
    use kafka_protocol::ResponseError;
    use kafka_protocol::messages::{SaslAuthenticateResponse, SaslHandshakeResponse};
    use kafka_protocol::protocol::Encodable;

    use super::*;

    /// What the broker does at one request.
    enum Act {
        Answer(BytesMut),
        HangUp,
        SayNothing,
    }

    fn shakes(code: i16) -> Act {
        let mut bytes = BytesMut::new();
        let answer = SaslHandshakeResponse::default().with_error_code(code);
        answer.encode(&mut bytes, 1).unwrap();
        Act::Answer(bytes)
    }

    fn says(code: i16, message: Option<&str>, auth: &[u8]) -> Act {
        let mut bytes = BytesMut::new();
        let message = message.map(|text| StrBytes::from_string(text.to_owned()));
        let answer = SaslAuthenticateResponse::default()
            .with_error_code(code)
            .with_error_message(message)
            .with_auth_bytes(auth.to_vec().into());
        answer.encode(&mut bytes, 0).unwrap();
        Act::Answer(bytes)
    }

    fn request(stream: &mut TcpStream) -> Option<Vec<u8>> {
        let mut size = [0; 4];
        stream.read_exact(&mut size).ok()?;
        let mut frame = vec![0; usize::try_from(i32::from_be_bytes(size)).unwrap()];
        stream.read_exact(&mut frame).unwrap();
        Some(frame)
    }

    /// How a login by this mechanism ends where the broker acts like this, and what it was asked.
    fn log_in_to(mechanism: &str, acts: Vec<Act>) -> (Result<(), String>, Vec<Vec<u8>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let socket = listener.local_addr().unwrap();
        let broker = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
            let mut asked = Vec::new();
            for act in acts {
                let Some(frame) = request(&mut stream) else { return asked };
                let number = frame[4..8].to_vec();
                asked.push(frame);
                match act {
                    Act::Answer(body) => {
                        let size = i32::try_from(4 + body.len()).unwrap().to_be_bytes();
                        stream.write_all(&[&size[..], &number, &body].concat()).unwrap();
                    }
                    Act::HangUp => return asked,
                    Act::SayNothing => {}
                }
            }
            // The connection stays until the other side has enough of it.
            asked.extend(request(&mut stream));
            asked
        });
        let route = Route::for_test(&[
            ("sasl.mechanisms", mechanism),
            ("sasl.username", "alice"),
            ("sasl.password", "secret"),
        ]);
        let mut wire = route.open("localhost", socket).unwrap().wire;
        let ended = log_in(&route, &mut wire);
        drop(wire);
        (ended, broker.join().unwrap())
    }

    #[track_caller]
    fn fails(mechanism: &str, acts: Vec<Act>, words: &str) {
        assert_eq!(log_in_to(mechanism, acts).0, Err(words.to_owned()));
    }

    #[test]
    fn a_name_and_a_password_are_shown_one_time() {
        let (ended, asked) = log_in_to("PLAIN", vec![shakes(0), says(0, None, b"")]);
        assert_eq!((ended, asked.len()), (Ok(()), 2));
        assert!(asked[1].ends_with(b"\0alice\0secret"), "{:?}", asked[1]);
    }

    #[test]
    fn what_kp_cannot_do_is_not_begun() {
        for mechanism in ["OAUTHBEARER", "GSSAPI"] {
            let (ended, asked) = log_in_to(mechanism, vec![shakes(0)]);
            let words = format!("kp makes no login of its own by {mechanism} to ask for it");
            assert_eq!((ended, asked), (Err(words), Vec::new()));
        }
    }

    #[test]
    fn the_no_of_a_broker_is_told_as_its_own() {
        let code = ResponseError::SaslAuthenticationFailed.code();
        let no = says(code, Some("invalid credentials"), b"");
        let words = "a second login to ask for it was refused: invalid credentials";
        fails("SCRAM-SHA-512", vec![shakes(0), no], words);
        let words = "a second login to ask for it was refused: Kafka's error 58";
        fails("PLAIN", vec![shakes(0), says(code, Some(""), b"")], words);
        let other = ResponseError::UnsupportedSaslMechanism.code();
        let words = "a second login to ask for it was refused: Kafka's error 33";
        fails("PLAIN", vec![shakes(other)], words);
    }

    #[test]
    fn no_answer_is_no_refusal() {
        let hangs_up = "the broker hung up at a second login to ask for it";
        fails("PLAIN", vec![Act::HangUp], hangs_up);
        fails("SCRAM-SHA-256", vec![shakes(0), Act::HangUp], hangs_up);
        let late = "no answer in time to a second login to ask for it";
        fails("PLAIN", vec![Act::SayNothing], late);
        fails("PLAIN", vec![shakes(0), Act::SayNothing], late);
        let other = Act::Answer(BytesMut::from("HTTP"));
        fails("PLAIN", vec![other], "no answer of Kafka's to a second login to ask for it");
    }

    #[test]
    fn an_answer_that_does_not_fit_ends_the_login() {
        let other = says(0, None, b"r=another,s=c2FsdA==,i=4096");
        let words = "a second login to ask for it came to nothing: \
                     SCRAM protocol error: returned server nonce is invalid";
        fails("SCRAM-SHA-256", vec![shakes(0), other], words);
    }
}
