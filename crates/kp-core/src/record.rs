//! A record as Kafka hands it over: bytes, with the place where they lie.

/// One record of a partition, borrowed from wherever it was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    /// The topic's name.
    pub topic: &'a str,
    /// The partition, counted from 0.
    pub partition: i32,
    /// The record's place in its partition, counted from 0.
    pub offset: i64,
    /// When the record was created or stored.
    pub timestamp: Timestamp,
    /// The key; `None` is Kafka's null, which differs from an empty key.
    pub key: Option<&'a [u8]>,
    /// The value; `None` is Kafka's null, a tombstone, which differs from an empty value.
    pub value: Option<&'a [u8]>,
    /// The headers in their order. A key may stand there more than once.
    pub headers: &'a [Header<'a>],
}

/// One header of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header<'a> {
    /// The key. Kafka wants UTF-8, but no broker checks it.
    pub key: &'a [u8],
    /// The value; `None` is Kafka's null.
    pub value: Option<&'a [u8]>,
}

/// When a record was created or stored, in milliseconds since 1970-01-01 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timestamp {
    /// The record carries none.
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
