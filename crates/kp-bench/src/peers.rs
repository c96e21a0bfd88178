//! The programs that are measured, and which of them are on this machine.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Result;

use super::broker::Broker;
use super::folder::folder;
use kp_process::workspace;

/// Where the tools lie in the broker's image.
const TOOLS_IN_CONTAINER: &str = "/opt/kafka/bin/";
const PYTHON_PACKAGES: [(&str, &str); 2] =
    [("confluent-kafka", "2.12.1"), ("kafka-python", "3.0.12")];

/// A program, ours or another's.
pub(super) struct Peer {
    pub(super) name: &'static str,
    /// Its version and how it is started; or why it is not here.
    pub(super) found: Result<Found, String>,
    pub(super) is_java: bool,
}

/// A program that is on this machine.
pub(super) struct Found {
    pub(super) version: String,
    pub(super) start: Vec<String>,
}

/// All programs that are measured.
pub(super) struct Peers {
    pub(super) producer: Peer,
    pub(super) consumer: Peer,
    pub(super) kcat: Peer,
    pub(super) producer_perf_test: Peer,
    pub(super) consumer_perf_test: Peer,
    pub(super) console_consumer: Peer,
    pub(super) rdkafka_performance: Peer,
    pub(super) confluent_kafka: Peer,
    pub(super) kafka_python: Peer,
    /// Where the broker is for what runs on this machine.
    pub(super) bootstrap: String,
    /// Where the broker is for the tools in its container.
    pub(super) bootstrap_of_tools: String,
}

impl Peer {
    /// The whole command line.
    pub(super) fn command(&self, arguments: Vec<String>) -> Result<Vec<String>, String> {
        match &self.found {
            Ok(found) => Ok([found.start.clone(), arguments].concat()),
            Err(missing) => Err(missing.clone()),
        }
    }

    fn new(name: &'static str, found: Result<Found, String>) -> Self {
        Self { name, found, is_java: false }
    }
}

impl Peers {
    /// Looks for all of them; Python's are installed into a folder of their own where that is
    /// possible.
    ///
    /// # Errors
    /// Our own programs do not tell their version.
    pub(super) fn find(broker: &Broker, producer: &Path, consumer: &Path) -> Result<Self> {
        let ours = |name, path: &Path| {
            let start = vec![path.to_string_lossy().into_owned()];
            let found = first_line(&start, &["--version"])
                .map(|version| Found { version, start })
                .ok_or_else(|| "does not run".to_owned());
            Peer::new(name, found)
        };
        let [console_consumer, producer_perf_test, consumer_perf_test] = java_tools(broker);
        let [confluent_kafka, kafka_python] = python_peers()?;
        Ok(Self {
            producer: ours("kp-producer", producer),
            consumer: ours("kp-consumer", consumer),
            kcat: Peer::new("kcat", on_path("kcat", &["-V"], "Version")),
            producer_perf_test,
            consumer_perf_test,
            console_consumer,
            rdkafka_performance: Peer::new(
                "rdkafka_performance",
                on_path("rdkafka_performance", &["-h"], "librdkafka version"),
            ),
            confluent_kafka,
            kafka_python,
            bootstrap: broker.bootstrap(),
            bootstrap_of_tools: match broker.container() {
                Some(_) => "broker:9092".to_owned(),
                None => broker.bootstrap(),
            },
        })
    }

    /// All, ours first.
    pub(super) fn all(&self) -> [&Peer; 9] {
        [
            &self.producer,
            &self.consumer,
            &self.kcat,
            &self.producer_perf_test,
            &self.consumer_perf_test,
            &self.console_consumer,
            &self.rdkafka_performance,
            &self.confluent_kafka,
            &self.kafka_python,
        ]
    }
}

