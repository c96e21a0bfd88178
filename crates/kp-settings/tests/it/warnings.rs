//! What is allowed and not safe is said; and which secret somebody has to be asked for.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use kp_settings::{Origin, Role};

use crate::scene::Scene;

fn talks(protocol: &str) -> Scene {
    Scene::new().variable("KP_KAFKA__SECURITY_PROTOCOL", protocol)
}

fn tls() -> Scene {
    talks("sasl_ssl")
}

fn login(mechanism: &str) -> Scene {
    login_by("sasl_ssl", mechanism)
}

fn login_by(protocol: &str, mechanism: &str) -> Scene {
    talks(protocol)
        .variable("KP_KAFKA__SASL_MECHANISM", mechanism)
        .variable("KP_KAFKA__SASL_USERNAME", "alice")
}

#[test]
fn safe_settings_are_not_warned_of() {
    assert!(Scene::new().load().warnings().is_empty());
    assert!(login("PLAIN").load().warnings().is_empty());
}

#[test]
fn a_variable_that_looks_like_a_setting_and_is_none_is_told_with_the_near_one() {
    let told = |name: &str| Scene::new().variable(name, "canary").load().warnings();
    for (name, meant) in [
        ("KP_KAFKA_BOOTSTRAP_SERVERS", "KP_KAFKA__BOOTSTRAP_SERVERS"),
        ("KP_KAFKA_BOOTSTAP_SERVERS", "KP_KAFKA__BOOTSTRAP_SERVERS"),
        ("KP_KAFAK_BOOTSTRAP_SERVERS", "KP_KAFKA__BOOTSTRAP_SERVERS"),
        ("KP_BOOTSTRAP_SERVERS", "KP_KAFKA__BOOTSTRAP_SERVERS"),
        ("KP_BROKER", "KP_BROKERS"),
        ("KP_PRODUCER_LINGER", "KP_PRODUCER__LINGER"),
        ("KP_GROUP_ID", "KP_CONSUMER__GROUP_ID"),
        ("KP_SASL_PASSWORD", "KP_KAFKA__LIBRDKAFKA__SASL_PASSWORD"),
        ("KP_KAFKA_SASL_PASSWORD", "KP_KAFKA__LIBRDKAFKA__SASL_PASSWORD"),
        ("KP_KAFKA_LIBRDKAFKA_LINGER_MS", "KP_KAFKA__LIBRDKAFKA__LINGER_MS"),
        ("KP_CONFG", "KP_CONFIG"),
    ] {
        let expected = format!("{name} is no setting and has no effect; did you mean {meant}?");
        assert_eq!(told(name), [expected]);
    }
    for far in ["KP_SOMETHING", "KP_", "KP_DATABASE_URL", "KP_KAFKA_KEYS_AND_MORE"] {
        let expected = format!(
            "{far} is no setting and has no effect; a setting's variable is KP_SECTION__NAME"
        );
        assert_eq!(told(far), [expected]);
    }
    for known in ["KP_KAFKA_IMAGE", "KP_ZOOKEEPER_IMAGE", "KP_COMPOSE_PORT_1", "KPX_A", "KP"] {
        assert!(told(known).is_empty(), "{known}");
    }
}

#[test]
fn a_check_that_is_off_is_warned_of_wherever_it_was_switched_off() {
    for (property, value) in [
        ("enable.ssl.certificate.verification", "false"),
        ("enable.ssl.certificate.verification", "FALSE"),
        ("ssl.endpoint.identification.algorithm", "none"),
        ("ssl.endpoint.identification.algorithm", "NONE"),
    ] {
        let variable =
            format!("KP_KAFKA__LIBRDKAFKA__{}", property.replace('.', "_").to_uppercase());
        let toml = format!("[kafka.librdkafka]\n\"{property}\" = \"{value}\"\n");
        let scenes = [
            tls().raw_flag(property, value),
            tls().variable(&variable, value),
            tls().config(&toml),
        ];
        let mut loaded = 0;
        for scene in scenes {
            // A value that is refused cannot switch anything off.
            let Ok(settings) = kp_settings::load(&scene.input) else {
                continue;
            };
            loaded += 1;
            let warnings = settings.warnings();
            assert_eq!(warnings.len(), 1, "{property}={value}: {warnings:?}");
            assert!(warnings[0].contains(property), "{warnings:?}");
        }
        // Not every layer takes capitals.
        let is_usual = value.chars().all(char::is_lowercase);
        assert!(loaded == 3 || !is_usual, "{property}={value}: {loaded}");
    }
    let on = tls()
        .raw_flag("enable.ssl.certificate.verification", "true")
        .raw_flag("ssl.endpoint.identification.algorithm", "https");
    assert!(on.load().warnings().is_empty());
}

