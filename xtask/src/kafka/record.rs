//! Writes a record as no client of ours can: its header's key may be any bytes.
//!
//! Kafka says that keys of headers are UTF-8 and does not look, so a consumer meets whatever somebody has sent.

use std::io;

use anyhow::{Result, ensure};

use super::metadata::connect;
use super::protocol::{Request, Response};

const PRODUCE: i16 = 0;
/// The lowest one that Kafka 4 takes.
const PRODUCE_VERSION: i16 = 3;
const ALL: i16 = -1;
const STORED_WITHIN_MS: i32 = 10_000;
const MAGIC: u8 = 2;
/// The bytes of a batch before those that the checksum is of.
const BEFORE_CHECKED: usize = 21;

/// A header of a record, in bytes.
pub(crate) type Header<'a> = (&'a [u8], &'a [u8]);

/// Appends one record with these headers to a partition, by the broker that leads it.
///
/// # Errors
/// The broker does not answer, or does not take it.
pub(crate) fn append(
    topic: &str,
    partition: i32,
    leader: &str,
    value: &[u8],
    headers: &[Header<'_>],
) -> Result<()> {
    let mut request = Request::of_version(PRODUCE, PRODUCE_VERSION);
    let no_transactional_id = -1;
    request.int16(no_transactional_id);
    request.int16(ALL);
    request.int32(STORED_WITHIN_MS);
    request.int32(1);
    request.string(topic);
    request.int32(1);
    request.int32(partition);
    request.bytes(&batch(&record(value, headers)))?;
    let answer = request.exchange(&mut connect(leader)?)?;
    let error = error_in(&answer)?;
    ensure!(
        error == 0,
        "the broker refuses a record for {topic} with Kafka's error {error}"
    );
    Ok(())
}

fn error_in(answer: &[u8]) -> io::Result<i16> {
    let mut answer = Response(answer);
    let (_topics, _topic) = (answer.int32()?, answer.string()?);
    let (_partitions, _partition) = (answer.int32()?, answer.int32()?);
    answer.int16()
}

/// A batch of one record.
fn batch(record: &[u8]) -> Vec<u8> {
    let mut checked = Vec::new();
    let (attributes, last_offset, count) = (0_i16, 0_i32, 1_i32);
    checked.extend(attributes.to_be_bytes());
    checked.extend(last_offset.to_be_bytes());
    let (first_time, last_time) = (0_i64, 0_i64);
    checked.extend(first_time.to_be_bytes());
    checked.extend(last_time.to_be_bytes());
    let (no_producer_id, no_epoch, no_sequence) = (-1_i64, -1_i16, -1_i32);
    checked.extend(no_producer_id.to_be_bytes());
    checked.extend(no_epoch.to_be_bytes());
    checked.extend(no_sequence.to_be_bytes());
    checked.extend(count.to_be_bytes());
    checked.extend(record);

    let mut batch = Vec::new();
    let (first_offset, no_leader_epoch) = (0_i64, -1_i32);
    batch.extend(first_offset.to_be_bytes());
    // What follows the length: the leader's epoch, the magic byte, the checksum, and what it is of.
    let length = BEFORE_CHECKED - 12 + checked.len();
    batch.extend((length as u32).to_be_bytes());
    batch.extend(no_leader_epoch.to_be_bytes());
    batch.push(MAGIC);
    batch.extend(crc32c(&checked).to_be_bytes());
    batch.extend(checked);
    batch
}

fn record(value: &[u8], headers: &[Header<'_>]) -> Vec<u8> {
    let mut fields = Vec::new();
    let (attributes, time, offset, no_key) = (0_u8, 0, 0, -1);
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

/// Castagnoli's, bit by bit: a record is short.
fn crc32c(bytes: &[u8]) -> u32 {
    let reversed_polynomial = 0x82f6_3b78;
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            let carry = crc & 1;
            crc >>= 1;
            if carry == 1 {
                crc ^= reversed_polynomial;
            }
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_of_the_standard_example() {
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
    }

    #[test]
    fn numbers_are_as_short_as_they_can_be() {
        let encoded = |value| {
            let mut bytes = Vec::new();
            varint(&mut bytes, value);
            bytes
        };
        assert_eq!(encoded(0), [0]);
        assert_eq!(encoded(-1), [1]);
        assert_eq!(encoded(63), [126]);
        assert_eq!(encoded(64), [128, 1]);
    }

    #[test]
    fn a_batch_tells_its_own_length() {
        let batch = batch(&record(b"value", &[(b"\xff", b"")]));
        let length = u32::from_be_bytes(batch[8..12].try_into().unwrap());
        assert_eq!(length as usize, batch.len() - 12);
    }
}
