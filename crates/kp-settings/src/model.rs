//! The settings in force, as plain types: a field for each row of the table.

use std::fmt::Display;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use kp_core::WantedTopics;
use serde::Deserialize;
use serde::de::value::MapDeserializer;
use serde::de::{Deserializer, Error as _};

use crate::address::Servers;
use crate::bad_message::OnBadMessage;
use crate::choice::{
    Acks, Color, Compression, Decode, Delivery, Flush, OnGap, OnTimeout, Output, Partitioner,
    SaslMechanism, SecurityProtocol, StdinFormat,
};
use crate::delimiter::Delimiter;
use crate::error::SettingsError;
use crate::exponent::Exponent;
use crate::listen::Listen;
use crate::merge::Values;
use crate::partitions::Partitions;
use crate::rate::Rate;
use crate::secret::Secret;
use crate::start_at::StartAt;
use crate::stop_at::StopAt;
use crate::table::settings;

/// `[kafka]`: how to reach the cluster, and who the client is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kafka {
    /// The brokers to contact first (`bootstrap.servers`).
    #[serde(deserialize_with = "by_text")]
    pub bootstrap_servers: Servers,
    /// The name that the broker logs for this client (`client.id`).
    pub client_id: String,
    /// How to talk to a broker (`security.protocol`).
    pub security_protocol: SecurityProtocol,
    /// File with the certificates of trusted authorities, PEM (`ssl.ca.location`).
    pub ca: Option<PathBuf>,
    /// File with the client's certificate, PEM (`ssl.certificate.location`).
    pub certificate: Option<PathBuf>,
    /// File with the client's private key, PEM (`ssl.key.location`). librdkafka marks its path as
    /// sensitive.
    pub key: Option<Secret>,
    /// File that holds the private key's password (`ssl.key.password`).
    pub ssl_key_password_file: Option<PathBuf>,
    /// How to log in (`sasl.mechanisms`).
    pub sasl_mechanism: Option<SaslMechanism>,
    /// The name to log in with (`sasl.username`). librdkafka marks it as sensitive.
    pub sasl_username: Option<Secret>,
    /// File that holds the password to log in with (`sasl.password`).
    pub sasl_password_file: Option<PathBuf>,
    /// The program that prints this password, and its arguments.
    pub sasl_password_command: Option<Vec<Secret>>,
    /// Whether every change to the cluster is refused: sending, committing, administering.
    pub read_only: bool,
    /// How long the first contact with the cluster may take.
    pub connect_timeout: Duration,
}

/// `[producer]`: what `kp-producer` sends, and how.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Producer {
    /// The topic to send to.
    pub topic: String,
    /// How many messages to make up.
    pub count: u64,
    /// How many messages are due in a time.
    #[serde(deserialize_with = "by_text")]
    pub rate: Rate,
    /// How long messages are made up; `None` ends by their count alone.
    pub duration: Option<Duration>,
    /// Bytes of a value that is made up; `None` is as short as it is.
    pub size: Option<usize>,
    /// What a value that is made up is, with placeholders; the producer reads it.
    pub value_template: Option<String>,
    /// The key of every message; `None` sends none.
    pub key: Option<String>,
    /// How many keys made-up messages share; `None` leaves them to `key`.
    pub keys: Option<u64>,
    /// How uneven the keys are; `None` is even.
    #[serde(default, deserialize_with = "by_text_or_none")]
    pub zipf: Option<Exponent>,
    /// What chance starts from; `None` is another number each time.
    pub seed: Option<u64>,
    /// Headers of every message, in order, repeats allowed.
    pub headers: Vec<(String, String)>,
    /// The partition to send to; `None` leaves it to the partitioner.
    pub partition: Option<i32>,
    /// Which replicas must have a message before it counts as delivered (`acks`).
    pub acks: Acks,
    /// Whether the broker drops repeats and keeps the order (`enable.idempotence`).
    pub idempotence: bool,
    /// How a batch is packed (`compression.codec`).
    pub compression: Compression,
    /// How long a message waits for others to share its batch (`linger.ms`).
    pub linger: Duration,
    /// When to wait for what was sent.
    pub flush: Flush,
    /// How long a message may take until it counts as failed (`message.timeout.ms`).
    pub delivery_timeout: Duration,
    /// What happens after that time.
    pub on_timeout: OnTimeout,
    /// How long the producer may take to send what is queued when it is told to end.
    pub shutdown_timeout: Duration,
    /// Which partition a key leads to (`partitioner`).
    pub partitioner: Partitioner,
    /// Whether the broker may create a missing topic by its own rule (`allow.auto.create.topics`).
    pub create_topics: bool,
    /// What the input is.
    pub stdin_format: StdinFormat,
    /// The column of a CSV that the key is in; `None` leaves rows without a key of their own.
    pub key_column: Option<String>,
    /// What stands between key and value in a line; `None` takes the whole line for the value.
    #[serde(default, deserialize_with = "by_text_or_none")]
    pub key_delimiter: Option<Delimiter>,
    /// What ends a message of the input; `None` is a newline, `\n` or `\r\n`.
    #[serde(default, deserialize_with = "by_text_or_none")]
    pub delimiter: Option<Delimiter>,
    /// Whether an empty value is sent as null, and an empty key before the key's delimiter.
    pub null_empty: bool,
    /// The template that has printed the input; `None` leaves it to `stdin_format`.
    pub input_template: Option<String>,
    /// The name by which the broker knows this producer over restarts, for transactions
    /// (`transactional.id`); `None` sends without.
    pub transactional_id: Option<String>,
    /// Messages of one transaction.
    pub per_transaction: u32,
    /// Where metrics and health are answered; `None` answers nowhere.
    #[serde(default, deserialize_with = "by_text_or_none")]
    pub metrics: Option<Listen>,
}

