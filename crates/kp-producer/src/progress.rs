//! A progress bar on stderr, where stderr is a terminal.

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{HumanCount, ProgressBar, ProgressState, ProgressStyle};
use kp_client::produce::Tally;

/// How often the bar moves.
const STEP: Duration = Duration::from_millis(100);

/// The bar, or nothing.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    shown: Instant,
}

impl Progress {
    /// A bar for so many messages, or one without an end.
    pub(crate) fn new(count: Option<u64>) -> Self {
        let bar = (io::stderr().is_terminal() && !kp_cli::is_quiet()).then(|| match count {
            Some(count) => {
                ProgressBar::new(count).with_style(style("{bar:30} {pos}/{len} {rate} {eta}"))
            }
            None => ProgressBar::new_spinner().with_style(style("{spinner} {pos} {rate}")),
        });
        Self { bar, shown: Instant::now() }
    }

    /// A bar for a file of so many bytes.
    pub(crate) fn of_bytes(total: u64) -> Self {
        let bar = (io::stderr().is_terminal() && !kp_cli::is_quiet()).then(|| {
            let template = "{bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta}";
            ProgressBar::new(total).with_style(style(template))
        });
        Self { bar, shown: Instant::now() }
    }

    /// Moves the bar, when it is time to.
    pub(crate) fn show(&mut self, tally: &Tally) {
        self.move_to(tally.acknowledged + tally.failed);
    }

    /// The same for the bytes of a file that were read.
    pub(crate) fn move_to(&mut self, position: u64) {
        let Some(bar) = &self.bar else {
            return;
        };
        if self.shown.elapsed() >= STEP {
            self.shown = Instant::now();
            bar.set_position(position);
        }
    }

    /// Takes the bar off the screen.
    pub(crate) fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .with_key("rate", |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            // The bar goes on without it.
            let _ = out.write_str(&rate(state.per_sec()));
        })
}

/// Messages are whole.
fn rate(per_second: f64) -> String {
    format!("{}/s", HumanCount(per_second.round() as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_a_whole_number_of_messages() {
        assert_eq!(rate(59_709.648_6), "59,710/s");
        assert_eq!(rate(0.0), "0/s");
        assert_eq!(rate(f64::INFINITY), rate(u64::MAX as f64));
    }
}
