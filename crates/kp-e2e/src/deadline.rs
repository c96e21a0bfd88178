//! How long anything may take.

use std::thread;
use std::time::{Duration, Instant};

/// How long a process may run, or anything may be waited for, unless a test says otherwise. Far more than is needed, because a
/// machine that is busy must not fail a test.
pub const DEADLINE: Duration = Duration::from_secs(40);

/// How often something that cannot wake us is looked at.
const GLANCE: Duration = Duration::from_millis(5);

/// Waits until `reached`.
///
/// # Panics
/// When it is not reached within [`DEADLINE`]; `what` says what was waited for.
pub fn eventually(what: &str, mut reached: impl FnMut() -> bool) {
    let end = Instant::now() + DEADLINE;
    while !reached() {
        assert!(Instant::now() < end, "not within {DEADLINE:?}: {what}");
        thread::sleep(GLANCE);
    }
}
