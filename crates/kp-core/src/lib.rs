//! A Kafka record as bytes, the message schema, the formats that a person sees, and the filters
//! that choose records.
//!
//! A record is bytes first; JSON is one way to read it. Every format writes into a buffer that
//! the caller reuses, so that printing a message costs no allocation:
//!
//! ```
//! use kp_core::{Format, Record, Timestamp};
//!
//! let record = Record {
//!     topic: "topic1",
//!     partition: Some(0),
//!     offset: Some(0),
//!     timestamp: Timestamp::CreateTime(1_732_300_000_000),
//!     key: None,
//!     value: Some(br#"{"str": "result0"}"#),
//!     headers: &[],
//! };
//! let format: Format = "line".parse()?;
//! let mut out = Vec::new();
//! format.write(&record, &mut out)?;
//! assert_eq!(
//!     String::from_utf8(out)?,
//!     "Topic : topic1, Partition : 0, Offset : 0, Key : null, value : {\"str\":\"result0\"}\n",
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The formats `line` and `seed` read the value as JSON by one scanner (`scan`), which needs no
//! stack and no tree. They differ only in how they write each token.

#![forbid(unsafe_code)]

mod bad_message;
mod decode;
mod encoding;
mod escape;
mod filter;
mod format;
pub mod json;
mod line;
mod look;
pub mod message;
mod nearest;
mod pretty;
pub mod record;
mod regex_error;
mod scan;
mod seed;
mod template;
mod terminal;
mod text;
mod topic_name;
mod topics;
mod value;

pub use bad_message::{BadMessage, BadValue};
pub use decode::Decoder;
pub use escape::{UnknownEscape, unescape};
pub use filter::{Filter, FilterError, Filters};
pub use format::{Format, FormatError};
pub use look::Look;
pub use message::Message;
pub use nearest::{is_near, most_alike};
pub use record::{Header, OwnedRecord, Record, Timestamp};
pub use template::{
    Read, Template, TemplateError, TemplateMismatch, TemplateReader, UnreadableTemplate,
};
pub use terminal::escaped;
pub use topic_name::check_topic_name;
pub use topics::WantedTopics;
