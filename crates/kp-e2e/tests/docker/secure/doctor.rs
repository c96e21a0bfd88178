//! `kp-admin doctor`: on a cluster that is right, and with each part of the way broken. The step
//! that fails is the right one, and what it says mends it.

use kp_e2e::{Call, Cluster, Program, random_name};
use serde_json::Value;

use super::User;
use super::broker::{Listener, PASSWORD, SecureBroker, log_in};

/// Examines, and answers with the steps.
#[track_caller]
fn steps(call: Call, words: &[&str], code: i32) -> Vec<Value> {
    let call = call.args(["doctor", "--output", "json"]).args(words);
    let ended = call.run().exits(code);
    let steps = ended.json()["steps"].as_array().cloned();
    steps.unwrap_or_else(|| panic!("no steps in {ended}"))
}

/// Makes sure that it fails in this step, with these words in what is wrong and what to change.
#[track_caller]
fn fails(call: Call, words: &[&str], step: &str, told: &[&str]) -> String {
    let steps = steps(call, words, 4);
    let failed: Vec<_> = steps.iter().filter(|one| one["outcome"] == "failed").collect();
    assert_eq!(failed.len(), 1, "{steps:#?}");
    assert_eq!(failed[0]["step"], step, "{failed:#?}");
    let [cause, change] = ["cause", "change"].map(|key| failed[0][key].as_str().unwrap_or(""));
    for word in told {
        assert!(cause.contains(word) || change.contains(word), "{word:?} is not in {failed:#?}");
    }
    change.to_owned()
}

#[track_caller]
fn is_well(call: Call, words: &[&str], told: &[(&str, &str)]) {
    // The first question for a group makes the topic __consumer_offsets, which may take a while.
    let steps = steps(call.env("KP_ADMIN__TIMEOUT", "40s"), words, 0);
    for (name, word) in told {
        let step = steps.iter().find(|one| one["step"] == *name);
        let step = step.unwrap_or_else(|| panic!("no step {name} in {steps:#?}"));
        assert_eq!(step["outcome"], "ok", "{step:#?}");
        assert!(step["found"].to_string().contains(word), "{word:?} is not in {step:#?}");
    }
}

/// A call by a user who logs in at this address.
fn at(broker: &SecureBroker, address: &str, user: User<'_>) -> Call {
    let call = Call::with_tls(Program::Admin)
        .bootstrap(address)
        .file("ca.pem", &broker.authority.certificate)
        .env("KP_KAFKA__CA", "ca.pem")
        .env("KP_KAFKA__SECURITY_PROTOCOL", "sasl_ssl");
    log_in(call, user)
}

#[test]
fn a_way_that_is_right_is_right_in_each_step() {
    let broker = SecureBroker::shared();
    let topic = random_name("doctor");
    broker.make(&topic);
    let words = ["--topic", &topic, "--group", "g", "--probe"];
    let common = [
        ("api_versions", "Kafka 4.0"),
        ("metadata", "1 broker"),
        ("listeners", "broker 1"),
        ("clock", "the controller's clock is the same"),
        ("topic", "all replicas in sync"),
        ("access", "this user may describe, read and write"),
        ("probe", "read back"),
    ];
    for (user, mechanism) in [(User::ALICE, "SCRAM-SHA-512"), (User::ADMIN, "PLAIN")] {
        let call = broker.call_as(Program::Admin, user);
        let tls = [("tls", "certificate /CN=broker (127.0.0.1, localhost)"), ("sasl", mechanism)];
        is_well(call, &words, &[&tls[..], &common].concat());
    }
    let call = broker.call_in_protocol(Program::Admin, Listener::Outside);
    is_well(call, &words, &common);
}

#[test]
fn each_broken_part_of_the_way_is_the_step_that_fails() {
    let broker = SecureBroker::shared();
    let alice = User::ALICE;
    let login = broker.address(Listener::Login);
    fails(at(&broker, "broker.invalid:9093", alice), &[], "dns", &["does not resolve", "spelling"]);
    fails(at(&broker, "127.0.0.1:1", alice), &[], "tcp", &["refused", "is this its port?"]);
    let by = |listener| broker.call_in_protocol(Program::Admin, listener);
    fails(by(Listener::Elsewhere), &[], "tls", &["is not for this address", "subjectAltName"]);
    fails(by(Listener::Expired), &[], "tls", &["has expired", "a new one"]);
    fails(by(Listener::Mutual), &[], "tls", &["wants a certificate", "kafka.certificate"]);
    // Without any authority that it knows, those of the system count.
    let call = log_in(broker.call(Program::Admin, Listener::Login), alice)
        .env("KP_KAFKA__SECURITY_PROTOCOL", "sasl_ssl");
    fails(call, &[], "tls", &["kp test authority", "kafka.ca"]);
    let clear = broker.address(Listener::ClearLogin);
    fails(at(&broker, &clear, alice), &[], "tls", &["speaks no TLS", "sasl_plaintext"]);
    let call = Call::with_tls(Program::Admin).bootstrap(&login);
    fails(call, &[], "tls", &["expects TLS", "sasl_ssl"]);
    let call = Call::with_tls(Program::Admin).bootstrap(&clear);
    fails(call, &[], "sasl", &["wants a login", "kafka.sasl_mechanism"]);
    let wrong = User { password: "wrong", ..alice };
    fails(at(&broker, &login, wrong), &[], "sasl", &["refused", "kafka.sasl_password_file"]);
    let other = User { mechanism: "SCRAM-SHA-256", ..alice };
    fails(
        at(&broker, &login, other),
        &[],
        "sasl",
        &["SCRAM-SHA-512, PLAIN", "kafka.sasl_mechanism"],
    );
    let astray = at(&broker, &broker.address(Listener::Astray), alice);
    fails(astray, &[], "listeners", &["127.0.0.1:1", "advertised.listeners"]);
}

#[test]
fn a_missing_acl_is_named_with_the_command_that_adds_it() {
    let broker = SecureBroker::shared();
    let [topic, group, name] = ["doctor", "readers", "user"].map(random_name);
    broker.make(&topic);
    let set = broker.call_as(Program::Admin, User::ADMIN);
    let set = set.secret_file("password", format!("{PASSWORD}\n"));
    let set = set.args(["users", "set", &name, "--mechanism", "scram-sha-512"]);
    set.args(["--password-file", "password"]).run().exits(0);
    let user = User { name: &name, password: PASSWORD, mechanism: "SCRAM-SHA-512" };
    let words = ["--topic", &topic, "--group", &group];
    for (thing, lacking) in [(&topic, "may not describe topic"), (&group, "may not describe group")]
    {
        let call = broker.call_as(Program::Admin, user);
        let change = fails(call, &words, "access", &[lacking, thing]);
        // What it says is typed, with `read`, which includes `describe`.
        let command = change.split('`').nth(1).expect("a command").replace("NAME", &name);
        let command = command.replace("--allow describe", "--allow read");
        let typed: Vec<&str> = command.split(' ').skip(1).collect();
        broker.stack.admin().args(typed).run().exits(0);
    }
    let call = broker.call_as(Program::Admin, user);
    is_well(call, &words, &[("access", "this user may describe and read, not write")]);
    let change = fails(
        broker.call_as(Program::Admin, user),
        &["--topic", &topic, "--probe"],
        "access",
        &["may not write topic"],
    );
    assert!(change.contains("--allow write"), "{change}");
}
