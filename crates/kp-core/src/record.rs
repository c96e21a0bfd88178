//! A record: bytes with a key, headers and a time, and the place where they are stored.
//!
//! [`Record`] is the one form in which a record passes through kp, whether it is read, printed,
//! sent or copied. It borrows its bytes. [`OwnedRecord`] keeps them, for instance to send them
//! again.

/// One record, borrowed from wherever it lies.
///
/// A record to be sent has no offset yet. It has no partition either, unless one is chosen for it.
/// Struct update syntax makes it from a record that was read:
///
/// ```
/// use kp_core::Record;
///
/// let read = Record { topic: "orders", partition: Some(3), ..Record::default() };
/// let copy = Record { topic: "archive", partition: None, offset: None, ..read };
/// assert_eq!(copy.value, read.value);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Record<'a> {
    /// The topic's name.
    pub topic: &'a str,
    /// The partition, counted from 0; `None` leaves the choice to the producer's partitioner.
    pub partition: Option<i32>,
    /// The record's place in its partition, counted from 0; `None` before it is stored.
    pub offset: Option<i64>,
    /// When the record was created or stored.
    pub timestamp: Timestamp,
    /// The key; `None` is Kafka's null, which differs from an empty key.
    pub key: Option<&'a [u8]>,
    /// The value; `None` is Kafka's null, a tombstone, which differs from an empty value.
    pub value: Option<&'a [u8]>,
    /// The headers in their order. A key may occur more than once.
    pub headers: &'a [Header<'a>],
}

impl Record<'_> {
    /// The partition as Kafka's protocol writes it: -1 where there is none.
    pub(crate) fn partition_number(&self) -> i32 {
        self.partition.unwrap_or(-1)
    }

    /// The offset as Kafka's protocol writes it: -1 where there is none.
    pub(crate) fn offset_number(&self) -> i64 {
        self.offset.unwrap_or(-1)
    }
}

/// One header of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header<'a> {
    /// The key. Kafka wants UTF-8, but no broker checks it.
    pub key: &'a [u8],
    /// The value; `None` is Kafka's null.
    pub value: Option<&'a [u8]>,
}

/// A record that keeps its own bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OwnedRecord {
    /// As [`Record::topic`].
    pub topic: String,
    /// As [`Record::partition`].
    pub partition: Option<i32>,
    /// As [`Record::offset`].
    pub offset: Option<i64>,
    /// As [`Record::timestamp`].
    pub timestamp: Timestamp,
    /// As [`Record::key`].
    pub key: Option<Vec<u8>>,
    /// As [`Record::value`].
    pub value: Option<Vec<u8>>,
    /// The headers in their order: each one's key, and its value or null.
    pub headers: Vec<(Vec<u8>, Option<Vec<u8>>)>,
}

impl OwnedRecord {
    /// Lends the record to `act`.
    pub fn lend<T>(&self, act: impl FnOnce(&Record<'_>) -> T) -> T {
        let headers = self.headers.iter();
        let headers: Vec<_> =
            headers.map(|(key, value)| Header { key, value: value.as_deref() }).collect();
        act(&Record {
            topic: &self.topic,
            partition: self.partition,
            offset: self.offset,
            timestamp: self.timestamp,
            key: self.key.as_deref(),
            value: self.value.as_deref(),
            headers: &headers,
        })
    }
}

impl From<&Record<'_>> for OwnedRecord {
    fn from(record: &Record<'_>) -> Self {
        let headers = record.headers.iter();
        Self {
            topic: record.topic.to_owned(),
            partition: record.partition,
            offset: record.offset,
            timestamp: record.timestamp,
            key: record.key.map(<[u8]>::to_vec),
            value: record.value.map(<[u8]>::to_vec),
            headers: headers
                .map(|header| (header.key.to_vec(), header.value.map(<[u8]>::to_vec)))
                .collect(),
        }
    }
}

/// When a record was created or stored, in milliseconds since 1970-01-01 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Timestamp {
    /// The record carries none. A record that is sent so gets the present time.
    #[default]
    NotAvailable,
    /// Set by the producer (`message.timestamp.type=CreateTime`, the default of a topic).
    CreateTime(i64),
    /// Set by the broker when it stored the record (`message.timestamp.type=LogAppendTime`).
    LogAppendTime(i64),
}

impl Timestamp {
    /// The milliseconds since 1970-01-01 UTC, whoever set them.
    #[must_use]
    pub fn millis(self) -> Option<i64> {
        match self {
            Self::NotAvailable => None,
            Self::CreateTime(millis) | Self::LogAppendTime(millis) => Some(millis),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_that_was_kept_is_the_same() {
        let headers = [
            Header { key: b"a", value: Some(b"1") },
            Header { key: b"a", value: None },
            Header { key: b"\xff", value: Some(b"") },
        ];
        let full = Record {
            topic: "topic1",
            partition: Some(3),
            offset: Some(42),
            timestamp: Timestamp::LogAppendTime(5),
            key: Some(b""),
            value: Some(b"\xff"),
            headers: &headers,
        };
        for record in [full, Record::default()] {
            OwnedRecord::from(&record).lend(|lent| assert_eq!(*lent, record));
        }
    }
}
