//! Writes a record as no client of ours can: its header's key may be any bytes.
//!
//! Kafka says that keys of headers are UTF-8 and does not check it. So a consumer may get any
//! bytes. The request is kafka-protocol's. The batch in it is encoded here, because that crate's
//! records have a map of headers by texts. That allows neither other bytes nor a repeated key.

use anyhow::{Context, Result, ensure};
use bytes::{BufMut, Bytes, BytesMut};
use crc32c::crc32c;
use kafka_protocol::messages::produce_request::{PartitionProduceData, TopicProduceData};
use kafka_protocol::messages::{ProduceRequest, TopicName};

use super::protocol::{ANSWER_WITHIN, ask, connect_within, text};

/// The lowest version that Kafka 4 accepts.
const VERSION: i16 = 3;
const ALL: i16 = -1;
const MAGIC: u8 = 2;

/// A header of a record, in bytes.
pub type Header<'a> = (&'a [u8], &'a [u8]);

/// Appends one record with these headers to a partition, by the broker that leads it.
///
/// # Errors
/// The broker does not answer, or does not take it.
pub fn append(
    topic: &str,
    partition: i32,
    leader: &str,
    value: &[u8],
    headers: &[Header<'_>],
) -> Result<()> {
    let batch = PartitionProduceData::default()
        .with_index(partition)
        .with_records(Some(batch(&record(value, headers))));
    let data = TopicProduceData::default()
        .with_name(TopicName(text(topic)))
        .with_partition_data(vec![batch]);
    let request = ProduceRequest::default()
        .with_acks(ALL)
        .with_timeout_ms(ANSWER_WITHIN.as_millis() as i32)
        .with_topic_data(vec![data]);
    let answer = ask(&mut connect_within(leader, ANSWER_WITHIN)?, VERSION, &request)?;
    let mut partitions = answer.responses.iter().flat_map(|topic| &topic.partition_responses);
    let error = partitions.next().context("the broker does not say whether it took it")?.error_code;
    ensure!(error == 0, "the broker refuses a record for {topic} with Kafka's error {error}");
    Ok(())
}

/// A batch of one record.
fn batch(record: &[u8]) -> Bytes {
    let mut checked = BytesMut::new();
    let (attributes, last_offset, count) = (0, 0, 1);
    checked.put_i16(attributes);
    checked.put_i32(last_offset);
    let (first_time, last_time) = (0, 0);
    checked.put_i64(first_time);
    checked.put_i64(last_time);
    let (no_producer_id, no_epoch, no_sequence) = (-1, -1, -1);
    checked.put_i64(no_producer_id);
    checked.put_i16(no_epoch);
    checked.put_i32(no_sequence);
    checked.put_i32(count);
    checked.put_slice(record);

    let mut batch = BytesMut::new();
    let (first_offset, no_leader_epoch) = (0, -1);
    batch.put_i64(first_offset);
    // What follows the length: the leader's epoch, the magic byte, the checksum, what it covers.
    batch.put_u32((4 + 1 + 4 + checked.len()) as u32);
    batch.put_i32(no_leader_epoch);
    batch.put_u8(MAGIC);
    batch.put_u32(crc32c(&checked));
    batch.put_slice(&checked);
    batch.freeze()
}

fn record(value: &[u8], headers: &[Header<'_>]) -> Vec<u8> {
    let mut fields = Vec::new();
    let (attributes, time, offset, no_key) = (0, 0, 0, -1);
    fields.push(attributes);
    varint(&mut fields, time);
    varint(&mut fields, offset);
    varint(&mut fields, no_key);
    bytes(&mut fields, value);
    varint(&mut fields, headers.len() as i64);
    for (key, value) in headers {
        bytes(&mut fields, key);
        bytes(&mut fields, value);
    }
    let mut record = Vec::new();
    bytes(&mut record, &fields);
    record
}

fn bytes(into: &mut Vec<u8>, bytes: &[u8]) {
    varint(into, bytes.len() as i64);
    into.extend(bytes);
}

/// Zigzag, then seven bits a byte, the lowest first.
fn varint(into: &mut Vec<u8>, value: i64) {
    let mut left = ((value << 1) ^ (value >> 63)) as u64;
    while left >= 0x80 {
        into.push(left as u8 | 0x80);
        left >>= 7;
    }
    into.push(left as u8);
}

#[cfg(test)]
mod tests {
    use kafka_protocol::records::RecordBatchDecoder;

    use super::*;

    #[test]
    fn kafka_protocol_reads_what_it_could_not_write() {
        // Lengths of one byte and of two.
        let value = [b'v'; 100];
        let headers: [Header<'_>; 2] = [(b"a\0b", b"\xff"), (b"", b"")];
        let mut batch = batch(&record(&value, &headers));
        let set = RecordBatchDecoder::decode(&mut batch).unwrap();
        let [record] = &set.records[..] else { panic!("{} records", set.records.len()) };
        assert_eq!((record.offset, record.producer_id, record.key.as_ref()), (0, -1, None));
        assert_eq!(record.value.as_deref(), Some(&value[..]));
        let read = record.headers.iter().map(|(key, value)| (key.as_bytes(), value.as_deref()));
        assert!(read.eq(headers.map(|(key, value)| (key, Some(value)))));
        assert!(batch.is_empty(), "the batch is longer than it says");
    }
}
