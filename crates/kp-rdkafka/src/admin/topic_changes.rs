//! Topics as they are to be: create, delete, add partitions.
#![expect(unsafe_code, reason = "makes librdkafka's arguments and reads its results")]

use std::ffi::c_int;
use std::time::Duration;

use rdkafka::bindings as sys;

use super::error::{self, AdminError, Named, c_text};
use super::request::{Kind, Request};
use crate::client::Client;
use crate::native::{self, Owned, Reason, array, text};

const CREATE_TOPICS: Kind = Kind {
    name: "create topics",
    operation: sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_CREATETOPICS,
    answer: sys::RD_KAFKA_EVENT_CREATETOPICS_RESULT,
};
const DELETE_TOPICS: Kind = Kind {
    name: "delete topics",
    operation: sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DELETETOPICS,
    answer: sys::RD_KAFKA_EVENT_DELETETOPICS_RESULT,
};
const CREATE_PARTITIONS: Kind = Kind {
    name: "add partitions",
    operation: sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_CREATEPARTITIONS,
    answer: sys::RD_KAFKA_EVENT_CREATEPARTITIONS_RESULT,
};

/// A topic that is to be made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewTopic<'a> {
    /// By Kafka's rule: 1 to 249 of `a-z A-Z 0-9 . _ -`.
    pub name: &'a str,
    /// How many partitions; none for the broker's `num.partitions`.
    pub partitions: Option<u32>,
    /// On how many brokers each partition is held; none for the broker's
    /// `default.replication.factor`.
    pub replication_factor: Option<u16>,
    /// Settings such as `("retention.ms", "60000")`.
    pub configs: Vec<(&'a str, &'a str)>,
}

