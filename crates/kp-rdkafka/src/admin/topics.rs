//! Topics as they are.
#![expect(unsafe_code, reason = "makes librdkafka's arguments and reads its results")]

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use rdkafka::bindings as sys;

use super::acls::{AclOperation, operations};
use super::error::{self, AdminError, ItemError, Named, c_texts};
use super::request::{Kind, Pending, Request, Sent, Whom};
use crate::client::Client;
use crate::native::{self, Owned, array, text};

const DESCRIBE_TOPICS: Kind = Kind {
    name: "describe topics",
    operation: sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBETOPICS,
    answer: sys::RD_KAFKA_EVENT_DESCRIBETOPICS_RESULT,
};
/// A topic as the cluster's metadata has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// The id as Kafka's own tools print it: 22 characters of URL-safe base64. None where the
    /// broker knows no ids.
    pub id: Option<String>,
    /// Whether it is one of Kafka's own, such as `__consumer_offsets`.
    pub is_internal: bool,
    /// By number.
    pub partitions: Vec<Partition>,
}

/// A partition, and the brokers that hold it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    /// The number, from 0.
    pub id: i32,
    /// The broker that takes writes; none while there is no leader.
    pub leader: Option<i32>,
    /// All brokers that hold it, the preferred leader first.
    pub replicas: Vec<i32>,
    /// Those of them that are in sync.
    pub isr: Vec<i32>,
}

/// Describes topics, in the order of the broker's answer.
///
/// # Errors
/// [`AdminError`]; an absent topic is an error of its own in the answer.
pub fn describe_topics(
    client: &Client,
    topics: &[&str],
    timeout: Duration,
) -> Result<Vec<Named<Topic>>, AdminError> {
    if topics.is_empty() {
        return Ok(Vec::new());
    }
    ask_topics(client, Whom::Any, topics, timeout)?.wait()
}

/// As [`describe_topics`], without waiting for the answer. At least one topic is named.
///
/// # Errors
/// [`AdminError`], when it cannot even be asked.
pub fn ask_topics(
    client: &Client,
    whom: Whom,
    topics: &[&str],
    timeout: Duration,
) -> Result<Pending<Vec<Named<Topic>>>, AdminError> {
    let request = Request::new(client, DESCRIBE_TOPICS, timeout)?.of(whom)?;
    // SAFETY: the event is of this kind, and what is read is a description of it.
    let read = |event| unsafe { read_each(event, |topic| read_topic(topic)) };
    Ok(Pending::new(send(request, topics)?, read))
}

/// What this user may do with a topic. Without an authorizer that is everything.
///
/// # Errors
/// [`AdminError`]; a topic that is absent, or that this user may not see, is an error of its own in
/// the answer.
pub fn topic_operations(
    client: &Client,
    topic: &str,
    timeout: Duration,
) -> Result<Result<Vec<AclOperation>, ItemError>, AdminError> {
    let request = Request::new(client, DESCRIBE_TOPICS, timeout)?.with_authorized_operations()?;
    // SAFETY: what is read is a description that lives during the call, and so do its numbers.
    let read = |topic| unsafe {
        match error::read(sys::rd_kafka_TopicDescription_error(topic)) {
            Some(error) => Err(error),
            None => Ok(operations(|count| {
                native::rd_kafka_TopicDescription_authorized_operations(topic, count)
            })),
        }
    };
    // SAFETY: the event is of this kind.
    let mut answers = send(request, &[topic])?.wait(|event| unsafe { read_each(event, read) })?;
    answers.pop().ok_or_else(|| DESCRIBE_TOPICS.failed(None, timeout))
}

/// Sends the request about these topics.
fn send(request: Request, topics: &[&str]) -> Result<Sent, AdminError> {
    let names = c_texts(DESCRIBE_TOPICS.name, "topic", topics)?;
    let mut texts: Vec<_> = names.iter().map(|name| name.as_ptr()).collect();
    // SAFETY: the names are alive and copied; the collection is ours to free.
    let collection = unsafe {
        Owned::new(
            sys::rd_kafka_TopicCollection_of_topic_names(texts.as_mut_ptr(), texts.len()),
            sys::rd_kafka_TopicCollection_destroy,
        )
    };
    let no_names = || DESCRIBE_TOPICS.refused("librdkafka takes no list of these names");
    let collection = collection.ok_or_else(no_names)?;
    // SAFETY: all of it is alive, and the collection is copied.
    Ok(request.send(|client, options, queue| unsafe {
        sys::rd_kafka_DescribeTopics(client, collection.raw(), options, queue);
    }))
}

