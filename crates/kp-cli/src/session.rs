//! From what was typed to the settings in force, and how these are shown.

use std::io::{self, IsTerminal};

use anyhow::{Context as _, bail};
use kp_settings::{FlagValue, Input, LocalZone, Origin, Role, Settings};

use crate::exit::{Exit, Stop};
use crate::flags::Common;
use crate::password_command;
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
    let mut settings = kp_settings::load(&input(common, flags)?)?;
    for remark in settings.files() {
        tracing::info!("{remark}");
    }
    for warning in settings.warnings() {
        tracing::warn!("{warning}");
    }
    if !common.show_config {
        password_command::ask(&mut settings)?;
        ask_for_secrets(&mut settings)?;
    }
    Ok(settings)
}

/// What settings are read from: the flags, this process's environment and its folder.
///
/// # Errors
/// The working folder cannot be told.
pub fn input(common: &Common, flags: Vec<FlagValue>) -> anyhow::Result<Input> {
    Ok(Input {
        environment: std::env::vars_os().collect(),
        working_folder: std::env::current_dir()
            .context("the working folder cannot be told; change to one that exists")?,
        user: Some(rustix::process::geteuid().as_raw()),
        config_file: common.config.clone(),
        profile: common.profile.clone(),
        flags,
        local_zone: LocalZone::System,
    })
}

/// Refuses a change to the cluster where the settings say `read_only`, unless `--write` was typed.
/// `what` reads on after "so": "topic t is not deleted"; `instead` is another way, if there is one.
///
/// # Errors
/// The refusal; exit code 3.
pub fn refuse_write(
    settings: &Settings,
    common: &Common,
    what: &str,
    instead: Option<&str>,
) -> Result<(), Stop> {
    if !settings.kafka.read_only || common.write {
        return Ok(());
    }
    let place = settings.place("kafka.read_only").unwrap_or_default();
    let who = match settings.origin("kafka.read_only") {
        Origin::Profile(name, _) => format!("profile {name} is read only"),
        _ => "the settings are read only".to_owned(),
    };
    let instead = instead.map(|way| format!("{way}, or ")).unwrap_or_default();
    Err(Stop::new(
        Exit::Settings,
        format!("{who} ({place}), so {what}; {instead}--write allows it this once"),
    ))
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
    let profile = settings.profile_entry().into_iter();
    let entries = profile.chain(settings.mode_entry(role)).chain(settings.entries(role));
    let rows = entries.map(|entry| {
        vec![entry.key, entry.value, entry.origin, entry.property.unwrap_or_default()]
    });
    screen.table(&columns, rows)
}
