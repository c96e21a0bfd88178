//! `users set`.

use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, value_parser};
use kp_cli::{Exit, Stop, ask_secret};
use kp_client::admin::{Admin, ScramCredential};
use kp_settings::Output;
use serde::Serialize;

use super::named::{Mechanism, user_name};
use crate::session::Session;

/// Gives a user a password, or another one
///
/// The password is asked for at the terminal, or read from a file; never from the command line,
/// which everybody on the machine can read.
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct Set {
    /// The user, without User:
    #[arg(value_name = "NAME", value_parser = user_name)]
    name: String,
    /// How it is hashed: SCRAM-SHA-256 or SCRAM-SHA-512
    #[arg(long, value_name = "MECHANISM", ignore_case = true, hide_possible_values = true)]
    mechanism: Mechanism,
    /// How often it is hashed; Kafka takes 4096 to 16384
    #[arg(long, value_name = "N", default_value = "4096", hide_default_value = true)]
    #[arg(value_parser = value_parser!(i32).range(4096..=16384))]
    iterations: i32,
    /// A file with the password; a newline at its end is left out
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    user: &'a str,
    mechanism: String,
    iterations: i32,
}

impl Set {
    pub(super) fn check(&self) -> anyhow::Result<()> {
        Ok(Admin::check_can_hash()?)
    }

    pub(super) fn run(&self, session: &mut Session<'_, '_>) -> anyhow::Result<()> {
        let credential =
            ScramCredential { mechanism: self.mechanism.into(), iterations: self.iterations };
        session.admin.set_scram_user(&self.name, credential, &self.password()?)?;
        match session.form {
            Output::Json => session.json(&Answer {
                schema: "kp.admin.users.set/1",
                user: &self.name,
                mechanism: credential.mechanism.to_string(),
                iterations: self.iterations,
            })?,
            Output::Table => session.out.line(format_args!(
                "User {} has a new password for {}",
                self.name, credential.mechanism
            ))?,
        }
        Ok(())
    }

    fn password(&self) -> anyhow::Result<String> {
        let usage = |message: String| Stop::new(Exit::Usage, message);
        let password = match &self.password_file {
            Some(file) => {
                let text = fs::read_to_string(file)
                    .with_context(|| format!("cannot read --password-file {}", file.display()))?;
                without_newline(&text).to_owned()
            }
            None => {
                let ask = |question: String| {
                    ask_secret(&question).map_err(|_| {
                        usage("there is no terminal to ask for the password at; --password-file FILE names a file with it".to_owned())
                    })
                };
                let password = ask(format!("New password of user {}", self.name))?;
                if ask("The same again".to_owned())? != password {
                    return Err(
                        usage("the two passwords differ; nothing was changed".to_owned()).into()
                    );
                }
                password
            }
        };
        if password.is_empty() {
            return Err(usage("an empty password; nothing was changed".to_owned()).into());
        }
        Ok(password)
    }
}

fn without_newline(text: &str) -> &str {
    text.strip_suffix('\n').map_or(text, |text| text.strip_suffix('\r').unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_newline_is_no_part_of_a_password() {
        assert_eq!(without_newline("a b\n"), "a b");
        assert_eq!(without_newline("a\r\n"), "a");
        assert_eq!(without_newline(" a\n\n"), " a\n");
        assert_eq!(without_newline("a\r"), "a\r");
    }
}
