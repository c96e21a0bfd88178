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
            is_terminal: io::stderr().is_terminal() && !is_quiet() && !is_dumb(),
            shares_terminal: io::stdout().is_terminal(),
            shown: Instant::now(),
        }
    }

    /// Shows this text, unless the last one was shown less than a second ago.
    pub fn show(&mut self, text: impl FnOnce() -> String) {
        if self.is_terminal && self.shown.elapsed() >= STEP {
            self.shown = Instant::now();
            IS_SHOWN.store(true, Ordering::Relaxed);
            let line = [ERASE, cut(&text(), width()).as_bytes()].concat();
            // There is nobody left to tell when stderr is closed.
            let _ = io::stderr().write_all(&line);
        }
    }

    /// Takes the line off the screen, for good or until it is shown again.
    pub fn clear(&self) {
        erase_status();
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

/// Whether the terminal knows no signs to erase a line by.
fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// How wide the terminal is now; it may change.
fn width() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(rustix::stdio::stderr()).ok()?;
    // A terminal that was never told its size says 0.
    (size.ws_col > 0).then_some(usize::from(size.ws_col))
}

/// What a terminal shows when Ctrl-C is typed.
const ECHO: &str = "^C";

/// The text without what would begin a second line, which could not be erased. Behind it there is
/// room for the echo of Ctrl-C.
fn cut(text: &str, width: Option<usize>) -> &str {
    let most = width.map_or(usize::MAX, |width| width.saturating_sub(1 + ECHO.len()));
    // The text is kp's own: plain signs, a column each.
    text.char_indices().nth(most).map_or(text, |(at, _)| &text[..at])
}

/// Takes the line off the screen, if it is there.
pub(crate) fn erase_status() {
    if IS_SHOWN.swap(false, Ordering::Relaxed) {
        let _ = io::stderr().write_all(ERASE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_never_begins_a_second_one() {
        assert_eq!(cut("12 messages", Some(80)), "12 messages");
        assert_eq!(cut("12 messages", Some(8)), "12 me");
        assert_eq!(cut("12 messages", Some(1)), "");
        assert_eq!(cut("12 messages", None), "12 messages");
    }
}
