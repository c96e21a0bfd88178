//! `doctor` on the embedded broker, and where there is none: the step that fails is the right one.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use kp_rdkafka::mock::MockCluster;
use serde_json::Value;

/// No step may wait for much longer than it is told to, here a second.
const SOON: Duration = Duration::from_secs(8);

const STEPS: [&str; 11] = [
    "dns",
    "tcp",
    "tls",
    "api_versions",
    "sasl",
    "metadata",
    "listeners",
    "clock",
    "topic",
    "access",
    "probe",
];

struct Examined {
    code: i32,
    out: String,
}

/// Runs the command to its end.
fn doctor(servers: &str, words: &[&str]) -> Examined {
    let started = Instant::now();
    let output = Command::new(env!("CARGO_BIN_EXE_kp-admin"))
        .args(["-b", servers, "doctor"])
        .args(words)
        .current_dir(env!("CARGO_TARGET_TMPDIR"))
        .env_clear()
        .env("KP_KAFKA__CONNECT_TIMEOUT", "1s")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let talk = String::from_utf8_lossy(&output.stderr);
    assert!(started.elapsed() < SOON, "took {:?}: {talk}", started.elapsed());
    Examined {
        code: output.status.code().unwrap_or_else(|| panic!("no exit code: {talk}")),
        out: String::from_utf8(output.stdout).unwrap(),
    }
}

/// The same as JSON: whether it failed, and its answer.
fn examined(servers: &str, words: &[&str]) -> (i32, Value) {
    let Examined { code, out } = doctor(servers, &[words, &["--output", "json"]].concat());
    let answer: Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"));
    assert_eq!(answer["schema"], "kp.admin.doctor/1");
    let steps: Vec<_> =
        answer["steps"].as_array().unwrap().iter().map(|one| &one["step"]).collect();
    assert_eq!(steps, STEPS);
    (code, answer)
}

fn step<'a>(answer: &'a Value, name: &str) -> &'a Value {
    let place = STEPS.iter().position(|step| *step == name).unwrap();
    &answer["steps"][place]
}

