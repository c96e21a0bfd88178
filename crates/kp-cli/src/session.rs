//! From what was typed to the settings in force, and how these are shown.

use std::io::{self, IsTerminal, Write};

use anyhow::{Context as _, bail};
use kp_settings::{FlagValue, Input, Role, Settings};

use crate::exit::{Exit, Stop};
use crate::flags::Common;
use crate::signals;

/// The settings in force: the flags, this process's environment, the files, and the secrets that somebody typed because they were
/// set nowhere. What is not safe about them is said as warnings.
///
/// # Errors
/// The working folder cannot be told, a setting is wrong, or a secret that was asked for was not typed.
pub fn load(common: &Common, flags: Vec<FlagValue>) -> anyhow::Result<Settings> {
    let input = Input {
        environment: std::env::vars_os().collect(),
        working_folder: std::env::current_dir()
            .context("the working folder cannot be told; change to one that exists")?,
        config_file: common.config.clone(),
        flags,
    };
    let mut settings = kp_settings::load(&input)?;
    for warning in settings.warnings() {
        tracing::warn!("{warning}");
    }
    if !common.show_config {
        ask_for_secrets(&mut settings)?;
    }
    Ok(settings)
}

/// Asks at the terminal for the secrets that are needed and set nowhere. Where nobody sees the question, none is asked: then the
/// settings say what is missing.
fn ask_for_secrets(settings: &mut Settings) -> anyhow::Result<()> {
    // A build without TLS says so, and has no use for a password.
    if !io::stderr().is_terminal() || !kp_client::HAS_TLS {
        return Ok(());
    }
    for missing in settings.missing_secrets() {
        let question = format!("{}: ", missing.what);
        // From the terminal itself: standard input may be full of messages.
        let typed = signals::after(|| rpassword::prompt_password(question))?;
        match typed {
            Ok(secret) if !secret.is_empty() => settings.add_secret(&missing, secret),
            Ok(_) => bail!(Stop::new(
                Exit::Settings,
                format!("{}: nothing was typed", missing.what)
            )),
            // No terminal to ask at, although stderr is one.
            Err(_) => return Ok(()),
        }
    }
    Ok(())
}

/// Writes each setting, its value, where it comes from, and the librdkafka property that it sets. Secrets show as `***`.
///
/// # Errors
/// The writer's.
pub fn show_config(settings: &Settings, role: Role, out: &mut dyn Write) -> io::Result<()> {
    let rows: Vec<[String; 4]> = settings
        .entries(role)
        .into_iter()
        .map(|entry| {
            [
                entry.key,
                entry.value,
                entry.origin,
                entry.property.unwrap_or_default(),
            ]
        })
        .collect();
    let heads = ["SETTING", "VALUE", "FROM", "LIBRDKAFKA PROPERTY"].map(str::to_owned);
    let width = |column: usize| {
        rows.iter()
            .chain([&heads])
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths = [width(0), width(1), width(2)];
    for row in [&heads].into_iter().chain(&rows) {
        let line = format!(
            "{:w0$}  {:w1$}  {:w2$}  {}",
            row[0],
            row[1],
            row[2],
            row[3],
            w0 = widths[0],
            w1 = widths[1],
            w2 = widths[2],
        );
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}
