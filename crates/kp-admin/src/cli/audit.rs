//! What was typed of `audit`.

use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use kp_audit::Promise;
use kp_cli::{Exit, Names, Stop, settings_file};

use super::values::topic_name;
use crate::audit::{Audit, Reader};

pub(super) fn command() -> Command {
    let promises =
        Promise::ALL.map(|promise| format!("  {:<13}  {}", promise.name(), promise.meaning()));
    let promises = promises.join("\n");
    Command::new("audit")
        .about("Compares a ledger of `kp-producer --audit` with what is stored")
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
                .value_parser(topic_name)
                .add(Names::Topics)
                .help("Read this copy (of `kp-consumer --copy-to`) in place of the ledger's topics"),
        )
        .arg(
            Arg::new("promise")
                .long("promise")
                .value_name("PROMISE")
                .value_parser(|name: &str| name.parse::<Promise>())
                .help("Check this promise in place of the ledger's own"),
        )
        .arg(
            Arg::new("reader")
                .long("reader")
                .value_name("kp|java")
                .value_parser(["kp", "java"])
                .hide_possible_values(true)
                .default_value("kp")
                .help("What reads the topics back; java is Kafka's own console consumer"),
        )
        .arg(
            Arg::new("container")
                .long("container")
                .value_name("NAME")
                .help("With --reader java: the container it is in; without one it is looked for on the PATH"),
        )
        .arg(
            Arg::new("container_bootstrap")
                .long("container-bootstrap")
                .value_name("HOST:PORT")
                .default_value("localhost:9092")
                .help("With --reader java: the broker's address from there"),
        )
        .arg(settings_file())
}

/// Whether all that was typed has a meaning.
///
/// # Errors
/// A flag for a reader that was not asked for.
pub(super) fn check(matches: &ArgMatches) -> Result<(), Stop> {
    let is_java = matches.get_one::<String>("reader").is_some_and(|reader| reader == "java");
    for (name, flag) in
        [("container", "--container"), ("container_bootstrap", "--container-bootstrap")]
    {
        if !is_java && matches.value_source(name) == Some(ValueSource::CommandLine) {
            return Err(Stop::new(
                Exit::Usage,
                format!("{flag} is for Kafka's own console consumer: use it with --reader java"),
            ));
        }
    }
    Ok(())
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
