//! Configs of a topic or of a broker: where they are set, and those that are set and unset on the
//! command line.

use kp_cli::{Exit, Stop};
use kp_client::admin::{ConfigEntry, ConfigSource};
use kp_core::most_alike;

use crate::answer::NONE;

/// Where a value was set, for people.
pub(crate) fn place(source: ConfigSource) -> &'static str {
    match source {
        ConfigSource::Topic => "on the topic",
        ConfigSource::Broker => "on the broker",
        ConfigSource::AllBrokers => "on all brokers",
        ConfigSource::BrokerFile => "in the broker's file",
        ConfigSource::Default => "default",
        ConfigSource::Other => NONE,
    }
}

/// The same, for programs.
pub(crate) fn source(source: ConfigSource) -> &'static str {
    match source {
        ConfigSource::Topic => "topic",
        ConfigSource::Broker => "broker",
        ConfigSource::AllBrokers => "all_brokers",
        ConfigSource::BrokerFile => "broker_file",
        ConfigSource::Default => "default",
        ConfigSource::Other => "other",
    }
}

/// All names, in the order in which they were typed.
pub(crate) fn names<'a>(
    set: &'a [(String, String)],
    unset: &'a [String],
) -> impl Iterator<Item = &'a str> {
    set.iter().map(|(name, _)| name).chain(unset).map(String::as_str)
}

/// # Errors
/// A name that stands there twice.
pub(crate) fn check_each_once<'a>(names: impl Iterator<Item = &'a str>) -> Result<(), Stop> {
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(twice) => Err(Stop::new(Exit::Usage, format!("{} is named twice", twice[0]))),
        None => Ok(()),
    }
}

/// The config of this name, as it is now. `of` is what has it, and `all` is the command that shows
/// all of them.
///
/// # Errors
/// There is none of this name.
pub(crate) fn known<'c>(
    configs: &'c [ConfigEntry],
    name: &str,
    of: &str,
    all: &str,
) -> Result<&'c ConfigEntry, Stop> {
    configs.iter().find(|config| config.name == name).ok_or_else(|| {
        let names = configs.iter().map(|config| config.name.as_str());
        let hint = most_alike(name, names).map_or_else(
            || format!("`{all}` shows all"),
            |nearest| format!("did you mean {nearest}?"),
        );
        Stop::new(Exit::Broker, format!("{of} has no config {name}; {hint}"))
    })
}
