//! What an installation puts in place: man pages, and the scripts with which shells complete.
//!
//! Each program makes its own, by two flags that `--help` does not show.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::Context as _;
use clap::builder::EnumValueParser;
use clap::{Arg, ArgMatches, Command, value_parser};

use crate::completion::{Shell, script};
use crate::exit::Exit;
use crate::man;
use crate::output::written;

const MAN: &str = "generate-man";
const COMPLETION: &str = "generate-completion";

/// Adds the two flags.
pub(crate) fn with_generators(command: Command) -> Command {
    let flag = |name: &'static str| Arg::new(name).long(name).hide(true).exclusive(true);
    command.args([
        flag(MAN)
            .value_name("DIR")
            .value_parser(value_parser!(PathBuf))
            .help("Write the man pages into this folder, and end"),
        flag(COMPLETION)
            .value_name("SHELL")
            .value_parser(EnumValueParser::<Shell>::new())
            .help("Print the script with which this shell completes, and end"),
    ])
}

/// Makes what one of the two flags asks for; none where neither was typed.
pub(crate) fn generated(matches: &ArgMatches, command: &Command) -> Option<anyhow::Result<Exit>> {
    if let Some(folder) = matches.get_one::<PathBuf>(MAN) {
        let done = man::write_pages(command, folder)
            .with_context(|| format!("cannot write the man pages into {}", folder.display()));
        return Some(done.map(|()| Exit::Done));
    }
    let shell = matches.get_one::<Shell>(COMPLETION)?;
    let printed = script(*shell, command.get_name())
        .and_then(|script| io::stdout().write_all(script.as_bytes()));
    Some(written(printed).map(|()| Exit::Done))
}
