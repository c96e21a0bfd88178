//! `groups watch`: the same groups, looked at again and again.
//!
//! ```text
//!  asking.rs: a thread with kp-client's GroupsWatch, a look every two seconds
//!  -> state.rs (rows, rates, rebalances) -> terminal.rs (draw.rs), or lines.rs
//! ```
//! The asking has a thread of its own: a key or a signal is heard while a broker lets it wait.

mod asking;
mod draw;
mod lines;
mod state;
mod terminal;
mod words;

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use clap::value_parser;
use kp_cli::{Names, StopSignal};
use kp_settings::{Output, read_duration};

use self::asking::{Asking, Told};
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
    #[arg(add = Names::Groups)]
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
                    lines::object(&state, asking.looks(), self.every, session.out)?;
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
