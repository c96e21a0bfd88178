//! A program on a terminal, whose questions somebody answers.

use std::io::{Read, Write};
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Instant;

use kp_e2e::{Build, DEADLINE, Program};
use portable_pty::{CommandBuilder, MasterPty, PtySize, native_pty_system};

/// The flag of a terminal that shows what is typed, on Linux and macOS.
const ECHO: u32 = 8;

/// Whether the terminal shows what is typed.
pub(crate) fn shows_typing(terminal: &dyn MasterPty) -> bool {
    terminal.get_termios().is_none_or(|terminal| terminal.local_flags.bits() & ECHO != 0)
}

/// kp-admin in this folder, without any setting of kp in the environment.
pub(crate) fn admin(build: Build, folder: &Path, arguments: &[&str]) -> CommandBuilder {
    program(Program::Admin, build, folder, arguments)
}

/// The same for any program.
pub(crate) fn program(
    program: Program,
    build: Build,
    folder: &Path,
    arguments: &[&str],
) -> CommandBuilder {
    let mut command = CommandBuilder::new(program.path(build));
    command.args(arguments);
    command.cwd(folder);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("KP_") {
            command.env_remove(name);
        }
    }
    // No file is below it, so that the user's own settings and profiles are not found.
    command.env("XDG_CONFIG_HOME", "/dev/null");
    command
}

/// Runs a command on a terminal. Each time its screen ends with `asks`, `answer` is typed.
///
/// Makes sure that the terminal is as it was. Returns the screen and the exit code.
pub(crate) fn run(
    command: CommandBuilder,
    asks: &str,
    mut answer: impl FnMut(&dyn MasterPty) -> Option<String>,
) -> (String, u32) {
    let pty = native_pty_system().openpty(PtySize::default()).unwrap();
    let mut child = pty.slave.spawn_command(command).unwrap();
    drop(pty.slave);
    let mut reader = pty.master.try_clone_reader().unwrap();
    let mut writer = pty.master.take_writer().unwrap();
    let mut killer = child.clone_killer();
    let (sender, read) = mpsc::channel();
    thread::spawn(move || {
        let mut buffer = [0; 1024];
        // It ends with an error once nobody has the terminal open.
        while let Ok(count @ 1..) = reader.read(&mut buffer) {
            if sender.send(buffer[..count].to_vec()).is_err() {
                break;
            }
        }
    });
    let end = Instant::now() + DEADLINE;
    let mut screen = String::new();
    loop {
        match read.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(bytes) => screen += &String::from_utf8_lossy(&bytes),
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                let _ = killer.kill();
                panic!("it does not end: {screen}");
            }
        }
        if screen.ends_with(asks)
            && let Some(answer) = answer(&*pty.master)
        {
            writer.write_all(answer.as_bytes()).unwrap();
        }
    }
    let code = child.wait().unwrap().exit_code();
    assert!(shows_typing(&*pty.master), "the terminal is left without an echo: {screen}");
    (screen, code)
}