/// `[consumer]`: what `kp-consumer` reads, and how.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consumer {
    /// The topics to read, at least one name or pattern.
    #[serde(deserialize_with = "by_text")]
    pub topic: WantedTopics,
    /// The consumer group (`group.id`); `None` reads without a group and commits nothing.
    pub group_id: Option<String>,
    /// Where reading starts.
    #[serde(deserialize_with = "by_text")]
    pub from: StartAt,
    /// Where reading stops; `None` does not stop by that.
    #[serde(default, deserialize_with = "by_text_or_none")]
    pub until: Option<StopAt>,
    /// The partitions to read; `None` is all.
    #[serde(default, deserialize_with = "by_text_or_none")]
    pub partition: Option<Partitions>,
    /// End after this long without a message at the end of every partition; `None` is never.
    pub idle_exit: Option<Duration>,
    /// Give up after this long without progress although messages are left.
    pub stall_timeout: Duration,
    /// How long leaving the group may take.
    pub shutdown_timeout: Duration,
    /// End after this many messages; `None` is no limit.
    pub max_messages: Option<u64>,
    /// How a message is printed: `line`, `seed`, `json`, `value` or a template, which the consumer
    /// reads.
    pub format: String,
    /// What follows each value in the format `value`; `None` is a newline.
    #[serde(default, deserialize_with = "by_text_or_none")]
    pub delimiter: Option<Delimiter>,
    /// Whether `NULL` is printed for a null key or value, by the format `value` and by templates.
    pub print_null: bool,
    /// How the format `json` shows a value.
    pub decode: Decode,
    /// Whether the format `pretty` has colours.
    pub color: Color,
    /// What becomes of a message that the format cannot show.
    #[serde(deserialize_with = "by_text")]
    pub on_bad_message: OnBadMessage,
    /// What happens where messages are gone before they were read.
    pub on_gap: OnGap,
    /// What comes first, the commit of a message or its delivery.
    pub delivery: Delivery,
    /// The topic to copy to, in transactions, instead of printing.
    pub copy_to: Option<String>,
    /// The name by which the broker knows the copy over restarts (`transactional.id`).
    pub transactional_id: Option<String>,
    /// How often stored offsets are committed (`auto.commit.interval.ms`).
    pub commit_interval: Duration,
    /// Where metrics and health are answered; `None` answers nowhere.
    #[serde(default, deserialize_with = "by_text_or_none")]
    pub metrics: Option<Listen>,
}

/// `[admin]`: how `kp-admin` asks and answers.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Admin {
    /// How long a request may take.
    pub timeout: Duration,
    /// The form of the answer.
    pub output: Output,
}

/// The part of the model that holds a section. The layers have checked every value by the table, so
/// that an error here is a mistake in kp.
pub(crate) fn section<'v, T: Deserialize<'v>>(
    values: &'v Values,
    section: &str,
) -> Result<T, SettingsError> {
    let own = settings().iter().filter(|setting| setting.section() == section);
    let fields = own.filter_map(|setting| Some((setting.name(), &values.get(setting.key)?.value)));
    T::deserialize(MapDeserializer::new(fields))
        .map_err(|error| SettingsError::Misfit(format!("[{section}]: {error}")))
}

/// kp's own types come as the text that they read back.
fn by_text<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: Display>,
{
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}

fn by_text_or_none<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: Display>,
{
    by_text(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use serde::de::value::Error;

    use super::*;
    use crate::table::Setting;
    use crate::value::Value;

    fn fields<'de, T: Deserialize<'de>>() -> Vec<String> {
        let unknown = [("?", &Value::Never)];
        let refused: Result<T, Error> = T::deserialize(MapDeserializer::new(unknown.into_iter()));
        // It lists them all: "unknown field `?`, expected one of `topic`, `count`".
        let said = refused.err().expect("a refusal").to_string();
        said.split('`').skip(3).step_by(2).map(str::to_owned).collect()
    }

    #[test]
    fn the_table_and_the_model_have_the_same_settings_in_the_same_order() {
        for (section, fields) in [
            ("kafka", fields::<Kafka>()),
            ("producer", fields::<Producer>()),
            ("consumer", fields::<Consumer>()),
            ("admin", fields::<Admin>()),
        ] {
            let rows = settings().iter().filter(|setting| setting.section() == section);
            assert_eq!(fields, rows.map(Setting::name).collect::<Vec<_>>(), "[{section}]");
        }
    }
}
