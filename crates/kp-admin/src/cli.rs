//! What was typed. Each command has its own arguments beside what it does.

mod audit;
mod examples;
mod values;

use clap::{ArgMatches, Args, Command, FromArgMatches, Subcommand};
use kp_cli::{Common, Exit, Stop, settings_file, typed, with_examples, with_flags};
use kp_settings::FlagValue;

use crate::acls::Acls;
use crate::audit::Audit;
use crate::cluster::Cluster;
use crate::doctor::Doctor;
use crate::groups::Groups;
use crate::plan::{Apply, Export, Plan};
use crate::profile::Profile;
use crate::topics::Topics;
use crate::users::Users;
use examples::EXAMPLES;

pub(crate) use values::{chosen, config, moment, offset_or_moment, places, topic_name};

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
    Topics(Topics),
    Groups(Groups),
    Cluster(Cluster),
    Acls(Acls),
    Users(Users),
    Plan(Plan),
    Apply(Apply),
    Export(Export),
    Profile(Profile),
    Doctor(Doctor),
    Audit(Audit),
}

/// The whole command line, for parsing, `--help`, and tests of the flag table.
pub fn command() -> Command {
    let command = Command::new("kp-admin")
        .about("Asks about Kafka topics and groups, changes topics, and audits what was sent")
        .arg_required_else_help(true)
        .subcommand(of::<Topics>(
            "topics",
            "List, describe, create, change and delete topics, and say how they are",
        ))
        .subcommand(of::<Groups>(
            "groups",
            "List, describe, watch, reset and delete consumer groups",
        ))
        .subcommand(alone::<Cluster>("cluster"))
        .subcommand(of::<Acls>("acls", "List, add and remove ACLs: who may do what"))
        .subcommand(of::<Users>("users", "List, set and delete the passwords of SCRAM users"))
        .subcommand(alone::<Plan>("plan"))
        .subcommand(alone::<Apply>("apply"))
        .subcommand(alone::<Export>("export"))
        .subcommand(of::<Profile>("profile", "List, show and choose profiles of the settings file"))
        .subcommand(alone::<Doctor>("doctor"))
        .subcommand(audit::command());
    // `--config` means the settings file everywhere except after `topics create`. There it is a
    // setting of the topic, as in Kafka's own tool. So it is no global flag, but one of each
    // command.
    let command = with_flags(command, &["admin"])
        .mut_arg("config", |flag| flag.global(false))
        .mut_arg("admin.output", |flag| flag.global(true));
    with_examples(command, EXAMPLES)
}

/// The commands about one kind of things.
fn of<S: Subcommand>(name: &'static str, about: &'static str) -> Command {
    let command = Command::new(name).arg_required_else_help(true).arg(settings_file());
    S::augment_subcommands(command).about(about).mut_subcommands(|command| {
        let has_other = command.get_arguments().any(|flag| flag.get_long() == Some("config"));
        if has_other { command } else { command.arg(settings_file()) }
    })
}

/// A command that stands alone.
fn alone<A: Args>(name: &'static str) -> Command {
    A::augment_args(Command::new(name))
        .arg(settings_file())
        .mut_subcommands(|below| below.arg(settings_file()))
}

/// Reads the command line; `--help`, `--version` and mistakes end the process.
pub(crate) fn parse() -> Result<Call, Stop> {
    read(&kp_cli::matches(command()))
}

fn read(matches: &ArgMatches) -> Result<Call, Stop> {
    let (common, flags) = typed(matches)?;
    if let Some(("audit", audited)) = matches.subcommand() {
        audit::check(audited)?;
    }
    let ask = ask(matches)?;
    Ok(Call { common, flags, ask })
}

