//! What the program's loop gives, and the server shows.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use kp_client::{Health, Watcher};

/// How long the loop is waited for. It looks each 100 ms at the latest, unless something holds it
/// up.
const PATIENCE: Duration = Duration::from_millis(300);
/// How often it is seen whether the loop still looks.
pub(super) const GLANCE: Duration = Duration::from_secs(1);
/// A loop that has not looked for so long is held up for good.
const HELD_UP: Duration = Duration::from_secs(30);

/// The figures of a program, as they were given last, and the question for newer ones. A clone is
/// the same board.
#[derive(Debug)]
pub struct Board<F>(Arc<Inner<F>>);

#[derive(Debug)]
struct Inner<F> {
    is_wanted: AtomicBool,
    /// How often the loop has looked whether somebody asks.
    looks: AtomicU64,
    given: Mutex<Given<F>>,
    changed: Condvar,
}

#[derive(Debug)]
struct Given<F> {
    figures: Arc<F>,
    health: Health,
    /// How often figures were given.
    times: u64,
    /// The last count of looks that was seen, and when it was seen to change.
    looked: (u64, Instant),
}

impl<F> Clone for Board<F> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<F: Default> Board<F> {
    /// A board to which nothing was given yet: the program is still connecting.
    pub(super) fn new() -> Self {
        let given = Given {
            figures: Arc::new(F::default()),
            health: Err("not connected to a broker yet".to_owned()),
            times: 0,
            looked: (0, Instant::now()),
        };
        Self(Arc::new(Inner {
            is_wanted: AtomicBool::new(false),
            looks: AtomicU64::new(0),
            given: Mutex::new(given),
            changed: Condvar::new(),
        }))
    }
}

impl<F> Board<F> {
    /// Whether somebody waits for figures. It costs no more than a look at a flag, and a count.
    pub fn is_wanted(&self) -> bool {
        // Only that it changes matters: what a second thread counts may be lost, and no clock is
        // read, which would cost more.
        let looks = self.0.looks.load(Ordering::Relaxed);
        self.0.looks.store(looks.wrapping_add(1), Ordering::Relaxed);
        self.0.is_wanted.load(Ordering::Relaxed)
    }

    /// The figures of this moment, and whether the program works.
    pub fn give(&self, figures: F, health: Health) {
        let mut given = self.lock();
        self.0.is_wanted.store(false, Ordering::Relaxed);
        given.figures = Arc::new(figures);
        given.health = health;
        given.times += 1;
        given.looked = (self.0.looks.load(Ordering::Relaxed), Instant::now());
        self.0.changed.notify_all();
    }

    /// Sees whether the loop has looked since the last time, and returns when it was seen to. The
    /// server calls it each [`GLANCE`], so that this is known when somebody asks.
    pub(super) fn watch(&self) -> Instant {
        let looks = self.0.looks.load(Ordering::Relaxed);
        let mut given = self.lock();
        if given.looked.0 != looks {
            given.looked = (looks, Instant::now());
        }
        given.looked.1
    }

    /// Asks, and waits a moment for the answer. Where none comes, it is what was given last.
    pub(super) fn ask(&self) -> (Arc<F>, Health) {
        let since = self.watch();
        let mut given = self.lock();
        let now = Instant::now();
        let before = given.times;
        self.0.is_wanted.store(true, Ordering::Relaxed);
        while given.times == before {
            let left = PATIENCE.saturating_sub(now.elapsed());
            if left.is_zero() {
                break;
            }
            let waited = self.0.changed.wait_timeout(given, left);
            given = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        let health = match (&given.health, since.elapsed()) {
            (Ok(()), silent) if given.times == before && silent >= HELD_UP => Err(format!(
                "nothing has gone on for {} s: it waits for a reader of its output, or for a broker",
                silent.as_secs()
            )),
            (health, _) => health.clone(),
        };
        (Arc::clone(&given.figures), health)
    }

    /// A thread that panicked while it held the figures has left them whole.
    fn lock(&self) -> MutexGuard<'_, Given<F>> {
        self.0.given.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A client gives its own figures, of which the board's are made.
impl<F: From<G> + Send + Sync, G> Watcher<G> for Board<F> {
    fn is_wanted(&self) -> bool {
        Board::is_wanted(self)
    }

    fn give(&self, figures: G, health: Health) {
        Board::give(self, figures.into(), health);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_asks_gets_the_figures_of_that_moment() {
        let board = Board::new();
        assert!(!board.is_wanted());
        let answer = std::thread::scope(|scope| {
            let asking = scope.spawn(|| board.ask());
            let deadline = Instant::now() + Duration::from_secs(10);
            while !board.is_wanted() {
                assert!(Instant::now() < deadline, "nobody asks");
                std::thread::yield_now();
            }
            board.give(7, Ok(()));
            asking.join().unwrap()
        });
        assert_eq!(answer, (Arc::new(7), Ok(())));
        assert!(!board.is_wanted());
    }

    #[test]
    fn a_loop_that_is_held_up_is_not_waited_for_and_told_of_after_a_while() {
        let board = Board::new();
        board.give(7, Ok(()));
        assert_eq!(board.ask(), (Arc::new(7), Ok(())));
        let long_ago = Instant::now().checked_sub(HELD_UP).unwrap();
        // Nobody has asked in between.
        board.lock().looked.1 = long_ago;
        let (figures, health) = board.ask();
        assert_eq!(*figures, 7);
        assert!(health.unwrap_err().contains("nothing has gone on for 30 s"));
        assert!(board.is_wanted());
        assert_eq!(board.ask(), (Arc::new(7), Ok(())), "it looks again");
        board.give(8, Ok(()));
        assert_eq!(board.ask(), (Arc::new(8), Ok(())));
    }
}
