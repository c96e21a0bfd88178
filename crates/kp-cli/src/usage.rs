//! Reads the command line, or says what is wrong with it.

use std::ffi::OsString;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue};
use clap::{ArgMatches, Command};
use kp_core::is_near;

use crate::completion::answer_if_asked;
use crate::exit::program;
use crate::generate::{generated, with_generators};
use crate::help::with_help;
use crate::mistake::refuse;
use crate::quiet::{QUIET, be_quiet};

/// Reads the command line; `--help`, `--version` and mistakes end the process, and so does what a
/// shell or an installation asks for.
pub fn matches(command: Command) -> ArgMatches {
    answer_if_asked(&command);
    let words: Vec<OsString> = std::env::args_os().collect();
    let shown = with_generators(with_help(command.clone(), &words));
    let matches = read(shown, words).unwrap_or_else(|error| refuse(&error));
    if let Some(done) = generated(&matches, &command) {
        program(command.get_name(), || done);
    }
    let mut level = &matches;
    while let Some((_, inner)) = level.subcommand() {
        level = inner;
    }
    // A flag behind a subcommand is known there alone. Not every program has this one.
    if level.try_get_one(QUIET).is_ok_and(|is_quiet| is_quiet == Some(&true)) {
        be_quiet();
    }
    matches
}

fn read(mut command: Command, words: Vec<OsString>) -> Result<ArgMatches, clap::Error> {
    command
        .try_get_matches_from_mut(&words)
        .map_err(|error| without_far_tips(error, &command, &words))
}

/// Takes out clap's suggestions that are not near what was typed: `--quiet` is no misspelt
/// `--audit`.
fn without_far_tips(mut error: clap::Error, command: &Command, words: &[OsString]) -> clap::Error {
    let suggested_flag = error.get(ContextKind::SuggestedArg).is_some();
    for (typed, suggested) in [
        (ContextKind::InvalidArg, ContextKind::SuggestedArg),
        (ContextKind::InvalidArg, ContextKind::Suggested),
        (ContextKind::InvalidSubcommand, ContextKind::SuggestedSubcommand),
        (ContextKind::InvalidValue, ContextKind::SuggestedValue),
    ] {
        let Some(ContextValue::String(typed)) = error.get(typed) else {
            continue;
        };
        let typed = typed.clone();
        let is_near = |name: &String| is_near(bare(&typed), bare(name));
        let kept = match error.remove(suggested) {
            Some(ContextValue::String(name)) => {
                Some(name).filter(is_near).map(ContextValue::String)
            }
            Some(ContextValue::Strings(names)) => {
                let near: Vec<String> = names.into_iter().filter(is_near).collect();
                (!near.is_empty()).then_some(ContextValue::Strings(near))
            }
            Some(ContextValue::StyledStrs(tips)) => {
                let near =
                    |tip: &StyledStr| flag_that_exists(tip).is_none_or(|name| is_near(&name));
                let near: Vec<StyledStr> = tips.into_iter().filter(near).collect();
                (!near.is_empty()).then_some(ContextValue::StyledStrs(near))
            }
            other => other,
        };
        if let Some(kept) = kept {
            error.insert(suggested, kept);
        }
    }
    if suggested_flag && error.get(ContextKind::SuggestedArg).is_none() {
        // clap's own usage names the flag that it suggested.
        let usage = usage(command, words);
        error.insert(ContextKind::Usage, ContextValue::StyledStr(usage));
    }
    error
}

/// The usage of the subcommand that was typed.
fn usage(command: &Command, words: &[OsString]) -> StyledStr {
    words
        .iter()
        .skip(1)
        .fold(command, |level, word| level.find_subcommand(word).unwrap_or(level))
        .clone()
        .render_usage()
}

/// A flag without its dashes and its value.
fn bare(flag: &str) -> &str {
    let flag = flag.trim_start_matches('-');
    flag.split_once(['=', ' ']).map_or(flag, |(name, _)| name)
}

/// The flag in the tip `'topics --internal' exists`. Other tips name what was typed.
fn flag_that_exists(tip: &StyledStr) -> Option<String> {
    let tip = tip.to_string();
    let (_, flag) = tip.strip_suffix("' exists")?.rsplit_once("--")?;
    Some(flag.to_owned())
}

#[cfg(test)]
mod tests {
    use clap::{Arg, ArgAction};

    use super::*;

    fn mistake(words: &[&str]) -> String {
        let flag = |name: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue);
        let list = Command::new("list").arg(flag("internal"));
        let command = Command::new("kp")
            .subcommand(list)
            .arg(flag("audit"))
            .arg(Arg::new("report").long("report").value_parser(["text", "json"]));
        let words = ["kp"].iter().chain(words).map(OsString::from).collect();
        read(command, words).unwrap_err().to_string()
    }

    #[test]
    fn a_near_name_is_offered() {
        assert!(mistake(&["--audti"]).contains("'--audit'"));
        assert!(mistake(&["lsit"]).contains("'list'"));
        assert!(mistake(&["--report", "jsn"]).contains("similar value exists: 'json'"));
        assert!(mistake(&["--internl", "list"]).contains("'list --internal' exists"));
    }

    #[test]
    fn a_far_name_is_not() {
        for words in [&["--quiet"][..], &["lost-it"], &["--report", "joins"], &["--intent", "list"]]
        {
            let said = mistake(words);
            assert!(
                !said.contains("--audit") && !said.contains("similar") && !said.contains("exists"),
                "{said}"
            );
        }
    }
}
