//! Why a message cannot be shown.

use crate::record::Record;

/// `sys.get_int_max_str_digits()`: Python refuses to read longer integers.
pub(crate) const MAX_INTEGER_DIGITS: usize = 4300;
/// How deep lists and objects may be nested. Python 3.11 reads 995 levels at the top of a
/// script; its limit of 1,000 calls counts the callers of `json.loads` as well.
pub(crate) const MAX_DEPTH: usize = 990;

/// A record whose value cannot be shown in the chosen format, and where it lies.
///
/// Its text names the record, but shows nothing of the value:
/// `topic1 [0] @ 12: value is not JSON: expected a value at byte 2`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{topic} [{partition}] @ {offset}: {reason}")]
pub struct BadMessage {
    /// The record's topic.
    pub topic: String,
    /// The record's partition.
    pub partition: i32,
    /// The record's offset.
    pub offset: i64,
    /// What is wrong with its value.
    pub reason: BadValue,
}

impl BadMessage {
    pub(crate) fn new(record: &Record<'_>, reason: BadValue) -> Self {
        Self {
            topic: record.topic.to_owned(),
            partition: record.partition_number(),
            offset: record.offset_number(),
            reason,
        }
    }
}

/// What is wrong with a value. Bytes are counted from 0.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadValue {
    /// Not a text.
    #[error("value is not JSON: invalid UTF-8 at byte {byte}")]
    NotUtf8 {
        /// The first byte that is not UTF-8.
        byte: usize,
    },
    /// A text, but no JSON document.
    #[error("value is not JSON: expected {expected} at byte {byte}")]
    NotJson {
        /// What would have been right there.
        expected: &'static str,
        /// The byte where the document stops being JSON; the value's length where it ends early.
        byte: usize,
    },
    /// JSON that Python does not load: an integer longer than `sys.get_int_max_str_digits()`.
    #[error(
        "value has an integer of {digits} digits at byte {byte}, more than the {limit} that Python reads",
        limit = MAX_INTEGER_DIGITS
    )]
    IntegerTooLong {
        /// How many digits it has.
        digits: usize,
        /// Where it starts.
        byte: usize,
    },
    /// JSON that Python does not load: it would exceed `sys.getrecursionlimit()`.
    #[error(
        "value is nested deeper than {limit} levels at byte {byte}, more than Python reads",
        limit = MAX_DEPTH
    )]
    NestedTooDeep {
        /// Where the first level too many opens.
        byte: usize,
    },
    /// JSON that Python loads but does not print: a text with half of a surrogate pair.
    #[error(
        "value is a text with a lone surrogate, which has no UTF-8 and which Python does not print"
    )]
    LoneSurrogate,
}
