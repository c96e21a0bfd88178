//! Where a record goes back to: the topic that its dead-letter headers name, or the one that it was
//! read from.

use kp_core::{OwnedRecord, check_topic_name};

/// The headers that name an origin: kp's own, Spring's, Kafka Connect's.
const NAMES: [&[u8]; 3] =
    [b"kp-dead-letter-from", b"kafka_dlt-original-topic", b"__connect.errors.topic"];
const OURS: &[u8] = NAMES[0];
/// What tells of a failure begins so.
const OF_A_FAILURE: [&[u8]; 3] = [b"kp-dead-letter-", b"kafka_dlt-", b"__connect.errors."];
/// Spring sends a dead letter with a new time, and keeps the first one here, in 8 bytes.
const SPRING_TIME: &[u8] = b"kafka_dlt-original-timestamp";

/// Why a record cannot go back, with the header that says nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("its header {header} names no topic")]
pub struct NoOrigin {
    /// The name of the header.
    pub header: String,
}

/// The topic that a record came from. A dead letter of a dead letter has several headers that name
/// one; the first is of where it began.
///
/// # Errors
/// The header names no topic.
pub fn origin(record: &OwnedRecord) -> Result<&str, NoOrigin> {
    let named = record.headers.iter().find(|(key, _)| NAMES.contains(&key.as_slice()));
    let Some((key, value)) = named else {
        return Ok(&record.topic);
    };
    let text = value.as_deref().and_then(|value| std::str::from_utf8(value).ok());
    let topic = text.map(|text| match key.as_slice() {
        // As `orders [0] @ 5`.
        OURS => text.split(" [").next().unwrap_or_default(),
        _ => text,
    });
    topic
        .filter(|topic| check_topic_name(topic).is_ok())
        .ok_or_else(|| NoOrigin { header: String::from_utf8_lossy(key).into_owned() })
}

/// Whether a header tells of a failure and its place, so that it has no meaning once the record is
/// back.
#[must_use]
pub fn is_of_a_failure(header: &[u8]) -> bool {
    OF_A_FAILURE.iter().any(|beginning| header.starts_with(beginning))
}

/// The time that Spring's dead letter had before, in milliseconds since 1970-01-01 UTC.
#[must_use]
pub fn original_time(record: &OwnedRecord) -> Option<i64> {
    let (_, value) = record.headers.iter().find(|(key, _)| key == SPRING_TIME)?;
    let millis = i64::from_be_bytes(value.as_deref()?.try_into().ok()?);
    (millis > 0).then_some(millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(headers: &[(&str, Option<&[u8]>)]) -> OwnedRecord {
        let headers = headers.iter();
        let headers =
            headers.map(|(key, value)| (key.as_bytes().to_vec(), value.map(<[u8]>::to_vec)));
        OwnedRecord {
            topic: "read".to_owned(),
            headers: headers.collect(),
            ..OwnedRecord::default()
        }
    }

    #[test]
    fn the_first_header_that_names_a_topic_counts() {
        for (headers, expected) in [
            (&[][..], Ok("read")),
            (&[("a", None)], Ok("read")),
            (&[("kp-dead-letter-from", Some(&b"orders [0] @ 5"[..]))], Ok("orders")),
            (&[("kafka_dlt-original-topic", Some(b"orders"))], Ok("orders")),
            (&[("__connect.errors.topic", Some(b"orders"))], Ok("orders")),
            (
                &[
                    ("__connect.errors.topic", Some(b"a")),
                    ("kp-dead-letter-from", Some(b"b [1] @ 2")),
                ],
                Ok("a"),
            ),
            (&[("kafka_dlt-original-topic", None)], Err("kafka_dlt-original-topic")),
            (&[("__connect.errors.topic", Some(b""))], Err("__connect.errors.topic")),
            (&[("__connect.errors.topic", Some(b"\xff"))], Err("__connect.errors.topic")),
            (&[("kp-dead-letter-from", Some(b"a b"))], Err("kp-dead-letter-from")),
        ] {
            let record = record(headers);
            let found = origin(&record).map_err(|error| error.header);
            assert_eq!(found.as_deref().map_err(String::as_str), expected, "{headers:?}");
        }
    }

    #[test]
    fn what_tells_of_the_failure_is_known_and_nothing_else() {
        for header in
            ["kp-dead-letter-reason", "kafka_dlt-exception-message", "__connect.errors.stage"]
        {
            assert!(is_of_a_failure(header.as_bytes()), "{header}");
        }
        for header in ["kp-run", "kafka_correlationId", "trace", ""] {
            assert!(!is_of_a_failure(header.as_bytes()), "{header}");
        }
    }

    #[test]
    fn springs_time_has_8_bytes() {
        let time = 1_732_300_000_000_i64.to_be_bytes();
        let name = "kafka_dlt-original-timestamp";
        assert_eq!(original_time(&record(&[(name, Some(&time))])), Some(1_732_300_000_000));
        assert_eq!(original_time(&record(&[(name, Some(b"x"))])), None);
        assert_eq!(original_time(&record(&[])), None);
    }
}
