//! What the tests of each program's command line share: a table of its flags, checked against what
//! the program does with them.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

/// A program, and the tables of its flags.
pub(crate) struct Program {
    pub(crate) binary: &'static str,
    pub(crate) command: fn() -> clap::Command,
    /// Every flag that stands for a setting, a value that is not its default, and the setting.
    pub(crate) settings: &'static [(&'static str, &'static str, &'static str)],
    /// Flags that are no settings.
    pub(crate) others: &'static [&'static str],
}

impl Program {
    /// A call that no variable of kp's changes.
    pub(crate) fn call(&self) -> Command {
        let mut command = Command::new(self.binary);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("KP_") {
                command.env_remove(name);
            }
        }
        // No file is below it, so that the user's own settings and profiles are not found.
        command.env("XDG_CONFIG_HOME", "/dev/null");
        command
    }

    /// A call that gets no further than to its broker: exit code 4.
    pub(crate) fn unreachable(&self) -> Command {
        let mut command = self.call();
        command
            .env("KP_KAFKA__BOOTSTRAP_SERVERS", "127.0.0.1:1")
            .env("KP_KAFKA__CONNECT_TIMEOUT", "1s")
            .current_dir(env!("CARGO_TARGET_TMPDIR"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        command
    }

    /// Every flag has help, and stands in one of the tables.
    pub(crate) fn check_help(&self) {
        let command = (self.command)();
        let flags: BTreeSet<_> = command
            .get_arguments()
            .map(|flag| {
                assert!(flag.get_help().is_some(), "{flag} has no help");
                // Only -X has no long form.
                flag.get_long().unwrap_or("X")
            })
            .collect();
        let known = self.settings.iter().map(|(flag, _, _)| flag).chain(self.others);
        assert_eq!(flags, known.copied().collect());
    }

    /// Each flag sets its own setting and no other.
    pub(crate) fn check_settings(&self) {
        for (flag, value, setting) in self.settings {
            let flag = format!("--{flag}");
            assert_eq!(self.set_by(&flag, &[value]), [[*setting, *value, flag.as_str()]]);
        }
    }

    /// Each letter sets its setting, as `--show-config` says.
    pub(crate) fn check_letters(&self, letters: &[(&str, &str, &str)]) {
        for &(letter, value, setting) in letters {
            let words = [letter, value, "--show-config"];
            let words = words.into_iter().filter(|word| *word != "true");
            let output = self.call().args(words).output();
            let shown = String::from_utf8(output.expect("it runs").stdout).expect("text");
            let mut rows = shown.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
            let row = rows.find(|row| row[..2] == [setting, value]);
            let row = row.unwrap_or_else(|| panic!("{shown}"));
            assert!(row[2].starts_with("--"), "{letter}: {row:?}");
        }
    }

    /// What `--show-config` says that this flag set: setting, value and flag.
    pub(crate) fn set_by(&self, flag: &str, values: &[&str]) -> Vec<Vec<String>> {
        // A switch has no value of its own.
        let values = values.iter().filter(|value| **value != "true");
        let typed = if values.clone().count() == 0 {
            vec![flag]
        } else {
            values.flat_map(|value| [flag, *value]).collect()
        };
        let output = self.call().args(typed).arg("--show-config").output().expect("it runs");
        let shown = String::from_utf8(output.stdout).expect("text");
        let rows = shown.lines().map(|line| line.split_whitespace().take(3));
        rows.map(|row| row.map(str::to_owned).collect())
            .filter(|row: &Vec<String>| row.get(2).is_some_and(|origin| origin == flag))
            .collect()
    }

    /// What the table says of a flag in a mode: it works, or it is refused with these words.
    pub(crate) fn check_modes(
        &self,
        modes: &[(&str, &[&str])],
        switches: &[&[&str]],
        refused: &[(&str, &str, &str)],
    ) {
        let settings = self.settings.iter().filter(|(flag, _, _)| *flag != "bootstrap-server");
        let settings = settings.map(|(flag, value, _)| match *value {
            // A switch has no value of its own.
            "true" => vec![format!("--{flag}")],
            value => vec![format!("--{flag}"), value.to_owned()],
        });
        let switches =
            switches.iter().map(|words| words.iter().map(|word| (*word).to_owned()).collect());
        let flags: Vec<Vec<String>> = settings.chain(switches).collect();
        let mut seen = 0;
        for (mode, arguments) in modes {
            let running: Vec<_> = flags
                .iter()
                // A switch that stands twice is a mistake of its own.
                .filter(|flag| !arguments.contains(&flag[0].as_str()) || flag.len() > 1)
                .map(|flag| {
                    let mut call = self.unreachable();
                    let child =
                        call.args(*arguments).args(flag).spawn().expect("it can be started");
                    (flag, child)
                })
                .collect();
            for (flag, child) in running {
                let output = child.wait_with_output().expect("it ends");
                let said = String::from_utf8_lossy(&output.stderr);
                let expected = refused.iter().find(|(in_mode, one, _)| {
                    (in_mode == mode || *in_mode == "*") && *one == flag[0]
                });
                let code = if expected.is_some() { 3 } else { 4 };
                assert_eq!(output.status.code(), Some(code), "{mode} {flag:?}: {said}");
                if let Some((_, one, words)) = expected {
                    seen += 1;
                    let names_both = said.contains(one) && said.contains(words);
                    assert!(names_both, "{mode} {flag:?}: {said}");
                }
            }
        }
        assert!(seen >= refused.len(), "a line of the table was not met");
    }
}
