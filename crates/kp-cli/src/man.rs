//! Man pages, one for the program and one for each of its commands.

use std::fs;
use std::io;
use std::path::Path;

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::exit::EXIT_CODES;
use crate::help::examples_of;

/// The section of the manual for commands.
const SECTION: &str = "1";

/// Variables that every program with settings reads.
const VARIABLES: [(&str, &str); 5] = [
    ("KP_BROKERS", "Brokers to contact first, as --bootstrap-server."),
    ("KP_CONFIG", "A settings file, as --config."),
    ("KP_PROFILE", "A profile of the settings, as --profile."),
    (
        "KP_SECTION__NAME",
        "Any setting, such as KP_PRODUCER__LINGER=10ms for producer.linger. A flag overrides it, \
         and it overrides every file.",
    ),
    ("NO_COLOR", "No colours, whatever its value is."),
];

const FILES: [(&str, &str); 3] = [
    ("~/.config/kp/config.toml", "Your own settings and profiles."),
    ("kp.toml", "A project's settings: in the working folder, or the nearest above it."),
    ("config/default.toml", "Settings in the working folder, if its first line says kp."),
];

/// Writes the pages of a command and of all below it into a folder, which is made where it is not
/// there: `kp-admin.1`, `kp-admin-topics.1`, `kp-admin-topics-list.1`.
///
/// # Errors
/// What the system says of the folder or a file.
pub(crate) fn write_pages(command: &Command, folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut command = command.clone().disable_help_subcommand(true);
    command.build();
    write_below(&command, None, folder)
}

fn write_below(command: &Command, above: Option<&str>, folder: &Path) -> io::Result<()> {
    let name = page_name(command).to_owned();
    let version = env!("CARGO_PKG_VERSION");
    fs::write(folder.join(format!("{name}.{SECTION}")), page(command, above, version)?)?;
    let below = command.get_subcommands().filter(|below| !below.is_hide_set());
    below.into_iter().try_for_each(|below| write_below(below, Some(&name), folder))
}

fn page_name(command: &Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

fn page(command: &Command, above: Option<&str>, version: &str) -> io::Result<Vec<u8>> {
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage:").trim().to_owned();
    let command = command.clone().override_usage(usage);
    let man = Man::new(command.clone()).source(format!("kp {version}")).manual("kp");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    if command.get_subcommands().next().is_some() {
        man.render_subcommands_section(&mut page)?;
    }
    man.render_options_section(&mut page)?;
    own_sections(&command, above).to_writer(&mut page)?;
    Ok(page)
}

fn own_sections(command: &Command, above: Option<&str>) -> Roff {
    let mut roff = Roff::default();
    if let Some(notes) = command.get_after_help() {
        roff.control("SH", ["NOTES"]);
        as_it_stands(&mut roff, &notes.to_string());
    }
    let examples = examples_of(command);
    if !examples.is_empty() {
        roff.control("SH", ["EXAMPLES"]);
        for example in examples {
            roff.control("PP", []);
            roff.text([roman(format!("{}:", example.says))]);
            roff.control("PP", []);
            roff.control("RS", ["4"]);
            as_it_stands(&mut roff, example.typed);
            roff.control("RE", []);
        }
    }
    if command.get_arguments().any(|flag| flag.get_id() == "show_config") {
        list(&mut roff, "ENVIRONMENT", VARIABLES);
        list(&mut roff, "FILES", FILES);
    }
    let codes = EXIT_CODES.lines().skip(1).filter_map(|line| line.trim().split_once("  "));
    list(&mut roff, "EXIT STATUS", codes);
    roff.control("SH", ["SEE ALSO"]);
    let others = ["kp-producer", "kp-consumer", "kp-admin", "kp-broker"].into_iter();
    let others = others.filter(|other| *other != page_name(command) && Some(*other) != above);
    let mut places = Vec::new();
    for other in above.into_iter().chain(others) {
        if !places.is_empty() {
            places.push(roman(", "));
        }
        places.extend([bold(other), roman(format!("({SECTION})"))]);
    }
    roff.text(places);
    roff
}

fn list<'a>(roff: &mut Roff, title: &str, rows: impl IntoIterator<Item = (&'a str, &'a str)>) {
    roff.control("SH", [title]);
    for (name, meaning) in rows {
        roff.control("TP", []);
        roff.text([bold(name)]);
        roff.text([roman(meaning)]);
    }
}

/// Lines that are not filled.
fn as_it_stands(roff: &mut Roff, text: &str) {
    roff.control("nf", []);
    for line in text.lines() {
        roff.text([roman(line)]);
    }
    roff.control("fi", []);
}
