//! What all calls into librdkafka share: what it hands out is owned, and read without trust.
#![expect(unsafe_code, reason = "reads what librdkafka hands out")]

use std::ffi::{CStr, c_char, c_int};
use std::fmt;
use std::ptr::NonNull;
use std::time::Duration;

use rdkafka::bindings as sys;
use rdkafka::error::RDKafkaErrorCode;
use sys::rd_kafka_resp_err_t as Code;

// librdkafka passes on whatever code a broker sends, also one that is newer than itself. The
// bindings declare these functions to return an enum, for which a number outside is undefined
// behaviour; as a number it can be looked at.
unsafe extern "C" {
    pub(crate) fn rd_kafka_error_code(error: *const sys::rd_kafka_error_t) -> c_int;
    pub(crate) fn rd_kafka_event_error(event: *mut sys::rd_kafka_event_t) -> c_int;
    pub(crate) fn rd_kafka_topic_result_error(result: *const sys::rd_kafka_topic_result_t)
    -> c_int;
    pub(crate) fn rd_kafka_ConfigResource_error(
        resource: *const sys::rd_kafka_ConfigResource_t,
    ) -> c_int;
    pub(crate) fn rd_kafka_ConfigEntry_source(entry: *const sys::rd_kafka_ConfigEntry_t) -> c_int;
    pub(crate) fn rd_kafka_AclBinding_restype(acl: *const sys::rd_kafka_AclBinding_t) -> c_int;
    pub(crate) fn rd_kafka_AclBinding_resource_pattern_type(
        acl: *const sys::rd_kafka_AclBinding_t,
    ) -> c_int;
    pub(crate) fn rd_kafka_AclBinding_operation(acl: *const sys::rd_kafka_AclBinding_t) -> c_int;
    pub(crate) fn rd_kafka_AclBinding_permission_type(
        acl: *const sys::rd_kafka_AclBinding_t,
    ) -> c_int;
    pub(crate) fn rd_kafka_DescribeCluster_result_authorized_operations(
        result: *const sys::rd_kafka_DescribeCluster_result_t,
        count: *mut usize,
    ) -> *const c_int;
    pub(crate) fn rd_kafka_TopicDescription_authorized_operations(
        topic: *const sys::rd_kafka_TopicDescription_t,
        count: *mut usize,
    ) -> *const c_int;
    pub(crate) fn rd_kafka_ConsumerGroupDescription_authorized_operations(
        group: *const sys::rd_kafka_ConsumerGroupDescription_t,
        count: *mut usize,
    ) -> *const c_int;
    pub(crate) fn rd_kafka_ScramCredentialInfo_mechanism(
        info: *const sys::rd_kafka_ScramCredentialInfo_t,
    ) -> c_int;
}

/// The function that frees what librdkafka allocated.
pub(crate) type Destroy<T> = unsafe extern "C" fn(*mut T);

/// Something of librdkafka's that is freed with this value.
#[derive(Debug)]
pub(crate) struct Owned<T> {
    raw: NonNull<T>,
    destroy: Destroy<T>,
}

impl<T> Owned<T> {
    /// `None` for null.
    ///
    /// # Safety
    /// `raw` is null or given away by the caller, and `destroy` is the function that frees it.
    pub(crate) unsafe fn new(raw: *mut T, destroy: Destroy<T>) -> Option<Self> {
        NonNull::new(raw).map(|raw| Self { raw, destroy })
    }

    pub(crate) fn raw(&self) -> *mut T {
        self.raw.as_ptr()
    }
}

impl<T> Drop for Owned<T> {
    fn drop(&mut self) {
        // SAFETY: by `new`'s contract this is the right function, and nobody else frees it.
        unsafe { (self.destroy)(self.raw()) }
    }
}

/// A queue of events. It has to go before the client that it belongs to.
pub(crate) struct Queue(Owned<sys::rd_kafka_queue_t>);

// SAFETY: librdkafka's queues are locked inside and may be used from any thread.
unsafe impl Send for Queue {}
// SAFETY: as above.
unsafe impl Sync for Queue {}

impl Queue {
    /// # Safety
    /// `raw` is null or a queue reference that the caller gives away, and its client outlives it.
    pub(crate) unsafe fn from_raw(raw: *mut sys::rd_kafka_queue_t) -> Option<Self> {
        // SAFETY: by this function's contract.
        unsafe { Owned::new(raw, sys::rd_kafka_queue_destroy) }.map(Self)
    }

    /// An empty queue.
    ///
    /// # Safety
    /// The client is alive, and outlives the queue.
    pub(crate) unsafe fn new(client: *mut sys::rd_kafka_t) -> Option<Self> {
        // SAFETY: by this function's contract.
        unsafe { Self::from_raw(sys::rd_kafka_queue_new(client)) }
    }

