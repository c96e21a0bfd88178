//! SIGINT and SIGTERM, as a flag that the main loop looks at.

use std::cell::Cell;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGINT, SIGTERM};

/// Whether a signal ends the process at once; set once a signal was held back, until [`StopSignal`] takes over.
static ENDS_AT_ONCE: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// Does something that must not be ended in its middle, and then ends the process if it was to end meanwhile: a terminal that shows
/// nothing of what is typed has to be put right first.
///
/// # Errors
/// The operating system's, when a handler cannot be installed.
pub(crate) fn after<T>(act: impl FnOnce() -> T) -> io::Result<T> {
    let came = Arc::new(AtomicUsize::new(0));
    ENDS_AT_ONCE.store(false, Ordering::Relaxed);
    for signal in [SIGINT, SIGTERM] {
        // Once there is a handler, the system's own way to end does not come back.
        signal_hook::flag::register_conditional_shutdown(
            signal,
            128 + signal,
            Arc::clone(&ENDS_AT_ONCE),
        )?;
        signal_hook::flag::register_usize(signal, Arc::clone(&came), signal as usize)?;
    }
    let done = act();
    match came.load(Ordering::Relaxed) {
        0 => {
            ENDS_AT_ONCE.store(true, Ordering::Relaxed);
            Ok(done)
        }
        signal => std::process::exit(128 + i32::try_from(signal).unwrap_or(SIGINT)),
    }
}

/// Set once SIGINT or SIGTERM arrived. A second signal ends the process at once, as a shell user expects.
#[derive(Clone, Debug, Default)]
pub struct StopSignal(Arc<AtomicBool>);

impl StopSignal {
    /// Installs the handlers.
    ///
    /// # Errors
    /// The operating system's, when a handler cannot be installed.
    pub fn install() -> io::Result<Self> {
        let flag = Arc::new(AtomicBool::new(false));
        ENDS_AT_ONCE.store(false, Ordering::Relaxed);
        for signal in [SIGINT, SIGTERM] {
            // The order matters: at the second signal the flag is already set.
            signal_hook::flag::register_conditional_shutdown(
                signal,
                128 + signal,
                Arc::clone(&flag),
            )?;
            signal_hook::flag::register(signal, Arc::clone(&flag))?;
        }
        Ok(Self(flag))
    }

    /// Whether a stop was asked for.
    pub fn requested(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The time that a program may take to end in order: it begins when the stop signal is first noticed.
#[derive(Debug)]
pub struct Grace<'a> {
    stop: &'a StopSignal,
    limit: Duration,
    since: Cell<Option<Instant>>,
}

impl<'a> Grace<'a> {
    /// So much time once a stop is asked for.
    pub fn new(stop: &'a StopSignal, limit: Duration) -> Self {
        Self {
            stop,
            limit,
            since: Cell::new(None),
        }
    }

    /// Whether a stop was asked for; from the first time that this is noticed, the time runs.
    pub fn stop_requested(&self) -> bool {
        let requested = self.stop.requested();
        if requested && self.since.get().is_none() {
            self.since.set(Some(Instant::now()));
        }
        requested
    }

    /// What is left of the time; all of it while no stop was asked for.
    pub fn left(&self) -> Duration {
        let used = self
            .since
            .get()
            .map_or(Duration::ZERO, |since| since.elapsed());
        self.limit.saturating_sub(used)
    }

    /// Whether half of it is over.
    pub fn is_half_over(&self) -> bool {
        self.stop_requested() && self.left() <= self.limit / 2
    }

    /// Whether it is over.
    pub fn is_over(&self) -> bool {
        self.stop_requested() && self.left().is_zero()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_runs_from_the_signal_on() {
        let stop = StopSignal::default();
        let grace = Grace::new(&stop, Duration::from_millis(20));
        assert!(!grace.is_over() && !grace.is_half_over());
        std::thread::sleep(Duration::from_millis(30));
        assert_eq!(
            grace.left(),
            Duration::from_millis(20),
            "nobody asked for a stop yet"
        );
        stop.0.store(true, Ordering::Relaxed);
        assert!(!grace.is_over());
        let deadline = Instant::now() + Duration::from_secs(5);
        while !grace.is_over() {
            assert!(Instant::now() < deadline);
            std::thread::yield_now();
        }
        assert!(grace.is_half_over());
    }
}
