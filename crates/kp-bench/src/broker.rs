//! The broker that everything is measured on: one in a container of its own, or one that is there.

use std::path::Path;
use std::process;

use anyhow::{Result, bail, ensure};

use super::folder::folder;
use kp_stack::docker::compose_project::{ComposeProject, Plan};
use kp_stack::docker::stack::Stack;
use kp_stack::docker::{self, Docker, port};
use kp_stack::kafka::readiness;

/// A broker. One that was started here ends when this is dropped.
pub(super) struct Broker {
    bootstrap: String,
    container: Option<Container>,
}

/// A container of a Compose project of its own.
struct Container {
    /// Removed when this is dropped.
    _project: ComposeProject,
    name: String,
}

impl Broker {
    /// One that somebody else started and will end.
    pub(super) fn given(bootstrap: &str) -> Self {
        Self { bootstrap: bootstrap.to_owned(), container: None }
    }

    /// Starts the everyday stack's broker once more, under another name and on a free port.
    ///
    /// # Errors
    /// Docker is missing, or the broker did not become ready.
    pub(super) fn start() -> Result<Self> {
        let docker = match Docker::find() {
            Ok(docker) => docker,
            Err(missing) => {
                bail!("{missing}; `--bootstrap-server` measures on a broker that is there")
            }
        };
        let port = port::find_free();
        let plan = Plan {
            name: format!("kp-bench-{}", process::id()),
            files: vec![Stack::Kraft.file()],
            variables: vec![("KP_COMPOSE_PORT".to_owned(), port.to_string())],
            folder: folder()?,
        };
        // From here on it is removed whatever happens.
        let project = ComposeProject::start(docker, plan)?;
        let container = Container { name: project.container("broker")?, _project: project };
        readiness::wait_for_brokers(&[port], || container.ensure_running())?;
        Ok(Self { bootstrap: format!("localhost:{port}"), container: Some(container) })
    }

    /// Where clients reach it, as they take it.
    pub(super) fn bootstrap(&self) -> &str {
        &self.bootstrap
    }

    /// Its container, when it was started here.
    pub(super) fn container(&self) -> Option<&str> {
        self.container.as_ref().map(|container| container.name.as_str())
    }

    /// What it runs on, in words.
    pub(super) fn describe(&self) -> String {
        let Some(container) = &self.container else {
            return format!("{}, started by somebody else", self.bootstrap);
        };
        let image = docker::ask(&["inspect", "--format", "{{.Config.Image}}", &container.name]);
        let image = image.unwrap_or_default();
        format!("one container of {}, with the settings of docker-compose.yml", image.trim())
    }

    /// Copies a file to where the tools in the container find it.
    ///
    /// # Errors
    /// Docker failed.
    pub(super) fn copy_in(&self, from: &Path, to: &str) -> Result<()> {
        if let Some(container) = &self.container {
            let to = format!("{}:{to}", container.name);
            docker::ask(&["cp", &from.to_string_lossy(), &to])?;
        }
        Ok(())
    }

    /// Limits the broker to this part of a core's time; `None` lifts the limit. Returns whether
    /// that was possible.
    ///
    /// # Errors
    /// Docker failed.
    pub(super) fn limit_to(&self, cores: Option<f64>) -> Result<bool> {
        let Some(container) = &self.container else {
            return Ok(false);
        };
        let microseconds = cores.map_or(-1, |cores| (cores * 100_000.0) as i64);
        let quota = format!("--cpu-quota={microseconds}");
        docker::ask(&["update", &quota, &container.name])?;
        Ok(true)
    }
}

impl Container {
    fn ensure_running(&self) -> Result<()> {
        let running = docker::ask(&["inspect", "--format", "{{.State.Running}}", &self.name])?;
        ensure!(running.trim() == "true", "the broker's container has ended");
        Ok(())
    }
}
