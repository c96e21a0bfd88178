//! What is to be run, and with what: one builder for every process that a tool or a test starts.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result};

use crate::output::Said;
use crate::running::Running;

/// What standard input is.
enum Input {
    From(Stdio),
    Bytes(Vec<u8>),
    Open,
}

/// Where an output goes.
pub enum Output {
    /// Into memory, while the process runs.
    Collected,
    /// Into a file, which is made anew. Both outputs may go to the same one.
    File(PathBuf),
    /// Into a pipe, for [`Running::take_pipe`] or [`Running::read_on`].
    Pipe,
    /// Elsewhere, such as `Stdio::null()`; it cannot be read back.
    Elsewhere(Stdio),
}

/// A call of a program.
///
/// The variables `KP_*` of the caller are removed. The user's own settings must not reach into what
/// is shown, measured, broken or tested.
pub struct Call {
    program: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    folder: Option<PathBuf>,
    stdin: Input,
    stdout: Output,
    stderr: Output,
    in_background: bool,
}

impl Call {
    /// A call without arguments. Standard input is `/dev/null`; both outputs are collected.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            arguments: Vec::new(),
            environment: Vec::new(),
            folder: None,
            stdin: Input::From(Stdio::null()),
            stdout: Output::Collected,
            stderr: Output::Collected,
            in_background: false,
        }
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.environment.push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Runs it in this folder, not in that of the caller.
    #[must_use]
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// Puts these bytes into a pipe that is its standard input.
    #[must_use]
    pub fn stdin(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.stdin = Input::Bytes(input.into());
        self
    }

    /// Takes a file or another process's pipe as standard input.
    #[must_use]
    pub fn stdin_from(mut self, input: impl Into<Stdio>) -> Self {
        self.stdin = Input::From(input.into());
        self
    }

    /// Keeps standard input open, for [`Running::write`].
    #[must_use]
    pub fn open_stdin(mut self) -> Self {
        self.stdin = Input::Open;
        self
    }

    /// Where standard output goes.
    #[must_use]
    pub fn stdout(mut self, to: Output) -> Self {
        self.stdout = to;
        self
    }

    /// Where standard error goes.
    #[must_use]
    pub fn stderr(mut self, to: Output) -> Self {
        self.stderr = to;
        self
    }

    /// Puts it into a process group of its own, so that Ctrl-C on the terminal does not reach it.
    #[must_use]
    pub fn in_background(mut self) -> Self {
        self.in_background = true;
        self
    }

    /// Starts it.
    ///
    /// # Errors
    /// It cannot be started, or a file for an output cannot be made.
    pub fn start(self) -> Result<Running> {
        let name = self.program.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let words = self.arguments.iter().map(|argument| argument.to_string_lossy().into_owned());
        let words = [name.clone()].into_iter().chain(words).collect::<Vec<_>>().join(" ");
        let mut command = Command::new(&self.program);
        command.args(self.arguments);
        if let Some(folder) = self.folder {
            command.current_dir(folder);
        }
        for (variable, _) in env::vars_os() {
            if variable.to_string_lossy().starts_with("KP_") {
                command.env_remove(variable);
            }
        }
        // No file is below it, so that the user's own settings and profiles are not found.
        command.env("XDG_CONFIG_HOME", "/dev/null");
        command.envs(self.environment);
        if self.in_background {
            command.process_group(0);
        }
        let (stdin, input) = match self.stdin {
            Input::From(input) => (input, None),
            Input::Bytes(bytes) => (Stdio::piped(), Some(bytes)),
            Input::Open => (Stdio::piped(), None),
        };
        let (stdout, in_stdout) = open(self.stdout)?;
        let (stderr, in_stderr) = open(self.stderr)?;
        command.stdin(stdin).stdout(stdout).stderr(stderr);
        let started = Instant::now();
        let child =
            command.spawn().with_context(|| format!("cannot start {}", self.program.display()))?;
        let mut running = Running::of(child, started, name, words, in_stdout, in_stderr);
        if let Some(input) = input {
            running.feed(input);
        }
        Ok(running)
    }
}

/// What the process gets as an output, and where it is read back.
fn open(output: Output) -> Result<(Stdio, Said)> {
    Ok(match output {
        Output::Collected => (Stdio::piped(), Said::Coming),
        Output::Pipe => (Stdio::piped(), Said::Nowhere),
        Output::Elsewhere(place) => (place, Said::Nowhere),
        Output::File(path) => {
            let open = || -> io::Result<File> {
                File::create(&path)?;
                // Appended, so that two outputs in one file do not overwrite each other.
                OpenOptions::new().append(true).open(&path)
            };
            let file =
                open().with_context(|| format!("cannot make the file {}", path.display()))?;
            (file.into(), Said::InFile(path))
        }
    })
}
