//! One broker in a container, for one run of a tool: a stack of the Compose files once more, under
//! another name and on a free port.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use crate::docker::compose_project::{ComposeProject, Plan};
use crate::docker::stack::Stack;
use crate::docker::{self, Docker, port};
use crate::kafka::readiness;
use kp_process::interrupt::Interrupt;

/// The broker, and its ZooKeeper in that stack. Removed with its data when this goes.
pub struct Single {
    project: ComposeProject,
    port: u16,
    broker: String,
}

impl Single {
    /// Starts it and waits until clients can use it: 4 to 10 s.
    ///
    /// `name` is that of the Compose project. No other run may have it, so it ends with the number
    /// of the process: `kp-lab-4711`. `folder` is the project's directory, any but the workspace's
    /// root.
    ///
    /// # Errors
    /// The stack has several brokers, Docker is missing, the broker did not become ready, or the
    /// user wants an end.
    pub fn start(stack: Stack, name: &str, folder: &Path, interrupt: &Interrupt) -> Result<Self> {
        Self::start_with(stack, &[], name, folder, interrupt)
    }

    /// The same with settings of the broker besides those of the Compose file, such as
    /// `log.retention.check.interval.ms`. They stand in `folder`, in a Compose file of their own.
    ///
    /// # Errors
    /// As of [`Single::start`], a name is not as Kafka spells it, or the file cannot be written.
    pub fn start_with(
        stack: Stack,
        settings: &[(&str, &str)],
        name: &str,
        folder: &Path,
        interrupt: &Interrupt,
    ) -> Result<Self> {
        let brokers = stack.ports().len();
        ensure!(brokers == 1, "the {stack} stack has {brokers} brokers, and one is wanted");
        settings.iter().try_for_each(|(name, _)| ensure_is_kafkas(name))?;
        let docker = needed_docker()?;
        interrupt.check()?;
        let port = port::find_free();
        let mut files = vec![stack.file()];
        if !settings.is_empty() {
            let file = folder.join(SETTINGS_FILE);
            fs::write(&file, compose_file_of(settings))
                .with_context(|| format!("cannot write {}", file.display()))?;
            files.push(file);
        }
        let plan = Plan {
            name: name.to_owned(),
            files,
            variables: vec![(PORT.to_owned(), port.to_string())],
            folder: folder.to_owned(),
        };
        let (project, broker) = start_broker(docker, plan, port, interrupt)?;
        Ok(Self { project, port, broker })
    }

    /// Where clients reach it, as it tells them: `localhost:21234`.
    pub fn address(&self) -> String {
        format!("localhost:{}", self.port)
    }

    /// The broker's container, by its id.
    pub fn broker(&self) -> &str {
        &self.broker
    }

    /// The container of a service of the stack, by its id: `broker`, or `zookeeper`.
    ///
    /// # Errors
    /// The stack has no such service, or Docker does not tell.
    pub fn container(&self, service: &str) -> Result<String> {
        self.project.container(service)
    }
}

/// Docker, without which there is no broker.
pub(super) fn needed_docker() -> Result<Docker> {
    match Docker::find() {
        Ok(docker) => Ok(docker),
        Err(missing) => bail!("{missing}; the broker runs in a container"),
    }
}

/// Starts a project of one broker, and waits until clients can use it on this port. Also returns
/// the broker's container.
pub(super) fn start_broker(
    docker: Docker,
    plan: Plan,
    reached_on: u16,
    interrupt: &Interrupt,
) -> Result<(ComposeProject, String)> {
    // From here on it is removed whatever happens.
    let project = ComposeProject::start(docker, plan)?;
    let broker = project.container("broker")?;
    readiness::wait_for_brokers(&[reached_on], || {
        interrupt.check()?;
        let state = docker::state_of(&broker)?;
        ensure!(state == "running", "the broker's container is {state}");
        Ok(())
    })?;
    Ok((project, broker))
}

/// The Compose file of further settings, in the project's folder.
pub const SETTINGS_FILE: &str = "settings.yml";

/// Settings of the broker as a Compose file, to be put over that of a stack: the images take
/// `log.retention.ms` as the variable `KAFKA_LOG_RETENTION_MS`.
fn compose_file_of(settings: &[(&str, &str)]) -> String {
    let mut file = "services:\n  broker:\n    environment:\n".to_owned();
    for (name, value) in settings {
        let variable = name.to_uppercase().replace('.', "_");
        file += &format!("      KAFKA_{variable}: {value}\n");
    }
    file
}

/// A variable's name would get its prefix twice, and the broker ignores settings that it does not
/// know.
fn ensure_is_kafkas(setting: &str) -> Result<()> {
    let is_kafkas = |letter: char| matches!(letter, 'a'..='z' | '0'..='9' | '.');
    ensure!(
        setting.chars().all(is_kafkas),
        "`{setting}` is not spelled as Kafka does, such as log.retention.ms"
    );
    Ok(())
}

/// The variable of the Compose files for the port that is published.
pub(super) const PORT: &str = "KP_COMPOSE_PORT";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_published_and_told_to_clients() {
        let port = format!("${{{PORT}:-9092}}");
        for stack in [Stack::Kraft, Stack::Zookeeper] {
            let file = fs::read_to_string(stack.file()).unwrap();
            for place in [
                format!("      - 127.0.0.1:{port}:19092\n"),
                format!(
                    "      KAFKA_ADVERTISED_LISTENERS: INSIDE://broker:9092,OUTSIDE://localhost:{port}\n"
                ),
            ] {
                assert!(file.contains(&place), "{}: {place}", stack.file_name());
            }
        }
    }

    #[test]
    fn settings_become_variables_of_the_image() {
        let file = compose_file_of(&[("log.cleaner.backoff.ms", "1000"), ("log.roll.ms", "5")]);
        assert_eq!(
            file,
            "services:\n  broker:\n    environment:\n      KAFKA_LOG_CLEANER_BACKOFF_MS: 1000\n      \
             KAFKA_LOG_ROLL_MS: 5\n"
        );
    }

    #[test]
    fn a_variable_in_place_of_a_setting_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let interrupt = Interrupt::already(true);
        let start = |setting| {
            let settings = [("log.roll.ms", "5"), (setting, "5")];
            let folder = folder.path();
            let started =
                Single::start_with(Stack::Kraft, &settings, "kp-test", folder, &interrupt);
            started.err().unwrap().to_string()
        };
        let refused = start("KAFKA_LOG_ROLL_MS");
        assert!(refused.contains("`KAFKA_LOG_ROLL_MS` is not spelled as Kafka does"), "{refused}");
        // What comes next is Docker, or the interrupt.
        let taken = start("log.cleaner.backoff.ms");
        assert!(!taken.contains("spelled"), "{taken}");
    }

    #[test]
    fn a_stack_of_three_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let interrupt = Interrupt::already(false);
        let refused = Single::start(Stack::Cluster, "kp-test", folder.path(), &interrupt);
        let refused = refused.err().unwrap().to_string();
        assert_eq!(refused, "the cluster stack has 3 brokers, and one is wanted");
    }
}