/// What `read` makes of each topic of an answer. It gets a description that lives during that call.
///
/// # Safety
/// The event is the answer to [`DESCRIBE_TOPICS`], and lives during this call.
unsafe fn read_each<T>(
    event: *mut sys::rd_kafka_event_t,
    read: impl Fn(*const sys::rd_kafka_TopicDescription_t) -> T,
) -> Vec<T> {
    // SAFETY: by this function's contract; what is read from the event lives as long as it does.
    unsafe {
        let result = sys::rd_kafka_event_DescribeTopics_result(event);
        array(|count| sys::rd_kafka_DescribeTopics_result_topics(result, count))
            .into_iter()
            .map(read)
            .collect()
    }
}

/// # Safety
/// `topic` is a topic description that lives during this call.
unsafe fn read_topic(topic: *const sys::rd_kafka_TopicDescription_t) -> Named<Topic> {
    // SAFETY: a description by this function's contract, and its parts live as long as it does.
    unsafe {
        let name = text(sys::rd_kafka_TopicDescription_name(topic)).unwrap_or_default();
        if let Some(error) = error::read(sys::rd_kafka_TopicDescription_error(topic)) {
            return Named { name, result: Err(error) };
        }
        let mut partitions: Vec<_> =
            array(|count| sys::rd_kafka_TopicDescription_partitions(topic, count))
                .into_iter()
                .map(|partition| read_partition(partition))
                .collect();
        partitions.sort_by_key(|partition| partition.id);
        let topic = Topic {
            id: read_id(sys::rd_kafka_TopicDescription_topic_id(topic)),
            is_internal: sys::rd_kafka_TopicDescription_is_internal(topic) != 0,
            partitions,
        };
        Named { name, result: Ok(topic) }
    }
}

/// # Safety
/// `partition` is a partition description that lives during this call.
unsafe fn read_partition(partition: *const sys::rd_kafka_TopicPartitionInfo_t) -> Partition {
    // SAFETY: a description by this function's contract, and its nodes live as long as it does.
    unsafe {
        let leader = sys::rd_kafka_TopicPartitionInfo_leader(partition);
        Partition {
            id: sys::rd_kafka_TopicPartitionInfo_partition(partition),
            leader: (!leader.is_null()).then(|| sys::rd_kafka_Node_id(leader)),
            replicas: ids(|count| sys::rd_kafka_TopicPartitionInfo_replicas(partition, count)),
            isr: ids(|count| sys::rd_kafka_TopicPartitionInfo_isr(partition, count)),
        }
    }
}

/// # Safety
/// `get` returns an array of nodes that lives during this call.
unsafe fn ids(get: impl FnOnce(*mut usize) -> *mut *const sys::rd_kafka_Node_t) -> Vec<i32> {
    // SAFETY: nodes by this function's contract.
    unsafe { array(get).into_iter().map(|node| sys::rd_kafka_Node_id(node)).collect() }
}

/// # Safety
/// `uuid` is null or an id that lives during this call.
unsafe fn read_id(uuid: *const sys::rd_kafka_Uuid_t) -> Option<String> {
    if uuid.is_null() {
        return None;
    }
    // SAFETY: an id by this function's contract.
    let (high, low) = unsafe {
        (
            sys::rd_kafka_Uuid_most_significant_bits(uuid),
            sys::rd_kafka_Uuid_least_significant_bits(uuid),
        )
    };
    topic_id(high, low)
}

/// librdkafka has a text of its own, in base64's standard alphabet; Kafka's tools print the
/// URL-safe one.
fn topic_id(high: i64, low: i64) -> Option<String> {
    // All zero is what a broker without ids leaves.
    (high != 0 || low != 0).then(|| {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&high.to_be_bytes());
        bytes[8..].copy_from_slice(&low.to_be_bytes());
        BASE64URL_NOPAD.encode(&bytes)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_id_is_printed_as_kafka_prints_it() {
        // The topic id of the original exercise, 9vr7CyLFRlOmWEGS7x90Aw, is these bits.
        let bits = 0xf6fa_fb0b_22c5_4653_a658_4192_ef1f_7403_u128;
        let (high, low) = ((bits >> 64) as i64, bits as i64);
        assert_eq!(topic_id(high, low).as_deref(), Some("9vr7CyLFRlOmWEGS7x90Aw"));
        assert_eq!(topic_id(-1, -1).as_deref(), Some("_____________________w"));
        assert_eq!(topic_id(0, 0), None);
    }
}
