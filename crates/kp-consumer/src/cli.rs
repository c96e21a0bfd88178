//! What was typed.

use std::path::PathBuf;

use clap::{Arg, ArgAction, Command};
use kp_cli::{Common, Example, Examples, Stop, typed, with_examples, with_flags};
use kp_core::Filters;
use kp_settings::{FlagValue, Listen};

use crate::filter_flags;

/// Commands to begin with. A test runs each.
const EXAMPLES: &[Examples] = &[(
    &[],
    &[
        Example {
            says: "What is there, as a person reads it",
            typed: "kp-consumer -t orders -e --pretty",
        },
        Example {
            says: "The last 10 messages and then those that come, as tail -f does",
            typed: "kp-consumer -t orders -o -10 --follow",
        },
        Example {
            says: "What came within an hour, of all topics whose names begin so",
            typed: r"kp-consumer -t 'orders.*' -o @-1h -e -f '%d %t %k %s\n'",
        },
        Example {
            says: "The value as JSON, for jq",
            typed: "kp-consumer -t orders -e -J --decode json | jq .value.total",
        },
        Example {
            says: "As a member of a group, which goes on where it stands",
            typed: "kp-consumer -t orders -G readers --follow",
        },
    ],
)];

/// One call of the program.
pub(crate) struct Call {
    pub(crate) common: Common,
    pub(crate) flags: Vec<FlagValue>,
    pub(crate) no_group: bool,
    pub(crate) until_end: bool,
    /// Go on after the end, and show how it goes.
    pub(crate) follow: bool,
    /// Times by the clock of UTC.
    pub(crate) utc: bool,
    /// The list of delivered messages to keep.
    pub(crate) audit: Option<PathBuf>,
    /// Whether the settings are to be explained, and nothing else done.
    pub(crate) explain: bool,
    /// Which messages are wanted.
    pub(crate) filters: Filters,
    /// The file to save whole records in.
    pub(crate) save: Option<PathBuf>,
    /// The file of saved records to print.
    pub(crate) load: Option<PathBuf>,
    /// The program whose health to ask for, and nothing else done.
    pub(crate) check_health: Option<Listen>,
}

/// The whole command line, for parsing, `--help`, and tests of the flag table.
pub fn command() -> Command {
    let command = Command::new("kp-consumer")
        .about("Prints the messages of Kafka topics, and commits what was printed.")
        .long_about(
            "Prints the messages of Kafka topics, and commits what was printed.\n\n\
             Without options it is the exercise: topic1, as a member of the group test-group, one line a message, until every \
             partition has stood at its end for a second. Once a topic is named it is a tool: it joins no group unless one is named, \
             prints nothing but messages, and takes any bytes. Formats: line, seed (as the original Python program prints), json (lossless), value (raw \
             bytes), pretty (for people), or a template in which %t is the topic, %p the partition, %o the offset, %k the key, %s the value \
             (both are nothing where they are null), %h the headers, %T the timestamp, %d the time by the clock, \\n a newline or \
             any other separator.",
        )
        .arg(
            Arg::new("no_group")
                .hide_short_help(true)
                .long("no-group")
                .action(ArgAction::SetTrue)
                .help("Read all partitions without a group: join none and commit nothing; a named topic is read so unless --group is given"),
        )
        .arg(
            Arg::new("until_end")
                .long("until-end")
                .short('e')
                .action(ArgAction::SetTrue)
                .help("End as soon as every partition that it reads stands at its end"),
        )
        .arg(
            Arg::new("follow")
                .long("follow")
                .action(ArgAction::SetTrue)
                .conflicts_with("consumer.idle_exit")
                .help(
                    "Go on after the end, as tail -f does (--idle-exit never), and show on a terminal how it goes; -o latest for new messages only",
                ),
        )
        .arg(
            Arg::new("audit")
                .hide_short_help(true)
                .long("audit")
                .value_name("LIST")
                .value_parser(clap::value_parser!(PathBuf))
                .help(
                    "Note in this file what was delivered; `kp-admin audit LEDGER --delivered LIST` then compares",
                ),
        )
        .arg(
            Arg::new("json")
                .hide_short_help(true)
                .short('J')
                .long("json")
                .action(ArgAction::SetTrue)
                .conflicts_with("consumer.format")
                .help("The same as --format json"),
        )
        .arg(
            Arg::new("pretty")
                .long("pretty")
                .action(ArgAction::SetTrue)
                .conflicts_with_all(["consumer.format", "json"])
                .help("The same as --format pretty: for people, JSON over several lines, in colours on a terminal"),
        )
        .arg(
            Arg::new("utc")
                .hide_short_help(true)
                .long("utc")
                .action(ArgAction::SetTrue)
                .help("Times of --pretty and %d in UTC, not by the clock here"),
        )
        .arg(
            Arg::new("save")
                .long("save")
                .value_name("FILE")
                .value_parser(clap::value_parser!(PathBuf))
                .help(
                    "Save whole records in this file, behind those that it has, and print none unless --format is given; a backup with --until-end",
                ),
        )
        .arg(
            Arg::new("load")
                .long("load")
                .value_name("FILE")
                .value_parser(clap::value_parser!(PathBuf))
                .help(
                    "Print the records of a saved file as if it were a topic, without a broker; --topic selects; `kp-producer --load` sends them back",
                ),
        )
        .args(filter_flags::flags());
    let command = command.arg(kp_cli::explain_flag()).arg(kp_cli::metrics::health_flag());
    with_examples(with_flags(command, &["consumer"]), EXAMPLES)
}

/// Reads the command line; `--help`, `--version` and mistakes end the process.
pub(crate) fn parse() -> Result<Call, Stop> {
    let matches = kp_cli::matches(command());
    let (common, mut flags) = typed(&matches)?;
    for format in ["json", "pretty"] {
        if matches.get_flag(format) {
            flags.push(FlagValue {
                flag: format!("--{format}"),
                key: "consumer.format".to_owned(),
                values: vec![format.to_owned()],
            });
        }
    }
    let follow = matches.get_flag("follow");
    if follow {
        flags.push(FlagValue {
            flag: "--follow".to_owned(),
            key: "consumer.idle_exit".to_owned(),
            values: vec!["never".to_owned()],
        });
    }
    Ok(Call {
        common,
        flags,
        no_group: matches.get_flag("no_group"),
        until_end: matches.get_flag("until_end"),
        follow,
        utc: matches.get_flag("utc"),
        audit: matches.get_one("audit").cloned(),
        explain: matches.get_flag("explain"),
        filters: filter_flags::typed(&matches)?,
        save: matches.get_one("save").cloned(),
        load: matches.get_one("load").cloned(),
        check_health: kp_cli::metrics::health_typed(&matches),
    })
}
