//! What every command is given: a connection, and where its answer goes.

use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;

use kp_cli::{Screen, escaped};
use kp_client::admin::Admin;
use kp_settings::Output;
use serde::Serialize;

/// One call's connection and outputs.
pub(crate) struct Session<'s, 'w> {
    /// Shared, for a command that asks by a thread of its own.
    pub(crate) admin: &'s Arc<Admin>,
    /// The profile in force, which a question names.
    pub(crate) profile: Option<&'s str>,
    /// The form of the answer.
    pub(crate) form: Output,
    pub(crate) out: &'s mut Screen<'w>,
    pub(crate) talk: &'s mut dyn Write,
}

impl Session<'_, '_> {
    /// Writes one JSON object on one line.
    pub(crate) fn json(&mut self, answer: &impl Serialize) -> io::Result<()> {
        crate::answer::json(answer, self.out)
    }

    /// Tells something beside the answer that can be left out, unless `--quiet` leaves it out.
    pub(crate) fn note(&mut self, words: fmt::Arguments<'_>) -> io::Result<()> {
        if kp_cli::is_quiet() { Ok(()) } else { self.say(words) }
    }

    /// Tells something beside the answer, after what stands before it: what a question is about,
    /// or what went wrong.
    pub(crate) fn say(&mut self, words: fmt::Arguments<'_>) -> io::Result<()> {
        self.out.flush()?;
        writeln!(self.talk, "kp-admin: {}", escaped(&words.to_string()))
    }
}
