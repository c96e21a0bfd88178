//! One setting or raw property, and one value for it: as a variable, behind a flag, in a file.
//!
//! An input is `NAME=VALUE`; one that does not begin like a text chooses the name by two bytes, and
//! spells the value.

use kp_settings::{Input, Kind, is_secret, librdkafka_properties, settings};

use crate::scene::{CANARY, ROLES, Scene, everything_shown, may_never_end};

const RAW: &str = "kafka.librdkafka.";

const WORDS: &[&str] = &[
    "0",
    "1",
    "5",
    "-1",
    "9223372036854775807",
    "2147483648",
    "1e2",
    "0.5",
    "inf",
    "nan",
    ".",
    ",",
    " ",
    "=",
    ":",
    "@",
    "-",
    "/",
    "[::1]",
    "ms",
    "us",
    "s",
    "m",
    "h",
    "never",
    "true",
    "false",
    "T",
    "all",
    "stored",
    "earliest",
    "latest",
    "@2026-11-23T10:00:00Z",
    "-09999-",
    "dead-letter:",
    "skip",
    "topic1",
    "a=b",
    "localhost:9092",
    "://",
    "sasl_ssl",
    "PLAIN",
    "gzip",
    "murmur2",
    "each",
    "json",
    "\0",
    "é",
    "\n",
    "%o",
    "x",
];

pub(crate) fn check(input: &[u8], scene: &Scene) {
    let (key, value) = match input {
        [0x80..=0xff, high, low, rest @ ..] => {
            let words = rest.iter().map(|&byte| WORDS[usize::from(byte) % WORDS.len()]);
            (name(usize::from(*high) << 8 | usize::from(*low)), words.collect())
        }
        _ => match String::from_utf8_lossy(input).split_once('=') {
            Some((key, value)) if is_known(key) => (key.to_owned(), value.to_owned()),
            _ => return,
        },
    };
    if may_never_end(&value) {
        return;
    }
    let by_variable = in_force(&key, &scene.with_variable(&variable(&key), &value));
    let by_flag = in_force(&key, &scene.with_flag(&key, &value));
    let in_file =
        in_force(&key, &scene.with_file(&format!("{key} = {}", toml::Value::from(value.as_str()))));
    if let Some((key, shown)) = &by_variable {
        let again = in_force(key, &scene.with_variable(&variable(key), shown));
        assert_eq!(again, by_variable, "{key} does not read back");
    }
    if is_secret_name(&key) {
        assert_eq!(by_flag.is_some(), by_variable.is_some() && !key.starts_with(RAW));
        never_shows(&key, &value, scene);
    } else if !has_many(&key) {
        assert_eq!(by_flag, by_variable, "{key} differs by where it stands");
        if in_file.is_some() {
            assert_eq!(in_file, by_variable, "{key} differs in a file");
        }
    }
}

fn names() -> impl Iterator<Item = String> {
    let raw = librdkafka_properties().iter();
    let typed = settings().iter().map(|setting| setting.key.to_owned());
    typed.chain(raw.map(|property| format!("{RAW}{}", property.name)))
}

fn is_known(key: &str) -> bool {
    names().any(|name| name == key)
}

fn name(number: usize) -> String {
    let mut names: Vec<_> = names().collect();
    names.swap_remove(number % names.len())
}

/// The variable of a setting or a raw property.
fn variable(key: &str) -> String {
    let name = match key.strip_prefix(RAW) {
        Some(property) => format!("kafka__librdkafka__{}", property.replace('.', "_")),
        None => key.replacen('.', "__", 1),
    };
    format!("KP_{}", name.to_uppercase())
}

/// What `--show-config` shows of it if it was taken, and under which name: a raw property may set a
/// typed setting.
fn in_force(key: &str, input: &Input) -> Option<(String, String)> {
    let (loaded, _) = everything_shown(input);
    let settings = loaded.ok()?;
    let entries: Vec<_> = ROLES.iter().flat_map(|role| settings.entries(*role)).collect();
    let property = key.strip_prefix(RAW);
    let entry = entries
        .iter()
        .find(|entry| entry.key == key)
        .or_else(|| entries.iter().find(|entry| entry.property.as_deref() == property))?;
    Some((entry.key.clone(), entry.value.clone()))
}

fn is_secret_name(key: &str) -> bool {
    match key.strip_prefix(RAW) {
        Some(property) => is_secret(property),
        None => settings().iter().any(|setting| setting.key == key && setting.is_secret()),
    }
}

/// Lists are the only kind that a variable writes in another way than a flag: with commas.
fn has_many(key: &str) -> bool {
    let kind = settings().iter().find(|setting| setting.key == key).map(|setting| setting.kind);
    matches!(kind, Some(Kind::Headers | Kind::Topics))
}

fn never_shows(key: &str, value: &str, scene: &Scene) {
    let value = format!("{CANARY}{value}");
    let variable = variable(key);
    for input in [
        scene.with_variable(&variable, &value),
        scene.with_variable(&format!("{variable}X"), &value),
        scene.with_file(&format!("{key} = {}", toml::Value::from(value.as_str()))),
        scene.with_file(&format!("{key} = [{}]", toml::Value::from(value.as_str()))),
    ] {
        let (_, shown) = everything_shown(&input);
        assert!(!shown.contains(CANARY), "{shown}");
    }
}
