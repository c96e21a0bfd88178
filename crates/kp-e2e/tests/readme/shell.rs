//! One shell for a whole page: what is exported stays exported, what runs in the background goes on.

use std::path::{Path, PathBuf};
use std::time::Duration;

use kp_process::{Call, Output, Running, Source};
use rustix::process::{Pid, Signal, kill_process_group};
use tempfile::TempDir;

/// Before the exit code of a command, on the shell's own standard error.
const ENDED: &str = "ended with ";

/// A running bash.
pub(crate) struct Shell {
    bash: Running,
    /// How many commands were typed, and how much of what they wrote has been looked at.
    typed: usize,
    seen: usize,
    /// Holds the file with all that commands write, those in the background too, and their HOME.
    _folder: TempDir,
}

impl Shell {
    /// Starts one in this folder, where the programs in `programs` are called by their names.
    pub(crate) fn start(folder: &Path, programs: &Path) -> Self {
        let own = TempDir::new().unwrap();
        let home = own.path().join("home");
        std::fs::create_dir(&home).unwrap();
        let path = std::env::var("PATH").unwrap_or_default();
        let mut call = Call::new("bash")
            .args(["--noprofile", "--norc"])
            .folder(folder)
            .env("PATH", format!("{}:{path}", programs.display()))
            .env("PROGRAMS", programs)
            .env("COLUMNS", "80")
            // What a page writes there must not be the user's.
            .env("HOME", &home)
            .env("XDG_CONFIG_HOME", home.join(".config"))
            .open_stdin()
            .stdout(Output::File(own.path().join("written")))
            .in_background();
        // These tools look for their own files where the user has them.
        let user = std::env::home_dir().unwrap();
        for (name, folder) in
            [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup"), ("DOCKER_CONFIG", ".docker")]
        {
            let elsewhere = std::env::var_os(name).map(PathBuf::from);
            call = call.env(name, elsewhere.unwrap_or_else(|| user.join(folder)));
        }
        // A call has none of the user's variables. These say where a machine has the images.
        for (name, value) in std::env::vars() {
            if name.starts_with("KP_") && name.ends_with("_IMAGE") {
                call = call.env(name, value);
            }
        }
        Self { bash: call.start().unwrap(), typed: 0, seen: 0, _folder: own }
    }

    /// Runs a command, and returns its exit code and what was written since the last one.
    pub(crate) fn run(&mut self, typed: &str, patience: Duration) -> (i32, String) {
        let line = format!("{{ {typed}\n}} </dev/null 2>&1; echo \"{ENDED}$?\" >&2\n");
        self.bash.write(&line).unwrap();
        self.typed += 1;
        let code = self.bash.wait_for(Source::Stderr, patience, |said| {
            let mut codes = said.lines().filter_map(|line| line.strip_prefix(ENDED));
            codes.nth(self.typed - 1)?.parse().ok()
        });
        let written = self.bash.said(Source::Stdout);
        let new = written[self.seen..].to_owned();
        self.seen = written.len();
        (code.unwrap_or_else(|missed| panic!("{missed:?}: {typed}\n{new}")), new)
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        // What it has left in the background is in its group.
        if let Some(group) = Pid::from_raw(self.bash.id().try_into().unwrap_or_default()) {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}
