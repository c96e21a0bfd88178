//! A password that a program prints (`kafka.sasl_password_command`).

use std::io::{self, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use kp_settings::{PasswordCommand, Settings};

use crate::exit::{Exit, Stop};

/// How long the program may take. It may ask somebody for a passphrase.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it is looked whether it has ended.
const LOOK: Duration = Duration::from_millis(10);
/// A password is not longer.
const LONGEST: u64 = 64 * 1024;

/// Asks the program for the password, if the settings name one and need it.
///
/// Nothing of what it prints is shown but what it says itself on stderr.
pub(crate) fn ask(settings: &mut Settings) -> Result<(), Stop> {
    let Some(command) = settings.password_command().filter(|_| kp_client::HAS_TLS) else {
        return Ok(());
    };
    let password = answer(&command, PATIENCE).map_err(|reason| {
        // The arguments may hold a secret.
        let program = command.program.expose();
        Stop::new(Exit::Settings, format!("{}: `{program}` {reason}", command.place))
    })?;
    settings.add_password(password);
    Ok(())
}

/// The first line that the program prints. `Err` reads on after its name.
fn answer(command: &PasswordCommand, patience: Duration) -> Result<String, String> {
    let mut child = Command::new(command.program.expose())
        .args(command.arguments.iter().map(kp_settings::Secret::expose))
        // Standard input may be full of messages.
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => "was not found; name a program that is in PATH".to_owned(),
            _ => format!("cannot be started: {error}"),
        })?;
    let printed = child.stdout.take().map(read_aside);
    let end = Instant::now() + patience;
    let status = wait(&mut child, end)?;
    if !status.success() {
        return Err(format!("failed ({status}); call it by hand to see why"));
    }
    // A process that it left behind may keep the pipe open.
    let left = end.saturating_duration_since(Instant::now()).min(Duration::from_secs(1));
    let printed = printed.and_then(|printed| printed.recv_timeout(left).ok());
    let printed = printed.ok_or("ended, and its output did not")?;
    let text = std::str::from_utf8(&printed).map_err(|_| "printed what is not UTF-8")?;
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() || line.contains('\0') {
        return Err("printed no password on its first line".to_owned());
    }
    Ok(line.to_owned())
}

/// Reads an output in a thread of its own, so that nobody has to wait for its end.
fn read_aside(output: impl Read + Send + 'static) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if output.take(LONGEST).read_to_end(&mut bytes).is_ok() {
            // Nobody waits any more where it took too long.
            let _ = sender.send(bytes);
        }
    });
    receiver
}

fn wait(child: &mut Child, end: Instant) -> Result<std::process::ExitStatus, String> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status),
            Ok(None) if Instant::now() < end => std::thread::sleep(LOOK),
            other => {
                // It may have ended by itself just now.
                let _ = child.kill();
                let _ = child.wait();
                return Err(match other {
                    Err(error) => format!("cannot be waited for: {error}"),
                    _ => format!("gave no password within {} s", PATIENCE.as_secs()),
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use kp_settings::{Input, load};

    use super::*;

    fn command(words: &str) -> PasswordCommand {
        let words = words.to_owned();
        let environment = [
            ("KP_KAFKA__SECURITY_PROTOCOL", "sasl_ssl".to_owned()),
            ("KP_KAFKA__SASL_PASSWORD_COMMAND", words),
        ];
        let environment =
            environment.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        load(&Input { environment, ..Input::default() }).unwrap().password_command().unwrap()
    }

    fn answer_of(words: &str) -> Result<String, String> {
        answer(&command(words), PATIENCE)
    }

    #[test]
    fn the_first_line_is_the_password_and_quotes_are_those_of_a_shell() {
        assert_eq!(answer_of(r"printf 'a b$HOME\nuser: alice\n'").unwrap(), "a b$HOME");
        assert_eq!(answer_of("echo '  spaces  '").unwrap(), "  spaces  ");
    }

    #[test]
    fn what_goes_wrong_is_said_without_the_arguments() {
        for (words, reason) in [
            ("no-such-program-of-kp hunter2", "was not found"),
            ("false hunter2", "failed (exit status: 1)"),
            ("true hunter2", "printed no password"),
            (r"printf '\377'", "is not UTF-8"),
            ("head -c 200000 /dev/zero", "NUL"),
        ] {
            let said = answer_of(words).unwrap_err();
            assert!(said.contains(reason) || reason == "NUL", "{words}: {said}");
            assert!(!said.contains("hunter2"), "{said}");
        }
    }

    #[test]
    fn a_program_that_takes_too_long_is_ended() {
        let start = Instant::now();
        let said = answer(&command("sleep 60"), Duration::from_millis(200)).unwrap_err();
        assert!(said.starts_with("gave no password"), "{said}");
        assert!(start.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn a_process_that_is_left_behind_holds_nobody_up() {
        let start = Instant::now();
        let said = answer_of("sh -c 'sleep 3 & echo x'");
        assert!(said.unwrap_err().contains("its output did not"));
        assert!(start.elapsed() < Duration::from_secs(3));
    }
}
