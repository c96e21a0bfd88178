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
use std::time::Instant;

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

/// Answers a shell and ends the process, if a shell has asked.
pub(crate) fn answer_if_asked(command: &Command) {
    let Some(asker) = std::env::var_os(VARIABLE) else {
        return;
    };
    let start = Instant::now();
    let words: Vec<OsString> =
        std::env::args_os().skip(1).skip_while(|word| word != "--").skip(1).collect();
    if asker == asking::ASKING {
        if let (Some(kind), Some(settings)) = (asking::to_ask_for(), settings(command, &words)) {
            asking::ask_and_note(kind, settings);
        }
        std::process::exit(0)
    }
    let answer = answer(command, &asker, words, start).unwrap_or_default();
    // A shell that has gone away needs no answer.
    let _ = io::stdout().write_all(&answer);
    std::process::exit(0)
}

/// The answer in the form of the shell; none to one that is not known.
fn answer(
    command: &Command,
    asker: &OsStr,
    words: Vec<OsString>,
    start: Instant,
) -> Option<Vec<u8>> {
    let shell = Shell::named(asker)?;
    let typed = Typed::new(shell, words);
    let line = Arc::new(Line { command: command.clone(), words: typed.others(), start });
    let command = with_names(command.clone(), &line);
    let mut command = without_flags_among_names(command, &typed);
    let folder = std::env::current_dir().ok();
    let mut answer = Vec::new();
    match shell {
        Shell::Bash => {
            let found = complete(&mut command, typed.words, typed.at, folder.as_deref()).ok()?;
            for candidate in found {
                let value = candidate.get_value().as_encoded_bytes();
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
    /// Without the word that is completed.
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
        let Some(given) = given(&line.command, &line.words) else {
            return Vec::new();
        };
        // Kafka's own topics are seldom meant.
        let is_wanted = |name: &String| {
            name.starts_with(current) && (current.starts_with('_') || !name.starts_with("__"))
        };
        let names = match (kind, kp_settings::load(&given)) {
            (Names::Profiles, _) => {
                let none = kp_settings::NO_PROFILE.to_owned();
                kp_settings::profile_names(&given).into_iter().chain([none]).collect()
            }
            (_, Ok(settings)) => {
                asking::known_in_time(kind, &settings, &line.words, line.start, is_wanted)
            }
            (_, Err(_)) => Vec::new(),
        };
        let names = names.into_iter().filter(is_wanted);
        names.map(|name| CompletionCandidate::new(name + end)).collect()
    }))
}

/// The settings that say where the cluster is and who asks.
fn settings(command: &Command, words: &[OsString]) -> Option<Settings> {
    kp_settings::load(&given(command, words)?).ok()
}

/// What these settings are read from, as far as it has been typed. A mistake elsewhere on the line
/// does not matter yet.
fn given(command: &Command, words: &[OsString]) -> Option<Input> {
    let command = command.clone().ignore_errors(true);
    let (common, mut flags) = typed(&command.try_get_matches_from(words).ok()?).ok()?;
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
