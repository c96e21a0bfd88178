//! Where a run's messages come from: made up, or from standard input; and what is said while none
//! comes from there.

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use kp_settings::{Mode, Origin, Role, Settings};
use rustix::fs::{FileType, fstat};

use crate::made_up;

/// How long standard input may stay silent before it is said that it is read.
const SILENT: Duration = Duration::from_secs(1);

/// What standard input is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standard {
    /// A file, a pipe or a socket: somebody has put it there.
    Stream,
    /// A terminal.
    Terminal,
    /// Nothing that was put there: `/dev/null`, which also stands in for a descriptor that was
    /// closed, or another device.
    Nothing,
}

impl Standard {
    /// What this process has.
    pub(crate) fn input() -> Self {
        let stdin = io::stdin();
        if stdin.is_terminal() {
            return Self::Terminal;
        }
        match fstat(&stdin).map(|about| FileType::from_raw_mode(about.st_mode)) {
            Ok(FileType::CharacterDevice | FileType::Unknown) | Err(_) => Self::Nothing,
            Ok(_) => Self::Stream,
        }
    }
}

/// Where the messages come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// Made up. `Some` where a topic was named and standard input is not read unasked.
    MadeUp(Option<Standard>),
    /// Standard input, of it the first `most` lines.
    Stdin {
        most: Option<u64>,
        /// What is said when nothing comes.
        silent: Option<&'static str>,
    },
}

impl Choice {
    /// What was typed decides, then whether a topic was named.
    pub(crate) fn of(settings: &Settings, stdin: bool, standard: Standard) -> Self {
        // A file's count is for messages that are made up. It must not cut an input off.
        let is_given =
            |key: &str| matches!(settings.origin(key), Origin::Flag(_) | Origin::Environment(_));
        let count_given = is_given("producer.count");
        let is_made_up = count_given || made_up::SETTINGS.iter().any(|key| is_given(key));
        let format_typed = settings.is_typed("producer.stdin_format")
            || settings.is_typed("producer.input_template");
        let is_tool = settings.mode(Role::Producer) == Mode::Tool;
        match standard {
            _ if stdin || format_typed => Self::Stdin {
                most: count_given.then_some(settings.producer.count),
                silent: (standard == Standard::Terminal)
                    .then_some("sends each line that is typed here; Ctrl-D ends the input"),
            },
            _ if !is_tool || is_made_up => Self::MadeUp(None),
            Standard::Stream => Self::Stdin {
                most: None,
                silent: Some(
                    "reads lines from standard input, and none has come yet; to make messages up instead: --count N",
                ),
            },
            standard => Self::MadeUp(Some(standard)),
        }
    }

    /// What the summary says of messages that were made up although a topic was named.
    pub(crate) fn note(self) -> Option<&'static str> {
        match self {
            Self::MadeUp(Some(Standard::Terminal)) => Some(
                "made up, because standard input is a terminal; to send what is typed there: --stdin, to say how many: --count N",
            ),
            Self::MadeUp(Some(_)) => Some(
                "made up, because standard input is neither a file nor a pipe; to say how many: --count N",
            ),
            _ => None,
        }
    }
}

/// Says once that standard input is read, if it is read unasked and nothing comes.
pub(crate) struct Silence {
    since: Instant,
    words: Option<&'static str>,
}

impl Silence {
    /// Silent from now on.
    pub(crate) fn new(words: Option<&'static str>) -> Self {
        Self { since: Instant::now(), words }
    }

    /// Nothing came until now, and `sent` messages before.
    pub(crate) fn goes_on(&mut self, sent: u64) {
        if sent > 0 {
            self.words = None;
        } else if self.since.elapsed() >= SILENT
            && let Some(words) = self.words.take()
        {
            kp_cli::say("kp-producer", words);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use kp_settings::{FlagValue, Input, load};

    use super::*;

    /// What is chosen with these flags, of which each is `NAME=VALUE`, variables and file.
    fn choice(
        flags: &[&str],
        variables: &[&str],
        file: Option<&str>,
        standard: Standard,
    ) -> Choice {
        let folder = tempfile::tempdir().unwrap();
        let pair = |text: &str| {
            let (name, value) = text.split_once('=').unwrap();
            (name.to_owned(), value.to_owned())
        };
        let mut input = Input { working_folder: folder.path().to_owned(), ..Input::default() };
        let mut stdin = false;
        for flag in flags {
            if *flag == "stdin" {
                stdin = true;
                continue;
            }
            let (name, value) = pair(flag);
            input.flags.push(FlagValue {
                flag: format!("--{}", name.replace('_', "-")),
                key: format!("producer.{name}"),
                values: vec![value],
            });
        }
        for variable in variables {
            let (name, value) = pair(variable);
            input.environment.push((OsString::from(name), OsString::from(value)));
        }
        if let Some(content) = file {
            std::fs::write(folder.path().join("x.toml"), content).unwrap();
            input.config_file = Some("x.toml".into());
        }
        Choice::of(&load(&input).unwrap(), stdin, standard)
    }

    fn reads(choice: Choice) -> Option<Option<u64>> {
        match choice {
            Choice::MadeUp(_) => None,
            Choice::Stdin { most, .. } => Some(most),
        }
    }

    #[test]
    fn a_named_topic_reads_a_stream_unless_the_count_is_given() {
        use Standard::{Nothing, Stream, Terminal};
        let all = Some(None);
        let file = Some("[producer]\ntopic = \"t\"\ncount = 3\n");
        for (flags, variables, file, standard, expected) in [
            // The exercise makes its messages up, whatever standard input is.
            (&[][..], &[][..], None, Stream, None),
            (&["key=k"], &[], None, Stream, None),
            (&[], &["KP_PRODUCER__STDIN_FORMAT=json"], None, Stream, None),
            (&["topic=t"], &[], None, Stream, all),
            (&["topic=topic1"], &[], None, Stream, all),
            (&[], &["KP_PRODUCER__TOPIC=t"], None, Stream, all),
            (&[], &[], file, Stream, all),
            (&["topic=t"], &[], None, Terminal, None),
            (&["topic=t"], &[], None, Nothing, None),
            (&["topic=t", "count=3"], &[], None, Stream, None),
            (&["topic=t"], &["KP_PRODUCER__COUNT=3"], None, Stream, None),
            (&["topic=t", "duration=1s"], &[], None, Stream, None),
            (&["topic=t", "keys=3"], &[], None, Stream, None),
            (&["topic=t"], &["KP_PRODUCER__SIZE=1KiB"], None, Stream, None),
            (&["stdin"], &[], None, Nothing, all),
            (&["stdin"], &[], file, Stream, all),
            (&["stdin", "count=3"], &[], None, Stream, Some(Some(3))),
            (&["stdin_format=json"], &[], None, Stream, all),
            (&["stdin_format=lines", "count=3"], &[], None, Terminal, Some(Some(3))),
        ] {
            assert_eq!(
                reads(choice(flags, variables, file, standard)),
                expected,
                "{flags:?} {variables:?} {file:?} {standard:?}"
            );
        }
    }

    #[test]
    fn what_is_made_up_for_a_named_topic_is_said_to_be() {
        let named = |standard| choice(&["topic=t"], &[], None, standard).note();
        assert!(named(Standard::Terminal).unwrap().contains("--stdin"));
        assert!(named(Standard::Nothing).unwrap().contains("--count"));
        assert_eq!(named(Standard::Stream), None);
        assert_eq!(choice(&[], &[], None, Standard::Terminal).note(), None);
    }
}
