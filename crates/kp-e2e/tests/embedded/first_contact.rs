//! Addresses where no Kafka answers.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use kp_e2e::{Call, Cluster, Finished, Program};

use crate::Stage;

/// Nothing listens on port 1.
const DEAD: &str = "127.0.0.1:1";

fn calls_of_all_programs() -> [Call; 3] {
    [
        Call::new(Program::Producer),
        Call::new(Program::Consumer),
        Call::new(Program::Admin).args(["topics", "list"]),
    ]
}

/// Makes sure that the failure is told soon and in few lines, with these words.
#[track_caller]
fn is_reported(ended: Finished, words: &[&str]) {
    let ended = ended.exits(4).says(words);
    assert!(ended.elapsed < Duration::from_secs(5), "{ended}");
    assert!(ended.stderr.lines().count() <= 6, "{ended}");
    assert!(ended.messages().is_empty(), "{ended}");
}

/// A listener that treats each connection in this way, in threads that end with the test.
fn listen(serve: fn(TcpStream)) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            thread::spawn(move || serve(connection));
        }
    });
    address
}

/// Calls all programs on an address, at the same time because each may take seconds, and makes sure
/// that each reports it.
#[track_caller]
fn every_program_reports(bootstrap: &str, words: &[&str]) {
    let running = calls_of_all_programs().map(|call| call.bootstrap(bootstrap).start());
    for program in running {
        is_reported(program.finish(), words);
    }
}

#[test]
fn a_refused_connection_is_reported_soon_and_once() {
    every_program_reports(DEAD, &[DEAD, "refused"]);
}

#[test]
fn a_quiet_program_reports_it_too() {
    for call in calls_of_all_programs() {
        is_reported(call.args(["-q"]).bootstrap(DEAD).run(), &[DEAD, "refused"]);
    }
    let stage = Stage::new();
    let nothing = stage.reader().args(["-q", "--max-messages", "1"]).run();
    is_reported(nothing, &["printed nothing"]);
    stage.reader().args(["-q"]).run().exits(0).is_quiet();
}

#[test]
fn so_are_many_of_them() {
    let dead: Vec<_> = (1..=8).map(|port| format!("127.0.0.1:{port}")).collect();
    every_program_reports(&dead.join(","), &[DEAD, "refused"]);
}

#[test]
fn a_name_that_does_not_resolve_is_reported() {
    // No resolver may answer for this one (RFC 6761).
    every_program_reports("broker.invalid:9092", &["broker.invalid:9092", "resolve"]);
}

#[test]
fn a_port_that_says_nothing_is_reported() {
    let address = listen(|mut connection| {
        let _ = connection.read_to_end(&mut Vec::new());
    });
    every_program_reports(&address, &[&address]);
}

#[test]
fn a_port_that_speaks_http_is_reported() {
    let address = listen(|mut connection| {
        let _ = connection.read(&mut [0; 1024]);
        let _ = connection.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        let _ = connection.read_to_end(&mut Vec::new());
    });
    every_program_reports(&address, &[&address]);
}

#[test]
fn a_port_that_hangs_up_is_reported() {
    let address = listen(drop);
    every_program_reports(&address, &[&address]);
}

#[test]
fn an_address_without_a_port_where_nothing_listens_is_not_taken_for_one_that_answers() {
    // In no stack does anybody listen there, and both are the same broker to librdkafka.
    for address in ["127.0.0.2", " 127.0.0.2:9092,"] {
        let admin = Call::new(Program::Admin).args(["topics", "list"]);
        let ended = admin.bootstrap(address).run().exits(4);
        let ended = ended.says(&["127.0.0.2:9092: connection refused; nothing listens there"]);
        assert!(!ended.stderr.contains("sends clients on"), "{ended}");
    }
}

#[test]
fn a_web_address_is_refused_at_once() {
    for call in calls_of_all_programs() {
        let ended = call.bootstrap("http://localhost:9092").run().exits(3);
        let ended = ended.says(&["--bootstrap-server", "no protocol of Kafka's"]);
        assert!(ended.elapsed < Duration::from_secs(3), "{ended}");
    }
}

#[test]
fn a_broker_is_reached_by_each_form_of_its_address() {
    let stage = Stage::new();
    let address = stage.broker.bootstrap();
    let (_, port) = address.rsplit_once(':').unwrap();
    for form in [
        format!("LocalHost:{port}"),
        format!("Plaintext://127.0.0.1:{port}"),
        format!(" 127.0.0.1:{port} , localhost:{port},"),
    ] {
        let admin = Call::new(Program::Admin).args(["topics", "list"]);
        admin.bootstrap(&form).run().exits(0).is_quiet();
    }
}

#[test]
fn who_set_an_address_that_cannot_be_reached_is_told() {
    let list = || Call::new(Program::Admin).args(["topics", "list"]);
    let file = format!("[kafka]\nbootstrap_servers = \"{DEAD}\"\n");
    for (call, place) in [
        (list().env("KP_KAFKA__BOOTSTRAP_SERVERS", DEAD), "unset KP_KAFKA__BOOTSTRAP_SERVERS"),
        (
            list().file("my.toml", &file).args(["--config", "my.toml"]),
            "change my.toml: kafka.bootstrap_servers",
        ),
    ] {
        let ended = call.run().exits(4);
        let set_by = place.split_once(' ').unwrap().1;
        let first = format!("cannot reach Kafka at {DEAD} (set by {set_by})");
        let ended = ended.says(&[&first, place]);
        assert!(!ended.stderr.contains("xtask up"), "{ended}");
    }
    let flag = list().bootstrap(DEAD).run().exits(4);
    flag.says(&[&format!("cannot reach Kafka at {DEAD} (set by --bootstrap-server)")]);
}

#[test]
fn a_dead_broker_beside_a_live_one_is_not_worth_a_word() {
    let stage = Stage::new();
    let live = stage.broker.bootstrap();
    for both in [format!("{DEAD},{live}"), format!("{live},{DEAD}")] {
        let on_both = |program| Call::new(program).bootstrap(&both);
        let topic = ["--topic", stage.topic.as_str()];
        let sent = on_both(Program::Producer).args(topic).args(["--count", "5"]).run().exits(0);
        assert!(!sent.stderr.contains(DEAD), "{sent}");
        assert!(!sent.stderr.contains("warning"), "{sent}");
        let group = kp_e2e::random_name("group");
        on_both(Program::Consumer).args(topic).args(["--group", &group]).run().exits(0).is_quiet();
        on_both(Program::Admin).args(["topics", "list"]).run().exits(0).is_quiet();
    }
}

#[test]
fn a_broker_that_goes_away_does_not_hold_up_the_end() {
    let stage = Stage::new();
    stage.produce(10);
    let consumer = stage
        .consumer()
        .args(["--idle-exit", "never", "--shutdown-timeout", "2s", "--format", "value"])
        .start();
    consumer.wait_for_lines(10);
    let mut producer =
        stage.producer().args(["--stdin", "--shutdown-timeout", "1s"]).open_stdin().start();
    producer.type_in("before\n");
    consumer.wait_for_lines(11);
    drop(stage.broker);
    // More than a pipe holds, so that much of it was taken once all is written.
    producer.type_in(&"after\n".repeat(20_000));
    producer.signal(kp_e2e::Signal::TERM);
    producer.finish().exits(5).says(&["left undelivered"]);
    consumer.signal(kp_e2e::Signal::TERM);
    let ended = consumer.finish();
    assert!(ended.elapsed < Duration::from_secs(20), "{ended}");
}
