//! How long anything may take.

use std::thread;
use std::time::{Duration, Instant};

/// How long a process may run, and how long a test waits for anything. It is far more than is
/// needed, because a busy machine must not fail a test.
pub const DEADLINE: Duration = Duration::from_secs(40);

/// The pause between two looks at a condition.
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
