//! Flags that every program takes, and flags as a layer of the settings.

use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint};
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use kp_settings::{Acks, FlagValue, Kind, Setting, librdkafka_properties, settings};

use crate::exit::{Exit, Stop};
use crate::names::Names;
use crate::quiet::QUIET;
use crate::version::version;

const COMMON: &str = "Common options";

/// The flags that every program takes, as they were typed.
#[derive(Clone, Debug)]
pub struct Common {
    /// The settings file of `--config`.
    pub config: Option<PathBuf>,
    /// The profile of `--profile`.
    pub profile: Option<String>,
    /// Whether changes are allowed although the settings say `read_only`.
    pub write: bool,
    /// Whether to print the settings and end.
    pub show_config: bool,
    /// How often `-v` was typed.
    pub verbose: u8,
}

/// Adds the common flags, which stand before or after a subcommand, and a flag for each setting of
/// these sections that has one.
pub fn with_flags(command: Command, sections: &[&str]) -> Command {
    // A test of kp-settings makes sure that the built-in defaults can be read. Help without them
    // would still be help.
    let defaults = kp_settings::defaults().unwrap_or_default();
    let common = [
        setting_flag(&settings()[0], &defaults).short('b').global(true).help_heading(COMMON),
        settings_file().global(true),
        Arg::new("profile")
            .long("profile")
            .global(true)
            .value_name("NAME")
            .add(Names::Profiles)
            .help("Profile of your settings, such as prod, or none [env: KP_PROFILE]")
            .help_heading(COMMON),
        Arg::new("write")
            .long("write")
            .global(true)
            .action(ArgAction::SetTrue)
            .help("Allow changes this once, although the settings say read_only")
            .help_heading(COMMON),
        Arg::new("property")
            .short('X')
            .global(true)
            .hide_short_help(true)
            .action(ArgAction::Append)
            .value_name("NAME=VALUE")
            .add(properties())
            .help("A librdkafka property, such as -X linger.ms=50; secrets do not belong here")
            .help_heading(COMMON),
        Arg::new("show_config")
            .long("show-config")
            .global(true)
            .action(ArgAction::SetTrue)
            .help("Print the settings in force, where each comes from, and end")
            .help_heading(COMMON),
        Arg::new("verbose")
            .short('v')
            .long("verbose")
            .global(true)
            .action(ArgAction::Count)
            .help("Say more on stderr; -vv with librdkafka's log")
            .help_heading(COMMON),
        Arg::new(QUIET)
            .short('q')
            .long("quiet")
            .global(true)
            .action(ArgAction::SetTrue)
            .help("Say nothing on stderr but errors: no warnings, no counts")
            .help_heading(COMMON),
    ];
    command
        .version(version())
        .args(settings_of(sections).map(|setting| setting_flag(setting, &defaults)))
        .args(common)
}

/// The flag that names a settings file.
pub fn settings_file() -> Arg {
    Arg::new("config")
        .long("config")
        .value_name("FILE")
        .value_parser(clap::value_parser!(PathBuf))
        .help("Settings file, besides those that are found [env: KP_CONFIG]")
        .help_heading(COMMON)
}

fn settings_of(sections: &[&str]) -> impl Iterator<Item = &'static Setting> {
    settings()
        .iter()
        .filter(move |setting| setting.flag.is_some() && sections.contains(&setting.section()))
}

fn setting_flag(setting: &'static Setting, defaults: &[(String, String)]) -> Arg {
    let flag = setting.flag.unwrap_or(setting.key).trim_start_matches('-');
    let default = defaults
        .iter()
        .find(|(key, text)| key == setting.key && !text.is_empty())
        // A switch that is off needs no words.
        .filter(|_| setting.kind != Kind::Boolean)
        .map_or_else(String::new, |(_, text)| match setting.beside_topic {
            Some("") => format!(" [default: {text}; beside --topic: none]"),
            Some(other) => format!(" [default: {text}; beside --topic: {other}]"),
            None => format!(" [default: {text}]"),
        });
    let words = match setting.kind {
        Kind::Choice(words) if !is_short(words) => format!(" ({})", words.join(", ")),
        _ => String::new(),
    };
    let help = capitalized(setting.doc) + &words + &default;
    let argument = Arg::new(setting.key)
        .long(flag)
        .short(setting.short)
        .value_name(value_name(setting.kind))
        .value_hint(value_hint(setting.kind))
        .allow_hyphen_values(true)
        .hide_short_help(is_seldom(setting))
        .help(help);
    let argument = match setting.kind {
        Kind::Topic | Kind::Topics => argument.add(Names::Topics),
        _ if setting.key == "consumer.group_id" => argument.add(Names::Groups),
        _ => argument.add(words_of(setting)),
    };
    match setting.kind {
        Kind::Topics | Kind::Headers => argument.action(ArgAction::Append),
        // A switch, which a file or a variable can hold as well.
        Kind::Boolean => argument
            .value_name(None::<&str>)
            .allow_hyphen_values(false)
            .action(ArgAction::SetTrue)
            .overrides_with(setting.key),
        // As in the layers of the settings, the last one counts.
        _ => argument.overrides_with(setting.key),
    }
}

