//! Every setting there is. Unknown keys, types, ranges, defaults, `--show-config` and the
//! librdkafka properties all follow from this table.

use std::time::Duration;

use crate::choice::{
    Color, Compression, Decode, Delivery, Flush, OnGap, OnTimeout, Output, Partitioner,
    SaslMechanism, SecurityProtocol, StdinFormat,
};
use crate::kind::Kind::{
    self, Acks, Boolean, Choice, Command, Delimiter, Exponent, Headers, Integer, Listen, Name,
    OnBadMessage, Partitions, Path, Rate, SecretFile, Servers, Size, StartAt, StopAt, Text, Topic,
    Topics,
};
use crate::librdkafka;
use crate::secret::UNDISCLOSED;

/// A setting.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Section and name: `producer.linger`.
    pub key: &'static str,
    /// What its value looks like.
    pub kind: Kind,
    /// Whether it may be without a value; every other setting has a default.
    pub optional: bool,
    /// The librdkafka property that it sets.
    pub property: Option<&'static str>,
    /// The flag that sets it.
    pub flag: Option<&'static str>,
    /// Its letter, which is kcat's for the same thing.
    pub short: Option<char>,
    /// Its default where the section's topic is named, if that is another one. An empty text takes
    /// the default away.
    pub beside_topic: Option<&'static str>,
    /// What it does, in one line.
    pub doc: &'static str,
}

impl Setting {
    const fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    const fn property(mut self, name: &'static str) -> Self {
        self.property = Some(name);
        self
    }

    const fn flag(mut self, name: &'static str) -> Self {
        self.flag = Some(name);
        self
    }

    const fn short(mut self, letter: char) -> Self {
        self.short = Some(letter);
        self
    }

    const fn beside_topic(mut self, default: &'static str) -> Self {
        self.beside_topic = Some(default);
        self
    }

    /// The section, such as `producer`.
    #[must_use]
    pub fn section(&self) -> &'static str {
        self.key.split_once('.').map_or(self.key, |(section, _)| section)
    }

    /// The name within its section, such as `linger`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.key.split_once('.').map_or(self.key, |(_, name)| name)
    }

    /// Whether the value itself must never be shown. The path of a file that holds a secret may be.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        // A command may have a secret among its words.
        self.kind == Command
            || self.kind != SecretFile && self.property.is_some_and(librdkafka::is_secret)
    }

    /// What is wrong with a value, without the value where that is a secret.
    pub(crate) fn disclosed(&self, problem: String) -> String {
        if self.is_secret() { UNDISCLOSED.to_owned() } else { problem }
    }
}

const fn setting(key: &'static str, kind: Kind, doc: &'static str) -> Setting {
    Setting {
        key,
        kind,
        optional: false,
        property: None,
        flag: None,
        short: None,
        beside_topic: None,
        doc,
    }
}

const fn milliseconds(min: u64, max: u64) -> Kind {
    Kind::Duration(Duration::from_millis(min), Duration::from_millis(max))
}

const fn milliseconds_or_never(min: u64, max: u64) -> Kind {
    Kind::DurationOrNever(Duration::from_millis(min), Duration::from_millis(max))
}

const fn seconds(min: u64, max: u64) -> Kind {
    Kind::Duration(Duration::from_secs(min), Duration::from_secs(max))
}

const HOUR: u64 = 3_600;
/// Longest whole number of hours that fits the 31 bits of librdkafka's milliseconds.
const LONGEST: u64 = 596 * HOUR;

/// Every setting there is, section by section, in the order in which they are shown.
#[must_use]
pub fn settings() -> &'static [Setting] {
    SETTINGS
}

pub(crate) fn find(key: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.key == key)
}

/// The setting that a raw property sets under another name. The file of a secret is not the secret
/// itself.
pub(crate) fn set_by(property: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| {
        setting.kind != SecretFile
            && setting.property.is_some_and(|own| librdkafka::same(own, property))
    })
}

