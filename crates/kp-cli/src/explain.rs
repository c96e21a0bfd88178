//! `--explain`: what the settings in force promise and cost.

use std::io::{self, Write};

use clap::{Arg, ArgAction};
use kp_settings::Point;
use textwrap::Options;

use kp_core::escaped;

/// As wide as the help is.
const WIDTH: usize = 80;
const INDENT: &str = "    ";

/// The flag of a program whose settings can be explained.
pub fn explain_flag() -> Arg {
    Arg::new("explain")
        .long("explain")
        .action(ArgAction::SetTrue)
        .hide_short_help(true)
        .help("Say what the settings in force promise and cost, and end")
}

/// Writes the points, each as the librdkafka properties that it follows from and a paragraph.
///
/// # Errors
/// The writer's.
pub fn explain(points: &[Point], out: &mut dyn Write) -> io::Result<()> {
    let options = Options::new(WIDTH).initial_indent(INDENT).subsequent_indent(INDENT);
    for Point { because, text } in points {
        for property in because {
            writeln!(out, "{}", escaped(property))?;
        }
        writeln!(out, "{}", textwrap::fill(&escaped(text), &options))?;
    }
    Ok(())
}
