//! No secret shows, also where it has reached the broker and was refused there.

use std::fs;
use std::time::Duration;

use kp_e2e::{Call, Finished, Program};
use tempfile::TempDir;

use super::User;
use super::broker::{Listener, PASSWORD, SecureBroker, log_in};
use super::tokens::{self, TokenServer};

/// Where a secret was set.
#[derive(Clone, Copy, Debug)]
enum Source {
    Variable,
    SettingsFile,
    /// A file of its own, for the properties that have a setting for it.
    SecretFile,
}

/// A secret in a librdkafka property, and what must not show of it.
struct Secret {
    property: &'static str,
    value: String,
    canary: String,
    /// The setting that takes a file with it, if there is one.
    file_setting: Option<&'static str>,
    /// What else has to be set for it to be used: properties and files.
    with: Vec<(&'static str, String)>,
    files: Vec<(&'static str, Vec<u8>)>,
}

const CANARY: &str = "c4n4ry-s3cr3t";

impl Secret {
    fn text(property: &'static str) -> Self {
        Self {
            property,
            value: CANARY.to_owned(),
            canary: CANARY.to_owned(),
            file_setting: None,
            with: Vec::new(),
            files: Vec::new(),
        }
    }

    /// In a PEM text a line of its middle is as good as all.
    fn pem(property: &'static str, pem: &str) -> Self {
        Self {
            value: pem.to_owned(),
            canary: pem.lines().nth(1).unwrap().to_owned(),
            ..Self::text(property)
        }
    }
}

/// Those of the properties that librdkafka 2.12.1 marks as sensitive (`_RK_SENSITIVE`) which reach
/// a broker; `sasl.username` and the paths of key files may show.
fn secrets(broker: &SecureBroker, tokens: &TokenServer) -> Vec<Secret> {
    let certificate = broker.client.certificate.clone().into_bytes();
    let encrypted = broker.client.encrypted_key(CANARY).into_bytes();
    vec![
        Secret { file_setting: Some("sasl_password_file"), ..Secret::text("sasl.password") },
        Secret {
            file_setting: Some("ssl_key_password_file"),
            with: vec![
                ("ssl.certificate.location", "client.pem".to_owned()),
                ("ssl.key.location", "client.key".to_owned()),
            ],
            files: vec![("client.pem", certificate.clone()), ("client.key", encrypted)],
            ..Secret::text("ssl.key.password")
        },
        Secret {
            with: vec![("ssl.certificate.location", "client.pem".to_owned())],
            files: vec![("client.pem", certificate)],
            ..Secret::pem("ssl.key.pem", &broker.client.key)
        },
        Secret::pem("ssl.ca.pem", &broker.authority.certificate),
        Secret {
            with: vec![("ssl.keystore.location", "client.p12".to_owned())],
            files: vec![("client.p12", broker.client.keystore(CANARY))],
            ..Secret::text("ssl.keystore.password")
        },
        Secret {
            value: format!("principal={CANARY} scope=kp"),
            with: vec![
                ("sasl.mechanisms", "OAUTHBEARER".to_owned()),
                ("enable.sasl.oauthbearer.unsecure.jwt", "true".to_owned()),
            ],
            ..Secret::text("sasl.oauthbearer.config")
        },
        Secret { with: by_token(tokens), ..Secret::text("sasl.oauthbearer.client.secret") },
        Secret {
            with: by_token(tokens),
            ..Secret::text("sasl.oauthbearer.client.credentials.client.secret")
        },
    ]
}

/// The broker is then asked to take a token, which it does not at this port.
fn by_token(server: &TokenServer) -> Vec<(&'static str, String)> {
    vec![
        ("sasl.mechanisms", "OAUTHBEARER".to_owned()),
        ("sasl.oauthbearer.method", "oidc".to_owned()),
        ("sasl.oauthbearer.client.id", tokens::ADMIN.to_owned()),
        ("sasl.oauthbearer.token.endpoint.url", server.url.clone()),
    ]
}

fn variable(property: &str) -> String {
    format!("KP_KAFKA__LIBRDKAFKA__{}", property.replace('.', "_").to_uppercase())
}

/// Adds a secret to a call, and all that it needs.
fn with_secret(mut call: Call, secret: &Secret, source: Source) -> Call {
    for (name, content) in &secret.files {
        call = call.secret_file(name, content);
    }
    for (property, value) in &secret.with {
        call = call.env(&variable(property), value);
    }
    match (source, secret.file_setting) {
        (Source::SecretFile, Some(setting)) => call
            .secret_file("secret", &secret.value)
            .env(&format!("KP_KAFKA__{}", setting.to_uppercase()), "secret"),
        (Source::SettingsFile, _) => {
            let toml =
                format!("[kafka.librdkafka]\n\"{}\" = '''{}'''\n", secret.property, secret.value);
            call.secret_file("secrets.toml", &toml).env("KP_CONFIG", "secrets.toml")
        }
        _ => call.env(&variable(secret.property), &secret.value),
    }
}

/// Runs a call that says all that it can, and looks for the canary in what it writes and in every
/// command line meanwhile.
fn hides(call: Call, canary: &str) -> Finished {
    let running = call.args(["-vvv", "-X", "debug=all"]).start();
    while running.is_running() {
        for command_line in command_lines() {
            assert!(!command_line.contains(canary), "{command_line}");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let ended = running.finish();
    let stdout = String::from_utf8_lossy(&ended.stdout);
    // All of it: what a failed assertion prints is shortened.
    for line in stdout.lines().chain(ended.stderr.lines()) {
        assert!(!line.contains(canary), "the canary shows: {line}");
    }
    ended
}

fn command_lines() -> Vec<String> {
    let processes = fs::read_dir("/proc").unwrap();
    processes
        .filter_map(|process| fs::read(process.ok()?.path().join("cmdline")).ok())
        .map(|line| String::from_utf8_lossy(&line).into_owned())
        .collect()
}

/// What each program does, with all the files that it writes.
fn calls(broker: &SecureBroker, files: &TempDir) -> [(Program, Call); 3] {
    let call = |program| {
        // Without kafka.ca, which would not go together with ssl.ca.pem.
        Call::with_tls(program)
            .bootstrap(&broker.address(Listener::Login))
            .env("KP_KAFKA__SECURITY_PROTOCOL", "sasl_ssl")
    };
    let file = |name| files.path().join(name).display().to_string();
    [
        (
            Program::Producer,
            call(Program::Producer).args([
                "--topic",
                "canary",
                "--count",
                "3",
                "--report",
                "json",
                "--audit",
                &file("ledger"),
            ]),
        ),
        (
            Program::Consumer,
            call(Program::Consumer).args([
                "--topic",
                "canary",
                "--group",
                "canary",
                "--format",
                "json",
                "--audit",
                &file("out"),
            ]),
        ),
        (Program::Admin, call(Program::Admin).args(["topics", "list", "--output", "json"])),
    ]
}

fn trusts(call: Call, broker: &SecureBroker, secret: &Secret) -> Call {
    if secret.property == "ssl.ca.pem" {
        return call;
    }
    call.file("ca.pem", &broker.authority.certificate).env("KP_KAFKA__CA", "ca.pem")
}

#[test]
fn a_secret_that_was_refused_by_the_broker_shows_nowhere() {
    let broker = SecureBroker::shared();
    let tokens = TokenServer::start(60, CANARY);
    for secret in secrets(&broker, &tokens) {
        for source in [Source::Variable, Source::SettingsFile, Source::SecretFile] {
            if matches!(source, Source::SecretFile) && secret.file_setting.is_none() {
                continue;
            }
            let files = TempDir::new().unwrap();
            for (_, call) in calls(&broker, &files) {
                let call = trusts(call, &broker, &secret);
                let call = match secret.property {
                    property if property.starts_with("sasl.oauthbearer") => call,
                    "sasl.password" => call
                        .env("KP_KAFKA__SASL_MECHANISM", User::ALICE.mechanism)
                        .env("KP_KAFKA__SASL_USERNAME", User::ALICE.name),
                    _ => log_in(call, User { password: "wrong", ..User::ALICE }),
                };
                // It has come as far as the broker, which refuses it: nothing failed before.
                hides(with_secret(call, &secret, source), &secret.canary)
                    .exits(4)
                    .says(&["login was refused"]);
            }
        }
    }
}

#[test]
fn a_secret_that_works_is_in_no_ledger_report_or_list() {
    let broker = SecureBroker::shared();
    broker.make("canary");
    let admin = Secret {
        value: User::ADMIN.password.to_owned(),
        canary: User::ADMIN.password.to_owned(),
        ..Secret::text("sasl.password")
    };
    let tokens = TokenServer::start(60, CANARY);
    for secret in secrets(&broker, &tokens).into_iter().chain([admin]) {
        // These are refused whatever else is right.
        if secret.property.starts_with("sasl.oauthbearer")
            || (secret.property == "sasl.password" && secret.canary == CANARY)
        {
            continue;
        }
        let files = TempDir::new().unwrap();
        for (_, call) in calls(&broker, &files) {
            let call = log_in(trusts(call, &broker, &secret), User::ADMIN);
            let call = if secret.property == "sasl.password" {
                call
            } else {
                with_secret(call, &secret, Source::Variable)
            };
            hides(call, &secret.canary).exits(0);
        }
        for name in ["ledger", "out"] {
            let written = fs::read_to_string(files.path().join(name)).unwrap();
            assert!(written.lines().count() > 3, "{name}: {written}");
            assert!(!written.contains(&secret.canary), "{name}: {written}");
        }
    }
}

#[test]
fn no_error_shows_a_password_whatever_goes_wrong() {
    let broker = SecureBroker::shared();
    let user = User { password: CANARY, ..User::ALICE };
    let at = |listener: Listener| {
        let call = broker
            .call(Program::Producer, listener)
            .env("KP_KAFKA__SECURITY_PROTOCOL", "sasl_ssl")
            .env("KP_KAFKA__CA", "ca.pem");
        log_in(call, user)
    };
    let refused_by_acl = User { name: "row0-without0", password: PASSWORD, mechanism: "PLAIN" };
    for (what, call, canary, exit) in [
        ("an expired certificate", at(Listener::Expired), CANARY, 4),
        ("another host's certificate", at(Listener::Elsewhere), CANARY, 4),
        ("a port without TLS", at(Listener::Outside), CANARY, 4),
        ("a port without this login", at(Listener::Token), CANARY, 4),
        ("nobody who listens", at(Listener::Login).bootstrap("127.0.0.1:1"), CANARY, 4),
        (
            "a missing ACL",
            broker.call_as(Program::Producer, refused_by_acl).args(["--topic", "orders"]),
            PASSWORD,
            4,
        ),
        (
            "a ledger that cannot be written",
            broker.call_as(Program::Producer, User::ADMIN).args([
                "--topic",
                "canary-errors",
                "--audit",
                "nowhere/ledger",
            ]),
            User::ADMIN.password,
            1,
        ),
        (
            "settings that contradict each other",
            at(Listener::Login).args(["--linger", "2s", "--delivery-timeout", "1s"]),
            CANARY,
            3,
        ),
        (
            "a certificate that is none",
            at(Listener::Login)
                .env("KP_KAFKA__CERTIFICATE", "ca.pem")
                .env("KP_KAFKA__KEY", "ca.pem"),
            CANARY,
            3,
        ),
        (
            "a settings file that is no TOML",
            at(Listener::Login)
                .secret_file(
                    "broken.toml",
                    "[kafka.librdkafka]\n\"ssl.key.password\" = \"c4n4ry-s3cr3t\n",
                )
                .env("KP_CONFIG", "broken.toml"),
            CANARY,
            3,
        ),
        (
            "an argument",
            at(Listener::Login).args(["-X", "sasl.mechanisms=PLAIN", "--topic", "no such topic"]),
            CANARY,
            3,
        ),
    ] {
        let ended = hides(call.args(["--report", "json"]), canary);
        assert_eq!(ended.code(), Some(exit), "{what}: {ended}");
    }
}

#[test]
fn a_secret_that_this_build_has_no_use_for_is_refused_and_not_shown() {
    let broker = SecureBroker::shared();
    let secrets = [
        Secret::text("sasl.oauthbearer.assertion.private.key.passphrase"),
        Secret::pem("sasl.oauthbearer.assertion.private.key.pem", &broker.client.key),
    ];
    for secret in secrets {
        for source in [Source::Variable, Source::SettingsFile] {
            let files = TempDir::new().unwrap();
            for (_, call) in calls(&broker, &files) {
                let call = log_in(trusts(call, &broker, &secret), User::ADMIN);
                hides(with_secret(call, &secret, source), &secret.canary)
                    .exits(3)
                    .says(&[secret.property]);
            }
        }
    }
}

#[test]
fn a_file_with_a_secret_that_others_can_read_is_warned_of() {
    let broker = SecureBroker::shared();
    let user = User::ALICE;
    let call = || {
        broker
            .call_in_protocol(Program::Admin, Listener::Login)
            .env("KP_KAFKA__SASL_MECHANISM", user.mechanism)
            .env("KP_KAFKA__SASL_USERNAME", user.name)
            .env("KP_KAFKA__SASL_PASSWORD_FILE", "password")
            .args(["topics", "list"])
    };
    call().secret_file("password", user.password).run().exits(0).is_quiet();
    let open = call().file("password", user.password).run().exits(0);
    open.says(&["warning: ", "password", "everybody", "chmod 600"]);
    let settings = format!("[kafka.librdkafka]\n\"sasl.password\" = \"{}\"\n", user.password);
    broker
        .call_in_protocol(Program::Admin, Listener::Login)
        .env("KP_KAFKA__SASL_MECHANISM", user.mechanism)
        .env("KP_KAFKA__SASL_USERNAME", user.name)
        .file("my.toml", &settings)
        .args(["--config", "my.toml", "topics", "list"])
        .run()
        .exits(0)
        .says(&["warning: ", "my.toml", "sasl.password", "everybody"]);
}
