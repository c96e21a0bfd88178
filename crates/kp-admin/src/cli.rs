//! What was typed.

mod audit;
mod values;

use std::collections::HashSet;
use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use kp_cli::{Common, Stop, typed, with_flags};
use kp_settings::FlagValue;

use crate::audit::Audit;
use crate::groups::list::Type;
use crate::topics::create::TopicToCreate;
use crate::topics::delete::Deletion;
use values::{read_topic_name, settings_file};

/// One call of the program.
pub(crate) struct Call {
    pub(crate) common: Common,
    pub(crate) flags: Vec<FlagValue>,
    /// None with `--show-config` alone.
    pub(crate) ask: Option<Ask>,
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    ListTopics { internal: bool },
    DescribeTopics { names: Vec<String> },
    CreateTopic(TopicToCreate),
    DeleteTopics(Deletion),
    AddPartitions { name: String, total: u32 },
    ListGroups { only: Option<Type> },
    DescribeGroup { name: String },
    Audit(Audit),
}

/// The whole command line, for parsing, `--help`, and tests of the flag table.
pub fn command() -> Command {
    let command = Command::new("kp-admin")
        .about("Asks about Kafka topics and groups, changes topics, and audits what was sent")
        .arg_required_else_help(true)
        .subcommand(topics())
        .subcommand(groups())
        .subcommand(audit::command());
    // `--config` means the settings file everywhere except after `topics create`. There it is a
    // setting of the topic, as in Kafka's own tool. So it is no global flag, but one of each
    // command.
    with_flags(command, &["admin"])
        .mut_arg("config", |flag| flag.global(false))
        .mut_arg("admin.output", |flag| flag.global(true))
}

fn topics() -> Command {
    Command::new("topics")
        .about("List, describe, create and delete topics, and add partitions")
        .arg_required_else_help(true)
        .arg(settings_file())
        .subcommand(
            Command::new("list")
                .about("Lists the topics")
                .arg(switch("internal").help("Kafka's own topics too, such as __consumer_offsets"))
                .arg(settings_file()),
        )
        .subcommand(
            Command::new("describe")
                .about("Describes topics as `kafka-topics --describe` does")
                .arg(topic_name().action(ArgAction::Append))
                .arg(settings_file()),
        )
        .subcommand(create())
        .subcommand(
            Command::new("delete")
                .about("Deletes topics with all their messages")
                .arg(topic_name().action(ArgAction::Append))
                .arg(switch("yes").short('y').help("Do not ask"))
                .arg(switch("internal").help(
                    "Kafka's own topics too, with what all groups or transactions keep there",
                ))
                .arg(settings_file()),
        )
        .subcommand(
            Command::new("add-partitions")
                .about("Adds partitions to a topic")
                .arg(topic_name())
                .arg(partitions().required(true).help("How many it has in all afterwards"))
                .arg(settings_file()),
        )
}

fn create() -> Command {
    Command::new("create")
        .about("Creates a topic")
        .arg(topic_name())
        .arg(partitions().help("How many partitions [default: the broker's num.partitions]"))
        .arg(
            Arg::new("replication_factor")
                .long("replication-factor")
                .value_name("N")
                .value_parser(value_parser!(u16).range(1..=32767))
                .help(
                    "On how many brokers each is held [default: the broker's default.replication.factor]",
                ),
        )
        .arg(
            Arg::new("topic_config")
                .long("config")
                .value_name("NAME=VALUE")
                .action(ArgAction::Append)
                .value_parser(topic_config)
                .help(
                    "A setting of the topic, such as retention.ms=60000; a settings file goes before `topics`",
                ),
        )
}

fn groups() -> Command {
    Command::new("groups")
        .about("List and describe consumer groups")
        .arg_required_else_help(true)
        .arg(settings_file())
        .subcommand(
            Command::new("list")
                .about("Lists the groups")
                .arg(
                    Arg::new("type")
                        .long("type")
                        .value_name("TYPE")
                        .value_parser(value_parser!(Type))
                        .hide_possible_values(true)
                        .help(
                            "Only those of this type: classic, consumer, share, streams, connect",
                        ),
                )
                .arg(settings_file()),
        )
        .subcommand(
            Command::new("describe")
                .about("Shows what a group has committed, and how far it is behind")
                .arg(
                    Arg::new("name")
                        .value_name("NAME")
                        .required(true)
                        .value_parser(NonEmptyStringValueParser::new())
                        .help("The group"),
                )
                .arg(settings_file()),
        )
}

fn topic_name() -> Arg {
    Arg::new("name")
        .value_name("NAME")
        .required(true)
        .value_parser(read_topic_name)
        .help("The topic")
}

fn partitions() -> Arg {
    // librdkafka refuses more than 100,000 in one request.
    Arg::new("partitions")
        .long("partitions")
        .value_name("N")
        .value_parser(value_parser!(u32).range(1..=100_000))
}

fn switch(name: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue)
}

/// A topic that is named twice is meant once.
fn each_once(names: Vec<String>) -> Vec<String> {
    let mut seen = HashSet::new();
    names.into_iter().filter(|name| seen.insert(name.clone())).collect()
}

fn topic_config(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("a setting of the topic is NAME=VALUE, such as retention.ms=60000; \
             a settings file goes before `topics`: kp-admin --config FILE topics create"
            .to_owned()),
    }
}

/// Reads the command line; `--help`, `--version` and mistakes end the process.
pub(crate) fn parse() -> Result<Call, Stop> {
    read(&kp_cli::matches(command()))
}

