//! What is set on topics and brokers.
#![expect(unsafe_code, reason = "reads librdkafka's results")]

use std::ffi::c_int;
use std::time::Duration;

use rdkafka::bindings as sys;

use super::error::{self, AdminError, Named};
use super::request::{Kind, Pending, Request, Whom};
use crate::client::Client;
use crate::native::{self, array, text};

const DESCRIBE_CONFIGS: Kind = Kind {
    name: "describe configs",
    operation: sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS,
    answer: sys::RD_KAFKA_EVENT_DESCRIBECONFIGS_RESULT,
};

/// One setting of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigEntry {
    /// The name, such as `retention.ms`.
    pub name: String,
    /// The value in force; none for a sensitive one, which the broker keeps to itself.
    pub value: Option<String>,
    /// Where the value was set.
    pub source: ConfigSource,
    /// Whether the broker keeps the value to itself.
    pub is_sensitive: bool,
    /// Whether the setting cannot be changed.
    pub is_read_only: bool,
}

/// Where a setting's value was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigSource {
    /// On the topic itself.
    Topic,
    /// On this broker, while it ran.
    Broker,
    /// On all brokers, while they ran.
    AllBrokers,
    /// In the file that the broker was started with.
    BrokerFile,
    /// Nowhere: Kafka's own default.
    Default,
    /// A source that this version does not know.
    Other,
}

impl ConfigSource {
    fn from_raw(raw: c_int) -> Self {
        // The protocol's numbers, which librdkafka passes on.
        match raw {
            1 => Self::Topic,
            2 => Self::Broker,
            3 => Self::AllBrokers,
            4 => Self::BrokerFile,
            5 => Self::Default,
            _ => Self::Other,
        }
    }
}

/// The settings of each topic, those in force by default included.
///
/// # Errors
/// [`AdminError`]; an absent topic is an error of its own in the answer.
pub fn describe_configs(
    client: &Client,
    topics: &[&str],
    timeout: Duration,
) -> Result<Vec<Named<Vec<ConfigEntry>>>, AdminError> {
    if topics.is_empty() {
        return Ok(Vec::new());
    }
    ask_configs(client, Whom::Any, topics, timeout)?.wait()
}

/// The settings of a broker that is up, those in force by default included.
///
/// # Errors
/// [`AdminError`]; a refusal of the broker is an error of its own in the answer.
pub fn describe_broker_configs(
    client: &Client,
    broker: i32,
    timeout: Duration,
) -> Result<Vec<Named<Vec<ConfigEntry>>>, AdminError> {
    let kind = sys::rd_kafka_ResourceType_t::RD_KAFKA_RESOURCE_BROKER;
    let destroy = sys::rd_kafka_ConfigResource_destroy;
    let name = broker.to_string();
    // SAFETY: both are librdkafka's for this thing, and the function that sends is of this kind.
    unsafe {
        let new = |name| sys::rd_kafka_ConfigResource_new(kind, name);
        let resources = error::by_name(DESCRIBE_CONFIGS.name, "broker", &[&name], new, destroy)?;
        let request = Request::new(client, DESCRIBE_CONFIGS, timeout)?;
        request.send_all(sys::rd_kafka_DescribeConfigs, &resources).wait(read_result)
    }
}

/// Asks for the settings of each topic, and does not wait for the answer, which comes after
/// `timeout` at the latest.
///
/// # Errors
/// [`AdminError`], when it cannot even be asked.
pub fn ask_configs(
    client: &Client,
    whom: Whom,
    topics: &[&str],
    timeout: Duration,
) -> Result<Pending<Vec<Named<Vec<ConfigEntry>>>>, AdminError> {
    let kind = sys::rd_kafka_ResourceType_t::RD_KAFKA_RESOURCE_TOPIC;
    let destroy = sys::rd_kafka_ConfigResource_destroy;
    // SAFETY: both are librdkafka's for this thing, and the function that sends is of this kind.
    unsafe {
        let new = |name| sys::rd_kafka_ConfigResource_new(kind, name);
        let resources = error::by_name(DESCRIBE_CONFIGS.name, "topic", topics, new, destroy)?;
        let request = Request::new(client, DESCRIBE_CONFIGS, timeout)?.of(whom)?;
        Ok(Pending::new(request.send_all(sys::rd_kafka_DescribeConfigs, &resources), read_result))
    }
}

fn read_result(event: *mut sys::rd_kafka_event_t) -> Vec<Named<Vec<ConfigEntry>>> {
    // SAFETY: the event is of this kind, and what is read from it lives as long as it does.
    unsafe {
        let result = sys::rd_kafka_event_DescribeConfigs_result(event);
        array(|count| sys::rd_kafka_DescribeConfigs_result_resources(result, count))
            .into_iter()
            .map(|resource| read_resource(resource))
            .collect()
    }
}

/// # Safety
/// `resource` is a described resource that lives during this call.
unsafe fn read_resource(
    resource: *const sys::rd_kafka_ConfigResource_t,
) -> Named<Vec<ConfigEntry>> {
    // SAFETY: a resource by this function's contract, and its entries live as long as it does.
    unsafe {
        let error = error::of_item(
            native::rd_kafka_ConfigResource_error(resource),
            text(sys::rd_kafka_ConfigResource_error_string(resource)),
        );
        let entries = || {
            array(|count| sys::rd_kafka_ConfigResource_configs(resource, count))
                .into_iter()
                .map(|entry| read_entry(entry))
                .collect()
        };
        Named {
            name: text(sys::rd_kafka_ConfigResource_name(resource)).unwrap_or_default(),
            result: error.map_or_else(|| Ok(entries()), Err),
        }
    }
}

/// # Safety
/// `entry` is a described entry that lives during this call.
unsafe fn read_entry(entry: *const sys::rd_kafka_ConfigEntry_t) -> ConfigEntry {
    // SAFETY: an entry by this function's contract.
    unsafe {
        ConfigEntry {
            name: text(sys::rd_kafka_ConfigEntry_name(entry)).unwrap_or_default(),
            value: text(sys::rd_kafka_ConfigEntry_value(entry)),
            source: ConfigSource::from_raw(native::rd_kafka_ConfigEntry_source(entry)),
            is_sensitive: sys::rd_kafka_ConfigEntry_is_sensitive(entry) == 1,
            is_read_only: sys::rd_kafka_ConfigEntry_is_read_only(entry) == 1,
        }
    }
}
