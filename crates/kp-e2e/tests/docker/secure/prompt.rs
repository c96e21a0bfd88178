//! A password that somebody types.

use kp_e2e::{Build, Program, eventually};
use tempfile::TempDir;

use super::User;
use super::broker::{Listener, SecureBroker};
use super::keys::Pair;
use crate::terminal;

/// Runs `kp-admin topics list` on a terminal with these settings, and types the answers to
/// questions that end with `: `.
fn on_a_terminal(folder: &TempDir, settings: &[(&str, &str)], answers: &[&str]) -> (String, u32) {
    let mut command = terminal::admin(Build::Tls, folder.path(), &["topics", "list"]);
    for (name, value) in settings {
        command.env(format!("KP_KAFKA__{name}"), value);
    }
    let mut answers = answers.iter();
    terminal::run(command, ": ", |terminal| {
        let answer = answers.next()?;
        // Nobody types as fast as a program.
        eventually("the terminal stops to show what is typed", || {
            !terminal::shows_typing(terminal)
        });
        Some((*answer).to_owned())
    })
}

fn login<'s>(broker: &'s str, user: &'s User<'s>) -> Vec<(&'s str, &'s str)> {
    vec![
        ("BOOTSTRAP_SERVERS", broker),
        ("SECURITY_PROTOCOL", "sasl_ssl"),
        ("CA", "ca.pem"),
        ("SASL_MECHANISM", user.mechanism),
        ("SASL_USERNAME", user.name),
    ]
}

fn folder(broker: &SecureBroker) -> TempDir {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("ca.pem"), &broker.authority.certificate).unwrap();
    folder
}

#[test]
fn a_password_that_is_set_nowhere_is_asked_for_and_does_not_show() {
    let broker = SecureBroker::shared();
    let address = broker.address(Listener::Login);
    let user = User::ALICE;
    let settings = login(&address, &user);
    // The last one is Ctrl-C.
    for (typed, end, exit) in [
        (user.password, "\n", 0),
        ("wrong-secret", "\n", 4),
        ("", "\n", 3),
        ("half-a-secret", "\x03", 130),
    ] {
        let answer = format!("{typed}{end}");
        let (screen, code) = on_a_terminal(&folder(&broker), &settings, &[&answer]);
        assert_eq!(code, exit, "{screen}");
        assert!(screen.contains("Password of alice: "), "{screen}");
        assert!(typed.is_empty() || !screen.contains(typed), "{screen}");
    }
}

#[test]
fn the_password_of_an_encrypted_key_is_asked_for() {
    let broker = SecureBroker::shared();
    let address = broker.address(Listener::Mutual);
    let folder = folder(&broker);
    let Pair { certificate, .. } = &broker.client;
    std::fs::write(folder.path().join("client.pem"), certificate).unwrap();
    let key = broker.client.encrypted_key("key-secret");
    std::fs::write(folder.path().join("client.key"), key).unwrap();
    let settings = [
        ("BOOTSTRAP_SERVERS", address.as_str()),
        ("SECURITY_PROTOCOL", "ssl"),
        ("CA", "ca.pem"),
        ("CERTIFICATE", "client.pem"),
        ("KEY", "client.key"),
    ];
    let (screen, code) = on_a_terminal(&folder, &settings, &["key-secret\n"]);
    assert_eq!(code, 0, "{screen}");
    assert!(screen.contains("Password of the key client.key: "), "{screen}");
    assert!(!screen.contains("key-secret"), "{screen}");
}

#[test]
fn nobody_is_asked_where_nobody_can_answer() {
    let broker = SecureBroker::shared();
    let address = broker.address(Listener::Login);
    let user = User::ALICE;
    let mut call = kp_e2e::Call::with_tls(Program::Admin).args(["topics", "list"]);
    for (name, value) in login(&address, &user) {
        call = call.env(&format!("KP_KAFKA__{name}"), value);
    }
    call.run().exits(3).says(&["kafka.sasl_password_file", "KP_KAFKA__LIBRDKAFKA__SASL_PASSWORD"]);
}
