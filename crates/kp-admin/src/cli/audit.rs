//! What was typed of `audit`.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use kp_audit::Promise;

use super::{read_topic_name, settings_file};
use crate::audit::{Audit, Reader};

pub(super) fn command() -> Command {
    let promises =
        Promise::ALL.map(|promise| format!("  {:<13}  {}", promise.name(), promise.meaning()));
    let promises = promises.join("\n");
    Command::new("audit")
        .about("Holds a ledger of `kp-producer --audit` against what is stored")
        .after_help(format!(
            "What is promised follows from the settings that the ledger was written with. An acknowledged record is\n{promises}\n\n\
             Always: as it was sent, and nothing is stored that was never sent. A broken promise is exit code 5."
        ))
        .arg(
            Arg::new("ledger")
                .value_name("LEDGER")
                .required(true)
                .value_parser(value_parser!(PathBuf))
                .help("The ledger"),
        )
        .arg(
            Arg::new("delivered")
                .long("delivered")
                .value_name("LIST")
                .action(ArgAction::Append)
                .value_parser(value_parser!(PathBuf))
                .help("A list of `kp-consumer --audit`, to see what was not delivered, or repeatedly; may be repeated"),
        )
        .arg(
            Arg::new("topic")
                .long("topic")
                .value_name("NAME")
                .value_parser(read_topic_name)
                .help("Read this copy (of `kp-consumer --copy-to`) in place of the ledger's topics"),
        )
        .arg(
            Arg::new("promise")
                .long("promise")
                .value_name("PROMISE")
                .value_parser(|name: &str| name.parse::<Promise>())
                .help("Hold the ledger to this promise instead"),
        )
        .arg(
            Arg::new("reader")
                .long("reader")
                .value_name("kp|java")
                .value_parser(["kp", "java"])
                .hide_possible_values(true)
                .default_value("kp")
                .help("Who reads the topics back; java is Kafka's own console consumer"),
        )
        .arg(
            Arg::new("container")
                .long("container")
                .value_name("NAME")
                .help("The container that Kafka's console consumer is in; without it, it is looked for on the PATH"),
        )
        .arg(
            Arg::new("container_bootstrap")
                .long("container-bootstrap")
                .value_name("HOST:PORT")
                .default_value("localhost:9092")
                .help("The broker's address for Kafka's console consumer"),
        )
        .arg(settings_file())
}

pub(super) fn read(matches: &ArgMatches) -> Option<Audit> {
    let text = |name: &str| matches.get_one::<String>(name).cloned();
    let delivered = matches.get_many("delivered").into_iter().flatten();
    Some(Audit {
        ledger: matches.get_one::<PathBuf>("ledger").cloned()?,
        delivered: delivered.cloned().collect(),
        reader: match text("reader")?.as_str() {
            "java" => Reader::Java {
                container: text("container"),
                bootstrap: text("container_bootstrap")?,
            },
            _ => Reader::Kp,
        },
        topic: text("topic"),
        promise: matches.get_one("promise").copied(),
    })
}
