//! One builder for every process that a test starts.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::deadline::DEADLINE;
use crate::finished::Finished;
use crate::program::{Build, Program};
use crate::running::{Pipes, Running};
use crate::stream::Stream;

/// A call of a program, as somebody would type it in an empty folder, without any setting of kp in the environment.
pub struct Call {
    program: Program,
    build: Build,
    arguments: Vec<OsString>,
    environment: Vec<(String, OsString)>,
    input: Option<Vec<u8>>,
    folder: TempDir,
    deadline: Duration,
}

impl Call {
    /// A call without arguments; standard input is empty.
    ///
    /// # Panics
    /// When no temporary folder can be made.
    pub fn new(program: Program) -> Self {
        Self {
            program,
            build: Build::Plain,
            arguments: Vec::new(),
            environment: Vec::new(),
            input: Some(Vec::new()),
            folder: TempDir::new().expect("a temporary folder can be made"),
            deadline: DEADLINE,
        }
    }

    /// Calls the build with TLS and SASL.
    #[must_use]
    pub fn with_tls(mut self) -> Self {
        self.build = Build::Tls;
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(
            arguments
                .into_iter()
                .map(|argument| argument.as_ref().to_owned()),
        );
        self
    }

    /// Adds the address of a cluster to contact first.
    #[must_use]
    pub fn bootstrap(self, address: &str) -> Self {
        self.args(["--bootstrap-server", address])
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.environment
            .push((name.to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Writes a file below the working folder.
    ///
    /// # Panics
    /// When it cannot be written.
    #[must_use]
    pub fn file(self, path: &str, content: &str) -> Self {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap_or(self.folder.path()))
            .and_then(|()| fs::write(&path, content))
            .unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
        self
    }

    /// Writes a file below the working folder that only its owner can read.
    ///
    /// # Panics
    /// When it cannot be written.
    #[must_use]
    pub fn secret_file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.folder.path().join(name);
        let _ = fs::remove_file(&path);
        fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .and_then(|mut file| file.write_all(content.as_ref()))
            .unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
        self
    }

    /// What standard input holds.
    #[must_use]
    pub fn stdin(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = Some(input.into());
        self
    }

    /// Keeps standard input open, for [`Running::type_in`].
    #[must_use]
    pub fn open_stdin(mut self) -> Self {
        self.input = None;
        self
    }

    /// Another deadline than [`DEADLINE`].
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Runs it to its end.
    ///
    /// # Panics
    /// When it does not end before the deadline.
    #[track_caller]
    pub fn run(self) -> Finished {
        self.start().finish()
    }

    /// Starts it, and collects what it writes.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start(self) -> Running {
        let mut running = self.start_unread();
        running.read_on();
        running
    }

    /// Starts it with a pipe as standard output that nobody reads until [`Running::read_on`].
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start_unread(self) -> Running {
        let executable = self.program.path(self.build);
        let mut command = Command::new(&executable);
        command
            .args(&self.arguments)
            .current_dir(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("KP_") {
                command.env_remove(name);
            }
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        let started = Instant::now();
        let mut child = command
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {}: {error}", executable.display()));
        let mut stdin = child.stdin.take();
        if let Some(input) = self.input {
            let pipe = stdin.take();
            // In a thread, because a pipe takes only so much at once. A program need not read it all.
            thread::spawn(move || pipe.map(|mut pipe| pipe.write_all(&input)));
        }
        let pipes = Pipes {
            stdin,
            stdout: child.stdout.take(),
        };
        let stderr = Stream::read(child.stderr.take().expect("stderr is a pipe"));
        let words: Vec<_> = self
            .arguments
            .iter()
            .map(|argument| argument.to_string_lossy())
            .collect();
        Running::new(
            format!("{} {}", self.program.name(), words.join(" ")),
            child,
            pipes,
            stderr,
            started,
            started + self.deadline,
            self.folder,
        )
    }
}
