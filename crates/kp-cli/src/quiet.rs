//! Whether the programs say nothing but errors.

use std::sync::atomic::{AtomicBool, Ordering};

/// Whether nothing is said but errors.
static IS_QUIET: AtomicBool = AtomicBool::new(false);

/// From here on nothing is said but errors: no warnings, no hints, no status line. It
/// comes before [`start_talking`](crate::start_talking).
pub fn be_quiet() {
    IS_QUIET.store(true, Ordering::Relaxed);
}

/// Whether [`be_quiet`] was called.
pub fn is_quiet() -> bool {
    IS_QUIET.load(Ordering::Relaxed)
}
