//! What was typed.

use std::path::PathBuf;

use clap::builder::EnumValueParser;
use clap::{Arg, ArgAction, Command, ValueEnum};
use kp_cli::{Common, Example, Examples, Stop, typed, with_examples, with_flags};
use kp_settings::{FlagValue, Listen};

/// Commands to begin with. A test runs each.
const EXAMPLES: &[Examples] = &[(
    &[],
    &[
        Example {
            says: "A thousand numbered messages, as the exercise has them",
            typed: "kp-producer -t orders -c 1000",
        },
        Example {
            says: "Each line as a message, with what stands before the colon as its key",
            typed: r"printf 'bob:tea\nann:coffee\n' | kp-producer -t orders -K :",
        },
        Example {
            says: "A file of JSON records with keys, headers and times",
            typed: "kp-producer -t orders --stdin-format json --file records.jsonl",
        },
        Example {
            says: "Where each record is stored",
            typed: "echo tea | kp-producer -t orders -k bob -H from=shop --receipts",
        },
        Example {
            says: "A load of 500 messages per second, of 200 bytes each, for two seconds",
            typed: "kp-producer -t orders --rate 500 --size 200 --duration 2s",
        },
        Example {
            says: "Records that kp-consumer has saved, back to where they came from",
            typed: "kp-producer --load saved.jsonl --to-origin --dry-run",
        },
    ],
)];

/// How the run is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Report {
    /// A summary on stderr and `[Done]: seconds` on stdout.
    Text,
    /// One JSON object on stdout.
    Json,
}

/// How each record's fate is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReceiptForm {
    /// A line.
    Text,
    /// A JSON object on a line.
    Json,
}

/// One call of the program.
pub(crate) struct Call {
    pub(crate) common: Common,
    pub(crate) flags: Vec<FlagValue>,
    pub(crate) stdin: bool,
    /// The file to read instead of standard input.
    pub(crate) file: Option<PathBuf>,
    pub(crate) report: Report,
    /// Whether what becomes of each record is told on stdout, and how.
    pub(crate) receipts: Option<ReceiptForm>,
    /// The ledger to keep.
    pub(crate) audit: Option<PathBuf>,
    /// Whether the settings are to be explained, and nothing else done.
    pub(crate) explain: bool,
    /// The file of saved records to send back.
    pub(crate) load: Option<PathBuf>,
    /// Whether each of them goes to the topic that it came from.
    pub(crate) to_origin: bool,
    /// Whether nothing is sent and only shown what would be.
    pub(crate) dry_run: bool,
    /// The program whose health to ask for, and nothing else done.
    pub(crate) check_health: Option<Listen>,
}

/// The whole command line, for parsing, `--help`, and tests of the flag table.
pub fn command() -> Command {
    let command = Command::new("kp-producer")
        .about("Sends messages to a Kafka topic, and says what became of each.")
        .long_about(
            "Sends messages to a Kafka topic, and says what became of each.\n\n\
             Without options it is the exercise: 1000 messages {\"str\":\"result0\"}, {\"str\":\"result1\"} ... to topic1. Once a topic \
             is named, a file or a pipe on standard input is sent line by line, unless --count is given. Each setting can also \
             be in a file or in the environment; a flag overrides both.",
        )
        .arg(
            Arg::new("stdin")
                .long("stdin")
                .action(ArgAction::SetTrue)
                .help("Send the lines of standard input; a file or pipe there is sent unasked once a topic is named"),
        )
        .arg(
            Arg::new("file")
                .long("file")
                .value_name("FILE")
                .value_parser(clap::value_parser!(PathBuf))
                .conflicts_with("stdin")
                .help("Read this file instead of standard input"),
        )
        .arg(
            Arg::new("report")
                .hide_short_help(true)
                .long("report")
                .value_parser(EnumValueParser::<Report>::new())
                .value_name("text|json")
                .hide_possible_values(true)
                .default_value("text")
                .help("Form of the report; json is one object on stdout"),
        )
        .arg(
            Arg::new("receipts")
                .hide_short_help(true)
                .long("receipts")
                .value_parser(EnumValueParser::<ReceiptForm>::new())
                .value_name("text|json")
                .num_args(0..=1)
                .default_missing_value("text")
                .hide_possible_values(true)
                .help(
                    "Say on stdout what became of each record: where it is stored, why it failed, or that it is unknown; the report goes to stderr",
                ),
        )
        .arg(
            Arg::new("audit")
                .hide_short_help(true)
                .long("audit")
                .value_name("LEDGER")
                .value_parser(clap::value_parser!(PathBuf))
                .help(
                    "Stamp each message, and note in this file what becomes of it; `kp-admin audit LEDGER` then compares",
                ),
        )
        .arg(
            Arg::new("load")
                .long("load")
                .value_name("FILE")
                .value_parser(clap::value_parser!(PathBuf))
                .help(
                    "Send the records of a file of `kp-consumer --save` back, to --topic or --to-origin; killed and called again it sends none twice",
                ),
        )
        .arg(
            Arg::new("to_origin")
                .hide_short_help(true)
                .long("to-origin")
                .action(ArgAction::SetTrue)
                .help("With --load: each record to the topic that its dead-letter headers name, or that it was read from"),
        )
        .arg(
            Arg::new("dry_run")
                .hide_short_help(true)
                .long("dry-run")
                .action(ArgAction::SetTrue)
                .help("With --load: show the counts by topic and what cannot go back, and send nothing"),
        );
    let command = command.arg(kp_cli::explain_flag()).arg(kp_cli::metrics::health_flag());
    with_examples(with_flags(command, &["producer"]), EXAMPLES)
}

/// Reads the command line; `--help`, `--version` and mistakes end the process.
pub(crate) fn parse() -> Result<Call, Stop> {
    let matches = kp_cli::matches(command());
    let (common, flags) = typed(&matches)?;
    Ok(Call {
        common,
        flags,
        stdin: matches.get_flag("stdin"),
        file: matches.get_one("file").cloned(),
        report: matches.get_one("report").copied().unwrap_or(Report::Text),
        receipts: matches.get_one("receipts").copied(),
        audit: matches.get_one("audit").cloned(),
        explain: matches.get_flag("explain"),
        load: matches.get_one("load").cloned(),
        to_origin: matches.get_flag("to_origin"),
        dry_run: matches.get_flag("dry_run"),
        check_health: kp_cli::metrics::health_typed(&matches),
    })
}
