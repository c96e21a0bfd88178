//! The format `json`: a whole record as one JSON object a line, without loss.
//!
//! ```json
//! {"topic":"topic1","partition":0,"offset":0,"timestamp":1732300000000,"timestamp_type":"create",
//!  "key":null,"value":"{\"str\":\"result0\"}","headers":[{"key":"trace","value":"7"}]}
//! ```
//!
//! - `timestamp` is in milliseconds since 1970-01-01 UTC, `timestamp_type` is `create` or
//!   `log_append`; both are `null` where the record carries no timestamp.
//! - `partition` and `offset` are `null` before the record has them.
//! - Key, value, and the headers' keys and values are texts. Bytes that are not UTF-8 stand as
//!   base64 under another name in the same place: `key_base64`, `value_base64`.
//! - With a [`Decoder`] a value that it reads is no text but JSON: `"value":{"str":"result0"}`.
//! - `null` and `""` differ, as they do in Kafka; headers keep their order and repeats.
//!
//! [`parse`] takes such a line back, by serde, and one of kcat's. [`parse_stored`] takes it with
//! its place. The line is written by hand: a record takes 2,500 instructions so, and 3,800 by
//! serde, by callgrind.

mod input;

use data_encoding::BASE64;

use crate::{
    decode::Decoder,
    encoding::{write_encoded, write_integer, write_json_string},
    record::{Record, Timestamp},
};

pub use input::{JsonRecordError, parse, parse_stored};

pub(crate) fn write(record: &Record<'_>, decoder: Option<Decoder>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"topic\":");
    write_json_string(record.topic, out);
    out.extend_from_slice(b",\"partition\":");
    write_optional(record.partition, out);
    out.extend_from_slice(b",\"offset\":");
    write_optional(record.offset, out);
    write_timestamp(record.timestamp, out);
    out.push(b',');
    write_bytes("key", record.key, out);
    out.push(b',');
    if !is_decoded(record.value, decoder, out) {
        write_bytes("value", record.value, out);
    }
    out.extend_from_slice(b",\"headers\":[");
    for (index, header) in record.headers.iter().enumerate() {
        out.extend_from_slice(if index == 0 { b"{" } else { b",{" });
        write_bytes("key", Some(header.key), out);
        out.push(b',');
        write_bytes("value", header.value, out);
        out.push(b'}');
    }
    out.extend_from_slice(b"]}\n");
}

/// Writes `"value":{...}`, if there is a decoder that reads the value.
fn is_decoded(value: Option<&[u8]>, decoder: Option<Decoder>, out: &mut Vec<u8>) -> bool {
    let (Some(value), Some(decoder)) = (value, decoder) else {
        return false;
    };
    let before = out.len();
    out.extend_from_slice(b"\"value\":");
    let is_decoded = decoder.write(value, out);
    if !is_decoded {
        out.truncate(before);
    }
    is_decoded
}

fn write_optional(number: Option<impl itoa::Integer>, out: &mut Vec<u8>) {
    match number {
        Some(number) => write_integer(number, out),
        None => out.extend_from_slice(b"null"),
    }
}

fn write_timestamp(timestamp: Timestamp, out: &mut Vec<u8>) {
    let (millis, kind): (_, &[u8]) = match timestamp {
        Timestamp::NotAvailable => {
            out.extend_from_slice(b",\"timestamp\":null,\"timestamp_type\":null");
            return;
        }
        Timestamp::CreateTime(millis) => (millis, b"create"),
        Timestamp::LogAppendTime(millis) => (millis, b"log_append"),
    };
    out.extend_from_slice(b",\"timestamp\":");
    write_integer(millis, out);
    out.extend_from_slice(b",\"timestamp_type\":\"");
    out.extend_from_slice(kind);
    out.push(b'"');
}

/// Appends `"name":"text"`, `"name":null`, or `"name_base64":"..."` for bytes that are no text.
pub fn write_bytes(name: &str, bytes: Option<&[u8]>, out: &mut Vec<u8>) {
    out.push(b'"');
    out.extend_from_slice(name.as_bytes());
    match bytes.map(|bytes| (std::str::from_utf8(bytes), bytes)) {
        None => out.extend_from_slice(b"\":null"),
        Some((Ok(text), _)) => {
            out.extend_from_slice(b"\":");
            write_json_string(text, out);
        }
        Some((Err(_), bytes)) => {
            out.extend_from_slice(b"_base64\":\"");
            write_encoded(&BASE64, bytes, out);
            out.push(b'"');
        }
    }
}