/// Creates topics, and waits until the brokers know them.
///
/// # Errors
/// [`AdminError`]; a topic that is there already, or whose name or settings the broker refuses, is
/// an error of its own in the answer.
pub fn create_topics(
    client: &Client,
    topics: &[NewTopic<'_>],
    timeout: Duration,
) -> Result<Vec<Named<()>>, AdminError> {
    let topics = topics.iter().map(new_topic).collect::<Result<Vec<_>, _>>()?;
    if topics.is_empty() {
        return Ok(Vec::new());
    }
    let request = Request::new(client, CREATE_TOPICS, timeout)?.wait_for_propagation()?;
    // SAFETY: function and event are of this kind.
    unsafe {
        request.send_all(sys::rd_kafka_CreateTopics, &topics).wait(|event| {
            let result = sys::rd_kafka_event_CreateTopics_result(event);
            read_results(|count| sys::rd_kafka_CreateTopics_result_topics(result, count))
        })
    }
}

/// Deletes topics with all their messages, and waits until the brokers know it.
///
/// # Errors
/// [`AdminError`]; an absent topic is an error of its own in the answer.
pub fn delete_topics(
    client: &Client,
    topics: &[&str],
    timeout: Duration,
) -> Result<Vec<Named<()>>, AdminError> {
    let (new, destroy) = (sys::rd_kafka_DeleteTopic_new, sys::rd_kafka_DeleteTopic_destroy);
    // SAFETY: both are librdkafka's for this thing.
    let topics =
        unsafe { error::by_name(DELETE_TOPICS.name, "topic", topics, |name| new(name), destroy)? };
    if topics.is_empty() {
        return Ok(Vec::new());
    }
    let request = Request::new(client, DELETE_TOPICS, timeout)?.wait_for_propagation()?;
    // SAFETY: function and event are of this kind.
    unsafe {
        request.send_all(sys::rd_kafka_DeleteTopics, &topics).wait(|event| {
            let result = sys::rd_kafka_event_DeleteTopics_result(event);
            read_results(|count| sys::rd_kafka_DeleteTopics_result_topics(result, count))
        })
    }
}

/// Makes topics have more partitions, given as topic and the number that it is to have. Keys then
/// land on other partitions than before.
///
/// # Errors
/// [`AdminError`]; an absent topic, or a number that is not more than there are, is an error of its
/// own in the answer.
pub fn create_partitions(
    client: &Client,
    topics: &[(&str, u32)],
    timeout: Duration,
) -> Result<Vec<Named<()>>, AdminError> {
    let topics = topics
        .iter()
        .map(|(topic, total)| new_partitions(topic, *total))
        .collect::<Result<Vec<_>, _>>()?;
    if topics.is_empty() {
        return Ok(Vec::new());
    }
    let request = Request::new(client, CREATE_PARTITIONS, timeout)?.wait_for_propagation()?;
    // SAFETY: function and event are of this kind.
    unsafe {
        request.send_all(sys::rd_kafka_CreatePartitions, &topics).wait(|event| {
            let result = sys::rd_kafka_event_CreatePartitions_result(event);
            read_results(|count| sys::rd_kafka_CreatePartitions_result_topics(result, count))
        })
    }
}

fn new_partitions(
    topic: &str,
    total: u32,
) -> Result<Owned<sys::rd_kafka_NewPartitions_t>, AdminError> {
    let name = c_text(CREATE_PARTITIONS.name, "topic", topic)?;
    let mut reason = Reason::new();
    // SAFETY: the name is copied, the buffer's true length is given, and what is made is ours to
    // free.
    unsafe {
        Owned::new(
            sys::rd_kafka_NewPartitions_new(
                name.as_ptr(),
                total as usize,
                reason.as_mut_ptr(),
                reason.len(),
            ),
            sys::rd_kafka_NewPartitions_destroy,
        )
    }
    .ok_or_else(|| CREATE_PARTITIONS.argument("topic", topic, reason.to_string()))
}

fn new_topic(topic: &NewTopic<'_>) -> Result<Owned<sys::rd_kafka_NewTopic_t>, AdminError> {
    let kind = CREATE_TOPICS;
    let name = c_text(kind.name, "topic", topic.name)?;
    // -1 stands for the broker's own default; a number beyond i32 is refused as too large, like the
    // largest i32.
    let partitions =
        topic.partitions.map_or(-1, |count| c_int::try_from(count).unwrap_or(c_int::MAX));
    let replication_factor = topic.replication_factor.map_or(-1, c_int::from);
    let mut reason = Reason::new();
    // SAFETY: the name is copied, the buffer's true length is given, and what is made is ours to
    // free.
    let new_topic = unsafe {
        Owned::new(
            sys::rd_kafka_NewTopic_new(
                name.as_ptr(),
                partitions,
                replication_factor,
                reason.as_mut_ptr(),
                reason.len(),
            ),
            sys::rd_kafka_NewTopic_destroy,
        )
    }
    .ok_or_else(|| kind.argument("topic", topic.name, reason.to_string()))?;
    for (key, value) in &topic.configs {
        let c_key = c_text(kind.name, "the name of a topic config", key)?;
        let c_value = c_text(kind.name, "the value of a topic config", value)?;
        // SAFETY: the topic is alive; both texts are copied.
        let error = unsafe {
            sys::rd_kafka_NewTopic_set_config(new_topic.raw(), c_key.as_ptr(), c_value.as_ptr())
        };
        if error != sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR {
            return Err(kind.argument("topic config", key, "it cannot be set".to_owned()));
        }
    }
    Ok(new_topic)
}

/// # Safety
/// `get` is one of librdkafka's functions that list topic results, on a result that lives during
/// this call.
unsafe fn read_results(
    get: impl FnOnce(*mut usize) -> *mut *const sys::rd_kafka_topic_result_t,
) -> Vec<Named<()>> {
    // SAFETY: an array of topic results by this function's contract.
    unsafe { array(get) }
        .into_iter()
        // SAFETY: as above.
        .map(|result| unsafe {
            let error = error::of_item(
                native::rd_kafka_topic_result_error(result),
                text(sys::rd_kafka_topic_result_error_string(result)),
            );
            Named {
                name: text(sys::rd_kafka_topic_result_name(result)).unwrap_or_default(),
                result: error.map_or(Ok(()), Err),
            }
        })
        .collect()
}
