//! Offsets: what a group committed, and where partitions begin and end.
#![expect(unsafe_code, reason = "makes librdkafka's arguments and reads its results")]

use std::time::Duration;

use rdkafka::bindings as sys;
use rdkafka::error::RDKafkaErrorCode;

use super::error::{self, AdminError, ItemError, c_text};
use super::request::{Kind, Request, Sent};
use crate::client::Client;
use crate::native::{Owned, array, partitions, topic_and_partition};
use crate::partitions::List;

const LIST_GROUP_OFFSETS: Kind = Kind {
    name: "list the group's offsets",
    operation: sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS,
    answer: sys::RD_KAFKA_EVENT_LISTCONSUMERGROUPOFFSETS_RESULT,
};
const LIST_OFFSETS: Kind = Kind {
    name: "list offsets",
    operation: sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_LISTOFFSETS,
    answer: sys::RD_KAFKA_EVENT_LISTOFFSETS_RESULT,
};

/// In a shorter time librdkafka may end a request while the thread that makes it still works on it:
/// it frees it twice then.
pub(super) const SHORTEST: Duration = Duration::from_millis(200);

/// What a group committed for one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The topic.
    pub topic: String,
    /// The partition's number.
    pub partition: i32,
    /// The offset of the next message to read; none when nothing was committed.
    pub result: Result<Option<i64>, ItemError>,
}

/// Which offset of a partition is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OffsetQuery {
    /// The earliest that is still kept.
    Earliest,
    /// The end: one past the latest message.
    Latest,
    /// The first message with this time or a later one, in milliseconds since 1970.
    At(i64),
}

/// Which messages count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Isolation {
    /// All.
    ReadUncommitted,
    /// Those before the first transaction that is still open, which is what a consumer sees by
    /// default.
    #[default]
    ReadCommitted,
}

/// The answer for one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedOffset {
    /// The topic.
    pub topic: String,
    /// The partition's number.
    pub partition: i32,
    /// The offset; none when there is no such message. A leader that did not answer is an error.
    pub result: Result<Option<i64>, ItemError>,
    /// The time of that message in milliseconds since 1970, when a time was asked for and there is
    /// one.
    pub timestamp: Option<i64>,
}

/// The offsets that a group committed: of these partitions as topic and number, or with `None` of
/// all for which it committed.
///
/// A group that does not exist has committed nothing, which is not an error.
///
/// # Errors
/// [`AdminError`]; what fails for one partition is an error of its own in the answer.
pub fn list_consumer_group_offsets(
    client: &Client,
    group: &str,
    of: Option<&[(&str, i32)]>,
    timeout: Duration,
) -> Result<Vec<Committed>, AdminError> {
    // For librdkafka an empty list is an error.
    if of.is_some_and(<[_]>::is_empty) {
        return Ok(Vec::new());
    }
    PendingCommitted::ask(client, group, of, timeout)?.wait()
}

/// What [`list_consumer_group_offsets`] asks for, without waiting for the answer: several groups
/// are asked about at once so.
pub struct PendingCommitted {
    sent: Sent,
    timeout: Duration,
}

impl PendingCommitted {
    /// Asks the group's coordinator; `of` names at least one partition, or is `None`.
    ///
    /// # Errors
    /// [`AdminError`], where librdkafka does not take the request.
    pub fn ask(
        client: &Client,
        group: &str,
        of: Option<&[(&str, i32)]>,
        timeout: Duration,
    ) -> Result<Self, AdminError> {
        let kind = LIST_GROUP_OFFSETS;
        let list = match of {
            Some(of) => {
                let entries = of.iter().map(|(topic, partition)| (*topic, *partition, 0));
                Some(partition_list(kind, entries)?)
            }
            None => None,
        };
        let list = list.as_ref().map_or(std::ptr::null(), |list| list.raw().cast_const());
        let name = c_text(kind.name, "group", group)?;
        // SAFETY: name and list are alive and copied; what is made is ours to free.
        let question = unsafe {
            Owned::new(
                sys::rd_kafka_ListConsumerGroupOffsets_new(name.as_ptr(), list),
                sys::rd_kafka_ListConsumerGroupOffsets_destroy,
            )
        }
        .ok_or_else(|| kind.argument("group", group, "librdkafka does not take it".to_owned()))?;
        let request = Request::new(client, kind, timeout)?;
        // SAFETY: the function is of this kind.
        let sent = unsafe { request.send_all(sys::rd_kafka_ListConsumerGroupOffsets, &[question]) };
        Ok(Self { sent, timeout })
    }

