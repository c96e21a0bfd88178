//! SIGINT and SIGTERM, as a flag that the main loop looks at.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, OnceLock};
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// Whether a signal ends the process at once. It is set once a signal was held back, until
/// [`StopSignal`] takes over.
static ENDS_AT_ONCE: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// Does something that a signal must not interrupt, and ends the process afterwards if one came. A
/// terminal that hides what is typed has to be restored first.
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

/// A signal so soon after the first one is the same request. A terminal sends Ctrl-C to the program
/// and to a wrapper such as `timeout`, which passes it on.
const SAME_REQUEST: Duration = Duration::from_secs(2);

/// Set once SIGINT or SIGTERM arrived. A signal that comes more than two seconds later asks again,
/// and ends the process at once.
#[derive(Clone, Debug, Default)]
pub struct StopSignal(Arc<AtomicBool>);

impl StopSignal {
    /// Installs the handlers, and starts the thread that ends the process when it is asked again.
    ///
    /// # Errors
    /// The operating system's, when a handler cannot be installed or no thread can be had.
    pub fn install() -> io::Result<Self> {
        let flag = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            signal_hook::flag::register(signal, Arc::clone(&flag))?;
        }
        let mut signals = Signals::new([SIGINT, SIGTERM])?;
        std::thread::Builder::new().name("kp-signals".to_owned()).spawn(move || {
            let mut requests = Requests::default();
            for signal in &mut signals {
                if requests.asks_again(Instant::now()) {
                    signal_hook::low_level::exit(128 + signal);
                }
            }
        })?;
        // Only now does somebody look at the flag. Until here a signal ends the process.
        ENDS_AT_ONCE.store(false, Ordering::Relaxed);
        Ok(Self(flag))
    }

    /// Whether a stop was asked for.
    pub fn requested(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The requests to stop so far.
#[derive(Debug, Default)]
struct Requests {
    first: Option<Instant>,
}

impl Requests {
    /// Whether a signal that comes now is a second request, and not the first one once more.
    fn asks_again(&mut self, now: Instant) -> bool {
        now.duration_since(*self.first.get_or_insert(now)) >= SAME_REQUEST
    }
}

/// The time that a program may take to end in order. It begins when the stop signal is first
/// noticed.
///
/// A clone tells the same time, for a part of the program that waits by itself.
#[derive(Clone, Debug)]
pub struct Grace {
    stop: StopSignal,
    limit: Duration,
    since: Arc<OnceLock<Instant>>,
}

impl Grace {
    /// So much time once a stop is asked for.
    pub fn new(stop: &StopSignal, limit: Duration) -> Self {
        Self { stop: stop.clone(), limit, since: Arc::default() }
    }

    /// Whether a stop was asked for; from the first time that this is noticed, the time runs.
    pub fn stop_requested(&self) -> bool {
        let requested = self.stop.requested();
        if requested {
            self.since.get_or_init(Instant::now);
        }
        requested
    }

    /// What is left of the time; all of it while no stop was asked for.
    pub fn left(&self) -> Duration {
        let used = self.since.get().map_or(Duration::ZERO, |since| since.elapsed());
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
    fn the_same_request_twice_is_one() {
        let mut requests = Requests::default();
        let first = Instant::now();
        assert!(!requests.asks_again(first));
        assert!(!requests.asks_again(first + Duration::from_millis(1)));
        assert!(!requests.asks_again(first + SAME_REQUEST - Duration::from_millis(1)));
        assert!(requests.asks_again(first + SAME_REQUEST));
    }

    #[test]
    fn time_runs_from_the_signal_on() {
        let stop = StopSignal::default();
        let grace = Grace::new(&stop, Duration::from_millis(20));
        assert!(!grace.is_over() && !grace.is_half_over());
        std::thread::sleep(Duration::from_millis(30));
        assert_eq!(grace.left(), Duration::from_millis(20), "nobody asked for a stop yet");
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
