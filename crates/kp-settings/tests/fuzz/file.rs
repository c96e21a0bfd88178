//! A settings file.

use kp_settings::{SettingsError, is_secret, settings};
use toml::Value;

use crate::scene::{CANARY, Scene, everything_shown, may_never_end};

pub(crate) const WORDS: &[&str] = &[
    "\n",
    "\n",
    " = ",
    "=",
    ".",
    "[",
    "]",
    "[[",
    "{ x = 1 }",
    "#",
    "\"",
    "'",
    "\"\"\"",
    "\\",
    "\r\n",
    "\0",
    "é",
    "1",
    "-5",
    "1.5",
    "inf",
    "true",
    "1979-05-27T07:32:00Z",
    "\"5ms\"",
    "\"never\"",
    "\"a, b\"",
    "[\"a=1\"]",
    "[\"topic1\"]",
    "\"localhost:9092\"",
    "[kafka]\n",
    "[producer]\n",
    "[consumer]\n",
    "[admin]\n",
    "[kafka.librdkafka]\n",
    "kafka.",
    "producer.",
    "consumer.",
    "linger = ",
    "count = ",
    "acks = ",
    "idempotence = ",
    "headers = ",
    "topic = ",
    "from = ",
    "idle_exit = ",
    "sasl_username = ",
    "key = ",
    "sasl_password_file = ",
    "sasl_password = ",
    "sasl.password = ",
    "\"sasl.password\" = ",
    "linger.ms = ",
    "security_protocol = ",
    "\"sasl_ssl\"",
    "sasl_mechanism = ",
    "\"PLAIN\"",
    "transactional_id = ",
    "copy_to = ",
    "on_bad_message = ",
    "\"dead-letter:bad\"",
    "timeout = ",
    "output = ",
    "sasl.pasword = ",
];

pub(crate) fn check(text: &str, scene: &Scene) {
    if may_never_end(text) || text.contains(CANARY) {
        return;
    }
    let (loaded, _) = everything_shown(&scene.with_file(text));
    let table = text.parse::<toml::Table>();
    let is_syntax = matches!(loaded, Err(SettingsError::Syntax { .. }));
    assert_eq!(is_syntax, table.is_err(), "{loaded:?}");
    if let Err(SettingsError::Syntax { line, .. }) = loaded {
        assert!((1..=text.split('\n').count()).contains(&line));
    }
    match table {
        Ok(mut table) => {
            let marked = mark("", &mut table);
            let text = toml::to_string(&table).expect("a table that was read can be written");
            if marked {
                never_shows(&text, scene);
            }
        }
        Err(_) => a_line_that_is_no_toml_is_not_quoted(text, scene),
    }
}

fn never_shows(text: &str, scene: &Scene) {
    let (_, shown) = everything_shown(&scene.with_file(text));
    assert!(!shown.contains(CANARY), "{shown}");
}

/// Writes the canary into each text that may be a secret. That is where the setting or property is
/// one, and where kp knows none, because the name may be a misspelt one.
fn mark(prefix: &str, table: &mut toml::Table) -> bool {
    let mut marked = false;
    for (name, value) in table {
        let key = format!("{prefix}{name}");
        if may_be_secret(&key) {
            marked |= mark_texts(&key, value);
        } else if let Value::Table(inner) = value {
            marked |= mark(&format!("{key}."), inner);
        }
    }
    marked
}

fn may_be_secret(key: &str) -> bool {
    match key.strip_prefix("kafka.librdkafka.") {
        Some(property) => is_secret(property),
        None => match settings().iter().find(|setting| setting.key == key) {
            Some(setting) => setting.is_secret(),
            None => !["kafka", "producer", "consumer", "admin", "kafka.librdkafka"].contains(&key),
        },
    }
}

fn mark_texts(key: &str, value: &mut Value) -> bool {
    match value {
        Value::String(text) => {
            text.insert_str(0, CANARY);
            true
        }
        Value::Array(items) => {
            items.iter_mut().fold(false, |marked, item| mark_texts(key, item) | marked)
        }
        // A part of a longer name: `linger.ms = 5` is a table `linger`.
        Value::Table(table) => mark(&format!("{key}."), table),
        _ => false,
    }
}

fn a_line_that_is_no_toml_is_not_quoted(text: &str, scene: &Scene) {
    for marked in [
        text.replace('"', &format!("\"{CANARY}")),
        text.replace('=', &format!("={CANARY}")),
        text.replace('\n', &format!("{CANARY}\n")),
    ] {
        let (loaded, shown) = everything_shown(&scene.with_file(&marked));
        if matches!(loaded, Err(SettingsError::Syntax { .. })) {
            assert!(!shown.contains(CANARY), "{shown}");
        }
    }
}
