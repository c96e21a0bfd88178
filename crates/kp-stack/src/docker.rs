//! Docker and Compose, by their command lines: which of them is installed, and which of our stacks
//! they run.
//!
//! Which stack is up is asked of Docker each time, by the labels that Compose gives its containers.
//! So a stack that a user started by Compose is seen too, and no record can be lost or wrong.

pub mod cluster;
pub mod compose_project;
pub mod port;
pub mod relayed;
pub mod single;
pub mod stack;
pub mod started;

use std::env;
use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, bail, ensure};

use crate::docker::stack::Stack;
use kp_process::workspace;

/// Why nothing can be run in containers here.
#[derive(Debug)]
pub enum Unavailable {
    /// There is no `docker` command.
    NotInstalled,
    /// There is a `docker` command, but its engine does not answer. Holds the reason that it gave.
    NotAnswering(String),
    /// Docker works, but neither form of Compose is there.
    NoCompose,
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotInstalled => {
                f.write_str("Docker is not installed (there is no `docker` on the PATH)")
            }
            Self::NotAnswering(reason) => write!(f, "the Docker engine does not answer ({reason})"),
            Self::NoCompose => {
                f.write_str("Docker is there, but neither `docker compose` nor `docker-compose` is")
            }
        }
    }
}

impl std::error::Error for Unavailable {}

/// A Docker that answers, with a Compose that works.
#[derive(Clone, Copy, Debug)]
pub struct Docker {
    compose: Compose,
}

/// The two forms of Compose; they understand each other's containers.
#[derive(Clone, Copy, Debug)]
enum Compose {
    /// `docker compose`, version 2 and later
    Plugin,
    /// `docker-compose`, version 1
    Standalone,
}

impl Compose {
    fn words(self) -> &'static [&'static str] {
        match self {
            Self::Plugin => &["docker", "compose"],
            Self::Standalone => &["docker-compose"],
        }
    }
}

/// Containers of one stack, running or not.
#[derive(Debug, PartialEq, Eq)]
pub struct Deployment {
    /// Which stack they belong to.
    pub stack: Stack,
    /// The Compose project that they were started in.
    pub project: String,
    /// The services that run.
    pub running: Vec<String>,
    /// The services that have a container which does not run.
    pub stopped: Vec<String>,
    /// All of its containers.
    pub containers: Vec<Container>,
}

/// A container of a stack.
#[derive(Debug, PartialEq, Eq)]
pub struct Container {
    /// The whole id, which no other container ever has.
    pub id: String,
    /// Its name, as `docker ps` shows it.
    pub name: String,
}

