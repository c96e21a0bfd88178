//! A kp-broker that runs for a test.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rustix::process::{Pid, Signal, kill_process};

pub(crate) const DEADLINE: Duration = Duration::from_secs(15);

/// A call of the program, with both outputs piped.
pub(crate) fn kp_broker(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kp-broker"));
    command
        .args(args)
        .env("COLUMNS", "80")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Runs the program to its end.
pub(crate) fn output(args: &[&str]) -> Output {
    kp_broker(args).output().unwrap()
}

/// A kp-broker that is ready, and is killed with its test.
pub(crate) struct Running {
    pub(crate) child: Child,
    pub(crate) first_line: String,
    pub(crate) address: SocketAddr,
}

impl Running {
    pub(crate) fn start(args: &[&str]) -> Self {
        let mut child = kp_broker(&[&["--listen", "127.0.0.1:0"], args].concat()).spawn().unwrap();
        let mut first_line = String::new();
        BufReader::with_capacity(1, child.stdout.as_mut().unwrap())
            .read_line(&mut first_line)
            .unwrap();
        let address = first_line
            .strip_prefix("kp-broker ready on ")
            .and_then(|rest| rest.split_whitespace().next())
            .and_then(|address| address.parse().ok())
            .unwrap_or_else(|| panic!("no ready line: {first_line:?}"));
        Self { child, first_line, address }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    pub(crate) fn wait(&mut self) -> ExitStatus {
        let end = Instant::now() + DEADLINE;
        while Instant::now() < end {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            thread::sleep(Duration::from_millis(5));
        }
        panic!("kp-broker did not end");
    }

    pub(crate) fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", self.address.to_string());
        config
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
