//! Screens as a user sees them: help and mistakes, and the first run as a picture.
//!
//! A line `$ ...` in a file below `screens` is what is typed. `SNAPSHOTS=overwrite cargo test
//! -p kp-e2e screens` writes what the programs print now below each.

use std::net::TcpListener;

use kp_e2e::{Call, Cluster, EmbeddedBroker, Finished, Program};
use snapbox::data::DataFormat;
use snapbox::{Assert, Data};

/// The file with this name below this crate's folder.
fn file(path: &str, format: DataFormat) -> Data {
    Data::read_from(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path), Some(format))
}

fn assert_shown(screen: String, expected: Data) {
    Assert::new().action_env("SNAPSHOTS").eq(screen, expected.raw());
}

/// Runs what was typed in a terminal of 100 columns. Quotation marks hold words together.
fn run(typed: &str) -> Finished {
    let parts = typed.split('"').enumerate();
    let mut words = parts.flat_map(|(number, part)| match number % 2 {
        0 => part.split_whitespace().collect(),
        _ => vec![part],
    });
    let name = words.next();
    let program = Program::ALL.into_iter().find(|program| Some(program.name()) == name);
    Call::new(program.expect("a program of kp")).env("COLUMNS", "100").args(words).run()
}

/// Types again what was typed in the session in a file, and compares the whole session.
#[track_caller]
fn check_session(path: &str) {
    let expected = file(path, DataFormat::Text);
    let text = expected.render().expect("a session");
    let screens = text.lines().filter_map(|line| line.strip_prefix("$ ")).map(|typed| {
        let ended = run(typed);
        let code = match ended.code() {
            Some(0) => String::new(),
            code => format!("? {}\n", code.expect("an exit code")),
        };
        format!("$ {typed}\n{code}{}{}", ended.text(), ended.stderr)
    });
    assert_shown(screens.collect::<Vec<_>>().join("\n"), expected);
}

#[test]
fn of_kp_producer() {
    check_session("tests/embedded/screens/kp-producer.txt");
}

#[test]
fn of_kp_consumer() {
    check_session("tests/embedded/screens/kp-consumer.txt");
}

#[test]
fn of_kp_admin() {
    check_session("tests/embedded/screens/kp-admin.txt");
}

#[test]
fn of_kp_broker() {
    check_session("tests/embedded/screens/kp-broker.txt");
}

#[test]
fn a_taken_port_is_an_error_that_says_who_may_hold_it() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = holder.local_addr().unwrap().port().to_string();
    let address = format!("127.0.0.1:{port}");
    let ended = Call::new(Program::Broker).args(["--listen", &address]).run().exits(1);
    assert!(ended.stdout.is_empty());
    assert_shown(
        ended.stderr.replace(&port, "PORT"),
        file("tests/embedded/screens/taken-port.txt", DataFormat::Text),
    );
}

/// The picture at the top of README.md. Its rates and times are fixed ones.
#[test]
fn the_first_run() {
    const PROMPT: &str = "\x1b[1;32m$\x1b[0m cargo run -q -p";
    let broker = EmbeddedBroker::start(&["topic1"]);
    let sent = broker.producer().run().exits(0);
    let read = broker.consumer().run().exits(0);

    let mut talk: Vec<&str> = sent.stderr.lines().collect();
    assert!(talk[1].contains(" msg/s, "), "{}", talk[1]);
    talk[1] = "  451492 msg/s, 8.53 MB/s; delivery latency p50 1.6 ms, p99 1.9 ms, max 1.9 ms";
    let done = sent.text();
    assert!(done.starts_with("[Done]: ") && done.lines().count() == 1, "{done}");
    let mut lines = read.lines();
    assert_eq!(lines.len(), 1_002);
    lines.splice(4..1_000, ["..."]);
    let screen = format!(
        "{PROMPT} kp-producer\n{}\n[Done]: 0.0022\n{PROMPT} kp-consumer\n{}",
        talk.join("\n"),
        lines.join("\n")
    );
    assert!(screen.lines().count() <= 15, "{screen}");
    assert_shown(screen, file("../../docs/first-run.svg", DataFormat::TermSvg));
}
