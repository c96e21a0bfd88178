//! Completion: what a shell asks the program at each TAB, and what it is answered.
//!
//! ```text
//!  script.rs  what a shell reads once     -> KP_COMPLETE=SHELL program -- WORDS, at each TAB
//!  words.rs   the words, as bash cut them -> clap_complete's engine -> stdout, in the shell's form
//!  asking.rs  what the cluster knows, if it comes in time -^
//!  cache.rs   and for a minute after that
//! ```
//! Nothing is ever written on stderr, and a failure is an empty answer: the words would stand in
//! the middle of what somebody is typing.

mod asking;
mod cache;
mod script;
mod words;

use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use clap::builder::ValueParser;
use clap::error::ErrorKind;
use clap::{Arg, Command};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate, complete};
use clap_complete::env::{EnvCompleter, Fish, Zsh};
use kp_settings::{Input, Settings};

use crate::flags::typed;
use crate::names::Names;
use crate::session::input;
use script::VARIABLE;
use words::Typed;

pub(crate) use script::{Shell, script};

/// The longest that a shell is held up, whatever a file or a folder does.
const LIMIT: Duration = Duration::from_millis(280);

/// Answers a shell and ends the process, if a shell has asked.
pub(crate) fn answer_if_asked(command: &Command) {
    let Some(asker) = std::env::var_os(VARIABLE) else {
        return;
    };
    let is_asking = asker == asking::ASKING;
    let shell = Shell::named(&asker);
    if !is_asking && shell.is_none() {
        return;
    }
    let start = Instant::now();
    let limit = if is_asking { asking::PATIENCE + LIMIT } else { LIMIT };
    thread::spawn(move || {
        thread::sleep(limit);
        std::process::exit(0)
    });
    let words: Vec<OsString> =
        std::env::args_os().skip(1).skip_while(|word| word != "--").skip(1).collect();
    let Some(shell) = shell else {
        if let (Some(kind), Some(settings)) = (asking::to_ask_for(), settings(command, &words)) {
            asking::ask_and_note(kind, settings);
        }
        std::process::exit(0)
    };
    let answer = answer(command, shell, words, start).unwrap_or_default();
    // A shell that has gone away needs no answer.
    let _ = io::stdout().write_all(&answer);
    std::process::exit(0)
}

/// The answer in the form of the shell.
fn answer(
    command: &Command,
    shell: Shell,
    words: Vec<OsString>,
    start: Instant,
) -> Option<Vec<u8>> {
    let typed = Typed::new(shell, words);
    let words = typed.filled(std::env::var_os("HOME").as_deref());
    let line = Arc::new(Line { command: command.clone(), words, start });
    let command = with_names(command.clone(), &line);
    let mut command = without_flags_among_names(command, &typed);
    let folder = std::env::current_dir().ok();
    let mut answer = Vec::new();
    match shell {
        Shell::Bash => {
            let found = complete(&mut command, typed.words, typed.at, folder.as_deref()).ok()?;
            for candidate in found {
                let value = candidate.get_value().as_encoded_bytes();
                // It would be read as two.
                if value.contains(&b'\n') {
                    continue;
                }
                // bash replaces only what stands behind the last `:` or `=`.
                answer.extend_from_slice(value.strip_prefix(&*typed.kept).unwrap_or(value));
                answer.push(b'\n');
            }
        }
        Shell::Zsh => {
            Zsh.write_complete(&mut command, typed.words, folder.as_deref(), &mut answer).ok()?;
        }
        Shell::Fish => {
            Fish.write_complete(&mut command, typed.words, folder.as_deref(), &mut answer).ok()?;
        }
    }
    Some(answer)
}

/// A command line that is not finished.
struct Line {
    command: Command,
    /// With a value in place of a word that is not there yet.
    words: Vec<OsString>,
    start: Instant,
}

