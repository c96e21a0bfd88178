//! The filters as they were typed. `--not` belongs to the one that comes after it, so that here the
//! order of the flags counts.

use clap::{Arg, ArgAction, ArgMatches};
use kp_cli::{Exit, Stop};
use kp_core::{Filter, FilterError, Filters};

/// What the flags stand under in `--help`.
const HEADING: &str = "Filters, all of which must match";
const NOT: &str = "not";

type New = fn(&str) -> Result<Filter, FilterError>;

/// The flags that have a value, and what it becomes.
const FILTERS: [(&str, &str, New, &str); 4] = [
    (
        "grep",
        "TEXT|/REGEX/",
        Filter::value,
        "Only messages whose value contains this text, or matches /REGEX/ (/REGEX/i in any case)",
    ),
    ("key", "TEXT|/REGEX/", Filter::key, "Only messages whose key contains this text, or matches"),
    (
        "header",
        "NAME=GLOB",
        Filter::header,
        "Only messages that have a header NAME whose value is as GLOB says: * is anything, ? one character",
    ),
    (
        "where",
        "EXPR",
        Filter::expression,
        "Only messages for which this jq expression is true, such as '.value.total > 100 and .header.env == \"prod\"'; it sees .value (as \
         JSON), .key, .header, .topic, .partition, .offset and .timestamp",
    ),
];

/// The flags.
pub(crate) fn flags() -> impl Iterator<Item = Arg> {
    let filters = FILTERS.iter().map(|(name, value, _, help)| {
        Arg::new(*name)
            .long(*name)
            .action(ArgAction::Append)
            .value_name(*value)
            .allow_hyphen_values(true)
            .help(*help)
            .help_heading(HEADING)
    });
    // clap notes no places of a plain switch, but those of a flag that may have values.
    let not = Arg::new(NOT)
        .long(NOT)
        .action(ArgAction::Append)
        .num_args(0)
        .default_missing_value("true")
        .help("Exclude what the next filter matches, as grep -v does: --not --grep heartbeat")
        .help_heading(HEADING);
    filters.chain([not])
}

/// The filters that were typed.
///
/// # Errors
/// One cannot be understood, or a `--not` has none to invert; exit code 2.
pub(crate) fn typed(matches: &ArgMatches) -> Result<Filters, Stop> {
    let mut words: Vec<(usize, Word<'_>)> = Vec::new();
    for (name, _, new, _) in FILTERS {
        let values = matches.get_many::<String>(name).into_iter().flatten();
        let places = matches.indices_of(name).into_iter().flatten();
        words.extend(places.zip(values.map(|value| Word::Filter { name, new, value })));
    }
    let places = matches.indices_of(NOT).into_iter().flatten();
    words.extend(places.map(|place| (place, Word::Not)));
    words.sort_by_key(|(place, _)| *place);

    let mut filters = Vec::new();
    let mut is_inverted = false;
    for (_, word) in words {
        match word {
            Word::Not if is_inverted => {
                return Err(wrong(
                    "--not",
                    "stands twice before a filter; once is enough to exclude what it matches",
                ));
            }
            Word::Not => is_inverted = true,
            Word::Filter { name, new, value } => {
                let filter =
                    new(value).map_err(|error| wrong(&format!("--{name}"), &error.to_string()))?;
                filters.push(if is_inverted { !filter } else { filter });
                is_inverted = false;
            }
        }
    }
    if is_inverted {
        let advice = "excludes what the next filter matches, and none comes after it; write it before --grep, --key, --header or --where";
        return Err(wrong("--not", advice));
    }
    Ok(Filters::new(filters))
}

/// What stands on the command line.
enum Word<'a> {
    Not,
    Filter { name: &'static str, new: New, value: &'a str },
}

fn wrong(flag: &str, why: &str) -> Stop {
    Stop::new(Exit::Usage, format!("{flag}: {why}"))
}

#[cfg(test)]
mod tests {
    use clap::Command;
    use kp_core::Record;

    use super::*;

    fn read(words: &[&str]) -> Result<Filters, Stop> {
        let command = Command::new("kp").args(flags()).arg(Arg::new("other").long("other"));
        typed(&command.get_matches_from(["kp"].iter().chain(words)))
    }

    /// Whether the filters take a message with this key and value.
    fn takes(words: &[&str], key: &str, value: &str) -> bool {
        let record = Record {
            key: Some(key.as_bytes()),
            value: Some(value.as_bytes()),
            ..Record::default()
        };
        read(words).unwrap_or_else(|stop| panic!("{words:?}: {stop}")).take(&record, Vec::new)
    }

    #[test]
    fn not_belongs_to_the_filter_that_comes_next() {
        for (words, [neither, key, value, both]) in [
            (&["--grep", "v", "--key", "k"][..], [false, false, false, true]),
            (&["--not", "--grep", "v", "--key", "k"], [false, true, false, false]),
            (&["--grep", "v", "--not", "--key", "k"], [false, false, true, false]),
            (&["--not", "--grep", "v", "--not", "--key", "k"], [true, false, false, false]),
            (&["--key", "k", "--not", "--grep", "v"], [false, true, false, false]),
            (&["--not", "--other", "x", "--grep", "v"], [true, true, false, false]),
            (&["--grep=v", "--not", "--key=k"], [false, false, true, false]),
            (&[], [true, true, true, true]),
        ] {
            let taken =
                [("", ""), ("k", ""), ("", "v"), ("k", "v")].map(|(k, v)| takes(words, k, v));
            assert_eq!(taken, [neither, key, value, both], "{words:?}");
        }
    }

    #[test]
    fn a_filter_that_comes_twice_must_match_twice() {
        let words = ["--grep", "a", "--not", "--grep", "b", "--grep", "c"];
        let taken = ["ac", "abc", "a", "c"].map(|value| takes(&words, "", value));
        assert_eq!(taken, [true, false, false, false]);
    }

    #[test]
    fn a_value_may_look_like_a_flag() {
        assert!(takes(&["--grep", "--not"], "", "a --not b"));
        assert!(!takes(&["--grep", "-v"], "", "v"));
    }

    #[test]
    fn what_cannot_be_understood_is_refused_naming_the_flag() {
        for (words, said) in [
            (&["--not"][..], ["--not: ", "none comes after it"]),
            (&["--grep", "a", "--not"], ["--not: ", "none comes after it"]),
            (&["--not", "--not", "--grep", "a"], ["--not: ", "twice"]),
            (&["--grep", "/a(/"], ["--grep: ", "at character 3"]),
            (&["--key", ""], ["--key: ", "empty"]),
            (&["--header", "env"], ["--header: ", "NAME=GLOB"]),
            (&["--where", ".value >"], ["--where: ", "at its end"]),
        ] {
            let stop = read(words).err().unwrap_or_else(|| panic!("{words:?} is understood"));
            assert_eq!(stop.exit, Exit::Usage);
            assert!(stop.message.starts_with(said[0]), "{words:?}: {stop}");
            assert!(stop.message.contains(said[1]), "{words:?}: {stop}");
        }
    }
}
