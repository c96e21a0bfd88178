//! `groups watch`: the same groups, looked at again and again.
//!
//! ```text
//!  thread: kp-client's GroupsWatch, a look every two seconds -> Asking
//!  here:   Asking -> state.rs (rows, rates, rebalances) -> terminal.rs (draw.rs), or lines.rs
//! ```
//! The asking has a thread of its own: a key or a signal is heard while a broker lets it wait.

mod draw;
mod lines;
mod state;
mod terminal;
mod words;

use std::cell::Cell;
use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use clap::value_parser;
use kp_cli::StopSignal;
use kp_client::Error;
use kp_client::admin::{GroupsWatch, Look};
use kp_settings::{Output, read_duration};
use tracing::subscriber::NoSubscriber;

use self::state::State;
use crate::session::Session;

/// How long a pipe waits for a look before it is looked for a signal.
const GLANCE: Duration = Duration::from_millis(100);
const OFTEN: Duration = Duration::from_millis(200);
const SELDOM: Duration = Duration::from_secs(3600);

/// Shows how far groups are behind, live: in messages, in time, and when it is too late
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct Watch {
    /// The groups; all without a name
    #[arg(value_name = "GROUP", value_parser = NonEmptyStringValueParser::new())]
    groups: Vec<String>,
    /// The time between two looks
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = every)]
    every: Duration,
    /// End after this many looks
    #[arg(long, value_name = "N", value_parser = value_parser!(u64).range(1..))]
    count: Option<u64>,
}

fn every(text: &str) -> Result<Duration, String> {
    read_duration(text)
        .filter(|every| (OFTEN..=SELDOM).contains(every))
        .ok_or_else(|| "not a time from 200ms to 1h, such as 2s".to_owned())
}

impl Watch {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> anyhow::Result<()> {
        let watch = session.admin.watch_groups(&self.groups, self.every)?;
        let is_live = session.form == Output::Table && io::stdout().is_terminal();
        let stop = StopSignal::install()?;
        let asking = Asking::start(watch, self.every, self.count, is_live)?;
        if is_live {
            return terminal::show(&asking, self.every, &stop);
        }
        self.write(&asking, &stop, session)
    }

    fn write(
        &self,
        asking: &Asking,
        stop: &StopSignal,
        session: &mut Session<'_, '_>,
    ) -> anyhow::Result<()> {
        let mut state = State::default();
        let mut said = Vec::new();
        while !stop.requested() {
            match asking.take(&mut state, GLANCE) {
                Told::Nothing => continue,
                Told::End(ended) => return ended,
                Told::Look => {}
            }
            match session.form {
                Output::Json => {
                    lines::object(&state, asking.looks.get(), self.every, session.out)?;
                }
                Output::Table => {
                    if state.failure().is_none() {
                        lines::plain(&state, session.out)?;
                    }
                    // What stays wrong is said once.
                    let wrong: Vec<String> =
                        state.failure().into_iter().map(str::to_owned).collect();
                    let wrong = [wrong, state.notes().to_vec()].concat();
                    for sentence in wrong.iter().filter(|sentence| !said.contains(*sentence)) {
                        session.say(format_args!("{sentence}"))?;
                    }
                    said = wrong;
                }
            }
            session.out.flush()?;
        }
        Ok(())
    }
}

type Answer = (Duration, Result<Look, Error>);

/// The thread that looks.
struct Asking {
    answers: Receiver<Answer>,
    start: Instant,
    /// How many answers were taken.
    looks: Cell<u64>,
    count: Option<u64>,
    /// Why the last look failed.
    failure: Cell<Option<Error>>,
}

/// What came of waiting for a look.
enum Told {
    Look,
    Nothing,
    /// There will be no more.
    End(anyhow::Result<()>),
}

impl Asking {
    fn start(
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

    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// Takes the next look, if it comes within `wait`. The first one must not fail: what is asked
    /// for may not be there.
    fn take(&self, state: &mut State, wait: Duration) -> Told {
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
