//! A Compose project that belongs to one run of a tool, and is removed with its data at the end.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use crate::docker::stack::Stack;
use crate::docker::{Docker, output_of};

/// Containers that are removed with their networks and volumes when this goes.
pub struct ComposeProject {
    docker: Docker,
    plan: Plan,
}

/// What a project consists of.
#[derive(Debug)]
pub struct Plan {
    /// Its name, which begins the names of its containers, networks and volumes.
    pub name: String,
    /// The Compose files, each over those before it.
    pub files: Vec<PathBuf>,
    /// The variables in them.
    pub variables: Vec<(String, String)>,
    /// The project's directory. It must not be the one of the files, or the project would count as
    /// a stack that is up.
    pub folder: PathBuf,
}

impl ComposeProject {
    /// Starts what the files describe.
    ///
    /// # Errors
    /// Compose failed; what it had started by then is removed.
    pub fn start(docker: Docker, plan: Plan) -> Result<Self> {
        let project = Self { docker, plan };
        project.compose(&["up", "-d"]).with_context(|| {
            let stack = project.plan.files.iter().find_map(|file| Stack::of_file(file));
            let hint = stack.map_or_else(String::new, |stack| {
                format!("; if it is an image: {} can name another one", stack.image_variables())
            });
            format!("Compose could not start the containers{hint}")
        })?;
        Ok(project)
    }

    /// The container of a service, by its id.
    ///
    /// # Errors
    /// There is none.
    pub fn container(&self, service: &str) -> Result<String> {
        let id = self.compose(&["ps", "-q", service])?.trim().to_owned();
        ensure!(!id.is_empty(), "Compose started no container for {service}");
        Ok(id)
    }

    /// The project's name, which begins the names of its networks and volumes.
    pub fn name(&self) -> &str {
        &self.plan.name
    }

    fn compose(&self, arguments: &[&str]) -> Result<String> {
        let Plan { name, files, variables, folder } = &self.plan;
        let mut command = self.docker.compose_with(files);
        let variables = variables.iter().map(|(name, value)| (name, value));
        command.envs(variables).args(["-p", name, "--project-directory"]).arg(folder);
        if arguments.first() == Some(&"down") {
            // A second Ctrl-C of somebody who cannot wait must not reach it.
            command.process_group(0);
        }
        output_of(command.args(arguments))
    }
}

impl Drop for ComposeProject {
    fn drop(&mut self) {
        if let Err(error) = self.compose(&["down", "-v", "--timeout", "1"]) {
            let _ = writeln!(
                std::io::stderr(),
                "xtask: the Compose project {} is left behind: {error:#}",
                self.plan.name
            );
        }
    }
}
