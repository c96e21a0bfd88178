//! From what was typed to the settings in force, and how these are shown.

use std::io::{self, IsTerminal};

use anyhow::{Context as _, bail};
use kp_settings::{FlagValue, Input, LocalZone, Role, Settings};

use crate::exit::{Exit, Stop};
use crate::flags::Common;
use crate::signals;
use crate::table::{Column, Screen};
use kp_core::escaped;

/// The settings in force, from the flags, this process's environment and the files. A secret that
/// is set nowhere is asked for. What is not safe is printed as warnings.
///
/// # Errors
/// The working folder cannot be told, a setting is wrong, or a secret that was asked for was not
/// typed.
pub fn load(common: &Common, flags: Vec<FlagValue>) -> anyhow::Result<Settings> {
    let input = Input {
        environment: std::env::vars_os().collect(),
        working_folder: std::env::current_dir()
            .context("the working folder cannot be told; change to one that exists")?,
        user: Some(rustix::process::geteuid().as_raw()),
        config_file: common.config.clone(),
        flags,
        local_zone: LocalZone::System,
    };
    let mut settings = kp_settings::load(&input)?;
    for remark in settings.files() {
        tracing::info!("{remark}");
    }
    for warning in settings.warnings() {
        tracing::warn!("{warning}");
    }
    if !common.show_config {
        ask_for_secrets(&mut settings)?;
    }
    Ok(settings)
}

/// Refuses a property that was typed (`-X`) and that no client of these roles has: it would have no
/// effect.
///
/// # Errors
/// The first of them.
pub fn refuse_idle_property(settings: &Settings, roles: &[Role]) -> Result<(), Stop> {
    settings.idle_property(roles).map_or(Ok(()), |name| {
        Err(Stop::new(
            Exit::Settings,
            format!("-X {name}: a property of another kind of client, which would have no effect here; leave it out"),
        ))
    })
}

/// Asks at the terminal for the secrets that are needed and set nowhere. Where nobody would see the
/// question, it is not asked, and the settings say what is missing.
fn ask_for_secrets(settings: &mut Settings) -> anyhow::Result<()> {
    // A build without TLS refuses the settings, and has no use for a password.
    if !io::stderr().is_terminal() || !kp_client::HAS_TLS {
        return Ok(());
    }
    for missing in settings.missing_secrets() {
        let question = format!("{}: ", escaped(&missing.what));
        // From the terminal itself: standard input may be full of messages.
        let typed = signals::after(|| rpassword::prompt_password(question))?;
        match typed {
            Ok(secret) if !secret.is_empty() => settings.add_secret(&missing, secret),
            Ok(_) => {
                bail!(Stop::new(Exit::Settings, format!("{}: nothing was typed", missing.what)))
            }
            // No terminal to ask at, although stderr is one.
            Err(_) => return Ok(()),
        }
    }
    Ok(())
}

/// Asks for a secret at the terminal, without showing what is typed.
///
/// # Errors
/// There is no terminal.
pub fn ask_secret(question: &str) -> io::Result<String> {
    // A signal must not leave the terminal hidden.
    signals::after(|| rpassword::prompt_password(format!("{}: ", escaped(question))))?
}

/// Writes what the program is used for, and each setting, its value, where it comes from, and the
/// librdkafka property that it sets. Secrets show as `***`.
///
/// # Errors
/// The writer's.
pub fn show_config(settings: &Settings, role: Role, screen: &mut Screen<'_>) -> io::Result<()> {
    let columns = [
        Column::Left("SETTING"),
        Column::Left("VALUE"),
        Column::Left("FROM"),
        Column::Left("LIBRDKAFKA PROPERTY"),
    ];
    let entries = settings.mode_entry(role).into_iter().chain(settings.entries(role));
    let rows = entries.map(|entry| {
        vec![entry.key, entry.value, entry.origin, entry.property.unwrap_or_default()]
    });
    screen.table(&columns, rows)
}
