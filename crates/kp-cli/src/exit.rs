//! Exit codes, the same in every program, and how a failure reaches the screen.

use std::fmt;

use kp_client::Class;
use kp_settings::{Settings, SettingsError};

use crate::talk::complain;

/// How a program ended. The numbers are a promise to scripts; `--help` lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Everything that was asked for was done.
    Done = 0,
    /// A failure without a code of its own.
    Unexpected = 1,
    /// The command line cannot be understood.
    Usage = 2,
    /// A setting is wrong: in a file, the environment, or a flag's value.
    Settings = 3,
    /// The broker cannot be reached, refuses access, has no such topic or group, or cannot do what
    /// was asked. Or there is no progress.
    Broker = 4,
    /// Messages failed, or were left undelivered or unread. What kp-admin looked at is not as it
    /// should be.
    Messages = 5,
    /// Another instance with the same transactional id took over.
    Fenced = 6,
}

/// The exit codes as every `--help` shows them.
pub const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  unexpected failure
  2  usage: the command line cannot be understood
  3  settings: a wrong value in a file, the environment or a flag
  4  broker not reachable, access refused, no such topic or group, nothing there
  5  messages failed or were left; kp-admin: something is not as it should be
  6  fenced: another instance took over";

/// A failure that names its own exit code.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Stop {
    /// The code that the process ends with.
    pub exit: Exit,
    /// What failed, where, and what to change.
    pub message: String,
    /// Further lines of the message.
    more: Vec<String>,
}

impl Stop {
    /// A failure with this code and this text.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), more: Vec::new() }
    }

    /// A setting whose value makes no sense here. The message names it and where it was set.
    pub fn wrong(settings: &Settings, key: &str, why: impl fmt::Display) -> Self {
        Self::new(Exit::Settings, format!("{key}, from {}: {why}", settings.origin(key)))
    }

    /// The same with a further line.
    #[must_use]
    pub fn and(mut self, line: impl Into<String>) -> Self {
        self.more.push(line.into());
        self
    }
}

/// Runs a program's `run` and ends the process with its exit code. A failure is printed on stderr,
/// each of its lines after the program's name.
///
/// The process ends without running destructors of other threads: what must be flushed is flushed
/// by `run`.
pub fn program(name: &str, run: impl FnOnce() -> anyhow::Result<Exit>) -> ! {
    let exit = run().unwrap_or_else(|error| {
        for line in lines_of(&error) {
            complain(name, &line);
        }
        exit_of(&error)
    });
    std::process::exit(exit as i32)
}

/// The lines that an error was made of. A newline in text from outside does not end a line.
fn lines_of(error: &anyhow::Error) -> Vec<String> {
    let whole = format!("{error:#}");
    if let Some(stop) = error.downcast_ref::<Stop>() {
        return std::iter::once(whole).chain(stop.more.clone()).collect();
    }
    let Some(cause) = error.downcast_ref::<kp_client::Error>() else {
        return vec![whole];
    };
    let mut lines = cause.lines();
    // The context stands before it.
    if let (Some(context), Some(first)) =
        (whole.strip_suffix(&cause.to_string()), lines.first_mut())
    {
        first.insert_str(0, context);
    }
    lines
}

fn exit_of(error: &anyhow::Error) -> Exit {
    let by_stop = error.downcast_ref::<Stop>().map(|stop| stop.exit);
    let by_settings = error.downcast_ref::<SettingsError>().map(|_| Exit::Settings);
    let by_class = error.downcast_ref::<kp_client::Error>().map(|error| match error.class() {
        Class::Settings => Exit::Settings,
        Class::Broker => Exit::Broker,
        Class::Messages => Exit::Messages,
        Class::Fenced => Exit::Fenced,
        Class::Other => Exit::Unexpected,
    });
    by_stop.or(by_settings).or(by_class).unwrap_or(Exit::Unexpected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_of_an_error_survives_its_context() {
        let error = anyhow::Error::new(Stop::new(Exit::Messages, "line 3 is not JSON"))
            .context("reading standard input");
        assert_eq!(exit_of(&error), Exit::Messages);
        let error = anyhow::Error::new(kp_client::Error::Stalled("no progress".to_owned()));
        assert_eq!(exit_of(&error), Exit::Broker);
        assert_eq!(exit_of(&anyhow::anyhow!("anything else")), Exit::Unexpected);
    }

    #[test]
    fn an_error_has_the_lines_that_it_was_made_of_and_no_others() {
        let lines = |error: anyhow::Error| lines_of(&error.context("reading"));
        let stop = Stop::new(Exit::Usage, "a\nb").and("c");
        assert_eq!(lines(stop.into()), ["reading: a\nb", "c"]);
        let unsuited = |text: &str| kp_client::Error::Unsuited(text.to_owned());
        let several = kp_client::Error::Several(vec![unsuited("a\nb"), unsuited("c")]);
        assert_eq!(lines(several.into()), ["reading: a\nb", "c"]);
        let far = kp_client::Error::Unreachable("a\n  b".to_owned());
        assert_eq!(lines(far.into()), ["reading: a", "  b"]);
    }

    #[test]
    fn help_lists_every_code() {
        for exit in [
            Exit::Done,
            Exit::Unexpected,
            Exit::Usage,
            Exit::Settings,
            Exit::Broker,
            Exit::Messages,
            Exit::Fenced,
        ] {
            assert!(EXIT_CODES.contains(&format!("\n  {}  ", exit as u8)), "{exit:?}");
        }
    }
}