/// Makes sure that this step failed for this reason, that something to change is named, and that no
/// further step was tried.
#[track_caller]
fn fails_at(servers: &str, words: &[&str], name: &str, cause: &str) -> Value {
    let (code, answer) = examined(servers, words);
    assert_eq!(code, 4, "{answer:#}");
    assert_eq!(answer["ok"], false);
    assert_eq!(answer["failed"], name, "{answer:#}");
    let failed = step(&answer, name);
    assert!(failed["cause"].as_str().unwrap().contains(cause), "{failed:#}");
    assert!(failed["change"].as_str().is_some_and(|change| !change.is_empty()), "{failed:#}");
    let after = STEPS.iter().skip_while(|step| **step != name).skip(1);
    for later in after {
        assert_eq!(step(&answer, later)["outcome"], "not_tried", "{answer:#}");
    }
    answer
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

fn cluster() -> MockCluster {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("orders", 2, 1).unwrap();
    cluster
}

#[test]
fn what_the_embedded_broker_tells_is_right_and_what_it_does_not_is_said() {
    let cluster = cluster();
    let words = ["--topic", "orders", "--group", "g", "--probe"];
    let (code, answer) = examined(&cluster.bootstrap_servers(), &words);
    assert_eq!((code, &answer["ok"], &answer["failed"]), (0, &Value::Bool(true), &Value::Null));
    for name in ["dns", "tcp", "api_versions", "metadata", "listeners", "topic", "probe"] {
        assert_eq!(step(&answer, name)["outcome"], "ok", "{answer:#}");
    }
    for name in ["clock", "access"] {
        assert_eq!(step(&answer, name)["outcome"], "not_told", "{answer:#}");
    }
    let probe = step(&answer, "probe")["found"][0].as_str().unwrap();
    assert!(probe.starts_with("written to orders ["), "{probe}");
}

#[test]
fn a_line_a_step_is_printed_for_people() {
    let cluster = cluster();
    let Examined { code, out } = doctor(&cluster.bootstrap_servers(), &[]);
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!((code, lines.len()), (0, STEPS.len() + 2), "{out}");
    assert!(lines[1].starts_with("ok ") && lines[1].contains("DNS"), "{out}");
    assert_eq!(lines.last(), Some(&"Nothing is wrong."));
    let Examined { out, .. } = doctor("127.0.0.1:1", &[]);
    assert!(out.contains("FAIL") && out.contains("\n      change:      is the broker up"), "{out}");
}

#[test]
fn a_name_and_a_port_that_lead_nowhere_are_told_from_each_other() {
    // No resolver may answer for it (RFC 6761).
    fails_at("broker.invalid:9092", &[], "dns", "broker.invalid: the name does not resolve");
    fails_at("127.0.0.1:1", &[], "tcp", "127.0.0.1:1: connection refused");
}

#[test]
fn a_bad_address_beside_a_good_one_is_a_warning() {
    let cluster = cluster();
    let servers = format!("broker.invalid:1,127.0.0.1:1,{}", cluster.bootstrap_servers());
    let (code, answer) = examined(&servers, &["--topic", "orders"]);
    assert_eq!(code, 0, "{answer:#}");
    for (name, cause) in [("dns", "broker.invalid"), ("tcp", "127.0.0.1:1")] {
        let step = step(&answer, name);
        assert_eq!(step["outcome"], "warning", "{answer:#}");
        assert!(step["cause"].as_str().unwrap().contains(cause), "{step:#}");
    }
}

#[test]
fn a_port_with_tls_or_a_login_beside_a_good_one_is_a_warning() {
    let cluster = cluster();
    let good = cluster.bootstrap_servers();
    let tls = listen(alert);
    let login = listen(|mut connection| {
        answer_api_versions(&mut connection);
        // Metadata has to wait for a login.
        let _ = connection.read(&mut [0; 1024]);
    });
    let without = ["not used", "no login"]
        .map(|word| serde_json::json!([format!("{word} (kafka.security_protocol is plaintext)")]));
    let [no_tls, no_login] = &without;
    for (bad, name, cause, rest) in
        [(&tls, "tls", "expects TLS", no_tls), (&login, "sasl", "wants a login", no_login)]
    {
        let (code, answer) = examined(&format!("{bad},{good}"), &[]);
        assert_eq!(code, 0, "{answer:#}");
        let step = step(&answer, name);
        assert_eq!((&step["outcome"], &step["found"]), (&Value::from("warning"), rest), "{step:#}");
        let told = step["cause"].as_str().unwrap();
        assert!(told.contains(cause) && told.starts_with(bad.as_str()), "{step:#}");
        fails_at(bad, &[], name, cause);
    }
    // For people too, no line of a step is without words.
    let Examined { out, .. } = doctor(&format!("{login},{good}"), &[]);
    assert!(out.contains("warn  SASL         no login ("), "{out}");
}

#[test]
fn what_is_no_kafka_and_what_expects_tls_are_told_from_each_other() {
    let silent = listen(|mut connection| {
        let _ = connection.read_to_end(&mut Vec::new());
    });
    fails_at(&silent, &[], "api_versions", "does not answer as Kafka does");
    let web = listen(|mut connection| {
        let _ = connection.read(&mut [0; 1024]);
        let _ = connection.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        let _ = connection.read_to_end(&mut Vec::new());
    });
    fails_at(&web, &[], "api_versions", "does not answer as Kafka does");
    fails_at(&listen(alert), &[], "tls", "expects TLS");
}

#[test]
fn a_broker_that_answers_nothing_but_api_versions_is_told_with_the_time_that_it_took() {
    let busy = listen(|mut connection| {
        let version = answer_api_versions(&mut connection);
        // This form of an answer ends librdkafka in librdkafka's own version of the request.
        assert_eq!(version, Some(0), "librdkafka has asked before the steps");
        let _ = connection.read_to_end(&mut Vec::new());
    });
    let cause = "answers ApiVersions, and not Metadata";
    let answer = fails_at(&busy, &[], "api_versions", cause);
    assert!(step(&answer, "api_versions")["took_ms"].as_u64().unwrap() >= 900, "{answer:#}");
    let cluster = cluster();
    let (code, answer) = examined(&format!("{busy},{}", cluster.bootstrap_servers()), &[]);
    assert_eq!(code, 0, "{answer:#}");
    let told = step(&answer, "api_versions");
    assert_eq!(told["outcome"], "warning", "{told:#}");
    assert_eq!(told["cause"], format!("{busy}: {cause}"));
}

#[test]
fn causes_stand_together() {
    let closed = |mut connection: TcpStream| {
        let _ = connection.read(&mut [0; 1024]);
    };
    let (one, other) = (listen(closed), listen(closed));
    let answer = fails_at(&format!("{one},{other}"), &[], "api_versions", &format!("{one}: takes"));
    let failed = step(&answer, "api_versions");
    assert!(failed["cause"].as_str().unwrap().contains(&format!("; {other}: takes")), "{failed:#}");
    assert_eq!(failed["found"], serde_json::json!([]));
    // The same setting has the same words, however far the way went.
    let (_, answer) = examined("broker.invalid:1", &[]);
    for name in ["tls", "sasl"] {
        let why = step(&answer, name)["found"][0].as_str().unwrap();
        assert!(why.contains("kafka.security_protocol is plaintext"), "{answer:#}");
    }
}

/// An alert of TLS, whatever it is asked.
fn alert(mut connection: TcpStream) {
    let _ = connection.read(&mut [0; 1024]);
    let _ = connection.write_all(&[0x15, 3, 3, 0, 2, 2, 40]);
}

/// Knows one kind of requests, ApiVersions in version 0, and answers so whatever version it is
/// asked in; returns that version.
fn answer_api_versions(connection: &mut TcpStream) -> Option<u8> {
    let mut request = [0; 1024];
    let length = connection.read(&mut request).unwrap_or(0);
    let correlation_id = request[..length].get(8..12)?;
    let mut answer = vec![0, 0, 0, 16];
    answer.extend(correlation_id);
    // No error; a list of one: key 18, from version 0 to 0.
    answer.extend([0, 0, 0, 0, 0, 1, 0, 18, 0, 0, 0, 0]);
    connection.write_all(&answer).ok()?;
    Some(request[7])
}

#[test]
fn an_answer_that_claims_more_than_it_holds_is_no_answer() {
    // Correlation id 1, no error, and two billion kinds of requests.
    let liar = listen(|mut connection| {
        let _ = connection.read(&mut [0; 1024]);
        let answer = [0, 0, 0, 10, 0, 0, 0, 1, 0, 0, 0x7f, 0xff, 0xff, 0xff];
        let _ = connection.write_all(&answer);
        let _ = connection.read_to_end(&mut Vec::new());
    });
    fails_at(&liar, &[], "api_versions", "does not answer as Kafka does");
}

#[test]
fn an_address_that_the_broker_names_and_that_leads_nowhere_is_named() {
    let cluster = cluster();
    let servers = cluster.bootstrap_servers();
    cluster.set_host_port(1, "broker.invalid", 9092).unwrap();
    // Either kp or librdkafka is the first to find it out.
    let answer = fails_at(&servers, &[], "listeners", "broker.invalid:9092");
    let change = step(&answer, "listeners")["change"].as_str().unwrap();
    assert!(change.contains("advertised.listeners"), "{change}");
}

#[test]
fn a_topic_that_is_missing_or_without_a_leader_is_told() {
    let cluster = cluster();
    let servers = cluster.bootstrap_servers();
    let answer = fails_at(&servers, &["--topic", "ordres"], "topic", "does not exist");
    assert_eq!(step(&answer, "topic")["change"], "did you mean orders?");
    let answer = fails_at(&servers, &["--topic", "nope"], "topic", "does not exist");
    let change = "a first message makes it: `kp-producer -t nope`";
    assert_eq!(step(&answer, "topic")["change"], change);
    cluster.set_partition_leader("orders", 1, None).unwrap();
    fails_at(&servers, &["--topic", "orders"], "topic", "orders [1] has no leader");
}

#[test]
fn a_probe_needs_a_topic() {
    assert_eq!(doctor("127.0.0.1:1", &["--probe"]).code, 2);
}
