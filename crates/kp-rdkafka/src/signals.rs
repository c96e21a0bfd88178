//! Threads of librdkafka that no signal reaches.
#![expect(unsafe_code, reason = "a thread's signal mask has a C interface only")]

use std::mem::MaybeUninit;
use std::ptr;

/// Calls `start` with every signal blocked in this thread: the threads that it starts inherit that,
/// and signals go to the others.
///
/// librdkafka does this itself for a client's threads, and forgets the mock cluster's. The system
/// gives a signal to the mock's thread while the main thread has its signals blocked, as it has
/// while it starts a thread. The signal breaks the `poll` of the mock's thread. Then the mock's
/// brokers are gone, and `rd_kafka_mock_cluster_destroy` waits for their answer forever.
pub(crate) fn blocked_while<T>(start: impl FnOnce() -> T) -> T {
    let mut all = MaybeUninit::uninit();
    let mut before = MaybeUninit::uninit();
    // SAFETY: `sigfillset` writes the whole set, and neither call can fail: the set is ours, and
    // SIG_BLOCK is a known action.
    unsafe {
        libc::sigfillset(all.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_BLOCK, all.as_ptr(), before.as_mut_ptr());
    }
    let started = start();
    // SAFETY: the call above has written `before`.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), ptr::null_mut()) };
    started
}
