//! The thread that looks, and what came of waiting for it.

use std::cell::Cell;
use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use kp_client::Error;
use kp_client::admin::{GroupsWatch, Look};
use tracing::subscriber::NoSubscriber;

use super::state::State;

type Answer = (Duration, Result<Look, Error>);

/// The thread that looks.
pub(super) struct Asking {
    answers: Receiver<Answer>,
    start: Instant,
    /// How many answers were taken.
    looks: Cell<u64>,
    count: Option<u64>,
    /// Why the last look failed.
    failure: Cell<Option<Error>>,
}

/// What came of waiting for a look.
pub(super) enum Told {
    Look,
    Nothing,
    /// There will be no more.
    End(anyhow::Result<()>),
}

impl Asking {
    pub(super) fn start(
        mut watch: GroupsWatch,
        every: Duration,
        count: Option<u64>,
        is_quiet: bool,
    ) -> io::Result<Self> {
        let (to, answers) = sync_channel::<Answer>(0);
        let start = Instant::now();
        let mut work = move || {
            loop {
                let next = Instant::now() + every;
                let look = watch.look();
                if to.send((start.elapsed(), look)).is_err() {
                    return;
                }
                thread::sleep(next.saturating_duration_since(Instant::now()));
            }
        };
        thread::Builder::new().name("kp-look".to_owned()).spawn(move || {
            if is_quiet {
                // A log line would be written across the screen, which says what fails by itself.
                tracing::subscriber::with_default(NoSubscriber::default(), work);
            } else {
                work();
            }
        })?;
        Ok(Self { answers, start, looks: Cell::new(0), count, failure: Cell::new(None) })
    }

    /// How many answers were taken.
    pub(super) fn looks(&self) -> u64 {
        self.looks.get()
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// Takes the next look, if it comes within `wait`. The first one must not fail: what is asked
    /// for may not be there.
    pub(super) fn take(&self, state: &mut State, wait: Duration) -> Told {
        if self.count.is_some_and(|count| self.looks.get() >= count) {
            // A script is told that the last numbers are old.
            return Told::End(self.failure.take().map_or(Ok(()), |error| Err(error.into())));
        }
        let (at, look) = match self.answers.recv_timeout(wait) {
            Ok(answer) => answer,
            Err(RecvTimeoutError::Timeout) => return Told::Nothing,
            Err(RecvTimeoutError::Disconnected) => {
                return Told::End(Err(anyhow::anyhow!("the thread that asks the brokers ended")));
            }
        };
        self.looks.set(self.looks.get() + 1);
        match look {
            Ok(look) => {
                self.failure.set(None);
                state.saw(look, at);
            }
            Err(error) if state.last().is_none() => return Told::End(Err(error.into())),
            Err(error) => {
                state.failed(error.to_string());
                self.failure.set(Some(error));
            }
        }
        Told::Look
    }
}
