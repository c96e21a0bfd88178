//! Mistakes on the command line. clap repeats what was typed as it was typed, so it is escaped
//! here.

use std::io::{self, Write};

use clap::Error;

use crate::exit::Exit;
use kp_core::escaped;

/// Ends the process for what clap found: help on stdout, or a mistake on stderr with exit code 2.
pub fn refuse(error: &Error) -> ! {
    let typed: Vec<String> =
        std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    if !error.use_stderr() || !typed.iter().any(|word| is_odd(word)) {
        error.exit()
    }
    // With clap's colours: without them clap would also take out what looks like colours in the
    // words that were typed.
    let text = shown(&error.render().ansi().to_string(), &typed);
    // A closed stderr is no failure: there is nobody left to tell.
    let _ = io::stderr().write_all(text.as_bytes());
    std::process::exit(Exit::Usage as i32)
}

fn is_odd(word: &str) -> bool {
    matches!(escaped(word), std::borrow::Cow::Owned(_))
}

/// The message in which what was typed is escaped, so that only clap's own lines end.
fn shown(text: &str, typed: &[String]) -> String {
    let mut text = text.to_owned();
    for word in typed.iter().filter(|word| is_odd(word)) {
        // A word, the value in `--flag=value`, or the one in `-fvalue`.
        let value = word.split_once('=').map(|(_, value)| value);
        let attached = word.char_indices().nth(2).map(|(place, _)| &word[place..]);
        for part in [Some(word.as_str()), value, attached].into_iter().flatten() {
            if !part.is_empty() {
                text = text.replace(part, &escaped(part));
            }
        }
    }
    without_colours(&text)
        .lines()
        .flat_map(|line| [escaped(line).into_owned(), "\n".to_owned()])
        .collect()
}

/// Takes out clap's colours, the only ones that are left.
fn without_colours(text: &str) -> String {
    let mut parts = text.split("\x1b[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str(part.split_once('m').map_or(part, |(_, rest)| rest));
    }
    plain
}

#[cfg(test)]
mod tests {
    use clap::{Arg, Command};

    use super::*;

    #[test]
    fn what_was_typed_is_escaped_and_the_lines_are_claps() {
        let command = || {
            Command::new("kp")
                .arg(Arg::new("n").short('n').long("n").value_parser(clap::value_parser!(u8)))
        };
        for typed in [
            &["kp", "-n\x1b[31m\nx"][..],
            &["kp", "--n=\x1b[31m\nx"],
            &["kp", "--n", "\x1b[31m\nx"],
        ] {
            let error = command().try_get_matches_from(typed).unwrap_err();
            let typed: Vec<String> = typed.iter().map(|&word| word.to_owned()).collect();
            let text = shown(&error.render().ansi().to_string(), &typed);
            assert!(text.starts_with(r"error: invalid value '\x1b[31m\nx' for"), "{text:?}");
            assert!(text.lines().all(|line| !is_odd(line)) && text.ends_with('\n'), "{text:?}");
        }
    }
}
