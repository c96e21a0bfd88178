//! Whether the programs say nothing but errors.

use std::sync::atomic::{AtomicBool, Ordering};

/// The name of the flag.
pub(crate) const QUIET: &str = "quiet";

/// Whether nothing is said but errors.
static IS_QUIET: AtomicBool = AtomicBool::new(false);

/// From here on nothing is said but errors: no warnings, no hints, no status line. It comes before
/// [`start_talking`](crate::start_talking).
pub(crate) fn be_quiet() {
    IS_QUIET.store(true, Ordering::Relaxed);
}

/// Whether nothing is to be said but errors, by the flag `--quiet`.
pub fn is_quiet() -> bool {
    IS_QUIET.load(Ordering::Relaxed)
}
