//! `--follow` on a terminal: the line that says how it goes, between the messages.

use kp_e2e::{Build, Cluster, EmbeddedBroker, Program};
use portable_pty::CommandBuilder;

use crate::terminal;

const ERASE: &str = "\r\x1b[K";
/// What Ctrl-C is to a terminal.
const CTRL_C: &str = "\x03";

/// Follows a topic until the screen ends with `last`, and returns the screen.
fn followed(broker: &EmbeddedBroker, arguments: &[&str], last: &str) -> (String, u32) {
    let folder = tempfile::tempdir().unwrap();
    let mut command: CommandBuilder =
        terminal::program(Program::Consumer, Build::Plain, folder.path(), arguments);
    command.env("KP_KAFKA__BOOTSTRAP_SERVERS", broker.bootstrap());
    command.env("TERM", "xterm");
    let mut typed = false;
    terminal::run(command, last, |_| {
        let is_first = !std::mem::replace(&mut typed, true);
        is_first.then(|| CTRL_C.to_owned())
    })
}

#[test]
fn the_status_stands_behind_whole_lines_and_is_gone_at_the_end() {
    let broker = EmbeddedBroker::start(&["numbers:2"]);
    let send = ["--topic", "numbers", "--stdin"];
    broker.producer().args(send).stdin("one\ntwo\n").run().exits(0);
    let follow = ["--topic", "numbers", "--follow", "--format", "value"];
    let (screen, code) = followed(&broker, &follow, "messages/s, lag 0, 2 partitions");
    assert_eq!(code, 0, "{screen:?}");
    assert!(screen.starts_with("one\r\ntwo\r\n"), "{screen:?}");
    let (lines, status) = screen.split_once(ERASE).unwrap();
    assert_eq!(lines, "one\r\ntwo\r\n", "nothing stands behind a message but a new line");
    assert!(!status.contains('\n'), "it stays on its line: {screen:?}");
    assert!(screen.ends_with(ERASE), "the shell finds an empty line: {screen:?}");
}