/// The words that complete a value; there may be others.
fn words_of(setting: &Setting) -> ArgValueCandidates {
    const FORMATS: &[&str] = &["line", "seed", "json", "value", "pretty"];
    let words = match setting.kind {
        Kind::Choice(words) => words,
        Kind::Acks => Acks::WORDS,
        Kind::StartAt => &["stored", "earliest", "latest"],
        Kind::StopAt => &["end"],
        Kind::DurationOrNever(..) => &["never"],
        Kind::OnBadMessage => &["fail", "skip", "show", "dead-letter:"],
        _ if setting.key == "consumer.format" => FORMATS,
        _ => &[],
    };
    ArgValueCandidates::new(move || words.iter().map(CompletionCandidate::new).collect())
}

/// The properties of librdkafka, for `-X`.
fn properties() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        // Secrets do not belong there.
        let properties = librdkafka_properties().iter().filter(|property| !property.secret);
        properties.map(|property| CompletionCandidate::new(format!("{}=", property.name))).collect()
    })
}

fn value_hint(kind: Kind) -> ValueHint {
    if matches!(kind, Kind::Path | Kind::SecretFile) {
        ValueHint::FilePath
    } else {
        ValueHint::Unknown
    }
}

/// Whether a flag can do without a place in `-h`, which has to fit on a screen. Those that are
/// typed often have a letter, but for some.
fn is_seldom(setting: &Setting) -> bool {
    const OFTEN: [&str; 5] = ["--bootstrap-server", "--output", "--acks", "--rate", "--until"];
    const SELDOM: [&str; 3] = ["--delimiter", "--print-null", "--null-empty"];
    let is_one_of = |flags: &[&str]| setting.flag.is_some_and(|flag| flags.contains(&flag));
    is_one_of(&SELDOM) || setting.short.is_none() && !is_one_of(&OFTEN)
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Whether the words fit beside a flag. With longer ones `--help` would put every flag on two
/// lines.
fn is_short(words: &[&str]) -> bool {
    words.iter().map(|word| word.len() + 1).sum::<usize>() <= 12
}

fn value_name(kind: Kind) -> String {
    match kind {
        Kind::Path | Kind::SecretFile => "FILE".to_owned(),
        Kind::Servers => "HOST:PORT".to_owned(),
        Kind::Topic | Kind::Topics => "TOPIC".to_owned(),
        Kind::Headers => "KEY=VALUE".to_owned(),
        Kind::Integer(..) | Kind::Exponent => "N".to_owned(),
        Kind::Rate => "RATE".to_owned(),
        Kind::Size(..) => "SIZE".to_owned(),
        Kind::Boolean => "true|false".to_owned(),
        Kind::Duration(..) => "TIME".to_owned(),
        Kind::DurationOrNever(..) => "TIME|never".to_owned(),
        Kind::Choice(words) if is_short(words) => words.join("|"),
        Kind::Choice(_) | Kind::OnBadMessage => "WHICH".to_owned(),
        Kind::Acks => "0|1|all".to_owned(),
        Kind::StartAt | Kind::StopAt => "WHERE".to_owned(),
        Kind::Partitions => "P,..".to_owned(),
        Kind::Listen => "ADDRESS".to_owned(),
        Kind::Delimiter => "DELIM".to_owned(),
        Kind::Name => "NAME".to_owned(),
        _ => "TEXT".to_owned(),
    }
}

/// The settings file that was typed before or after a subcommand. The last one counts, as with
/// every flag.
fn settings_file_in(matches: &ArgMatches) -> Option<PathBuf> {
    let below = matches.subcommand().and_then(|(_, below)| settings_file_in(below));
    below.or_else(|| matches.try_get_one("config").ok().flatten().cloned())
}

/// The common flags, and the typed flags that stand for a setting, in the order of the settings.
///
/// # Errors
/// `-X` without a name and a value; exit code 2.
pub fn typed(matches: &ArgMatches) -> Result<(Common, Vec<FlagValue>), Stop> {
    let common = Common {
        config: settings_file_in(matches),
        profile: matches.get_one("profile").cloned(),
        write: matches.get_flag("write"),
        show_config: matches.get_flag("show_config"),
        verbose: matches.get_count("verbose"),
    };
    let mut flags = Vec::new();
    for setting in settings() {
        if setting.kind == Kind::Boolean {
            if matches.try_get_one(setting.key).is_ok_and(|is_on| is_on == Some(&true)) {
                flags.push(FlagValue {
                    flag: setting.flag.unwrap_or(setting.key).to_owned(),
                    key: setting.key.to_owned(),
                    values: vec!["true".to_owned()],
                });
            }
            continue;
        }
        let Ok(Some(values)) = matches.try_get_many::<String>(setting.key) else {
            continue;
        };
        if matches.value_source(setting.key) == Some(ValueSource::CommandLine) {
            flags.push(FlagValue {
                flag: setting.flag.unwrap_or(setting.key).to_owned(),
                key: setting.key.to_owned(),
                values: values.cloned().collect(),
            });
        }
    }
    for property in matches.get_many::<String>("property").into_iter().flatten() {
        let Some((name, value)) = property.split_once('=').filter(|(name, _)| !name.is_empty())
        else {
            return Err(Stop::new(
                Exit::Usage,
                "-X takes NAME=VALUE, the name of a librdkafka property and its value, such as -X linger.ms=50",
            ));
        };
        flags.push(FlagValue {
            flag: "-X".to_owned(),
            key: format!("kafka.librdkafka.{name}"),
            values: vec![value.to_owned()],
        });
    }
    Ok((common, flags))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECTIONS: [&str; 3] = ["producer", "consumer", "admin"];

    fn command_of(section: &str) -> Command {
        with_flags(Command::new("kp"), &[section])
    }

    #[test]
    fn clap_finds_no_fault_with_any_command() {
        for section in SECTIONS {
            command_of(section).debug_assert();
        }
    }

    /// The flags of a section that have a value.
    fn with_value(section: &str) -> impl Iterator<Item = (&'static str, &'static Setting)> {
        let settings = settings().iter().filter(move |setting| {
            [section, "kafka"].contains(&setting.section()) && setting.kind != Kind::Boolean
        });
        settings.filter_map(|setting| Some((setting.flag?, setting)))
    }

    #[test]
    fn every_flag_of_the_table_reaches_its_setting_as_it_was_typed() {
        for section in SECTIONS {
            for (flag, setting) in with_value(section) {
                let matches = command_of(section).get_matches_from(["kp", flag, "-a b"]);
                let (_, flags) = typed(&matches).unwrap();
                assert_eq!(flags.len(), 1, "{flag}");
                assert_eq!((flags[0].flag.as_str(), flags[0].key.as_str()), (flag, setting.key));
                assert_eq!(flags[0].values, ["-a b"], "{flag}");
            }
        }
    }

    #[test]
    fn a_flag_typed_twice_adds_to_a_list_and_otherwise_the_last_one_counts() {
        for section in SECTIONS {
            for (flag, setting) in with_value(section).filter(|(_, one)| one.section() == section) {
                let matches = command_of(section).get_matches_from(["kp", flag, "1", flag, "2"]);
                let values = typed(&matches).unwrap().1.remove(0).values;
                let is_list = matches!(setting.kind, Kind::Topics | Kind::Headers);
                let expected: &[&str] = if is_list { &["1", "2"] } else { &["2"] };
                assert_eq!(values, expected, "{flag}");
            }
        }
    }

    #[test]
    fn a_switch_sets_its_setting_and_its_letter_stands_with_others() {
        for words in [&["kp", "--null-empty"][..], &["kp", "-Zv"], &["kp", "-Z", "-Z"]] {
            let matches = command_of("producer").get_matches_from(words);
            let flags = typed(&matches).unwrap().1;
            assert_eq!(flags.len(), 1, "{words:?}");
            assert_eq!((&*flags[0].key, &*flags[0].flag), ("producer.null_empty", "--null-empty"));
            assert_eq!(flags[0].values, ["true"]);
        }
    }

    #[test]
    fn nothing_typed_is_no_layer() {
        for section in SECTIONS {
            let (common, flags) = typed(&command_of(section).get_matches_from(["kp"])).unwrap();
            assert!(flags.is_empty(), "{flags:?}");
            assert_eq!((common.config, common.show_config, common.verbose), (None, false, 0));
        }
    }

    #[test]
    fn common_flags_stand_before_or_after_a_subcommand() {
        let command =
            || with_flags(Command::new("kp").subcommand(Command::new("list")), &["admin"]);
        for arguments in [["kp", "-b", "h:1", "list"], ["kp", "list", "-b", "h:1"]] {
            let matches = command().get_matches_from(arguments);
            let (_, inner) = matches.subcommand().unwrap();
            let flags = typed(inner).unwrap().1;
            assert_eq!(flags[0].key, "kafka.bootstrap_servers");
            assert_eq!(flags[0].values, ["h:1"]);
        }
    }

    #[test]
    fn a_property_needs_a_name_and_may_have_an_empty_or_strange_value() {
        for (typed_property, key, value) in [
            ("client.rack=", "kafka.librdkafka.client.rack", ""),
            ("client.rack=a=b", "kafka.librdkafka.client.rack", "a=b"),
        ] {
            let matches = command_of("producer").get_matches_from(["kp", "-X", typed_property]);
            let flags = typed(&matches).unwrap().1;
            assert_eq!((flags[0].key.as_str(), flags[0].values[0].as_str()), (key, value));
        }
        for wrong in ["linger.ms", "=5", ""] {
            let matches = command_of("producer").get_matches_from(["kp", "-X", wrong]);
            assert_eq!(typed(&matches).unwrap_err().exit, Exit::Usage, "{wrong}");
        }
    }
}