/// Kafka's own tools: in the broker's container, or on the PATH when the broker is somebody else's.
///
/// They come together, and the first one tells the version of all.
fn java_tools(broker: &Broker) -> [Peer; 3] {
    let names = ["kafka-console-consumer", "kafka-producer-perf-test", "kafka-consumer-perf-test"];
    let start = |name: &str| match broker.container() {
        Some(container) => {
            let tool = format!("{TOOLS_IN_CONTAINER}{name}.sh");
            vec!["docker".to_owned(), "exec".to_owned(), container.to_owned(), tool]
        }
        None => vec![format!("{name}.sh")],
    };
    let place = match broker.container() {
        Some(_) => "in the broker's container",
        None => "on the PATH",
    };
    let version = first_line(&start(names[0]), &["--version"]);
    names.map(|name| {
        let found = match &version {
            Some(version) => {
                Ok(Found { version: format!("{version}, {place}"), start: start(name) })
            }
            None => Err(format!("there is no {name}.sh {place}")),
        };
        Peer { is_java: true, ..Peer::new(name, found) }
    })
}

fn on_path(program: &str, ask: &[&str], line_with: &str) -> Result<Found, String> {
    let start = vec![program.to_owned()];
    let said = said(&start, ask).ok_or_else(|| format!("there is no {program} on the PATH"))?;
    Ok(Found { version: version_in(&said, line_with), start })
}

/// The first line that has this in it, or the first one that has anything.
fn version_in(said: &str, line_with: &str) -> String {
    let mut lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
    lines
        .clone()
        .find(|line| line.contains(line_with))
        .or_else(|| lines.next())
        .unwrap_or("of an unknown version")
        .to_owned()
}

fn first_line(start: &[String], ask: &[&str]) -> Option<String> {
    said(start, ask).map(|said| version_in(&said, ""))
}

/// What a program prints on both outputs, whatever its exit code: some fail when asked for help.
fn said(start: &[String], ask: &[&str]) -> Option<String> {
    let output = Command::new(start.first()?)
        .args(&start[1..])
        .args(ask)
        .stdin(Stdio::null())
        .output()
        .ok()?;
    // The shell's and Docker's "there is no such program".
    if matches!(output.status.code(), Some(126 | 127)) {
        return None;
    }
    let both = [output.stdout, output.stderr].concat();
    Some(String::from_utf8_lossy(&both).into_owned())
}

/// Python's clients in an environment of their own, which is kept for the next time.
fn python_peers() -> Result<[Peer; 2]> {
    let environment = folder()?.join("venv");
    let python = environment.join("bin/python");
    let runs = |program: &Path, arguments: &[&str]| {
        Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .is_ok_and(|output| output.status.success())
    };
    let made = runs(&python, &["--version"])
        || runs(Path::new("python3"), &["-m", "venv", &environment.to_string_lossy()]);
    Ok(PYTHON_PACKAGES.map(|(package, version)| {
        let requirement = format!("{package}=={version}");
        let is_installed = || {
            let check = format!(
                "from importlib.metadata import version as v; assert v('{package}') == '{version}'"
            );
            runs(&python, &["-c", &check])
        };
        let install = || {
            let quietly = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
            runs(&python, &[&quietly[..], &[&requirement]].concat())
        };
        let found = if !made {
            Err("there is no python3 that can make a venv".to_owned())
        } else if is_installed() || install() {
            Ok(Found {
                version: version.to_owned(),
                start: vec![python.to_string_lossy().into_owned()],
            })
        } else {
            Err(format!("`pip install {requirement}` failed"))
        };
        Peer::new(package, found)
    }))
}

/// One of the scripts that do a work with a Python client.
pub(super) fn script(name: &str) -> String {
    let folder: PathBuf = workspace::root().join("crates/kp-bench/python");
    folder.join(name).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_found_among_other_words() {
        let kcat = "kcat - Apache Kafka producer and consumer tool\nVersion 1.7.1 (JSON)\n";
        assert_eq!(version_in(kcat, "Version"), "Version 1.7.1 (JSON)");
        assert_eq!(version_in("\n 4.3.1 \n", ""), "4.3.1");
        assert_eq!(version_in("", ""), "of an unknown version");
    }

    #[test]
    fn a_missing_program_says_so() {
        let missing = on_path("no-such-kafka-client", &["-V"], "").err();
        assert_eq!(missing.as_deref(), Some("there is no no-such-kafka-client on the PATH"));
    }

    #[test]
    fn every_script_is_there() {
        for name in [
            "original_loop.py",
            "confluent_produce.py",
            "confluent_consume.py",
            "kafka_python_produce.py",
        ] {
            assert!(Path::new(&script(name)).is_file(), "{name}");
        }
    }
}
