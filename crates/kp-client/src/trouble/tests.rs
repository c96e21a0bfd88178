use super::*;

fn failure(code: Code, text: &str) -> Event {
    Event::Error(Failure { code, text: text.to_owned(), fatal: false })
}

#[test]
fn the_same_refusal_is_kept_once_and_told_in_words() {
    let mut trouble = Trouble::default();
    for after in ["0ms", "3ms"] {
        trouble.note(&failure(
            Code::BrokerTransportFailure,
            &format!("localhost:9/bootstrap: Connect to ipv4#127.0.0.1:9 failed: Connection refused (after {after} in state CONNECT)"),
        ));
    }
    assert_eq!(trouble.explain(), "\n  localhost:9: connection refused; nothing listens there");
    assert!(!trouble.is_final(), "another bootstrap broker may answer");
    trouble.note(&failure(Code::AllBrokersDown, "1/1 brokers are down"));
    assert!(trouble.is_final());
}

#[test]
fn brokers_are_known_by_their_addresses_however_they_are_written() {
    let bootstrap: Servers = "LocalHost,[::1]:9093,127.0.0.2".parse().unwrap();
    for same in [
        "localhost:9092/bootstrap: refused",
        "ssl://LOCALHOST:9092/1: refused",
        "GroupCoordinator: localhost:9092: refused",
        "[::1]:9093/bootstrap: refused",
        "::1:9093/bootstrap: refused",
        "127.0.0.2:9092/bootstrap: refused",
        "nobody knows who: refused",
    ] {
        let mut trouble = Trouble::default();
        trouble.note(&failure(Code::BrokerTransportFailure, same));
        assert!(!trouble.is_about_others(&bootstrap), "{same}");
    }
    for other in ["localhost:9093/1: refused", "sasl_ssl://127.0.0.1:9092/1: refused"] {
        let mut trouble = Trouble::default();
        trouble.note(&failure(Code::BrokerTransportFailure, other));
        assert!(trouble.is_about_others(&bootstrap), "{other}");
    }
}

#[test]
fn a_reason_is_told_without_what_only_librdkafkas_authors_need() {
    for (text, name, reason) in [
        (
            "a:1/bootstrap: Connect failed: refused (after 0ms in state CONNECT)",
            "a:1",
            "Connect failed: refused",
        ),
        ("GroupCoordinator: b:2: Disconnected", "b:2", "Disconnected"),
        ("something: went wrong", "the broker", "something: went wrong"),
        ("", "the broker", ""),
    ] {
        let told = Told::by(text);
        assert_eq!((told.name().as_str(), told.reason), (name, reason), "{text}");
    }
}

#[test]
fn a_login_that_was_cut_off_is_no_refused_one() {
    for text in [
        "sasl_ssl://a:1/1: SASL SCRAM-SHA-512 mechanism handshake failed: Local: Broker transport failure: broker's supported mechanisms: (n/a)",
        "sasl_ssl://a:1/1: SASL authentication failure: Disconnected: connection closed by peer",
        "sasl_ssl://a:1/1: SASL PLAIN mechanism handshake failed: Local: Timed out",
    ] {
        let mut trouble = Trouble::default();
        trouble.note(&failure(Code::Authentication, text));
        assert_eq!(trouble.refusal(), None, "{text}");
        assert!(!trouble.is_final(), "{text}");
    }
    let mut trouble = Trouble::default();
    let text = "sasl_ssl://a:1/1: SASL authentication error: Authentication failed: Invalid username or password";
    trouble.note(&failure(Code::Authentication, text));
    assert!(trouble.is_final() && trouble.refusal().is_some());
}

#[test]
fn a_starting_broker_is_waited_for() {
    let mut trouble = Trouble::default();
    trouble.note(&failure(
        Code::BrokerTransportFailure,
        "localhost:9092/bootstrap: Disconnected while requesting ApiVersion: might be caused by incorrect security.protocol",
    ));
    trouble.note(&failure(Code::AllBrokersDown, "1/1 brokers are down"));
    assert!(!trouble.is_final());
}

#[test]
fn an_explanation_stays_short_however_many_brokers_fail() {
    let mut trouble = Trouble::default();
    for port in 1..100 {
        trouble.note(&failure(
            Code::BrokerTransportFailure,
            &format!("localhost:{port}/bootstrap: Connect to ipv4#127.0.0.1:{port} failed: Connection refused"),
        ));
    }
    assert_eq!(trouble.explain().lines().count(), SHOWN + 2);
}
