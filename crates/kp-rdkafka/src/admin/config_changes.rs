//! Configs as they are to be.
#![expect(unsafe_code, reason = "makes librdkafka's arguments and reads its results")]

use std::time::Duration;

use rdkafka::bindings as sys;
use sys::rd_kafka_AlterConfigOpType_t as How;

use super::error::{self, AdminError, ItemError, Named, c_text};
use super::request::{Kind, Request};
use crate::client::Client;
use crate::native::{self, Owned, array, text};

const ALTER_CONFIGS: Kind = Kind {
    name: "alter configs",
    operation: sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_INCREMENTALALTERCONFIGS,
    answer: sys::RD_KAFKA_EVENT_INCREMENTALALTERCONFIGS_RESULT,
};

/// A topic's configs that are to change; the others stay.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigChanges<'a> {
    /// The topic.
    pub topic: &'a str,
    /// Names and values; none for what is to be as if it had never been set.
    pub configs: Vec<(&'a str, Option<&'a str>)>,
}

/// Changes configs of topics, each named once.
///
/// # Errors
/// [`AdminError`]; an absent topic, or a value that the broker refuses, is an error of its own in
/// the answer. Then none of that topic's configs was changed.
pub fn alter_topic_configs(
    client: &Client,
    topics: &[ConfigChanges<'_>],
    timeout: Duration,
) -> Result<Vec<Named<()>>, AdminError> {
    if topics.is_empty() {
        return Ok(Vec::new());
    }
    let kind = sys::rd_kafka_ResourceType_t::RD_KAFKA_RESOURCE_TOPIC;
    let topics = topics.iter().map(|topic| resource(kind, topic.topic, &topic.configs));
    alter(client, &topics.collect::<Result<Vec<_>, _>>()?, timeout)
}

/// Changes configs of a broker that is up. librdkafka takes neither several brokers nor the
/// defaults of all brokers.
///
/// # Errors
/// [`AdminError`]; what the broker refuses is the inner error, and then nothing was changed.
pub fn alter_broker_configs(
    client: &Client,
    broker: i32,
    configs: &[(&str, Option<&str>)],
    timeout: Duration,
) -> Result<Result<(), ItemError>, AdminError> {
    let kind = sys::rd_kafka_ResourceType_t::RD_KAFKA_RESOURCE_BROKER;
    let resource = resource(kind, &broker.to_string(), configs)?;
    let answers = alter(client, &[resource], timeout)?;
    Ok(answers.into_iter().try_for_each(|answer| answer.result))
}

type Resource = Owned<sys::rd_kafka_ConfigResource_t>;

fn alter(
    client: &Client,
    resources: &[Resource],
    timeout: Duration,
) -> Result<Vec<Named<()>>, AdminError> {
    let request = Request::new(client, ALTER_CONFIGS, timeout)?;
    // SAFETY: function and event are of this kind, and what is read lives as long as the event.
    unsafe {
        request.send_all(sys::rd_kafka_IncrementalAlterConfigs, resources).wait(|event| {
            let result = sys::rd_kafka_event_IncrementalAlterConfigs_result(event);
            array(|count| sys::rd_kafka_IncrementalAlterConfigs_result_resources(result, count))
                .into_iter()
                .map(|resource| {
                    let error = error::of_item(
                        native::rd_kafka_ConfigResource_error(resource),
                        text(sys::rd_kafka_ConfigResource_error_string(resource)),
                    );
                    Named {
                        name: text(sys::rd_kafka_ConfigResource_name(resource)).unwrap_or_default(),
                        result: error.map_or(Ok(()), Err),
                    }
                })
                .collect()
        })
    }
}

fn resource(
    of: sys::rd_kafka_ResourceType_t,
    name: &str,
    configs: &[(&str, Option<&str>)],
) -> Result<Resource, AdminError> {
    let kind = ALTER_CONFIGS;
    let c_name = c_text(kind.name, "the owner of configs", name)?;
    // SAFETY: the name is copied, and what is made is ours to free.
    let resource = unsafe {
        Owned::new(
            sys::rd_kafka_ConfigResource_new(of, c_name.as_ptr()),
            sys::rd_kafka_ConfigResource_destroy,
        )
    };
    let resource = resource
        .ok_or_else(|| kind.argument("the owner of configs", name, "an empty name".to_owned()))?;
    for (config, value) in configs {
        let c_config = c_text(kind.name, "the name of a config", config)?;
        let c_value =
            value.map(|value| c_text(kind.name, "the value of a config", value)).transpose()?;
        let how = if value.is_some() {
            How::RD_KAFKA_ALTER_CONFIG_OP_TYPE_SET
        } else {
            How::RD_KAFKA_ALTER_CONFIG_OP_TYPE_DELETE
        };
        // SAFETY: the resource is alive; the texts are null or alive, and copied; the error, if
        // there is one, is ours.
        let added = unsafe {
            native::succeeded(sys::rd_kafka_ConfigResource_add_incremental_config(
                resource.raw(),
                c_config.as_ptr(),
                how,
                c_value.as_ref().map_or(std::ptr::null(), |value| value.as_ptr()),
            ))
        };
        if added.is_err() {
            return Err(kind.argument("config", config, "it cannot be set".to_owned()));
        }
    }
    Ok(resource)
}
