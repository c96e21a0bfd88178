//! Completion: what a shell asks the program at each TAB, and what it is answered.
//!
//! ```text
//!  script.rs  what a shell reads once     -> KP_COMPLETE=SHELL program -- WORDS, at each TAB
//!  words.rs   the words, as bash cut them -> clap_complete's engine -> stdout, in the shell's form
//! ```
//! Nothing is ever written on stderr, and a failure is an empty answer: the words would stand in the
//! middle of what somebody is typing.

mod script;
mod words;

use std::ffi::{OsStr, OsString};
use std::io::{self, Write};

use clap::Command;
use clap_complete::engine::complete;
use clap_complete::env::{EnvCompleter, Fish, Zsh};

pub(crate) use script::{Shell, script};
use words::Typed;

/// The variable that makes a program answer instead of doing its work.
const VARIABLE: &str = "KP_COMPLETE";

/// Answers a shell and ends the process, if a shell has asked.
pub(crate) fn answer_if_asked(command: &Command) {
    let Some(asker) = std::env::var_os(VARIABLE) else {
        return;
    };
    let arguments = std::env::args_os().skip(1).skip_while(|word| word != "--").skip(1).collect();
    let answer = answer(command.clone(), &asker, arguments).unwrap_or_default();
    // A shell that has gone away needs no answer.
    let _ = io::stdout().write_all(&answer);
    std::process::exit(0)
}

/// The answer in the form of the shell; none to one that is not known.
fn answer(command: Command, asker: &OsStr, words: Vec<OsString>) -> Option<Vec<u8>> {
    let shell = Shell::named(asker)?;
    let typed = Typed::new(shell, words);
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
