//! Which containers `up` has started, so that `down` asks before it ends any other. It is a file
//! with one id on each line.
//!
//! When the file is lost, every container counts as somebody else's.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use kp_process::workspace;

use super::{Deployment, Docker};

/// The ids of containers.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Started(BTreeSet<String>);

impl Started {
    /// What `up` has noted so far.
    ///
    /// # Errors
    /// The state folder cannot be made.
    pub fn read() -> Result<Self> {
        Ok(Self::read_from(&file()?))
    }

    fn read_from(file: &Path) -> Self {
        let text = fs::read_to_string(file).unwrap_or_default();
        Self(text.lines().map(str::to_owned).collect())
    }

    /// Notes the containers that were made since, and forgets those that are gone. One that was
    /// there before is its owner's, unless it was noted already.
    ///
    /// # Errors
    /// Docker does not tell what runs, or the file cannot be written.
    pub fn note_new(docker: &Docker, before: &[Deployment]) -> Result<()> {
        let earlier = Self::read()?;
        let was_there =
            |id: &str| before.iter().flat_map(|one| &one.containers).any(|one| one.id == id);
        let now = docker.deployments()?;
        let containers = now.iter().flat_map(|deployment| &deployment.containers);
        let ids = containers.map(|container| container.id.as_str());
        let ids = ids.filter(|id| earlier.contains(id) || !was_there(id));
        let text: String = ids.map(|id| format!("{id}\n")).collect();
        let file = file()?;
        fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))
    }

    /// Whether `up` has started this container.
    pub fn contains(&self, id: &str) -> bool {
        self.0.contains(id)
    }
}

fn file() -> Result<PathBuf> {
    Ok(workspace::state_folder()?.join("containers"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_lost_knows_no_container() {
        let lost = Started::read_from(Path::new("/nowhere/containers"));
        assert_eq!(lost, Started::default());
        assert!(!lost.contains("") && !lost.contains("a1"));
    }
}
