//! What a reader types at the terminal. A signal ends the wait.

use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;

use anyhow::{Context, Result, bail};
use kp_process::interrupt::Interrupt;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// How long a signal may go unnoticed.
const BETWEEN_LOOKS: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };

/// Whether somebody can answer.
pub(crate) fn is_possible() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// Shows the question, and returns the line that is typed without its end.
///
/// # Errors
/// Standard input ended, or the user wants an end.
pub(crate) fn line(question: &str, interrupt: &Interrupt, out: &mut dyn Write) -> Result<String> {
    write!(out, "{question}")?;
    out.flush()?;
    let stdin = io::stdin();
    loop {
        interrupt.check()?;
        let waiting = stdin.as_fd();
        let mut looked_at = [PollFd::new(&waiting, PollFlags::IN)];
        match poll(&mut looked_at, Some(&BETWEEN_LOOKS)) {
            Ok(0) | Err(rustix::io::Errno::INTR) => {}
            Ok(_) => break,
            Err(error) => return Err(error).context("cannot wait for standard input"),
        }
    }
    let mut typed = String::new();
    if stdin.read_line(&mut typed)? == 0 {
        bail!("standard input has ended; --yes asks nothing");
    }
    Ok(typed.trim().to_owned())
}