    /// The answer, whenever it comes. Errors are those of [`list_consumer_group_offsets`].
    ///
    /// # Errors
    /// [`AdminError`]; what fails for one partition is an error of its own in the answer.
    pub fn wait(&self) -> Result<Vec<Committed>, AdminError> {
        // SAFETY: the event is of this kind, and what is read lives as long as it does.
        let groups = self.sent.wait(|event| unsafe {
            let result = sys::rd_kafka_event_ListConsumerGroupOffsets_result(event);
            array(|count| sys::rd_kafka_ListConsumerGroupOffsets_result_groups(result, count))
                .into_iter()
                .map(|group| match error::read(sys::rd_kafka_group_result_error(group)) {
                    Some(error) => Err(error),
                    None => Ok(partitions(sys::rd_kafka_group_result_partitions(group))
                        .map(|entry| read_committed(entry))
                        .collect::<Vec<_>>()),
                })
                .collect::<Result<Vec<_>, _>>()
        })?;
        // One group was asked for: its error is the request's.
        groups
            .map(|groups| groups.into_iter().flatten().collect())
            .map_err(|error| LIST_GROUP_OFFSETS.failed(Some(error), self.timeout))
    }
}

/// Offsets of partitions, each given as topic, number and what is asked for; each partition once.
///
/// # Errors
/// [`AdminError`]; what fails for one partition is an error of its own in the answer. When no
/// partition of the request has a leader, as for an absent topic alone, the request fails with
/// `NoEnt`.
pub fn list_offsets(
    client: &Client,
    of: &[(&str, i32, OffsetQuery)],
    isolation: Isolation,
    timeout: Duration,
) -> Result<Vec<ListedOffset>, AdminError> {
    if of.is_empty() {
        return Ok(Vec::new());
    }
    let pending = PendingOffsets::ask(client, of, isolation, timeout)?;
    // SAFETY: the event is of this kind.
    pending.0.wait(|event| unsafe { read_all_listed(event) })
}

/// What [`list_offsets`] asks for, without waiting for the answer.
pub struct PendingOffsets(Sent);

impl PendingOffsets {
    /// Asks all leaders at once; `of` names at least one partition.
    ///
    /// # Errors
    /// [`AdminError`], where librdkafka does not take the request.
    pub fn ask(
        client: &Client,
        of: &[(&str, i32, OffsetQuery)],
        isolation: Isolation,
        timeout: Duration,
    ) -> Result<Self, AdminError> {
        let list = queries(of)?;
        let request = Request::new(client, LIST_OFFSETS, timeout.max(SHORTEST))?;
        let sent = request.isolation(isolation.raw())?.send(
            // SAFETY: all of it is alive, and the list is copied.
            |client, options, queue| unsafe {
                sys::rd_kafka_ListOffsets(client, list.raw(), options, queue)
            },
        );
        Ok(Self(sent))
    }

    /// The answer, if it comes within `wait`; after that nothing more comes. Errors are those of
    /// [`list_offsets`].
    pub fn answer(&self, wait: Duration) -> Option<Result<Vec<ListedOffset>, AdminError>> {
        // SAFETY: the event is of this kind.
        self.0.answer(wait, |event| unsafe { read_all_listed(event) })
    }
}

fn queries(of: &[(&str, i32, OffsetQuery)]) -> Result<List, AdminError> {
    for (_, _, query) in of {
        if let OffsetQuery::At(time @ ..0) = query {
            // The protocol's marks for earliest and latest are negative times.
            let reason = "it lies before 1970".to_owned();
            return Err(LIST_OFFSETS.argument("time", &time.to_string(), reason));
        }
    }
    partition_list(
        LIST_OFFSETS,
        of.iter().map(|(topic, partition, query)| (*topic, *partition, query.raw())),
    )
}

