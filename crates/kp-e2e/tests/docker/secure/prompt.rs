//! A password that somebody types.

use std::io::{Read, Write};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Instant;

use kp_e2e::{Build, DEADLINE, Program, eventually};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use tempfile::TempDir;

use super::User;
use super::broker::{Listener, SecureBroker};
use super::keys::Pair;

/// The flag of a terminal that shows what is typed, on Linux and macOS.
const ECHO: u32 = 8;

/// Runs `kp-admin topics list` on a terminal with these settings, and types the answers to
/// questions that end with `: `.
///
/// Makes sure that the terminal is as it was. Returns the screen and the exit code.
fn on_a_terminal(folder: &TempDir, settings: &[(&str, &str)], answers: &[&str]) -> (String, u32) {
    let pty = native_pty_system().openpty(PtySize::default()).unwrap();
    let mut command = CommandBuilder::new(Program::Admin.path(Build::Tls));
    command.args(["topics", "list"]);
    command.cwd(folder.path());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("KP_") {
            command.env_remove(name);
        }
    }
    for (name, value) in settings {
        command.env(format!("KP_KAFKA__{name}"), value);
    }
    let mut child = pty.slave.spawn_command(command).unwrap();
    drop(pty.slave);
    let mut reader = pty.master.try_clone_reader().unwrap();
    let mut writer = pty.master.take_writer().unwrap();
    let mut killer = child.clone_killer();
    let (sender, read) = mpsc::channel();
    thread::spawn(move || {
        let mut buffer = [0; 1024];
        // It ends with an error once nobody has the terminal open.
        while let Ok(count @ 1..) = reader.read(&mut buffer) {
            if sender.send(buffer[..count].to_vec()).is_err() {
                break;
            }
        }
    });
    let end = Instant::now() + DEADLINE;
    let mut screen = String::new();
    let mut answers = answers.iter();
    loop {
        match read.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(bytes) => screen += &String::from_utf8_lossy(&bytes),
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                let _ = killer.kill();
                panic!("it does not end: {screen}");
            }
        }
        if screen.ends_with(": ")
            && let Some(answer) = answers.next()
        {
            // Nobody types as fast as a program.
            eventually("the terminal stops to show what is typed", || {
                let terminal = pty.master.get_termios();
                terminal.is_some_and(|terminal| terminal.local_flags.bits() & ECHO == 0)
            });
            writer.write_all(answer.as_bytes()).unwrap();
        }
    }
    let code = child.wait().unwrap().exit_code();
    let terminal = pty.master.get_termios().unwrap();
    assert_ne!(
        terminal.local_flags.bits() & ECHO,
        0,
        "the terminal is left without an echo: {screen}"
    );
    (screen, code)
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