fn read(matches: &ArgMatches) -> Result<Call, Stop> {
    let (mut common, flags) = typed(matches)?;
    let mut level = matches;
    while let Some((_, below)) = level.subcommand() {
        level = below;
        // The last one counts, as with every flag.
        if let Ok(Some(file)) = level.try_get_one::<PathBuf>("config") {
            common.config = Some(file.clone());
        }
    }
    if let Some(("audit", audited)) = matches.subcommand() {
        audit::check(audited)?;
    }
    let ask = ask(matches);
    Ok(Call { common, flags, ask })
}

fn ask(matches: &ArgMatches) -> Option<Ask> {
    let (about, matches) = matches.subcommand()?;
    if about == "audit" {
        return audit::read(matches).map(Ask::Audit);
    }
    let (action, matches) = matches.subcommand()?;
    let names = || -> Vec<String> {
        let names = matches.get_many::<String>("name").into_iter().flatten();
        names.cloned().collect()
    };
    let name = || matches.get_one::<String>("name").cloned();
    match (about, action) {
        ("topics", "list") => Some(Ask::ListTopics { internal: matches.get_flag("internal") }),
        ("topics", "describe") => Some(Ask::DescribeTopics { names: names() }),
        ("topics", "create") => Some(Ask::CreateTopic(TopicToCreate {
            name: name()?,
            partitions: matches.get_one("partitions").copied(),
            replication_factor: matches.get_one("replication_factor").copied(),
            configs: matches.get_many("topic_config").into_iter().flatten().cloned().collect(),
        })),
        ("topics", "delete") => Some(Ask::DeleteTopics(Deletion {
            names: each_once(names()),
            yes: matches.get_flag("yes"),
            internal: matches.get_flag("internal"),
        })),
        ("topics", "add-partitions") => Some(Ask::AddPartitions {
            name: name()?,
            total: matches.get_one("partitions").copied()?,
        }),
        ("groups", "list") => Some(Ask::ListGroups { only: matches.get_one("type").copied() }),
        ("groups", "describe") => Some(Ask::DescribeGroup { name: name()? }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use clap::error::ErrorKind;
    use proptest::prelude::*;

    use super::*;

    const COMMANDS: [&[&str]; 7] = [
        &["topics", "list"],
        &["topics", "describe", "a", "b"],
        &["topics", "create", "a", "--config", "x=y=z"],
        &["topics", "delete", "a", "--yes"],
        &["topics", "add-partitions", "a", "--partitions", "2"],
        &["groups", "list", "--type", "share"],
        &["groups", "describe", "g"],
    ];
    const FLAGS: [&[&str]; 7] = [
        &["-b", "localhost:1"],
        &["--bootstrap-server", "localhost:1"],
        &["-v"],
        &["-X", "linger.ms=5"],
        &["--show-config"],
        &["--output", "json"],
        &["--config", "some.toml"],
    ];

    fn call(words: &[&str]) -> Result<Call, clap::Error> {
        let words = std::iter::once(&"kp-admin").chain(words);
        command().try_get_matches_from(words).map(|matches| read(&matches).unwrap())
    }

    fn said(call: &Call) -> String {
        format!("{:?} {:?} {:?}", call.common, call.flags, call.ask)
    }

    #[test]
    fn the_table_of_flags_is_sound() {
        command().debug_assert();
    }

    proptest! {
        #[test]
        fn a_common_flag_means_the_same_before_and_after_a_subcommand(
            which in 0..COMMANDS.len(),
            flags in proptest::sample::subsequence((1..FLAGS.len()).collect::<Vec<_>>(), 0..FLAGS.len()),
            places in proptest::collection::vec(0_usize..3, FLAGS.len()),
        ) {
            let command = COMMANDS[which];
            let mut levels = [&[][..], &command[..1], &command[1..]].map(<[&str]>::to_vec);
            let mut before = levels.clone();
            for flag in flags {
                let is_file = FLAGS[flag][0] == "--config";
                // There `--config` is a setting of the topic.
                let place = if is_file && command[1] == "create" { 0 } else { places[flag] };
                levels[place].extend(FLAGS[flag]);
                before[0].extend(FLAGS[flag]);
            }
            let one = call(&levels.concat()).unwrap();
            let other = call(&before.concat()).unwrap();
            prop_assert_eq!(said(&one), said(&other));
        }
    }

    #[test]
    fn what_is_created_is_read_with_both_meanings_of_config() {
        let words = ["--config", "f.toml", "topics", "create", "a", "--partitions", "3"];
        let more = ["--replication-factor", "2", "--config", "k=v", "--config", "l=a=b"];
        let call = call(&[&words[..], &more].concat()).unwrap();
        assert_eq!(call.common.config, Some(PathBuf::from("f.toml")));
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            call.ask,
            Some(Ask::CreateTopic(TopicToCreate {
                name: "a".to_owned(),
                partitions: Some(3),
                replication_factor: Some(2),
                configs: vec![pair("k", "v"), pair("l", "a=b")],
            }))
        );
    }

    #[test]
    fn what_no_broker_takes_is_a_mistake_of_usage() {
        for words in [
            &["topics", "create", "a b"][..],
            &["topics", "create", ".."],
            &["topics", "create", "a", "--partitions", "0"],
            &["topics", "create", "a", "--replication-factor", "0"],
            &["topics", "create", "a", "--config", "f.toml"],
            &["topics", "describe", "a/b"],
            &["groups", "describe", ""],
        ] {
            let error = call(words).err().unwrap();
            let kind = error.kind();
            assert!(
                matches!(kind, ErrorKind::ValueValidation | ErrorKind::InvalidValue),
                "{words:?}: {kind:?}"
            );
        }
    }
}
