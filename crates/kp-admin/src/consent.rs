//! Asking before something is changed that cannot be brought back.

use std::io::{self, BufRead, IsTerminal, Write};

use clap::Args;
use kp_cli::{Exit, Stop, escaped};

use crate::session::Session;

/// The flag of a command that asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Args)]
pub(crate) struct Consent {
    /// Do not ask
    #[arg(long, short = 'y')]
    yes: bool,
}

impl Consent {
    /// Whether there is somebody to ask, if `command` has to. Nothing is connected to before.
    ///
    /// # Errors
    /// Standard input is no terminal.
    pub(crate) fn check(self, command: &str) -> Result<(), Stop> {
        if self.yes || io::stdin().is_terminal() {
            return Ok(());
        }
        let message = format!(
            "{command} asks before it changes anything, and standard input is no terminal; \
             --yes goes on without asking"
        );
        Err(Stop::new(Exit::Usage, message))
    }

    /// Whether nobody is to be asked.
    pub(crate) fn is_given(self) -> bool {
        self.yes
    }

    /// Asks, unless that was answered on the command line.
    ///
    /// # Errors
    /// A no; nobody answers.
    pub(crate) fn obtain(
        self,
        question: impl FnOnce() -> String,
        session: &mut Session<'_, '_>,
    ) -> anyhow::Result<()> {
        if self.yes {
            return Ok(());
        }
        session.out.flush()?;
        let profile = session.profile.map(|name| format!("profile {name}: ")).unwrap_or_default();
        let question = profile + &question();
        let sure = is_sure(&question, &mut io::stdin().lock(), session.talk).map_err(|error| {
            let message = format!("cannot ask: {error}; --yes goes on without asking");
            Stop::new(Exit::Unexpected, message)
        })?;
        if sure { Ok(()) } else { Err(Stop::new(Exit::Unexpected, "nothing was changed").into()) }
    }
}

/// Asks; only `y` and `yes` count.
fn is_sure(question: &str, input: &mut dyn BufRead, talk: &mut dyn Write) -> io::Result<bool> {
    write!(talk, "{} [y/N] ", escaped(question))?;
    talk.flush()?;
    let mut reply = String::new();
    input.read_line(&mut reply)?;
    Ok(matches!(reply.trim().to_lowercase().as_str(), "y" | "yes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_yes_is_a_yes() {
        let ask = |reply: &str| {
            let mut talk = Vec::new();
            let sure = is_sure("Delete t?", &mut reply.as_bytes(), &mut talk).unwrap();
            assert_eq!(talk, b"Delete t? [y/N] ");
            sure
        };
        assert!(ask("y\n") && ask("YES\n") && ask("yes"));
        assert!(!ask("") && !ask("\n") && !ask("n\n") && !ask("yesterday\n"));
    }
}
