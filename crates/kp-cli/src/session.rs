//! From what was typed to the settings in force, and how these are shown.

use std::io::{self, Write};

use anyhow::Context as _;
use kp_settings::{FlagValue, Input, Role, Settings};

use crate::flags::Common;

/// The settings in force: the flags, this process's environment, the files.
///
/// # Errors
/// The working folder cannot be told, or a setting is wrong.
pub fn load(common: &Common, flags: Vec<FlagValue>) -> anyhow::Result<Settings> {
    let input = Input {
        environment: std::env::vars_os().collect(),
        working_folder: std::env::current_dir()
            .context("the working folder cannot be told; change to one that exists")?,
        config_file: common.config.clone(),
        flags,
    };
    Ok(kp_settings::load(&input)?)
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
