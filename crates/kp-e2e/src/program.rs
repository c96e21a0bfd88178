//! The programs, built once and found beside the tests.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// A program of kp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// Sends messages.
    Producer,
    /// Prints messages.
    Consumer,
    /// Topics and groups.
    Admin,
    /// The embedded broker.
    Broker,
}

impl Program {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Producer, Self::Consumer, Self::Admin, Self::Broker];

    /// Its name, which is the name of its package too.
    pub fn name(self) -> &'static str {
        match self {
            Self::Producer => "kp-producer",
            Self::Consumer => "kp-consumer",
            Self::Admin => "kp-admin",
            Self::Broker => "kp-broker",
        }
    }

    /// Where its executable is. The first call in a process builds all programs, so that no test
    /// sees a stale one.
    ///
    /// # Panics
    /// When they do not build.
    pub fn path(self, build: Build) -> PathBuf {
        static FOLDERS: [OnceLock<PathBuf>; 2] = [OnceLock::new(), OnceLock::new()];
        FOLDERS[build as usize]
            .get_or_init(|| build.make())
            .join(self.name())
            .with_extension(std::env::consts::EXE_EXTENSION)
    }
}

/// How the programs are built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Build {
    /// As they are by default.
    Plain,
    /// With TLS and SASL, in a target folder of its own. OpenSSL takes minutes to build, and each
    /// feature set builds librdkafka once more.
    Tls,
}

impl Build {
    /// Builds the programs in the profile of the running test, and returns the folder that they are
    /// in.
    fn make(self) -> PathBuf {
        let test = std::env::current_exe().expect("the test's own executable has a path");
        // TARGET/PROFILE/deps/TEST
        let folder =
            test.ancestors().nth(2).expect("a test lies in the folder `deps` of its profile");
        let target = folder.parent().unwrap_or(Path::new("target"));
        let name = folder.file_name().unwrap_or("debug".as_ref());
        let target = match self {
            Self::Plain => target.to_owned(),
            Self::Tls => target.join("tls"),
        };
        let mut command = Command::new(env!("CARGO"));
        command
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .args(["build", "--quiet", "--profile"])
            .arg(if name == "debug" { "dev".as_ref() } else { name })
            .arg("--target-dir")
            .arg(&target);
        for program in Program::ALL {
            command.args(["--package", program.name()]);
            // The embedded broker has no TLS.
            if self == Self::Tls && program != Program::Broker {
                command.args(["--features", &format!("{}/tls", program.name())]);
            }
        }
        let status = command.status().expect("cargo can be started");
        assert!(status.success(), "the programs do not build: {status}");
        target.join(name)
    }
}
