//! Many settings at once, in all layers.
//!
//! An input is lines: `KP_NAME=VALUE` is a variable, `-KEY=VALUE` a flag, and all others are the
//! lines of the settings file.

use kp_settings::{is_secret, load};

use crate::scene::{CANARY, Scene, everything_shown, flag, may_never_end};

pub(crate) const WORDS: &[&str] = &[
    "\n",
    "\n",
    "KP_",
    "KP_PRODUCER__LINGER=5ms\n",
    "KP_PRODUCER__LINGER=900s\n",
    "KP_PRODUCER__ACKS=1\n",
    "KP_PRODUCER__IDEMPOTENCE=true\n",
    "KP_PRODUCER__FLUSH=each\n",
    "KP_PRODUCER__TRANSACTIONAL_ID=a\n",
    "KP_KAFKA__LIBRDKAFKA__LINGER_MS=5\n",
    "KP_KAFKA__LIBRDKAFKA__QUEUE_BUFFERING_MAX_MS=1\n",
    "KP_KAFKA__LIBRDKAFKA__ACKS=0\n",
    "KP_KAFKA__SECURITY_PROTOCOL=sasl_ssl\n",
    "KP_KAFKA__SASL_MECHANISM=PLAIN\n",
    "KP_KAFKA__SASL_USERNAME=alice\n",
    "KP_KAFKA__LIBRDKAFKA__SASL_PASSWORD=canary7Hq\n",
    "KP_KAFKA__SASL_PASSWORD_FILE=x.toml\n",
    "KP_KAFKA__LIBRDKAFKA__SSL_KEY_PEM=canary7Hq\n",
    "KP_KAFKA__KEY=canary7Hq\n",
    "KP_KAFKA__LIBRDKAFKA__SASL_PASWORD=canary7Hq\n",
    "KP_KAFKA__SASL_PASSWORD=canary7Hq\n",
    "KP_CONFIG=x.toml\n",
    "-producer.linger=5ms\n",
    "-producer.acks=all\n",
    "-kafka.librdkafka.delivery.timeout.ms=5\n",
    "-kafka.librdkafka.acks=-1\n",
    "-producer.delivery_timeout=1ms\n",
    "-consumer.copy_to=copy\n",
    "-consumer.transactional_id=c\n",
    "-consumer.from=@0\n",
    "-kafka.librdkafka.sasl.password=canary7Hq\n",
    "-kafka.librdkafka.message.max.bytes=1000\n",
    "-kafka.librdkafka.enabled_events=1\n",
    "[kafka]\n",
    "[producer]\n",
    "[kafka.librdkafka]\n",
    "acks = \"0\"\n",
    "idempotence = true\n",
    "sasl.password = \"canary7Hq\"\n",
    "ssl.key.password = \"canary7Hq\"\n",
    "linger.ms = 0.5\n",
    "sasl_username = \"canary7Hq\"\n",
    "security_protocol = \"ssl\"\n",
];

pub(crate) fn check(text: &str, scene: &Scene) {
    if may_never_end(text) {
        return;
    }
    let (mut environment, mut flags, mut file) = (Vec::new(), Vec::new(), String::new());
    for line in text.split_inclusive('\n') {
        let pair = line.trim_end_matches('\n').split_once('=');
        match (line.strip_prefix('-'), pair) {
            (Some(_), Some((key, value))) => flags.push(flag(&key[1..], value)),
            (None, Some((name, value))) if name.starts_with("KP_") => {
                environment.push((name.into(), value.into()))
            }
            _ => file.push_str(line),
        }
    }
    let mut input = scene.with_file(&file);
    input.environment = environment;
    input.flags = flags;
    let (loaded, shown) = everything_shown(&input);
    if secrets_stand_where_they_belong(text) {
        assert!(!shown.contains(CANARY), "{shown}");
    }
    let raw =
        |flag: &kp_settings::FlagValue| flag.key.strip_prefix("kafka.librdkafka.").map(is_secret);
    if input.flags.iter().any(|flag| raw(flag) == Some(true)) {
        assert!(loaded.is_err(), "a secret stands on the command line");
    }
    // A flag overrides everything: it means here what it means alone, or there is an error.
    let alone = load(&kp_settings::Input { flags: input.flags.clone(), ..scene.empty() });
    if let (Ok(loaded), Ok(alone)) = (&loaded, &alone) {
        for flag in &input.flags {
            assert_eq!(loaded.origin(&flag.key).to_string(), alone.origin(&flag.key).to_string());
            assert_eq!(in_force(loaded, &flag.key), in_force(alone, &flag.key));
        }
    }
}

/// The canary is a secret only in a place for secrets; anywhere else it may show.
fn secrets_stand_where_they_belong(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| line.contains(CANARY));
    lines.all(|line| WORDS.iter().any(|word| word.trim_end() == line))
}

fn in_force(settings: &kp_settings::Settings, key: &str) -> Option<String> {
    let entries = crate::scene::ROLES.map(|role| settings.entries(role));
    let mut entries = entries.iter().flatten();
    Some(entries.find(|entry| entry.key == key)?.value.clone())
}
