//! What librdkafka hands out: pointers that are owned, and values that are read without trust.
#![expect(unsafe_code, reason = "reads what librdkafka hands out")]

use std::ffi::{CStr, CString, c_char, c_int};
use std::ptr::NonNull;

use rdkafka::bindings as sys;
use rdkafka::error::RDKafkaErrorCode;

use super::{AdminError, ItemError};

// librdkafka passes on whatever code a broker sends, also one that is newer than itself. The bindings declare these functions to
// return an enum, for which a number outside is undefined behaviour; as a number it can be looked at.
unsafe extern "C" {
    fn rd_kafka_error_code(error: *const sys::rd_kafka_error_t) -> c_int;
    pub(super) fn rd_kafka_event_error(event: *mut sys::rd_kafka_event_t) -> c_int;
    pub(super) fn rd_kafka_topic_result_error(result: *const sys::rd_kafka_topic_result_t)
    -> c_int;
    pub(super) fn rd_kafka_ConfigResource_error(
        resource: *const sys::rd_kafka_ConfigResource_t,
    ) -> c_int;
    pub(super) fn rd_kafka_ConfigEntry_source(entry: *const sys::rd_kafka_ConfigEntry_t) -> c_int;
}

/// The function that frees what librdkafka allocated.
type Destroy<T> = unsafe extern "C" fn(*mut T);

/// Something of librdkafka's that is freed with this value.
pub(super) struct Owned<T> {
    raw: NonNull<T>,
    destroy: Destroy<T>,
}

impl<T> Owned<T> {
    /// `None` for null.
    ///
    /// # Safety
    /// `raw` is null or given away by the caller, and `destroy` is the function that frees it.
    pub(super) unsafe fn new(raw: *mut T, destroy: Destroy<T>) -> Option<Self> {
        NonNull::new(raw).map(|raw| Self { raw, destroy })
    }

    pub(super) fn raw(&self) -> *mut T {
        self.raw.as_ptr()
    }
}

impl<T> Drop for Owned<T> {
    fn drop(&mut self) {
        // SAFETY: by `new`'s contract this is the right function, and nobody else frees it.
        unsafe { (self.destroy)(self.raw()) }
    }
}

/// The pointers of `owned`, as librdkafka wants its arrays. They are good as long as `owned` is.
pub(super) fn pointers<T>(owned: &[Owned<T>]) -> Vec<*mut T> {
    owned.iter().map(Owned::raw).collect()
}

/// Names as C texts.
pub(super) fn c_texts(
    request: &'static str,
    what: &'static str,
    texts: &[&str],
) -> Result<Vec<CString>, AdminError> {
    texts
        .iter()
        .map(|text| c_text(request, what, text))
        .collect()
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

/// The text at `raw`, or `None` for null.
///
/// # Safety
/// `raw` is null or a NUL-terminated text that lives during this call.
pub(super) unsafe fn text(raw: *const c_char) -> Option<String> {
    // SAFETY: not null here, and a text by this function's contract.
    (!raw.is_null()).then(|| {
        unsafe { CStr::from_ptr(raw) }
            .to_string_lossy()
            .into_owned()
    })
}

/// The non-null pointers of an array that librdkafka hands out through `get`, which tells the count.
///
/// # Safety
/// `get` returns null or an array of as many pointers as it tells, which lives during this call.
pub(super) unsafe fn array<T>(get: impl FnOnce(*mut usize) -> *mut *const T) -> Vec<*const T> {
    let mut count = 0;
    let first = get(&raw mut count);
    if first.is_null() || count == 0 {
        return Vec::new();
    }
    // SAFETY: an array of `count` pointers by this function's contract.
    let all = unsafe { std::slice::from_raw_parts(first, count) };
    all.iter().copied().filter(|item| !item.is_null()).collect()
}

/// A partition list's entries. An entry lives as long as the list.
///
/// # Safety
/// `list` is null or a partition list that lives during this call.
pub(super) unsafe fn partitions<'a>(
    list: *const sys::rd_kafka_topic_partition_list_t,
) -> impl Iterator<Item = *const sys::rd_kafka_topic_partition_t> + 'a {
    let (first, count) = if list.is_null() {
        (std::ptr::null_mut(), 0)
    } else {
        // SAFETY: a list by this function's contract.
        unsafe { ((*list).elems, usize::try_from((*list).cnt).unwrap_or(0)) }
    };
    // SAFETY: the list has `cnt` entries in one piece.
    (0..count).map(move |index| unsafe { first.add(index) }.cast_const())
}

/// A partition entry's topic and number.
///
/// # Safety
/// `entry` is a partition entry that lives during this call.
pub(super) unsafe fn topic_and_partition(
    entry: *const sys::rd_kafka_topic_partition_t,
) -> (String, i32) {
    // SAFETY: an entry by this function's contract, whose topic is a text.
    unsafe { (text((*entry).topic).unwrap_or_default(), (*entry).partition) }
}

/// A partition entry's error, if it has one.
///
/// # Safety
/// `entry` is a partition entry that lives during this call.
pub(super) unsafe fn partition_error(
    entry: *const sys::rd_kafka_topic_partition_t,
) -> Option<ItemError> {
    // SAFETY: an entry by this function's contract; the error is read as a number, for the reason above.
    item_error(
        unsafe { (&raw const (*entry).err).cast::<c_int>().read() },
        None,
    )
}

/// The error in an error object, or `None` for null and for "no error".
///
/// # Safety
/// `error` is null or an error object that lives during this call.
pub(super) unsafe fn error(error: *const sys::rd_kafka_error_t) -> Option<ItemError> {
    if error.is_null() {
        return None;
    }
    // SAFETY: an error object by this function's contract; its text lives as long as it does.
    unsafe {
        item_error(
            rd_kafka_error_code(error),
            text(sys::rd_kafka_error_string(error)),
        )
    }
}

/// The error of a code and perhaps a text; none for the code 0.
pub(super) fn item_error(raw: c_int, text: Option<String>) -> Option<ItemError> {
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
    Some(ItemError {
        code: known.map_or(RDKafkaErrorCode::Unknown, Into::into),
        text,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_that_librdkafka_does_not_know_is_told_by_its_number() {
        let error = item_error(12_345, None).unwrap();
        assert_eq!(
            (error.code, error.text.as_str()),
            (RDKafkaErrorCode::Unknown, "error code 12345")
        );
    }

    #[test]
    fn a_known_code_without_words_gets_librdkafkas() {
        let error = item_error(36, Some(String::new())).unwrap();
        assert_eq!(error.code, RDKafkaErrorCode::TopicAlreadyExists);
        assert!(error.text.contains("already exists"), "{error}");
        assert_eq!(
            item_error(36, Some("so it is".to_owned())).unwrap().text,
            "so it is"
        );
        assert_eq!(
            item_error(14, Some("ConsumerGroupDescribe: ".to_owned()))
                .unwrap()
                .text,
            "ConsumerGroupDescribe: Broker: Coordinator load in progress"
        );
        assert_eq!(item_error(0, Some("Success".to_owned())), None);
    }

    #[test]
    fn null_is_nothing() {
        // SAFETY: null is allowed everywhere here.
        unsafe {
            assert_eq!(text(std::ptr::null()), None);
            assert_eq!(error(std::ptr::null()), None);
            assert_eq!(partitions(std::ptr::null()).count(), 0);
            assert!(array::<u8>(|_| std::ptr::null_mut()).is_empty());
        }
    }
}