#[rustfmt::skip] // A row in one to three lines reads as a table.
static SETTINGS: &[Setting] = &[
    setting("kafka.bootstrap_servers", Servers, "brokers to contact first")
        .property("bootstrap.servers").flag("--bootstrap-server"),
    setting("kafka.client_id", Name, "name that the broker logs for this client")
        .property("client.id"),
    setting("kafka.security_protocol", Choice(SecurityProtocol::WORDS), "how to talk to a broker")
        .property("security.protocol"),
    setting("kafka.ca", Path, "certificates of trusted authorities, PEM")
        .optional().property("ssl.ca.location"),
    setting("kafka.certificate", Path, "the client's certificate, PEM")
        .optional().property("ssl.certificate.location"),
    setting("kafka.key", Path, "the client's private key, PEM")
        .optional().property("ssl.key.location"),
    setting("kafka.ssl_key_password_file", SecretFile, "file with the private key's password")
        .optional().property("ssl.key.password"),
    setting("kafka.sasl_mechanism", Choice(SaslMechanism::WORDS), "how to log in")
        .optional().property("sasl.mechanisms"),
    setting("kafka.sasl_username", Name, "name to log in with")
        .optional().property("sasl.username"),
    setting("kafka.sasl_password_file", SecretFile, "file with the password to log in with")
        .optional().property("sasl.password"),
    setting("kafka.sasl_password_command", Command, "program that prints the password to log in with")
        .optional(),
    setting("kafka.read_only", Boolean, "whether every change to the cluster is refused"),
    setting("kafka.connect_timeout", seconds(1, 60), "how long the first contact may take"),

    setting("producer.topic", Topic, "topic to send to").flag("--topic").short('t'),
    setting("producer.count", Integer(0, i64::MAX),
        "messages to make up, numbered from 0; with --stdin, lines to read")
        .flag("--count").short('c'),
    setting("producer.rate", Rate, "messages per second, such as 5000, 5k/s or 30/m; 0: no limit")
        .flag("--rate"),
    setting("producer.duration", milliseconds(1, LONGEST * 1_000),
        "make messages up for so long; without --count as many as go").optional().flag("--duration"),
    setting("producer.size", Size(1, 1_000_000_000), "bytes of each value that is made up")
        .optional().flag("--size"),
    setting("producer.value_template", Text,
        "what each value is, with {{seq}}, {{now}}, {{uuid}}, {{int 1 6}}, {{choice FILE}}, {{choice A|B}}")
        .optional().flag("--value-template"),
    setting("producer.key", Text, "key of every message; the same key goes to the same partition")
        .optional().flag("--key").short('k'),
    setting("producer.keys", Integer(1, i64::MAX),
        "give each message that is made up one of so many keys, by chance").optional().flag("--keys"),
    setting("producer.zipf", Exponent,
        "with --keys: how uneven they are; 0 is even, with 1 key0 comes twice as often as key1")
        .optional().flag("--zipf"),
    setting("producer.seed", Integer(0, i64::MAX),
        "what chance starts from; the same number makes the same messages").optional().flag("--seed"),
    setting("producer.headers", Headers, "header of every message; may be repeated")
        .flag("--header").short('H'),
    setting("producer.partition", Integer(0, i32::MAX as i64),
        "partition to send to; without it the key decides").optional().flag("--partition").short('p'),
    setting("producer.acks", Acks,
        "acknowledgements to wait for: none, the leader's, all in-sync replicas'")
        .property("acks").flag("--acks"),
    setting("producer.idempotence", Boolean, "no repeats, order kept")
        .property("enable.idempotence"),
    setting("producer.compression", Choice(Compression::WORDS), "how a batch is compressed")
        .property("compression.codec").flag("--compression").short('z'),
    setting("producer.linger", milliseconds(0, 900_000),
        "how long a message waits for others to share its batch")
        .property("linger.ms").flag("--linger"),
    setting("producer.flush", Choice(Flush::WORDS),
        "when to wait for acknowledgements: at the end, or after each message").flag("--flush"),
    setting("producer.delivery_timeout", milliseconds(1, LONGEST * 1_000),
        "how long a message may take until it fails")
        .property("message.timeout.ms").flag("--delivery-timeout"),
    setting("producer.on_timeout", Choice(OnTimeout::WORDS),
        "what happens after that: send nothing more, or send the rest, some of it perhaps twice")
        .flag("--on-timeout"),
    setting("producer.shutdown_timeout", seconds(0, HOUR), "how long ending may take")
        .flag("--shutdown-timeout"),
    setting("producer.partitioner", Choice(Partitioner::WORDS), "which partition a key leads to")
        .property("partitioner"),
    setting("producer.create_topics", Boolean, "whether the broker may create a missing topic")
        .property("allow.auto.create.topics"),
    setting("producer.stdin_format", Choice(StdinFormat::WORDS),
        "what the input is: values, records, or CSV with a header; means --stdin")
        .flag("--stdin-format"),
    setting("producer.key_column", Name, "column of the CSV that the key is in")
        .optional().flag("--key-column"),
    setting("producer.key_delimiter", Delimiter,
        "what stands between key and value in a line of input")
        .optional().flag("--key-delimiter").short('K'),
    setting("producer.delimiter", Delimiter,
        "what ends a message of the input, instead of a newline; may be '\\0' or longer")
        .optional().flag("--delimiter").short('D'),
    setting("producer.null_empty", Boolean, "send null where a value, or a key before -K, is empty")
        .flag("--null-empty").short('Z'),
    setting("producer.input_template", Name,
        "what the input looks like: a template of kp-consumer, such as '%k\\t%s\\n'; means --stdin")
        .optional().flag("--input-template"),
    setting("producer.transactional_id", Name,
        "send in transactions, under this name, which no other producer may have")
        .optional().property("transactional.id").flag("--transactional-id"),
    setting("producer.per_transaction", Integer(1, 100_000),
        "messages in a transaction at most; it ends after a second anyway")
        .flag("--per-transaction"),
    setting("producer.metrics", Listen,
        "answer metrics and health at this address; a port alone, such as 9102, is on this machine")
        .optional().flag("--metrics"),

    setting("consumer.topic", Topics, "topic to read, or a pattern such as 'orders.*'; may be repeated")
        .flag("--topic").short('t'),
    setting("consumer.group_id", Name, "consumer group")
        .property("group.id").flag("--group").short('G').beside_topic(""),
    setting("consumer.from", StartAt,
        "where reading starts: stored, earliest, latest, an offset, -N (the last N), or @TIME")
        .flag("--from").short('o'),
    setting("consumer.until", StopAt, "where reading stops: end, an offset, -N, or @TIME")
        .optional().flag("--until"),
    setting("consumer.partition", Partitions, "partitions to read, such as 0,2-4; all without it")
        .optional().flag("--partition").short('p'),
    setting("consumer.idle_exit", milliseconds_or_never(1, LONGEST * 1_000),
        "end after this long without a message at the end of every partition").flag("--idle-exit"),
    setting("consumer.stall_timeout", milliseconds(1, LONGEST * 1_000),
        "give up after this long without progress").flag("--stall-timeout"),
    setting("consumer.shutdown_timeout", seconds(0, HOUR), "how long leaving may take")
        .flag("--shutdown-timeout"),
    setting("consumer.max_messages", Integer(1, i64::MAX), "end after this many messages")
        .optional().flag("--max-messages").short('c'),
    setting("consumer.format", Name,
        "how a message is printed: line, seed, json, value, pretty, or a template")
        .flag("--format").short('f'),
    setting("consumer.delimiter", Delimiter,
        "what follows each value, instead of a newline; means --format value")
        .optional().flag("--delimiter").short('D'),
    setting("consumer.print_null", Boolean,
        "print NULL for a null key or value; means --format value, or goes with a template")
        .flag("--print-null").short('Z'),
    setting("consumer.decode", Choice(Decode::WORDS),
        "how --format json shows a value: as text, or as JSON if it is JSON").flag("--decode"),
    setting("consumer.color", Choice(Color::WORDS),
        "whether --pretty has colours: auto is on a terminal, without NO_COLOR").flag("--color"),
    setting("consumer.on_bad_message", OnBadMessage,
        "what happens to a message that is not JSON: fail, skip, show, dead-letter:TOPIC")
        .flag("--on-bad-message").beside_topic("show"),
    setting("consumer.on_gap", Choice(OnGap::WORDS),
        "what to do where messages are gone before they were read: warn (not with --quiet), or fail")
        .flag("--on-gap"),
    setting("consumer.delivery", Choice(Delivery::WORDS),
        "print, then commit: some may come again; or commit, then print: some may get lost")
        .flag("--delivery"),
    setting("consumer.copy_to", Topic,
        "copy to this topic exactly once, instead of printing; needs --transactional-id")
        .optional().flag("--copy-to"),
    setting("consumer.transactional_id", Name,
        "name for copying in transactions, which no other producer may have")
        .optional().flag("--transactional-id"),
    setting("consumer.commit_interval", milliseconds(10, 24 * HOUR * 1_000),
        "how often offsets are committed").property("auto.commit.interval.ms"),
    setting("consumer.metrics", Listen,
        "answer metrics and health at this address; a port alone, such as 9102, is on this machine")
        .optional().flag("--metrics"),

    setting("admin.timeout", milliseconds(1, HOUR * 1_000), "how long a request may take"),
    setting("admin.output", Choice(Output::WORDS), "form of the answer").flag("--output"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn keys_and_properties_stand_once_and_properties_exist() {
        let mut keys = BTreeSet::new();
        let mut properties = BTreeSet::new();
        for setting in settings() {
            assert!(keys.insert(setting.key), "{} stands twice", setting.key);
            assert!(
                ["kafka", "producer", "consumer", "admin"].contains(&setting.section()),
                "{}",
                setting.key
            );
            if let Some(property) = setting.property {
                assert!(properties.insert(property), "{property} stands twice");
                assert!(librdkafka::find(property).is_some(), "{property} does not exist");
            }
        }
    }

    #[test]
    fn flags_are_named_like_keys_apart_from_three() {
        for setting in settings() {
            let (Some(flag), Some((_, name))) = (setting.flag, setting.key.split_once('.')) else {
                continue;
            };
            let expected = match setting.key {
                "kafka.bootstrap_servers" => "--bootstrap-server".to_owned(),
                "producer.headers" => "--header".to_owned(),
                "consumer.group_id" => "--group".to_owned(),
                _ => format!("--{}", name.replace('_', "-")),
            };
            assert_eq!(flag, expected);
        }
    }

    #[test]
    fn what_librdkafka_holds_for_sensitive_is_secret_here_too() {
        let secret: Vec<_> =
            settings().iter().filter(|setting| setting.is_secret()).map(|one| one.key).collect();
        assert_eq!(secret, ["kafka.key", "kafka.sasl_username", "kafka.sasl_password_command"]);
    }
}
