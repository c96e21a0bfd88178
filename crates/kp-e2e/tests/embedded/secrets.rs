//! A canary in every sensitive setting, which never shows.

use kp_e2e::{Call, Cluster, EmbeddedBroker, Finished, Program};

const CANARY: &str = "c4n4ry-s3cr3t";

/// What librdkafka marks as sensitive (`_RK_SENSITIVE`, 2.12.1).
const SENSITIVE: [&str; 13] = [
    "ssl.key.location",
    "ssl.key.password",
    "ssl.key.pem",
    "ssl.ca.pem",
    "ssl.keystore.password",
    "sasl.username",
    "sasl.password",
    "sasl.oauthbearer.config",
    "sasl.oauthbearer.client.credentials.client.secret",
    "sasl.oauthbearer.client.secret",
    "sasl.oauthbearer.assertion.private.key.file",
    "sasl.oauthbearer.assertion.private.key.passphrase",
    "sasl.oauthbearer.assertion.private.key.pem",
];

#[track_caller]
fn hides_the_canary(ended: Finished) -> Finished {
    let text = String::from_utf8_lossy(&ended.stdout);
    let shown = text.contains(CANARY) || ended.stderr.contains(CANARY);
    assert!(!shown, "the canary shows in {ended}");
    ended
}

fn calls(broker: &EmbeddedBroker) -> [Call; 3] {
    [
        broker.producer().args(["--count", "1"]),
        broker.consumer().args(["--no-group", "--until-end"]),
        broker.admin().args(["topics", "list"]),
    ]
}

fn variable(property: &str) -> String {
    format!("KP_KAFKA__LIBRDKAFKA__{}", property.replace('.', "_").to_uppercase())
}

fn file(property: &str) -> String {
    format!("[kafka.librdkafka]\n\"{property}\" = \"{CANARY}\"\n")
}

#[test]
fn no_program_shows_a_secret_even_when_it_says_all_that_it_can() {
    let broker = EmbeddedBroker::start(&["topic1"]);
    for property in SENSITIVE {
        for call in calls(&broker) {
            let call = call.args(["-vvv", "-X", "debug=all"]);
            hides_the_canary(call.env(&variable(property), CANARY).run());
        }
    }
}

#[test]
fn the_settings_in_force_show_that_a_secret_is_set_and_not_which() {
    let broker = EmbeddedBroker::start(&["topic1"]);
    for property in SENSITIVE {
        for call in calls(&broker) {
            let shown = call
                .file("secrets.toml", &file(property))
                .args(["--config", "secrets.toml", "--show-config"])
                .run()
                .exits(0);
            let shown = hides_the_canary(shown);
            let masked = |line: &&str| line.contains("***") && line.contains("secrets.toml");
            assert!(shown.lines().iter().any(masked), "{property} in {shown}");
        }
    }
}

#[test]
fn a_secret_on_the_command_line_is_refused() {
    for property in SENSITIVE {
        let ended =
            Call::new(Program::Producer).args(["-X", &format!("{property}={CANARY}")]).run();
        hides_the_canary(ended.exits(3).says(&["-X", property, &variable(property)]));
    }
}

#[test]
fn a_settings_file_with_a_mistake_does_not_quote_a_secret() {
    for content in [
        format!("[kafka.librdkafka]\n\"sasl.password\" = \"{CANARY}\n"),
        format!("[kafka.librdkafka]\n\"sasl.pasword\" = \"{CANARY}\"\n"),
        format!("[kafka.librdkafka]\n\"sasl.password\" = [\"{CANARY}\"]\n"),
        format!("[kafka.librdkafka]\n\"sasl.password\" = {CANARY}\n"),
        format!("[kafka]\nsasl_password = \"{CANARY}\"\n"),
    ] {
        let call =
            Call::new(Program::Consumer).file("my.toml", &content).args(["--config", "my.toml"]);
        hides_the_canary(call.run().exits(3).says(&["my.toml"]));
    }
}

#[test]
fn a_misspelt_secret_is_not_quoted_either() {
    let consumer = || Call::new(Program::Consumer);
    for (call, place) in [
        (consumer().args(["-X", &format!("sasl.pasword={CANARY}")]), "-X"),
        (
            consumer().env("KP_KAFKA__LIBRDKAFKA__SASL_PASWORD", CANARY),
            "KP_KAFKA__LIBRDKAFKA__SASL_PASWORD",
        ),
        (consumer().env("KP_KAFKA__SASL_PASSWORD", CANARY), "KP_KAFKA__SASL_PASSWORD"),
    ] {
        hides_the_canary(call.run().exits(3).says(&[place, "did you mean"]));
    }
}

#[test]
fn secrets_of_typed_settings_and_of_their_files_do_not_show() {
    let settings = format!(
        "[kafka]\nsecurity_protocol = \"sasl_ssl\"\nsasl_mechanism = \"PLAIN\"\nsasl_username = \"{CANARY}\"\n\
         sasl_password_file = \"password\"\nssl_key_password_file = \"password\"\nkey = \"{CANARY}\"\n"
    );
    for program in [Program::Producer, Program::Consumer, Program::Admin] {
        let call = || {
            Call::new(program)
                .file("my.toml", &settings)
                .file("password", &format!("{CANARY}\n"))
                .args(["--config", "my.toml", "-vvv", "-X", "debug=all"])
        };
        let shown = hides_the_canary(call().args(["--show-config"]).run().exits(0));
        assert!(shown.text().contains("***"), "{shown}");
        let subcommand = ["topics", "list"].iter().filter(|_| program == Program::Admin);
        hides_the_canary(call().args(subcommand).run());
    }
}