/// # Safety
/// `event` is an answer of this kind that lives during this call.
unsafe fn read_all_listed(event: *mut sys::rd_kafka_event_t) -> Vec<ListedOffset> {
    // SAFETY: by this function's contract; what is read from the event lives as long as it does.
    unsafe {
        let result = sys::rd_kafka_event_ListOffsets_result(event);
        array(|count| sys::rd_kafka_ListOffsets_result_infos(result, count))
            .into_iter()
            .map(|info| read_listed(info))
            .collect()
    }
}

impl Isolation {
    fn raw(self) -> sys::rd_kafka_IsolationLevel_t {
        use sys::rd_kafka_IsolationLevel_t as Raw;
        match self {
            Self::ReadUncommitted => Raw::RD_KAFKA_ISOLATION_LEVEL_READ_UNCOMMITTED,
            Self::ReadCommitted => Raw::RD_KAFKA_ISOLATION_LEVEL_READ_COMMITTED,
        }
    }
}

impl OffsetQuery {
    fn raw(self) -> i64 {
        use sys::rd_kafka_OffsetSpec_t as Raw;
        match self {
            Self::Earliest => Raw::RD_KAFKA_OFFSET_SPEC_EARLIEST as i64,
            Self::Latest => Raw::RD_KAFKA_OFFSET_SPEC_LATEST as i64,
            Self::At(time) => time,
        }
    }
}

/// Topic, number and offset of each, as librdkafka's list.
pub(super) fn partition_list<'a>(
    kind: Kind,
    entries: impl Iterator<Item = (&'a str, i32, i64)> + Clone,
) -> Result<List, AdminError> {
    let refused =
        |topic: &str, reason: &str| kind.argument("a partition of topic", topic, reason.to_owned());
    if let Some((topic, ..)) = entries.clone().find(|(_, partition, _)| *partition < 0) {
        return Err(refused(topic, "its number is negative"));
    }
    List::new(entries).map_err(|topic| refused(topic, "a NUL byte cannot be sent"))
}

/// # Safety
/// `entry` is a partition entry that lives during this call.
unsafe fn read_committed(entry: *const sys::rd_kafka_topic_partition_t) -> Committed {
    // SAFETY: by this function's contract.
    unsafe {
        let (topic, partition) = topic_and_partition(entry);
        Committed {
            topic,
            partition,
            result: error::of_partition(entry).map_or_else(|| Ok(offset(entry)), Err),
        }
    }
}

/// # Safety
/// `info` is a ListOffsets answer that lives during this call.
unsafe fn read_listed(info: *const sys::rd_kafka_ListOffsetsResultInfo_t) -> ListedOffset {
    // SAFETY: an answer by this function's contract; its entry lives as long as it does, and is
    // never null.
    unsafe {
        let entry = sys::rd_kafka_ListOffsetsResultInfo_topic_partition(info);
        let (topic, partition) = topic_and_partition(entry);
        // An offset that librdkafka set by itself: of a leader whose whole answer failed it drops
        // the error (`rd_kafka_ListOffsets_response_merge`).
        let is_unanswered = i64::from(sys::RD_KAFKA_OFFSET_INVALID) == (*entry).offset;
        let unanswered = || ItemError {
            code: RDKafkaErrorCode::BrokerTransportFailure,
            text: "its leader did not answer".to_owned(),
        };
        let error = error::of_partition(entry).or_else(|| is_unanswered.then(unanswered));
        let timestamp = sys::rd_kafka_ListOffsetsResultInfo_timestamp(info);
        ListedOffset {
            topic,
            partition,
            result: error.map_or_else(|| Ok(offset(entry)), Err),
            timestamp: (timestamp >= 0).then_some(timestamp),
        }
    }
}

/// # Safety
/// `entry` is a partition entry that lives during this call.
unsafe fn offset(entry: *const sys::rd_kafka_topic_partition_t) -> Option<i64> {
    // SAFETY: by this function's contract. Negative offsets are marks: nothing committed, or no
    // such message.
    Some(unsafe { (*entry).offset }).filter(|offset| *offset >= 0)
}
