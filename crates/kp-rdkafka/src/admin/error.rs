//! What fails: a whole request, or one thing that it names.
#![expect(unsafe_code, reason = "reads what librdkafka hands out")]

use std::ffi::{CString, c_char, c_int};
use std::time::Duration;

use rdkafka::bindings as sys;
use rdkafka::error::RDKafkaErrorCode;

use crate::native::{self, Destroy, Owned, text};

/// Why a whole request failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AdminError {
    /// No answer in time: the broker is not reachable, or has no controller, as the mock cluster.
    #[error("failed to {request}: no answer within {} ms", timeout.as_millis())]
    Timeout {
        /// What was asked for, such as `describe topics`.
        request: &'static str,
        /// How long was waited for.
        timeout: Duration,
    },
    /// The broker refused, or librdkafka did before asking; `UnsupportedFeature` when the broker
    /// does not know this request.
    #[error("failed to {request}: {reason}")]
    Request {
        /// What was asked for.
        request: &'static str,
        /// The code, by which a program decides.
        code: RDKafkaErrorCode,
        /// The text, for people.
        reason: String,
    },
    /// An argument that cannot be sent.
    #[error("failed to {request}: {what} {value:?}: {reason}")]
    Argument {
        /// What was asked for.
        request: &'static str,
        /// Which argument.
        what: &'static str,
        /// Its value.
        value: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl AdminError {
    /// The broker's or librdkafka's error code; a timeout is `OperationTimedOut`, a bad argument
    /// `InvalidArgument`.
    pub fn code(&self) -> RDKafkaErrorCode {
        match self {
            Self::Timeout { .. } => RDKafkaErrorCode::OperationTimedOut,
            Self::Request { code, .. } => *code,
            Self::Argument { .. } => RDKafkaErrorCode::InvalidArgument,
        }
    }
}

/// Why one topic, group or partition of a request failed, while others may have not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct ItemError {
    /// The code, by which a program decides; `Unknown` for one that this version of librdkafka does
    /// not know.
    pub code: RDKafkaErrorCode,
    /// The broker's words where it sent some, else librdkafka's for the code.
    pub text: String,
}

/// The answer for one topic or group, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named<T> {
    /// The topic or group that was named in the request.
    pub name: String,
    /// What came of it.
    pub result: Result<T, ItemError>,
}

/// Names as C texts.
pub(super) fn c_texts(
    request: &'static str,
    what: &'static str,
    texts: &[&str],
) -> Result<Vec<CString>, AdminError> {
    texts.iter().map(|text| c_text(request, what, text)).collect()
}

/// A name as a C text, which cannot hold a NUL.
pub(super) fn c_text(
    request: &'static str,
    what: &'static str,
    text: &str,
) -> Result<CString, AdminError> {
    CString::new(text).map_err(|_| AdminError::Argument {
        request,
        what,
        value: text.to_owned(),
        reason: "a NUL byte cannot be sent".to_owned(),
    })
}

/// A thing of librdkafka's for each of these names.
///
/// # Safety
/// `new` makes a thing of a name that it copies, and `destroy` frees such a thing.
pub(super) unsafe fn by_name<T>(
    request: &'static str,
    what: &'static str,
    names: &[&str],
    new: impl Fn(*const c_char) -> *mut T,
    destroy: Destroy<T>,
) -> Result<Vec<Owned<T>>, AdminError> {
    let names = c_texts(request, what, names)?;
    // SAFETY: by this function's contract; what is made is ours to free.
    Ok(names.iter().filter_map(|name| unsafe { Owned::new(new(name.as_ptr()), destroy) }).collect())
}

/// A partition entry's error, if it has one.
///
/// # Safety
/// `entry` is a partition entry that lives during this call.
pub(super) unsafe fn of_partition(
    entry: *const sys::rd_kafka_topic_partition_t,
) -> Option<ItemError> {
    // SAFETY: by this function's contract.
    of_item(unsafe { native::partition_error(entry) }?, None)
}

/// The error in an error object, or `None` for null and for "no error".
///
/// # Safety
/// `error` is null or an error object that lives during this call.
pub(super) unsafe fn read(error: *const sys::rd_kafka_error_t) -> Option<ItemError> {
    if error.is_null() {
        return None;
    }
    // SAFETY: an error object by this function's contract; its text lives as long as it does.
    unsafe { of_item(native::rd_kafka_error_code(error), text(sys::rd_kafka_error_string(error))) }
}

/// The error of a code and perhaps a text; none for the code 0.
pub(super) fn of_item(raw: c_int, text: Option<String>) -> Option<ItemError> {
    if raw == 0 {
        return None;
    }
    let known = sys::rd_kafka_resp_err_t::try_from(raw).ok();
    let own = || match known {
        // SAFETY: a constant text for every code that librdkafka knows.
        Some(code) => unsafe { self::text(sys::rd_kafka_err2str(code)) }.unwrap_or_default(),
        None => format!("error code {raw}"),
    };
    let text = match text.filter(|text| !text.is_empty()) {
        None => own(),
        // librdkafka puts the request's name before a text that the broker left empty.
        Some(text) if text.ends_with(": ") => text + &own(),
        Some(text) => text,
    };
    Some(ItemError { code: known.map_or(RDKafkaErrorCode::Unknown, Into::into), text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_that_librdkafka_does_not_know_is_told_by_its_number() {
        let error = of_item(12_345, None).unwrap();
        assert_eq!(
            (error.code, error.text.as_str()),
            (RDKafkaErrorCode::Unknown, "error code 12345")
        );
    }

    #[test]
    fn a_known_code_without_words_gets_librdkafkas() {
        let error = of_item(36, Some(String::new())).unwrap();
        assert_eq!(error.code, RDKafkaErrorCode::TopicAlreadyExists);
        assert!(error.text.contains("already exists"), "{error}");
        assert_eq!(of_item(36, Some("so it is".to_owned())).unwrap().text, "so it is");
        assert_eq!(
            of_item(14, Some("ConsumerGroupDescribe: ".to_owned())).unwrap().text,
            "ConsumerGroupDescribe: Broker: Coordinator load in progress"
        );
        assert_eq!(of_item(0, Some("Success".to_owned())), None);
        // SAFETY: null is allowed.
        assert_eq!(unsafe { read(std::ptr::null()) }, None);
    }
}