impl Docker {
    /// Finds out what is there, with `docker compose` before `docker-compose`.
    ///
    /// # Errors
    /// Which part is missing.
    pub fn find() -> Result<Self, Unavailable> {
        let version = ["version", "--format", "{{.Server.Version}}"];
        match Command::new("docker").args(version).stdin(Stdio::null()).output() {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(Unavailable::NotInstalled);
            }
            Err(error) => return Err(Unavailable::NotAnswering(error.to_string())),
            Ok(output) if !output.status.success() => {
                return Err(Unavailable::NotAnswering(last_error_line(&output)));
            }
            Ok(_) => {}
        }
        [Compose::Plugin, Compose::Standalone]
            .into_iter()
            .find(|compose| answers(compose.words()))
            .map(|compose| Self { compose })
            .ok_or(Unavailable::NoCompose)
    }

    /// Compose as it is typed: `docker compose` or `docker-compose`.
    pub fn compose_words(&self) -> String {
        self.compose.words().join(" ")
    }

    /// Starts the containers of a stack, in the project that a user's own Compose would choose.
    ///
    /// # Errors
    /// Compose failed; it has said why.
    pub fn start(&self, stack: Stack) -> Result<()> {
        let mut command = self.compose(stack);
        // Each form of Compose would replace what the other one made.
        command.args(["up", "-d", "--no-recreate"]);
        succeed(&mut command).with_context(|| {
            format!(
                "{} could not start the {stack} stack; its reason stands above. \
                 If it is an image: {} can name another one",
                self.compose_words(),
                stack.image_variables()
            )
        })
    }

    /// Runs a command of Compose on containers that are there, on this process's own output.
    ///
    /// # Errors
    /// Compose failed; it has said why.
    pub fn compose_on(&self, deployment: &Deployment, arguments: &[&str]) -> Result<()> {
        let mut command = self.compose(deployment.stack);
        command.args(["-p", &deployment.project]).args(arguments);
        succeed(&mut command).with_context(|| {
            let subcommand = arguments.first().unwrap_or(&"");
            format!("`{} {subcommand}` failed; its reason stands above", self.compose_words())
        })
    }

    /// What there is of our stacks.
    ///
    /// # Errors
    /// Docker does not tell.
    pub fn deployments(&self) -> Result<Vec<Deployment>> {
        let format = LABELS.map(|label| format!("{{{{.Label \"com.docker.compose.{label}\"}}}}"));
        let format = format!("{}\t{{{{.State}}}}\t{{{{.ID}}}}\t{{{{.Names}}}}", format.join("\t"));
        let listed = ask(&[
            "ps",
            "-a",
            "--no-trunc",
            "--filter",
            "label=com.docker.compose.project",
            "--format",
            &format,
        ])?;
        Ok(deployments_in(&listed, is_workspace))
    }

    /// Fails when a container of the stack has ended: it will not become ready, so there is no use
    /// in waiting.
    ///
    /// # Errors
    /// Names its service; or Docker does not tell.
    pub fn ensure_running(&self, stack: Stack) -> Result<()> {
        let deployments = self.deployments()?;
        let mut of_stack = deployments.iter().filter(|deployment| deployment.stack == stack);
        match of_stack.find_map(|deployment| deployment.stopped.first()) {
            Some(service) => bail!("the container of `{service}` has ended"),
            None if deployments.is_empty() => bail!("its containers are gone"),
            None => Ok(()),
        }
    }

    /// The container that publishes this port, of this project or not.
    pub fn publisher_of(&self, port: u16) -> Option<String> {
        let filter = format!("publish={port}");
        let names = ask(&["ps", "--filter", &filter, "--format", "{{.Names}}"]).ok()?;
        names.lines().next().map(str::to_owned)
    }

    /// Compose with these files, each over those before it.
    fn compose_with(&self, files: &[PathBuf]) -> Command {
        let words = self.compose.words();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]);
        for file in files {
            command.arg("-f").arg(file);
        }
        command
    }

    fn compose(&self, stack: Stack) -> Command {
        let mut command = self.compose_with(&[stack.file()]);
        command.current_dir(workspace::root());
        // A stack has its default ports, whatever variables `KP_COMPOSE_*` the caller has.
        for (variable, _) in env::vars_os() {
            if variable.to_string_lossy().starts_with("KP_COMPOSE_") {
                command.env_remove(variable);
            }
        }
        command
    }
}

/// The labels that tell a container's place, in the order of the columns that [`deployments_in`]
/// reads.
const LABELS: [&str; 4] = ["project.working_dir", "project.config_files", "project", "service"];

/// Reads a line for each container: the four [`LABELS`], state, id and name, separated by tabs.
fn deployments_in(listed: &str, is_ours: impl Fn(&Path) -> bool) -> Vec<Deployment> {
    let mut deployments: Vec<Deployment> = Vec::new();
    for line in listed.lines() {
        let mut columns = line.split('\t');
        let mut column = || columns.next().unwrap_or_default();
        let (folder, files, project, service, state) =
            (column(), column(), column(), column(), column());
        if !is_ours(Path::new(folder)) {
            continue;
        }
        let Some(stack) = files.split(',').find_map(|file| Stack::of_file(Path::new(file))) else {
            continue;
        };
        let known =
            deployments.iter().position(|known| known.stack == stack && known.project == project);
        let index = known.unwrap_or_else(|| {
            deployments.push(Deployment {
                stack,
                project: project.to_owned(),
                running: vec![],
                stopped: vec![],
                containers: vec![],
            });
            deployments.len() - 1
        });
        let deployment = &mut deployments[index];
        let services =
            if state == "running" { &mut deployment.running } else { &mut deployment.stopped };
        services.push(service.to_owned());
        deployment
            .containers
            .push(Container { id: column().to_owned(), name: column().to_owned() });
    }
    deployments
}

