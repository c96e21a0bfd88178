//! A canary in every place where a secret may stand never shows.

use std::error::Error;

use kp_settings::{Input, Role, is_secret, librdkafka_properties, load, settings};

use crate::scene::Scene;

const CANARY: &str = "canary7Hq!x";

/// Everything that anybody could print about this input.
fn everything_shown(input: &Input) -> String {
    let mut shown = format!("{input:?}");
    match load(input) {
        Err(error) => show_error(&mut shown, &error),
        Ok(settings) => {
            shown += &format!("{settings:?} {:#?} {:?}", settings, settings.tls_setting());
            for role in [Role::Producer, Role::Consumer, Role::Admin] {
                shown += &format!("{:?}", settings.entries(role));
                match settings.properties(role) {
                    Ok(properties) => shown += &format!("{properties:?} {properties:#?}"),
                    Err(error) => show_error(&mut shown, &error),
                }
            }
        }
    }
    shown
}

fn show_error(shown: &mut String, error: &dyn Error) {
    *shown += &format!("{error} {error:?} {error:#?}");
    if let Some(source) = error.source() {
        show_error(shown, source);
    }
}

#[track_caller]
fn never_shows(scene: &Scene) {
    let shown = everything_shown(&scene.input);
    assert!(!shown.contains(CANARY), "{shown}");
}

fn secrets() -> impl Iterator<Item = &'static str> {
    librdkafka_properties().iter().map(|property| property.name).filter(|name| is_secret(name))
}

fn variable(property: &str) -> String {
    format!("KP_KAFKA__LIBRDKAFKA__{}", property.replace('.', "_").to_uppercase())
}

#[test]
fn raw_secrets_are_handed_on_and_not_shown() {
    for name in secrets() {
        let in_file =
            Scene::new().config(&format!("[kafka.librdkafka]\n\"{name}\" = \"{CANARY}\"\n"));
        let in_environment = Scene::new().variable(&variable(name), CANARY);
        for scene in [in_file, in_environment] {
            never_shows(&scene);
            let settings = scene.load();
            let properties = settings.properties(Role::Producer).unwrap();
            assert!(
                properties.iter().any(|property| property.value == CANARY && property.secret),
                "{name}"
            );
            let entries = settings.entries(Role::Consumer);
            let entry = entries.iter().find(|entry| {
                entry.origin != "default"
                    && entry.property.as_deref().is_some_and(is_secret)
                    && entry.origin != "kp"
            });
            assert_eq!(entry.map(|entry| entry.value.as_str()), Some("***"), "{name}");
        }
    }
}

#[test]
fn typed_secrets_are_not_shown() {
    for setting in settings().iter().filter(|setting| setting.is_secret()) {
        let (section, name) = setting.key.split_once('.').unwrap();
        let scene = Scene::new().config(&format!("[{section}]\n{name} = \"{CANARY}\"\n"));
        assert!(load(&scene.input).is_ok());
        never_shows(&scene);
        never_shows(&Scene::new().config(&format!("[{section}]\n{name} = [\"{CANARY}\"]\n")));
        never_shows(
            &Scene::new()
                .variable(&format!("KP_KAFKA__{}", name.to_uppercase()), &format!("{CANARY}\0")),
        );
    }
}

#[test]
fn a_password_file_is_read_without_its_newline_and_not_shown() {
    for (setting, property) in
        [("sasl_password_file", "sasl.password"), ("ssl_key_password_file", "ssl.key.password")]
    {
        for newline in ["", "\n", "\r\n"] {
            let scene = Scene::new()
                .file("secret.txt", format!("{CANARY}{newline}"))
                .config(&format!(
                    "[kafka]\nsecurity_protocol = \"sasl_ssl\"\nsasl_mechanism = \"PLAIN\"\nsasl_username = \"u\"\n\
                     {setting} = \"secret.txt\"\n"
                ))
                .variable("KP_KAFKA__LIBRDKAFKA__SASL_OAUTHBEARER_SCOPE", "x");
            let scene = match property {
                "sasl.password" => scene,
                _ => scene.variable("KP_KAFKA__LIBRDKAFKA__SASL_PASSWORD", CANARY),
            };
            let properties = scene.load().properties(Role::Consumer).unwrap();
            let password = properties.iter().find(|one| one.name == property).unwrap();
            assert_eq!((password.value.as_str(), password.secret), (CANARY, true));
            never_shows(&scene);
        }
    }
}

#[test]
fn a_missing_or_empty_password_file_is_named() {
    let config = "[kafka]\nsecurity_protocol = \"sasl_ssl\"\nsasl_mechanism = \"PLAIN\"\nsasl_username = \"u\"\n\
                  sasl_password_file = \"secret.txt\"\n";
    let scene = Scene::new().config(config);
    let error = scene.load().properties(Role::Admin).unwrap_err();
    assert_eq!(error.to_string(), "x.toml: kafka.sasl_password_file: cannot read secret.txt");
    let error = scene.file("secret.txt", "\n").load().properties(Role::Admin).unwrap_err();
    assert!(
        error.to_string().starts_with("x.toml: kafka.sasl_password_file: secret.txt is empty"),
        "{error}"
    );
}