    pub(crate) fn raw(&self) -> *mut sys::rd_kafka_queue_t {
        self.0.raw()
    }
}

/// A time as librdkafka takes it; waiting for ever is never meant.
pub(crate) fn millis(time: Duration) -> c_int {
    c_int::try_from(time.as_millis()).unwrap_or(c_int::MAX)
}

/// librdkafka's result as Rust's.
pub(crate) fn checked(code: Code) -> Result<(), RDKafkaErrorCode> {
    match code {
        Code::RD_KAFKA_RESP_ERR_NO_ERROR => Ok(()),
        code => Err(code.into()),
    }
}

/// The code of this number; `Unknown` for one that this version of librdkafka does not know.
pub(crate) fn code(number: c_int) -> RDKafkaErrorCode {
    Code::try_from(number).map_or(RDKafkaErrorCode::Unknown, Into::into)
}

/// The result of a call that returns an error object, or null for success.
///
/// # Safety
/// `error` is null or an error that the caller gives away.
pub(crate) unsafe fn succeeded(
    error: *mut sys::rd_kafka_error_t,
) -> Result<(), Owned<sys::rd_kafka_error_t>> {
    // SAFETY: by this function's contract.
    unsafe { Owned::new(error, sys::rd_kafka_error_destroy) }.map_or(Ok(()), Err)
}

impl Owned<sys::rd_kafka_error_t> {
    pub(crate) fn code(&self) -> RDKafkaErrorCode {
        // SAFETY: the error is alive.
        code(unsafe { rd_kafka_error_code(self.raw()) })
    }
}

/// The text at `raw`, or `None` for null.
///
/// # Safety
/// `raw` is null or a NUL-terminated text that lives during this call.
pub(crate) unsafe fn text(raw: *const c_char) -> Option<String> {
    // SAFETY: not null here, and a text by this function's contract.
    (!raw.is_null()).then(|| unsafe { CStr::from_ptr(raw) }.to_string_lossy().into_owned())
}

/// What librdkafka says to people, without the newline that may end it; empty for null.
///
/// # Safety
/// As for [`text`].
pub(crate) unsafe fn words(raw: *const c_char) -> String {
    // SAFETY: by this function's contract.
    unsafe { text(raw) }.unwrap_or_default().trim().to_owned()
}

/// Room for librdkafka's reason, which it writes while it refuses something.
pub(crate) struct Reason([c_char; 512]);

impl Reason {
    pub(crate) fn new() -> Self {
        Self([0; 512])
    }

    pub(crate) fn as_mut_ptr(&mut self) -> *mut c_char {
        self.0.as_mut_ptr()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // SAFETY: all zero at first, and librdkafka ends by a NUL what it writes within the length
        // it is given.
        f.write_str(&unsafe { text(self.0.as_ptr()) }.unwrap_or_default())
    }
}

/// The non-null pointers of an array that librdkafka hands out through `get`, which tells the
/// count.
///
/// # Safety
/// `get` returns null or an array of as many pointers as it tells, which lives during this call.
pub(crate) unsafe fn array<T>(get: impl FnOnce(*mut usize) -> *mut *const T) -> Vec<*const T> {
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
pub(crate) unsafe fn partitions<'a>(
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

/// The number of a partition entry's error, if it has one.
///
/// # Safety
/// `entry` is a partition entry that lives during this call.
pub(crate) unsafe fn partition_error(
    entry: *const sys::rd_kafka_topic_partition_t,
) -> Option<c_int> {
    // SAFETY: an entry by this function's contract; the error is read as a number, for the reason
    // above.
    let number = unsafe { (&raw const (*entry).err).cast::<c_int>().read() };
    (number != 0).then_some(number)
}

/// A partition entry's topic and number.
///
/// # Safety
/// `entry` is a partition entry that lives during this call.
pub(crate) unsafe fn topic_and_partition(
    entry: *const sys::rd_kafka_topic_partition_t,
) -> (String, i32) {
    // SAFETY: an entry by this function's contract, whose topic is a text.
    unsafe { (text((*entry).topic).unwrap_or_default(), (*entry).partition) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_is_nothing() {
        // SAFETY: null is allowed everywhere here.
        unsafe {
            assert_eq!(text(std::ptr::null()), None);
            assert_eq!(words(std::ptr::null()), "");
            assert!(succeeded(std::ptr::null_mut()).is_ok());
            assert_eq!(partitions(std::ptr::null()).count(), 0);
            assert!(array::<u8>(|_| std::ptr::null_mut()).is_empty());
        }
    }
}