/// Compose may have been called through a symbolic link, so paths are compared by where they lead.
fn is_workspace(folder: &Path) -> bool {
    fs::canonicalize(folder)
        .is_ok_and(|folder| fs::canonicalize(workspace::root()).is_ok_and(|root| root == folder))
}

fn answers(words: &[&str]) -> bool {
    Command::new(words[0])
        .args(&words[1..])
        .arg("version")
        .stdin(Stdio::null())
        .output()
        .is_ok_and(|output| output.status.success())
}

/// Runs `docker` with these arguments and returns what it said.
///
/// # Errors
/// It failed; with the reason that it gave.
pub fn ask(arguments: &[&str]) -> Result<String> {
    output_of(Command::new("docker").args(arguments))
        .with_context(|| format!("`docker {}` failed", arguments[0]))
}

/// Docker's word for how a container is: `running`, `paused`, `exited`.
///
/// # Errors
/// Docker does not tell, for instance because there is no such container.
pub fn state_of(container: &str) -> Result<String> {
    let state = ask(&["inspect", "--format", "{{.State.Status}}", container])?;
    Ok(state.trim().to_owned())
}

/// The image that a container was made from, by the name that was asked for.
///
/// # Errors
/// Docker does not tell, for instance because there is no such container.
pub fn image_of(container: &str) -> Result<String> {
    let image = ask(&["inspect", "--format", "{{.Config.Image}}", container])?;
    Ok(image.trim().to_owned())
}

/// Runs Docker or Compose to its end and returns what it said.
///
/// # Errors
/// It cannot be run, or failed; with the reason that it gave.
pub fn output_of(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot run {}", command.get_program().to_string_lossy()))?;
    ensure!(output.status.success(), "{}", last_error_line(&output));
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn succeed(command: &mut Command) -> Result<()> {
    let status = command.status().context("cannot run Compose")?;
    ensure!(status.success(), "{status}");
    Ok(())
}

fn last_error_line(output: &Output) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr);
    let line = stderr.lines().rev().find(|line| !line.trim().is_empty());
    line.unwrap_or("it gave no reason").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_of_this_folder_are_grouped_by_stack() {
        let listed = "\
            /ours\t/ours/docker-compose.zookeeper.yml\tmain\tbroker\trunning\ta\tmain-broker-1\n\
            /ours\t/ours/docker-compose.zookeeper.yml\tmain\tzookeeper\texited\tb\tmain-zookeeper-1\n\
            /theirs\t/theirs/docker-compose.yml\tother\tbroker\trunning\tc\tother-broker-1\n\
            /ours\t/ours/something.yml\tmain\tweb\trunning\td\tmain-web-1\n\
            /ours\tdocker-compose.yml\tmine\tbroker\trunning\te\tmine-broker-1\n";
        let container =
            |id: &str, name: &str| Container { id: id.to_owned(), name: name.to_owned() };
        let found = deployments_in(listed, |folder| folder == Path::new("/ours"));
        let expected = [
            Deployment {
                stack: Stack::Zookeeper,
                project: "main".into(),
                running: vec!["broker".into()],
                stopped: vec!["zookeeper".into()],
                containers: vec![
                    container("a", "main-broker-1"),
                    container("b", "main-zookeeper-1"),
                ],
            },
            Deployment {
                stack: Stack::Kraft,
                project: "mine".into(),
                running: vec!["broker".into()],
                stopped: vec![],
                containers: vec![container("e", "mine-broker-1")],
            },
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn nothing_listed_is_nothing_up() {
        assert_eq!(deployments_in("", |_| true), []);
        assert_eq!(deployments_in("\n\t\n", |_| true), []);
    }
}
