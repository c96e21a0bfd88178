//! One line on stderr that says how far a program is, and is written over again and again. It is
//! there only where stderr is a terminal.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::quiet::is_quiet;

/// How often the line changes.
const STEP: Duration = Duration::from_secs(1);
/// To the start of the line, and what stands behind it is erased.
const ERASE: &[u8] = b"\r\x1b[K";

/// Whether the line stands on the screen, so that whatever else is written there erases it first.
static IS_SHOWN: AtomicBool = AtomicBool::new(false);

/// The line.
#[derive(Debug)]
pub struct StatusLine {
    is_terminal: bool,
    /// Whether standard output is a terminal too, most likely the same one.
    shares_terminal: bool,
    shown: Instant,
}

impl StatusLine {
    /// A line that is first shown after a second.
    pub fn new() -> Self {
        Self {
            is_terminal: io::stderr().is_terminal() && !is_quiet(),
            shares_terminal: io::stdout().is_terminal(),
            shown: Instant::now(),
        }
    }

    /// Shows this text, unless the last one was shown less than a second ago.
    pub fn show(&mut self, text: impl FnOnce() -> String) {
        if self.is_terminal && self.shown.elapsed() >= STEP {
            self.shown = Instant::now();
            IS_SHOWN.store(true, Ordering::Relaxed);
            let line = [ERASE, text().as_bytes()].concat();
            // There is nobody left to tell when stderr is closed.
            let _ = io::stderr().write_all(&line);
        }
    }

    /// Makes room for what is about to be written to standard output.
    pub fn make_room(&self) {
        if self.shares_terminal {
            erase_status();
        }
    }
}

impl Default for StatusLine {
    fn default() -> Self {
        Self::new()
    }
}

/// Takes the line off the screen, if it is there.
pub(crate) fn erase_status() {
    if IS_SHOWN.swap(false, Ordering::Relaxed) {
        let _ = io::stderr().write_all(ERASE);
    }
}
