//! A Compose project that belongs to one run of xtask and goes with it, its data too.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use crate::docker::{Docker, output_of};

/// Containers that are removed with their networks and volumes when this goes.
pub(crate) struct ComposeProject {
    docker: Docker,
    file: PathBuf,
    name: String,
}

impl ComposeProject {
    /// Starts what the file describes.
    ///
    /// # Errors
    /// Compose failed; what it had started by then is removed.
    pub(crate) fn start(docker: Docker, file: PathBuf, name: String) -> Result<Self> {
        let project = Self { docker, file, name };
        project
            .compose(&["up", "-d"])
            .context("Compose could not start the containers; if it is an image: KP_KAFKA_IMAGE can name another one")?;
        Ok(project)
    }

    /// The container of a service, by its id.
    ///
    /// # Errors
    /// There is none.
    pub(crate) fn container(&self, service: &str) -> Result<String> {
        let id = self.compose(&["ps", "-q", service])?.trim().to_owned();
        ensure!(!id.is_empty(), "Compose started no container for {service}");
        Ok(id)
    }

    /// The project's name, which begins the names of its networks and volumes.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    fn compose(&self, arguments: &[&str]) -> Result<String> {
        let mut command = self.docker.compose_with(&self.file);
        command.args(["-p", &self.name]).args(arguments);
        output_of(&mut command)
    }
}

impl Drop for ComposeProject {
    fn drop(&mut self) {
        if let Err(error) = self.compose(&["down", "-v", "--timeout", "1"]) {
            let _ = writeln!(
                std::io::stderr(),
                "xtask: the Compose project {} is left behind: {error:#}",
                self.name
            );
        }
    }
}
