//! What the embedded broker in the background says.

use std::fs::File;
use std::io::{self, Write};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

use super::{Embedded, log_file};

const BETWEEN_LOOKS: Duration = Duration::from_millis(200);

impl Embedded {
    /// Copies its log; when following, until it has ended.
    ///
    /// # Errors
    /// The log cannot be read, or not be written to `out`.
    pub fn copy_log(&self, follow: bool, out: &mut dyn Write) -> Result<()> {
        let path = log_file()?;
        let mut log =
            File::open(&path).with_context(|| format!("cannot open the log {}", path.display()))?;
        loop {
            // The order matters: what it said last is copied after it was seen to have ended.
            let last = !follow || !self.is_running();
            io::copy(&mut log, out)?;
            out.flush()?;
            if last {
                return Ok(());
            }
            thread::sleep(BETWEEN_LOOKS);
        }
    }
}