fn ask(matches: &ArgMatches) -> Result<Option<Ask>, Stop> {
    let read = match matches.subcommand() {
        Some(("topics", matches)) => Topics::from_arg_matches(matches).map(Ask::Topics),
        Some(("groups", matches)) => Groups::from_arg_matches(matches).map(Ask::Groups),
        Some(("cluster", matches)) => Cluster::from_arg_matches(matches).map(Ask::Cluster),
        Some(("acls", matches)) => Acls::from_arg_matches(matches).map(Ask::Acls),
        Some(("users", matches)) => Users::from_arg_matches(matches).map(Ask::Users),
        Some(("plan", matches)) => Plan::from_arg_matches(matches).map(Ask::Plan),
        Some(("apply", matches)) => Apply::from_arg_matches(matches).map(Ask::Apply),
        Some(("export", matches)) => Export::from_arg_matches(matches).map(Ask::Export),
        Some(("profile", matches)) => Profile::from_arg_matches(matches).map(Ask::Profile),
        Some(("doctor", matches)) => Doctor::from_arg_matches(matches).map(Ask::Doctor),
        Some((_, matches)) => return Ok(audit::read(matches).map(Ask::Audit)),
        None => return Ok(None),
    };
    // What was typed was parsed by the same table.
    read.map(Some).map_err(|error| Stop::new(Exit::Usage, error.to_string()))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use clap::error::ErrorKind;
    use proptest::prelude::*;

    use super::*;

    const COMMANDS: [&[&str]; 23] = [
        &["topics", "list"],
        &["topics", "describe", "a", "b"],
        &["topics", "create", "a", "--config", "x=y=z"],
        &["topics", "delete", "a", "--yes"],
        &["topics", "add-partitions", "a", "--partitions", "2"],
        &["groups", "list", "--type", "share"],
        &["groups", "describe", "g"],
        &["groups", "reset", "g", "--to", "-5", "--topic", "t:0,2", "--topic", "u"],
        &["groups", "reset", "g", "--from-file", "f.json", "--yes"],
        &["groups", "delete", "g", "h", "--yes"],
        &["groups", "delete-offsets", "g", "--topic", "t"],
        &["groups", "members", "g"],
        &["groups", "lag", "--fail-above", "5"],
        &["acls", "list", "--topic", "a"],
        &["acls", "add", "--principal", "User:a", "--allow", "read", "--topic", "a"],
        &["users", "list"],
        &["cluster", "configs", "1"],
        &["plan", "f.toml", "--prune"],
        &["apply", "f.toml", "--yes"],
        &["groups", "watch", "g", "--every", "5s", "--count", "3"],
        &["profile", "list"],
        &["profile", "use", "prod"],
        &["doctor", "--topic", "t", "--group", "g", "--probe"],
    ];
    const FLAGS: [&[&str]; 9] = [
        &["-b", "localhost:1"],
        &["--bootstrap-server", "localhost:1"],
        &["-v"],
        &["-X", "linger.ms=5"],
        &["--show-config"],
        &["--output", "json"],
        &["--profile", "prod"],
        &["--write"],
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
        let Some(Ask::Topics(Topics::Create(create))) = call.ask else {
            panic!("{:?}", call.ask);
        };
        assert_eq!(create.name, "a");
        assert_eq!((create.partitions, create.replication_factor), (Some(3), Some(2)));
        assert_eq!(create.configs, [pair("k", "v"), pair("l", "a=b")]);
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
            &["groups", "reset", "g", "--to", "stored"],
            &["groups", "reset", "g", "--to", "+x"],
            &["groups", "reset", "g", "--to", "latest", "--topic", "a b"],
            &["groups", "delete-offsets", "g", "--topic", "a:x"],
            &["groups", "lag", "--fail-above", "many"],
            &["groups", "watch", "--every", "1us"],
            &["groups", "watch", "--count", "0"],
        ] {
            let error = call(words).err().unwrap();
            let kind = error.kind();
            assert!(
                matches!(kind, ErrorKind::ValueValidation | ErrorKind::InvalidValue),
                "{words:?}: {kind:?}"
            );
        }
    }

    #[test]
    fn a_group_is_reset_to_one_place_or_by_a_file() {
        for words in [
            &["groups", "reset", "g"][..],
            &["groups", "reset", "--to", "latest"],
            &["groups", "reset", "g", "--to", "latest", "--from-file", "f"],
            &["groups", "reset", "g", "--to", "--yes"],
            &["groups", "describe"],
            &["groups", "describe", "g", "--all"],
            &["groups", "delete"],
            &["groups", "delete-offsets", "g"],
        ] {
            assert!(call(words).is_err(), "{words:?}");
        }
    }
}