#[test]
fn a_password_in_the_clear_is_warned_of() {
    let scene = login_by("sasl_plaintext", "PLAIN");
    assert!(scene.load().warnings()[0].contains("in the clear"));
    let scene = login_by("sasl_plaintext", "SCRAM-SHA-512");
    assert!(scene.load().warnings().is_empty());
}

#[test]
fn a_clients_secret_in_the_clear_is_warned_of() {
    let warns = |url: &str| {
        let scene = login("OAUTHBEARER")
            .variable("KP_KAFKA__LIBRDKAFKA__SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL", url);
        let warnings = scene.load().warnings();
        warnings.iter().any(|warning| warning.contains("in the clear"))
    };
    for url in [
        "http://login.example.com/t",
        "HTTP://localhost.example.com/",
        "http://localhost:x@example.com/",
    ] {
        assert!(warns(url), "{url}");
    }
    for url in ["https://login.example.com/t", "http://localhost:1/t", "http://127.0.0.1/"] {
        assert!(!warns(url), "{url}");
    }
}

#[test]
fn a_secret_that_others_can_read_is_warned_of_and_not_shown() {
    let by_file = |mode| {
        let scene = login("PLAIN")
            .file("password", "canary")
            .variable("KP_KAFKA__SASL_PASSWORD_FILE", "password");
        set_mode(&scene, "password", mode);
        scene.load().warnings()
    };
    for mode in [0o644, 0o604] {
        let warnings = by_file(mode);
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        for words in ["password", "everybody", &format!("{mode:03o}"), "chmod 600"] {
            assert!(warnings[0].contains(words), "{warnings:?}");
        }
        assert!(!warnings[0].contains("canary"));
    }
    assert!(by_file(0o600).is_empty());
    let scene = login("PLAIN").config("[kafka.librdkafka]\n\"sasl.password\" = \"canary\"\n");
    set_mode(&scene, "x.toml", 0o644);
    let warnings = scene.load().warnings();
    assert!(
        warnings[0].contains("x.toml") && warnings[0].contains("sasl.password"),
        "{warnings:?}"
    );
    set_mode(&scene, "x.toml", 0o600);
    assert!(scene.load().warnings().is_empty());
    let scene = tls().file("client.p12", "x").raw_flag("ssl.keystore.location", "client.p12");
    set_mode(&scene, "client.p12", 0o644);
    assert!(scene.load().warnings()[0].contains("client.p12"));
    let authorities = tls().config("[kafka.librdkafka]\n\"ssl.ca.pem\" = \"x\"\n");
    set_mode(&authorities, "x.toml", 0o644);
    assert!(authorities.load().warnings().is_empty());
}

fn set_mode(scene: &Scene, file: &str, mode: u32) {
    let path = scene.input.working_folder.join(file);
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_password_is_missing_only_where_it_is_needed_and_set_nowhere() {
    let missing = |scene: Scene| {
        let missing = scene.load().missing_secrets();
        missing.into_iter().map(|one| one.what).collect::<Vec<_>>()
    };
    for mechanism in ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] {
        assert_eq!(missing(login(mechanism)), ["Password of alice"]);
    }
    let nothing = [
        Scene::new(),
        login("OAUTHBEARER"),
        login("PLAIN").variable("KP_KAFKA__LIBRDKAFKA__SASL_PASSWORD", "x"),
        login("PLAIN").variable("KP_KAFKA__SASL_PASSWORD_FILE", "password"),
        // Without a name the settings say what is missing.
        tls().variable("KP_KAFKA__SASL_MECHANISM", "PLAIN"),
        talks("ssl")
            .file("plain.key", "-----BEGIN PRIVATE KEY-----\n")
            .variable("KP_KAFKA__KEY", "plain.key"),
    ];
    for scene in nothing {
        assert_eq!(missing(scene), [""; 0]);
    }
    for key in [
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\n",
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n",
    ] {
        let scene = Scene::new()
            .file("my.key", key)
            .variable("KP_KAFKA__SECURITY_PROTOCOL", "ssl")
            .variable("KP_KAFKA__KEY", "my.key");
        assert_eq!(missing(scene), ["Password of the key my.key"]);
    }
}

#[test]
fn a_secret_that_was_typed_counts_as_one_that_was_set() {
    let mut settings = login("PLAIN").load();
    assert!(settings.properties(Role::Admin).is_err());
    let missing = settings.missing_secrets().remove(0);
    settings.add_secret(&missing, "canary".to_owned());
    assert!(settings.missing_secrets().is_empty());
    let properties = settings.properties(Role::Admin).unwrap();
    let password = properties.iter().find(|one| one.name == "sasl.password");
    let password = password.unwrap();
    assert_eq!((password.value.as_str(), password.secret), ("canary", true));
    assert_eq!(password.origin, Origin::Prompt);
    assert!(!format!("{settings:?}").contains("canary"));
}
