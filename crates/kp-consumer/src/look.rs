//! How a format that shows times does so: by which clock, and whether in colours.

use std::io::{self, IsTerminal as _};

use jiff::tz::TimeZone;
use kp_cli::{Exit, Stop};
use kp_core::{Format, Look};
use kp_settings::{Color, LocalZone, Settings};

/// The format as it is to look on this standard output.
///
/// # Errors
/// It shows no time for `--utc`.
pub(crate) fn of(format: Format, settings: &Settings, in_utc: bool) -> Result<Format, Stop> {
    if in_utc && !format.shows_clock() {
        let why = format!(
            "--utc: the format {format} shows no time by a clock; use it with --pretty, or with %d in a template"
        );
        return Err(Stop::new(Exit::Settings, why));
    }
    if !format.shows_clock() {
        return Ok(format);
    }
    let here = if in_utc { None } else { LocalZone::System.find() };
    let zone = here.unwrap_or(TimeZone::UTC);
    let is_terminal = io::stdout().is_terminal();
    let has = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let is_plain = has("NO_COLOR").is_some() || has("TERM").is_none_or(|term| term == "dumb");
    let colors = are_wanted(settings.consumer.color, is_terminal, is_plain);
    Ok(format.looking(Look { zone, colors }))
}

/// Whether there are colours; `is_plain` is what the environment says.
fn are_wanted(color: Color, is_terminal: bool, is_plain: bool) -> bool {
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => is_terminal && !is_plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_for_terminals_unless_somebody_says_otherwise() {
        for (color, is_terminal, is_plain, expected) in [
            (Color::Auto, true, false, true),
            (Color::Auto, true, true, false),
            (Color::Auto, false, false, false),
            (Color::Always, false, true, true),
            (Color::Never, true, false, false),
        ] {
            assert_eq!(are_wanted(color, is_terminal, is_plain), expected, "{color}");
        }
    }
}
