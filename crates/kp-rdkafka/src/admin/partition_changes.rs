//! Partitions as they are to be: messages that go away, leaders that are chosen anew.
#![expect(unsafe_code, reason = "makes librdkafka's arguments and reads its results")]

use std::time::Duration;

use rdkafka::bindings as sys;

use super::error::{self, AdminError, ItemError};
use super::offsets::SHORTEST;
use super::request::{Kind, Request};
use crate::client::Client;
use crate::native::{Owned, array, partitions, topic_and_partition};
use crate::partitions::{List, Offsets, Place};

const DELETE_RECORDS: Kind = Kind {
    name: "delete records",
    operation: sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DELETERECORDS,
    answer: sys::RD_KAFKA_EVENT_DELETERECORDS_RESULT,
};
const ELECT_LEADERS: Kind = Kind {
    name: "elect leaders",
    operation: sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_ELECTLEADERS,
    answer: sys::RD_KAFKA_EVENT_ELECTLEADERS_RESULT,
};

/// The answer for one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedPartition<T> {
    /// Topic and number.
    pub place: Place,
    /// What came of it.
    pub result: Result<T, ItemError>,
}

/// How a leader is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Election {
    /// The first of the replicas, if it is in sync.
    Preferred,
    /// Any replica that is there, where none is in sync: **what it lacks is lost**.
    Unclean,
}

/// Deletes all messages before these offsets. The answer for each partition is the earliest offset
/// that is kept now.
///
/// # Errors
/// [`AdminError`]; what fails for one partition is an error of its own in the answer.
pub fn delete_records(
    client: &Client,
    before: &Offsets,
    timeout: Duration,
) -> Result<Vec<ChangedPartition<i64>>, AdminError> {
    let kind = DELETE_RECORDS;
    if before.is_empty() {
        return Ok(Vec::new());
    }
    let list = List::of_offsets(before).map_err(|code| kind.refused(&code.to_string()))?;
    // SAFETY: the list is copied; what is made is ours to free.
    let records = unsafe {
        Owned::new(sys::rd_kafka_DeleteRecords_new(list.raw()), sys::rd_kafka_DeleteRecords_destroy)
    }
    .ok_or_else(|| kind.refused("librdkafka does not take these offsets"))?;
    // It asks for the leaders first, as ListOffsets does.
    let timeout = timeout.max(SHORTEST);
    let request = Request::new(client, kind, timeout)?.wait_for_propagation()?;
    // SAFETY: function and event are of this kind, and what is read lives as long as the event.
    unsafe {
        request.send_all(sys::rd_kafka_DeleteRecords, &[records]).wait(|event| {
            let result = sys::rd_kafka_event_DeleteRecords_result(event);
            partitions(sys::rd_kafka_DeleteRecords_result_offsets(result))
                .map(|entry| ChangedPartition {
                    place: topic_and_partition(entry),
                    result: error::of_partition(entry).map_or_else(|| Ok((*entry).offset), Err),
                })
                .collect()
        })
    }
}

/// Chooses leaders of these partitions anew. A partition whose leader needs no change has the error
/// `ElectionNotNeeded`.
///
/// # Errors
/// [`AdminError`]; what fails for one partition is an error of its own in the answer.
pub fn elect_leaders(
    client: &Client,
    election: Election,
    of: &[Place],
    timeout: Duration,
) -> Result<Vec<ChangedPartition<()>>, AdminError> {
    use sys::rd_kafka_ElectionType_t as Raw;
    let kind = ELECT_LEADERS;
    if of.is_empty() {
        return Ok(Vec::new());
    }
    let list = List::of_places(of).map_err(|code| kind.refused(&code.to_string()))?;
    let raw = match election {
        Election::Preferred => Raw::RD_KAFKA_ELECTION_TYPE_PREFERRED,
        Election::Unclean => Raw::RD_KAFKA_ELECTION_TYPE_UNCLEAN,
    };
    // SAFETY: the list is copied; what is made is ours to free.
    let wanted = unsafe {
        Owned::new(
            sys::rd_kafka_ElectLeaders_new(raw, list.raw()),
            sys::rd_kafka_ElectLeaders_destroy,
        )
    }
    .ok_or_else(|| kind.refused("librdkafka does not know this election"))?;
    let request = Request::new(client, kind, timeout)?.wait_for_propagation()?;
    let sent = request.send(
        // SAFETY: all of it is alive, and is copied.
        |client, options, queue| unsafe {
            sys::rd_kafka_ElectLeaders(client, wanted.raw(), options, queue);
        },
    );
    // SAFETY: the event is of this kind, and what is read from it lives as long as it does.
    sent.wait(|event| unsafe {
        let result = sys::rd_kafka_event_ElectLeaders_result(event);
        array(|count| sys::rd_kafka_ElectLeaders_result_partitions(result, count))
            .into_iter()
            .map(|one| {
                let entry = sys::rd_kafka_topic_partition_result_partition(one);
                let error = error::read(sys::rd_kafka_topic_partition_result_error(one));
                ChangedPartition {
                    place: topic_and_partition(entry),
                    result: error.map_or(Ok(()), Err),
                }
            })
            .collect()
    })
}