#[test]
fn a_secret_flag_is_refused_and_says_where_the_secret_belongs() {
    for name in secrets() {
        let scene = Scene::new().raw_flag(name, CANARY);
        never_shows(&scene);
        let error = scene.error().to_string();
        assert!(
            error
                .starts_with(&format!("-X {name}: a secret on the command line shows in ps; use ")),
            "{error}"
        );
        assert!(error.contains(&variable(name)), "{error}");
    }
    let error = Scene::new().raw_flag("sasl.password", CANARY).error().to_string();
    assert!(error.contains("kafka.sasl_password_file"), "{error}");
}

#[test]
fn a_misspelt_secret_is_not_shown() {
    for name in secrets() {
        let misspelt = format!("{name}x");
        never_shows(&Scene::new().raw_flag(&misspelt, CANARY));
        never_shows(&Scene::new().variable(&variable(&misspelt), CANARY));
        never_shows(
            &Scene::new().config(&format!("[kafka.librdkafka]\n\"{misspelt}\" = \"{CANARY}\"\n")),
        );
    }
    never_shows(&Scene::new().config(&format!("[kafka]\nsasl_password = \"{CANARY}\"\n")));
    never_shows(&Scene::new().config(&format!("sasl_password = \"{CANARY}\"\n")));
    never_shows(&Scene::new().variable("KP_KAFKA__SASL_PASSWORD", CANARY));
    never_shows(&Scene::new().variable("KP_SASL__PASSWORD", CANARY));
    let error = Scene::new().variable("KP_KAFKA__SASL_PASSWORD", CANARY).error().to_string();
    assert!(error.contains("KP_KAFKA__SASL_PASSWORD_FILE"), "{error}");
    assert!(error.contains("KP_KAFKA__LIBRDKAFKA__SASL_PASSWORD"), "{error}");
}

#[test]
fn a_secret_of_the_wrong_type_or_set_twice_is_not_shown() {
    for name in secrets() {
        never_shows(
            &Scene::new().config(&format!("[kafka.librdkafka]\n\"{name}\" = [\"{CANARY}\"]\n")),
        );
        never_shows(
            &Scene::new()
                .config(&format!("[kafka.librdkafka]\n\"{name}\" = {{ \"x\" = \"{CANARY}\" }}\n")),
        );
        never_shows(&Scene::new().variable(&variable(name), &format!("{CANARY}\0")));
    }
    for setting in settings() {
        let Some(property) = setting.property.filter(|property| is_secret(property)) else {
            continue;
        };
        let (_, typed) = setting.key.split_once('.').unwrap();
        let scene = Scene::new()
            .config(&format!("[kafka]\n{typed} = \"{CANARY}\"\n"))
            .variable(&variable(property), CANARY);
        assert!(scene.error().to_string().contains("set the same thing"));
        if setting.is_secret() {
            never_shows(&scene);
        }
    }
}

#[test]
fn a_syntax_error_beside_a_secret_is_not_shown() {
    for broken in [
        format!("[kafka.librdkafka]\n\"sasl.password\" = {CANARY}\n"),
        format!("[kafka.librdkafka]\n\"sasl.password\" = \"{CANARY}\n"),
        format!("[kafka.librdkafka]\n\"sasl.password\" = '{CANARY}\" x\n"),
        format!("[kafka.librdkafka]\n\"sasl.password\" \"{CANARY}\"\n"),
        format!("[kafka.librdkafka]\nsasl.password = \"{CANARY}\" y\n"),
        format!("[kafka.librdkafka]\nsasl.password = \"\\{CANARY}\"\n"),
        format!("[kafka.librdkafka]\nsasl.password = \"a\"\nsasl.password = \"{CANARY}\"\n"),
        format!("[kafka.librdkafka]\nsasl.password = \"{CANARY}\"\nsasl.password.x = 1\n"),
        format!("[kafka.librdkafka]\nsasl.password = {{ \"{CANARY}\" }}\n"),
        format!("[kafka.librdkafka]\nsasl.password = [\"{CANARY}\"\n"),
        format!("[kafka.librdkafka]\n{CANARY}\n"),
        format!("[kafka.librdkafka]\n\"{CANARY}\" = 1\n\"{CANARY}\" = 2\n"),
        format!("[{CANARY}\n"),
        format!("[\"{CANARY}\"]\n[\"{CANARY}\"]\n"),
        format!("\u{1}{CANARY}"),
    ] {
        let scene = Scene::new().config(&broken);
        let error = scene.error().to_string();
        assert!(
            error.starts_with("x.toml:") && error.contains("not valid TOML"),
            "{broken:?}: {error}"
        );
        never_shows(&scene);
    }
    let marked = format!("# kp\nsasl.password = {CANARY}\n");
    never_shows(&Scene::new().file("config/default.toml", marked));
    let mut not_utf8 = Scene::new().file("x.toml", [CANARY.as_bytes(), b"\xff"].concat());
    not_utf8.input.config_file = Some("x.toml".into());
    never_shows(&not_utf8);
}
