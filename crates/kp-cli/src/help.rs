//! Help in two sizes: `-h` fits on a screen, `--help` has everything, with examples.

use std::ffi::{OsStr, OsString};

use clap::Command;
use clap::builder::{CommandExt, Resettable, StyledStr};

use crate::exit::EXIT_CODES;

/// A command to begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Example {
    /// What it is for, in a line.
    pub says: &'static str,
    /// What is typed.
    pub typed: &'static str,
}

/// The examples of a command, by its way from the program, as in `["topics", "create"]`.
pub type Examples = (&'static [&'static str], &'static [Example]);

#[derive(Clone, Copy, Debug)]
struct Known(&'static [Example]);

impl CommandExt for Known {}

/// Gives a program and its commands the examples of a table.
pub fn with_examples(mut command: Command, table: &[Examples]) -> Command {
    for (way, examples) in table {
        command = at(command, way, examples);
    }
    command
}

fn at(command: Command, way: &[&'static str], examples: &'static [Example]) -> Command {
    match way.split_first() {
        None => command.add(Known(examples)),
        Some((name, below)) => command.mut_subcommand(name, |command| at(command, below, examples)),
    }
}

/// The examples of a command.
pub(crate) fn examples_of(command: &Command) -> &'static [Example] {
    command.get::<Known>().map_or(&[], |known| known.0)
}

/// The command with the help that these words ask for. clap still decides what the words mean: this
/// only chooses a text.
pub(crate) fn with_help(command: Command, words: &[OsString]) -> Command {
    let words: Vec<&OsStr> =
        words.iter().skip(1).map(OsString::as_os_str).take_while(|word| *word != "--").collect();
    let is_long = words.iter().any(|word| *word == "--help" || *word == "help");
    let command = if is_long { long(command, Some(&words)) } else { short(command) };
    let all = command.get_after_long_help().or_else(|| command.get_after_help());
    let all = all.map(|text| format!("{text}\n\n")).unwrap_or_default() + EXIT_CODES;
    // Of a program and not of each of its commands.
    if is_long { command.after_help(all) } else { command.after_long_help(all) }
}

/// What stands below the flags of a command, but for the exit codes.
fn end(command: &Command) -> Option<StyledStr> {
    let notes = command.get_after_help().map(ToString::to_string);
    let examples = examples_of(command).iter();
    let lines = examples.flat_map(|Example { says, typed }| {
        let typed = typed.lines().map(|line| format!("\n  {line}"));
        std::iter::once(format!("\n  # {says}")).chain(typed)
    });
    let examples: String = lines.collect();
    let examples = (!examples.is_empty()).then(|| format!("Examples:{examples}"));
    let parts: Vec<String> = [notes, examples].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join("\n\n").into())
}

/// Everything, in clap's form for `-h`: one line for a flag wherever it fits. With clap's own form
/// for `--help` each takes three. The long words about a command stand in its own help alone, which
/// is asked for by these words, and not in the list of its siblings.
fn long(command: Command, words: Option<&[&OsStr]>) -> Command {
    let end = end(&command);
    let about = command.get_long_about().filter(|_| words.is_some());
    let about = about.or_else(|| command.get_about()).cloned();
    let named = words.into_iter().flatten().find_map(|word| command.find_subcommand(word));
    let named = named.map(|below| below.get_name().to_owned());
    command
        .about(Resettable::from(about))
        .long_about(None::<&str>)
        .after_help(Resettable::from(end))
        .mut_args(|flag| {
            let help = flag.get_long_help().or_else(|| flag.get_help()).cloned();
            flag.help(Resettable::from(help)).long_help(None::<&str>).hide_short_help(false)
        })
        .mut_subcommands(|below| {
            let is_named = named.as_deref() == Some(below.get_name());
            long(below, words.filter(|_| is_named))
        })
}

/// The first sentence of what the command does, and the flags that are not hidden.
fn short(command: Command) -> Command {
    let end = end(&command);
    let command = command.after_help(None::<&str>).mut_subcommands(short);
    // With it clap says in `-h` that there is more.
    match end {
        Some(end) => command.after_long_help(end),
        None => command,
    }
}

#[cfg(test)]
mod tests {
    use clap::Arg;

    use super::*;

    const TABLE: &[Examples] = &[
        (&[], &[Example { says: "It all", typed: "kp all" }]),
        (&["list"], &[Example { says: "A list", typed: "kp list \\\n  --long" }]),
    ];

    fn help(words: &[&str]) -> String {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        let command = Command::new("kp")
            .about("Short")
            .long_about("Short\n\nLonger")
            .arg(Arg::new("seldom").long("seldom").hide_short_help(true).help("Not often"))
            .subcommand(
                Command::new("list")
                    .about("A list")
                    .long_about("A list\n\nOf")
                    .after_help("A note"),
            );
        with_help(with_examples(command, TABLE), &words)
            .try_get_matches_from(&words)
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn the_short_one_has_what_is_needed_first_and_says_that_there_is_more() {
        let text = help(&["kp", "-h"]);
        assert!(text.starts_with("Short\n") && !text.contains("Longer"), "{text}");
        assert!(!text.contains("--seldom") && !text.contains("Examples:"), "{text}");
        assert!(!text.contains("Exit codes:") && text.contains("see more with '--help'"), "{text}");
    }

    #[test]
    fn the_long_one_has_everything_and_a_line_for_a_flag() {
        let text = help(&["kp", "--help"]);
        assert!(!text.contains("Of"), "{text}");
        assert!(text.contains("Longer") && text.contains("--seldom <seldom>  Not often"), "{text}");
        let end = text.find("Examples:\n  # It all\n  kp all\n\nExit codes:");
        assert!(end.is_some(), "{text}");
        for words in [["kp", "list", "--help"], ["kp", "help", "list"]] {
            let text = help(&words);
            assert!(text.starts_with("A list\n\nOf"), "{text}");
            let end = "A note\n\nExamples:\n  # A list\n  kp list \\\n    --long\n";
            assert!(text.ends_with(end), "{text}");
        }
    }
}
