//! A call of a program, as somebody would type it in an empty folder.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;

use kp_process::Output;
use tempfile::TempDir;

use crate::finished::Finished;
use crate::program::{Build, Program};
use crate::running::Running;

/// A call of a program in a folder of its own, without any setting of kp in the environment.
pub struct Call {
    call: kp_process::Call,
    folder: TempDir,
}

impl Call {
    /// A call without arguments; standard input is `/dev/null`.
    ///
    /// # Panics
    /// When no temporary folder can be made.
    pub fn new(program: Program) -> Self {
        Self::of(program, Build::Plain)
    }

    /// The same of the build with TLS and SASL.
    ///
    /// # Panics
    /// When no temporary folder can be made.
    pub fn with_tls(program: Program) -> Self {
        Self::of(program, Build::Tls)
    }

    fn of(program: Program, build: Build) -> Self {
        let folder = TempDir::new().expect("a temporary folder can be made");
        let call = kp_process::Call::new(program.path(build)).folder(folder.path());
        Self { call, folder }
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: AsRef<OsStr>>(self, arguments: impl IntoIterator<Item = A>) -> Self {
        Self { call: self.call.args(arguments), ..self }
    }

    /// Adds the address of a cluster to contact first.
    #[must_use]
    pub fn bootstrap(self, address: &str) -> Self {
        self.args(["--bootstrap-server", address])
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(self, name: &str, value: impl AsRef<OsStr>) -> Self {
        Self { call: self.call.env(name, value), ..self }
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
    pub fn stdin(self, input: impl Into<Vec<u8>>) -> Self {
        Self { call: self.call.stdin(input), ..self }
    }

    /// Takes a file of the working folder as standard input.
    ///
    /// # Panics
    /// When it was not written before.
    #[must_use]
    pub fn stdin_file(self, path: &str) -> Self {
        let file = fs::File::open(self.folder.path().join(path))
            .unwrap_or_else(|error| panic!("cannot open {path}: {error}"));
        Self { call: self.call.stdin_from(file), ..self }
    }

    /// Keeps standard input open, for [`Running::type_in`].
    #[must_use]
    pub fn open_stdin(self) -> Self {
        Self { call: self.call.open_stdin(), ..self }
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
        Running::start(self.call, self.folder)
    }

    /// Starts it with a pipe as standard output that nobody reads until [`Running::read_on`].
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start_unread(self) -> Running {
        Running::start(self.call.stdout(Output::Pipe), self.folder)
    }
}
