//! A group's offsets as they are to be: change, delete.
#![expect(unsafe_code, reason = "makes librdkafka's arguments and reads its results")]

use std::time::Duration;

use rdkafka::bindings as sys;

use super::error::{self, AdminError, ItemError, c_text};
use super::offsets::partition_list;
use super::request::{Kind, Request};
use crate::client::Client;
use crate::native::{Owned, array, partitions, topic_and_partition};

const ALTER: Kind = Kind {
    name: "change the group's offsets",
    operation: sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS,
    answer: sys::RD_KAFKA_EVENT_ALTERCONSUMERGROUPOFFSETS_RESULT,
};
const DELETE: Kind = Kind {
    name: "delete the group's offsets",
    operation: sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DELETECONSUMERGROUPOFFSETS,
    answer: sys::RD_KAFKA_EVENT_DELETECONSUMERGROUPOFFSETS_RESULT,
};

/// What came of one partition's change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedOffset {
    /// The topic.
    pub topic: String,
    /// The partition's number.
    pub partition: i32,
    /// Whether it was done.
    pub result: Result<(), ItemError>,
}

/// Commits offsets for a group, given as topic, number and offset; each partition once. A group
/// that does not exist is made by it. One that has members refuses.
///
/// # Errors
/// [`AdminError`]; what fails for one partition is an error of its own in the answer.
pub fn alter_consumer_group_offsets(
    client: &Client,
    group: &str,
    to: &[(&str, i32, i64)],
    timeout: Duration,
) -> Result<Vec<ChangedOffset>, AdminError> {
    if to.is_empty() {
        return Ok(Vec::new());
    }
    let list = partition_list(ALTER, to.iter().copied())?;
    let name = c_text(ALTER.name, "group", group)?;
    // SAFETY: name and list are alive and copied; what is made is ours to free.
    let question = unsafe {
        Owned::new(
            sys::rd_kafka_AlterConsumerGroupOffsets_new(name.as_ptr(), list.raw()),
            sys::rd_kafka_AlterConsumerGroupOffsets_destroy,
        )
    }
    .ok_or_else(|| ALTER.argument("group", group, "librdkafka does not take it".to_owned()))?;
    let request = Request::new(client, ALTER, timeout)?;
    // SAFETY: function and event are of this kind, and what is read lives as long as the event.
    let changed = unsafe {
        request.send_all(sys::rd_kafka_AlterConsumerGroupOffsets, &[question]).wait(|event| {
            let result = sys::rd_kafka_event_AlterConsumerGroupOffsets_result(event);
            read(|count| sys::rd_kafka_AlterConsumerGroupOffsets_result_groups(result, count))
        })?
    };
    changed.map_err(|error| ALTER.failed(Some(error), timeout))
}

/// Deletes what a group committed for these partitions, as topic and number. Where nothing was
/// committed, that is no error. A partition of a topic to which a member subscribes is refused.
///
/// **librdkafka 2.12 aborts the process** where the coordinator does not know this request, as the
/// mock cluster and brokers before Kafka 2.4: it frees the queue of the answer twice.
///
/// # Errors
/// [`AdminError`]; what fails for one partition is an error of its own in the answer.
pub fn delete_consumer_group_offsets(
    client: &Client,
    group: &str,
    of: &[(&str, i32)],
    timeout: Duration,
) -> Result<Vec<ChangedOffset>, AdminError> {
    if of.is_empty() {
        return Ok(Vec::new());
    }
    let list = partition_list(DELETE, of.iter().map(|(topic, number)| (*topic, *number, 0)))?;
    let name = c_text(DELETE.name, "group", group)?;
    // SAFETY: name and list are alive and copied; what is made is ours to free.
    let question = unsafe {
        Owned::new(
            sys::rd_kafka_DeleteConsumerGroupOffsets_new(name.as_ptr(), list.raw()),
            sys::rd_kafka_DeleteConsumerGroupOffsets_destroy,
        )
    }
    .ok_or_else(|| DELETE.argument("group", group, "librdkafka does not take it".to_owned()))?;
    let request = Request::new(client, DELETE, timeout)?;
    // SAFETY: function and event are of this kind, and what is read lives as long as the event.
    let deleted = unsafe {
        request.send_all(sys::rd_kafka_DeleteConsumerGroupOffsets, &[question]).wait(|event| {
            let result = sys::rd_kafka_event_DeleteConsumerGroupOffsets_result(event);
            read(|count| sys::rd_kafka_DeleteConsumerGroupOffsets_result_groups(result, count))
        })?
    };
    deleted.map_err(|error| DELETE.failed(Some(error), timeout))
}

/// The partitions of the one group that was asked for: its error is the request's.
///
/// # Safety
/// `get` is one of librdkafka's functions that list group results, on a result that lives during
/// this call.
unsafe fn read(
    get: impl FnOnce(*mut usize) -> *mut *const sys::rd_kafka_group_result_t,
) -> Result<Vec<ChangedOffset>, ItemError> {
    let mut changed = Vec::new();
    // SAFETY: an array of group results by this function's contract; what is read from them lives
    // as long as they do.
    unsafe {
        for group in array(get) {
            if let Some(error) = error::read(sys::rd_kafka_group_result_error(group)) {
                return Err(error);
            }
            for entry in partitions(sys::rd_kafka_group_result_partitions(group)) {
                let (topic, partition) = topic_and_partition(entry);
                let result = error::of_partition(entry).map_or(Ok(()), Err);
                changed.push(ChangedOffset { topic, partition, result });
            }
        }
    }
    Ok(changed)
}