/// Gives the arguments that name something in the cluster what completes them.
fn with_names(command: Command, line: &Arc<Line>) -> Command {
    command
        .mut_args(|argument| match argument.get::<Names>().copied() {
            Some(kind) => named(argument, kind, Arc::clone(line)),
            None => argument,
        })
        .mut_subcommands(|below| with_names(below, line))
}

fn named(argument: Arg, kind: Names, line: Arc<Line>) -> Arg {
    // Its value follows at once.
    let has_value = argument.get_value_names().is_some_and(|names| names[0].ends_with("=VALUE"));
    let end = if has_value { "=" } else { "" };
    argument.add(ArgValueCompleter::new(move |current: &OsStr| {
        let Some(current) = current.to_str() else {
            return Vec::new();
        };
        // Kafka's own topics are seldom meant.
        let is_wanted = |name: &String| {
            name.starts_with(current) && (current.starts_with('_') || !name.starts_with("__"))
        };
        let mut names = if kind == Names::Profiles {
            profiles(&line.command, &line.words)
        } else if let Some(settings) = settings(&line.command, &line.words) {
            asking::known_in_time(kind, &settings, &line.words, line.start, is_wanted)
        } else {
            Vec::new()
        };
        // A profile may have any name too.
        names.retain(|name| asking::is_plain(name));
        names.sort_unstable();
        names.dedup();
        let names = names.into_iter().filter(is_wanted);
        names.map(|name| CompletionCandidate::new(name + end)).collect()
    }))
}

/// The profiles of the settings, and none of them.
fn profiles(command: &Command, words: &[OsString]) -> Vec<String> {
    let given = given(&command.clone().ignore_errors(true), words);
    let names = given.map(|given| kp_settings::profile_names(&given)).unwrap_or_default();
    names.into_iter().chain([kp_settings::NO_PROFILE.to_owned()]).collect()
}

/// The settings that say where the cluster is and who asks.
fn settings(command: &Command, words: &[OsString]) -> Option<Settings> {
    let command = with_any_names(command.clone());
    if let Err(error) = command.clone().try_get_matches_from(words)
        && hides_what_follows(error.kind())
    {
        return None;
    }
    kp_settings::load(&given(&command.ignore_errors(true), words)?).ok()
}

/// Whether clap, where it ignores such a mistake, may ignore the flags behind it too. Then another
/// cluster would be asked than the one that was typed.
fn hides_what_follows(mistake: ErrorKind) -> bool {
    use ErrorKind as Kind;
    let harmless = [
        Kind::MissingRequiredArgument,
        Kind::MissingSubcommand,
        Kind::DisplayHelpOnMissingArgumentOrSubcommand,
        Kind::ArgumentConflict,
    ];
    !harmless.contains(&mistake)
}

/// Takes half a name for a value, such as `reten` for `retention.ms=1h`.
fn with_any_names(command: Command) -> Command {
    command
        .mut_args(|argument| match argument.get::<Names>() {
            Some(_) => argument.value_parser(ValueParser::string()),
            None => argument,
        })
        .mut_subcommands(with_any_names)
}

/// What these settings are read from, as far as it has been typed.
fn given(command: &Command, words: &[OsString]) -> Option<Input> {
    let (common, mut flags) = typed(&command.clone().try_get_matches_from(words).ok()?).ok()?;
    flags.retain(|flag| flag.key.starts_with("kafka."));
    input(&common, flags).ok()
}

/// Hides the flags while no flag is being typed: they would stand among the names that are looked
/// for. Where there is nothing else, what is hidden is shown.
fn without_flags_among_names(mut command: Command, typed: &Typed) -> Command {
    if typed.current().starts_with(b"-") {
        return command;
    }
    command.build();
    hide_flags(command)
}

fn hide_flags(command: Command) -> Command {
    command
        .mut_args(|argument| {
            let is_flag = !argument.is_positional();
            if is_flag { argument.hide(true) } else { argument }
        })
        .mut_subcommands(hide_flags)
}
