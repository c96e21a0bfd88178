//! A shell on a terminal of its own.

use std::io::{Read, Write};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Instant;

use kp_e2e::{Build, DEADLINE, Program};
use portable_pty::{Child, CommandBuilder, PtySize, native_pty_system};
use tempfile::TempDir;

/// The user's own settings.
const PROFILE: &str = "[profile.production]\nclient_id = \"own\"\n";

/// A shell on a terminal, where kp is installed and completion is on.
pub(crate) struct Shell {
    child: Box<dyn Child + Send + Sync>,
    keyboard: Box<dyn Write + Send>,
    shown: Receiver<Vec<u8>>,
    screen: String,
    _home: TempDir,
}

impl Shell {
    #[track_caller]
    pub(crate) fn start(words: &[&str], registers: &str) -> Self {
        let home = TempDir::new().unwrap();
        std::fs::create_dir(home.path().join("kp")).unwrap();
        std::fs::write(home.path().join("kp/config.toml"), PROFILE).unwrap();
        let programs = Program::Admin.path(Build::Plain);
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = CommandBuilder::new(words[0]);
        command.args(&words[1..]);
        command.cwd(home.path());
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("KP_") {
                command.env_remove(name);
            }
        }
        for name in ["HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"] {
            command.env(name, home.path());
        }
        command.env("PATH", format!("{}:{path}", programs.parent().unwrap().display()));
        command.env("TERM", "xterm");
        let size = PtySize { rows: 50, cols: 200, ..PtySize::default() };
        let pty = native_pty_system().openpty(size).unwrap();
        let child = pty.slave.spawn_command(command);
        let child = child.unwrap_or_else(|error| panic!("{} is not installed: {error}", words[0]));
        let keyboard = pty.master.take_writer().unwrap();
        let mut reader = pty.master.try_clone_reader().unwrap();
        let (sender, shown) = mpsc::channel();
        thread::spawn(move || {
            // The terminal is there for as long as somebody reads it.
            let _pty = pty;
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        let mut shell = Self { child, keyboard, shown, screen: String::new(), _home: home };
        shell.types(&format!("{registers}; echo rea''dy\r"));
        shell.waits_for("ready");
        shell
    }

    pub(crate) fn types(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
    }

    /// Reads the screen until this stands there, and returns what came until then.
    #[track_caller]
    pub(crate) fn waits_for(&mut self, words: &str) -> String {
        let end = Instant::now() + DEADLINE;
        loop {
            if let Some(place) = self.screen.find(words) {
                return self.screen.drain(..place + words.len()).collect();
            }
            let left = end.saturating_duration_since(Instant::now());
            match self.shown.recv_timeout(left) {
                Ok(bytes) => self.screen += &String::from_utf8_lossy(&bytes),
                Err(_) => panic!("{words:?} does not come: {:?}", self.screen),
            }
        }
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
